//! Memory that two threads may race for, under engines that say so.

use selvedge::cell::UnsafeCell;

/// Plain memory that is shared without a promise, so that a race can be found.
pub struct Shared(UnsafeCell<u32>);

// SAFETY: used inside of a model only, whose threads share one operating-system thread.
unsafe impl Sync for Shared {}

impl Shared {
    pub fn new(value: u32) -> Shared {
        Shared(UnsafeCell::new(value))
    }

    #[track_caller]
    pub fn read(&self) -> u32 {
        // SAFETY: none needed: the engine admits no two accesses at once.
        self.0.with(|value| unsafe { *value })
    }

    #[track_caller]
    pub fn write(&self, value: u32) {
        // SAFETY: as above.
        self.0.with_mut(|old| unsafe { *old = value });
    }
}
