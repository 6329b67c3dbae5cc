//! What a reorder buffer should do, item by item.

use std::collections::BTreeMap;
use std::ops::Range;

use selvedge::Push;
use selvedge::reorder_buffer::Skipped;

/// The contract, over a map, with numbers that cannot overflow.
pub struct Model {
    next: u128,
    window: u128,
    waiting: BTreeMap<u128, usize>,
}

impl Model {
    pub fn new(first: u64, window: usize) -> Self {
        Model { next: first.into(), window: window as u128, waiting: BTreeMap::new() }
    }

    /// The next number to be handed out, and how many items are in the buffer.
    pub fn extent(&self) -> (u64, usize) {
        (self.next as u64, self.waiting.len())
    }

    fn limit(&self) -> u128 {
        (self.next + self.window).min(u128::from(u64::MAX))
    }

    pub fn ready(&self) -> usize {
        (self.next..).take_while(|number| self.waiting.contains_key(number)).count()
    }

    pub fn push(&mut self, number: u64, id: usize) -> Push<usize> {
        let wide = u128::from(number);
        let (next, limit) = (self.next as u64, self.limit() as u64);
        if wide < self.next {
            return Push::Late { next, value: id };
        }
        if wide >= self.limit() {
            return Push::TooFar { next, limit, value: id };
        }
        if self.waiting.contains_key(&wide) {
            return Push::Duplicate(id);
        }
        self.waiting.insert(wide, id);
        match self.ready() {
            0 => Push::Buffered,
            ready => Push::Ready(ready),
        }
    }

    pub fn pop(&mut self) -> Option<(u64, usize)> {
        let id = self.waiting.remove(&self.next)?;
        self.next += 1;
        Some((self.next as u64 - 1, id))
    }

    pub fn skip_to(&mut self, number: u64) -> Skipped<usize> {
        let end = u128::from(number).max(self.next);
        let kept = self.waiting.split_off(&end);
        let skipped = std::mem::replace(&mut self.waiting, kept);
        let missing = (end - self.next) as u64 - skipped.len() as u64;
        self.next = end;
        let values = skipped.into_iter().map(|(number, id)| (number as u64, id)).collect();
        Skipped { values, missing, ready: self.ready() }
    }

    /// The first gap that an item waits behind.
    pub fn gap(&self) -> Option<Range<u64>> {
        let begin = self.next + self.ready() as u128;
        let (end, _) = self.waiting.range(begin..).next()?;
        Some(begin as u64..*end as u64)
    }
}
