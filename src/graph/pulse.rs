//! A sign of life, for a watchdog on another operating-system thread.

use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, Ordering};

use super::Place;

/// How many operations there were, and the last one.
// Relaxed in all of it: it is looked at for messages only.
#[derive(Debug, Default)]
pub struct Pulse {
    operations: AtomicU64,
    thread: AtomicU32,
    place: AtomicPtr<Location<'static>>,
    rests: AtomicBool,
}

impl Pulse {
    /// Counts an operation. One operating-system thread calls it.
    #[inline]
    pub fn beat(&self, thread: usize, place: Place) {
        let operations = self.operations.load(Ordering::Relaxed);
        self.operations.store(operations + 1, Ordering::Relaxed);
        self.thread.store(thread as u32, Ordering::Relaxed);
        self.place.store(std::ptr::from_ref(place).cast_mut(), Ordering::Relaxed);
    }

    /// Says whether nothing runs, so that no sign of life is to be expected.
    pub fn rest(&self, rests: bool) {
        self.rests.store(rests, Ordering::Relaxed);
    }

    pub fn rests(&self) -> bool {
        self.rests.load(Ordering::Relaxed)
    }

    pub fn operations(&self) -> u64 {
        self.operations.load(Ordering::Relaxed)
    }

    /// The thread and place of the last operation.
    pub fn last(&self) -> Option<(u32, Place)> {
        let place = self.place.load(Ordering::Relaxed);
        // SAFETY: only `beat` stores to it, and what it stores came from a `&'static`.
        let place = unsafe { place.as_ref() }?;
        Some((self.thread.load(Ordering::Relaxed), place))
    }
}
