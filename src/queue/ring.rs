//! The slots of a queue, and the stamps that say whose each slot is.

use std::mem::MaybeUninit;
use std::num::NonZeroUsize;

use super::super::swap::cell::UnsafeCell;
use super::super::swap::sync::atomic::{AtomicU64, Ordering};

/// As many slots as the queue has capacity. The value with an index goes to the slot of that
/// number, modulo the capacity.
///
/// A slot's stamp names an index and a state: `free`, for whoever claims the index, or `written`,
/// for the receiver. Both are even and odd of twice the index, so that they differ from each other,
/// and from those of every other index, at every capacity.
pub struct Ring<T> {
    slots: Box<[Slot<T>]>,
    /// The length less one, if the length is a power of two: a mask is faster than a division.
    mask: Option<u64>,
}

struct Slot<T> {
    stamp: AtomicU64,
    value: UnsafeCell<MaybeUninit<T>>,
}

// SAFETY: values move through it from thread to thread. What gives access to a slot is a claim of
// its index, or the one receiver, and the stamp hands it from one to the other.
unsafe impl<T: Send> Sync for Ring<T> {}

/// What a slot is for an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotState {
    /// Still of an earlier index.
    Occupied,
    /// For whoever claims the index.
    Free,
    /// Written, or of a later index already.
    Passed,
}

#[inline]
fn free(index: u64) -> u64 {
    2 * index
}

#[inline]
fn written(index: u64) -> u64 {
    2 * index + 1
}

impl<T> Ring<T> {
    /// Slots for the indices from `first` on.
    #[track_caller]
    pub fn new(capacity: NonZeroUsize, first: u64) -> Ring<T> {
        let length = capacity.get() as u64;
        let slots = (0..length).map(|position| {
            // The index from `first` on whose place this is.
            let index = first + (length + position - first % length) % length;
            Slot {
                stamp: AtomicU64::new(free(index)),
                value: UnsafeCell::new(MaybeUninit::uninit()),
            }
        });
        let mask = length.is_power_of_two().then_some(length - 1);
        Ring { slots: slots.collect(), mask }
    }

    /// How many slots there are.
    pub fn length(&self) -> usize {
        self.slots.len()
    }

    /// The same, for calculating with indices.
    pub fn capacity(&self) -> u64 {
        self.slots.len() as u64
    }

    fn slot(&self, index: u64) -> &Slot<T> {
        let position = match self.mask {
            Some(mask) => index & mask,
            None => index % self.capacity(),
        };
        // Less than the length, so it fits.
        &self.slots[position as usize]
    }

    /// What the slot is for a sender that would claim the index.
    pub fn state(&self, index: u64) -> SlotState {
        // F1 Acquire: the value before has been moved out; pairs with F2 in take. And of an index
        // that is passed, the claim is seen, so that the sender finds the next one; pairs with P1
        // in write.
        let stamp = self.slot(index).stamp.load(Ordering::Acquire);
        match stamp.cmp(&free(index)) {
            std::cmp::Ordering::Less => SlotState::Occupied,
            std::cmp::Ordering::Equal => SlotState::Free,
            std::cmp::Ordering::Greater => SlotState::Passed,
        }
    }

    /// Puts a value into a slot, for the receiver.
    ///
    /// # Safety
    ///
    /// The caller has claimed the index after `state` said that it is free, and writes once.
    pub unsafe fn write(&self, index: u64, value: T) {
        let slot = self.slot(index);
        slot.value.with_mut(|place| {
            // SAFETY: the slot is free for this index, and the index is the caller's. The receiver
            // does not look at it before the stamp says that it is written.
            unsafe { (*place).write(value) };
        });
        // P1 Release: publishes the value; pairs with R1 in is_written.
        slot.stamp.store(written(index), Ordering::Release);
    }

    /// Whether a slot has the value of this index. For the receiver.
    pub fn is_written(&self, index: u64) -> bool {
        // R1 Acquire: sees the value; pairs with P1 in write.
        self.slot(index).stamp.load(Ordering::Acquire) == written(index)
    }

    /// Moves the value out of a slot, and frees it for its next index.
    ///
    /// # Safety
    ///
    /// The caller is the receiver, `is_written` said yes to this index, and it takes each once.
    pub unsafe fn take(&self, index: u64) -> T {
        let slot = self.slot(index);
        // SAFETY: the stamp says that the value is written, and no sender has the slot before the
        // stamp changes.
        let value = slot.value.with(|place| unsafe { (*place).assume_init_read() });
        // F2 Release: the value has been moved out; pairs with F1 in state.
        slot.stamp.store(free(index + self.capacity()), Ordering::Release);
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(capacity: usize, first: u64) -> Ring<char> {
        Ring::new(NonZeroUsize::new(capacity).unwrap(), first)
    }

    #[test]
    fn a_slot_is_free_then_written_then_free_for_its_next_index() {
        for capacity in 1..4 {
            let ring = ring(capacity, 0);
            let capacity = capacity as u64;
            assert_eq!(ring.state(0), SlotState::Free);
            assert!(!ring.is_written(0));
            // SAFETY: one thread, which claims and takes each index once.
            unsafe { ring.write(0, 'a') };
            assert_eq!(ring.state(0), SlotState::Passed);
            assert_eq!(ring.state(capacity), SlotState::Occupied);
            assert!(ring.is_written(0));
            // SAFETY: as above.
            assert_eq!(unsafe { ring.take(0) }, 'a');
            assert!(!ring.is_written(0));
            assert_eq!(ring.state(capacity), SlotState::Free);
        }
    }

    #[test]
    fn a_ring_begins_with_any_index() {
        for first in 0..8 {
            let ring = ring(3, first);
            for index in first..first + 3 {
                assert_eq!(ring.state(index), SlotState::Free, "{index} of {first}");
            }
            assert_eq!(ring.state(first + 3), SlotState::Occupied);
        }
    }
}
