//! Numbers, and the slots of their values.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::ops::Range;

use super::{Push, Skipped};

/// A slot for each number from the next one to the greatest that has a value.
pub(super) struct Slots<T> {
    /// The number of the first slot: the next one to be handed out.
    next: u64,
    /// The last one is not empty.
    slots: VecDeque<Option<T>>,
    /// How many of the first ones are not empty.
    ready: usize,
    /// How many are not empty.
    len: usize,
    window: NonZeroUsize,
}

/// The slots that were skipped: with numbers from `first` up to and without `end`, of which the
/// last ones may have had no slot.
pub(super) struct SkippedSlots<T> {
    first: u64,
    end: u64,
    slots: Vec<Option<T>>,
    ready: usize,
}

impl<T> Slots<T> {
    pub(super) fn new(first: u64, window: NonZeroUsize) -> Self {
        // So that a push finds out before it has taken anything, and under no lock.
        let bytes = window.get().checked_mul(size_of::<Option<T>>());
        let fits = bytes.is_some_and(|bytes| isize::try_from(bytes).is_ok());
        assert!(fits, "a ReorderBuffer's window of {window} items is too large for memory");
        Slots { next: first, slots: VecDeque::new(), ready: 0, len: 0, window }
    }

    pub(super) fn next(&self) -> u64 {
        self.next
    }

    pub(super) fn ready(&self) -> usize {
        self.ready
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The smallest number beyond the window. 2⁶⁴ − 1 always is: a number after it would be needed
    /// to hand it out.
    fn limit(&self) -> u64 {
        let window = u64::try_from(self.window.get()).unwrap_or(u64::MAX);
        self.next.saturating_add(window)
    }

    pub(super) fn push(&mut self, number: u64, value: T) -> Push<T> {
        let (next, limit) = (self.next, self.limit());
        if number < next {
            return Push::Late { next, value };
        }
        if number >= limit {
            return Push::TooFar { next, limit, value };
        }
        let index = usize::try_from(number - next).expect("less than the window");
        if self.slots.get(index).is_some_and(Option::is_some) {
            return Push::Duplicate(value);
        }
        self.reach(index);
        self.slots[index] = Some(value);
        self.len += 1;
        self.count_ready();
        match self.ready {
            0 => Push::Buffered,
            ready => Push::Ready(ready),
        }
    }

    /// Adds empty slots up to this one.
    fn reach(&mut self, index: usize) {
        let needed = index + 1;
        if needed > self.slots.capacity() {
            // Doubled, but for no more than the window.
            let capacity = needed.max(2 * self.slots.capacity()).min(self.window.get());
            self.slots.reserve_exact(capacity - self.slots.len());
        }
        if needed > self.slots.len() {
            self.slots.resize_with(needed, || None);
        }
    }

    /// Counts on, over what follows the ready ones without a gap.
    fn count_ready(&mut self) {
        while self.slots.get(self.ready).is_some_and(Option::is_some) {
            self.ready += 1;
        }
    }

    pub(super) fn pop_ready(&mut self) -> Option<(u64, T)> {
        if self.ready == 0 {
            return None;
        }
        let value = self.slots.pop_front().flatten().expect("ready slots are not empty");
        let number = self.next;
        self.next += 1;
        self.ready -= 1;
        self.len -= 1;
        Some((number, value))
    }

    pub(super) fn skip_to(&mut self, number: u64) -> SkippedSlots<T> {
        let first = self.next;
        let end = number.max(first);
        let slots = usize::try_from(end - first).unwrap_or(usize::MAX).min(self.slots.len());
        let skipped: Vec<_> = self.slots.drain(..slots).collect();
        self.next = end;
        self.len -= skipped.iter().flatten().count();
        self.ready = self.ready.saturating_sub(slots);
        self.count_ready();
        SkippedSlots { first, end, slots: skipped, ready: self.ready }
    }

    pub(super) fn gap(&self) -> Option<Range<u64>> {
        if self.ready == self.len {
            return None;
        }
        let missing = self.slots.range(self.ready..).take_while(|slot| slot.is_none()).count();
        let start = self.next + self.ready as u64;
        Some(start..start + missing as u64)
    }
}

impl<T> From<SkippedSlots<T>> for Skipped<T> {
    fn from(skipped: SkippedSlots<T>) -> Self {
        let SkippedSlots { first, end, slots, ready } = skipped;
        let numbered = (first..end).zip(slots);
        let values: Vec<_> = numbered.filter_map(|(number, slot)| Some((number, slot?))).collect();
        let missing = end - first - values.len() as u64;
        Skipped { values, missing, ready }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_a_window_is_allocated() {
        let window = 9;
        let mut slots = Slots::new(0, NonZeroUsize::new(window).expect("is not zero"));
        for number in 0..100 {
            assert_eq!(slots.push(number, number), Push::Ready(slots.ready()));
            if slots.ready() == window {
                assert_eq!(slots.pop_ready(), Some((number - 8, number - 8)));
            }
            assert!(slots.slots.capacity() <= window);
        }
    }
}
