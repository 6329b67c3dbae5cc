//! Threads of a scenario: who was spawned, who was joined, and the gate that makes real threads
//! start together.

use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What is known of one thread of an execution.
pub(crate) struct ThreadRecord {
    pub name: Option<String>,
    /// Where it was spawned.
    pub place: &'static Location<'static>,
    /// Whether its end was awaited: by `join`, or by the end of its scope.
    pub joined: bool,
}

impl ThreadRecord {
    pub fn new(name: Option<String>, place: &'static Location<'static>) -> Self {
        ThreadRecord { name, place, joined: false }
    }
}

/// Holds back the real threads of a round until all of them are there, so that a short thread has
/// not finished before the next one runs.
///
/// It opens when the closure waits for a thread, or returns, and all threads that it spawned have
/// arrived: the last one to arrive finds the others running. A closure that waits for its threads
/// in another way opens it late: a thread waits at most [`Gate::PATIENCE`].
#[derive(Default)]
pub(crate) struct Gate {
    spawned: AtomicUsize,
    arrived: AtomicUsize,
    /// Whether the closure has spawned what it will spawn.
    closure_waits: AtomicBool,
    open: AtomicBool,
}

// Relaxed in all of it: the gate must not order anything that spawning and joining do not.
impl Gate {
    /// How long a thread waits for the gate at most.
    pub const PATIENCE: Duration = Duration::from_millis(1);

    /// Announces a thread that will come.
    pub fn expect_one(&self) {
        self.spawned.fetch_add(1, Ordering::Relaxed);
    }

    /// Says that the closure waits for its threads, or has returned.
    pub fn closure_waits(&self) {
        self.closure_waits.store(true, Ordering::Relaxed);
        self.open_if_complete();
    }

    fn open_if_complete(&self) {
        let complete = self.arrived.load(Ordering::Relaxed) >= self.spawned.load(Ordering::Relaxed);
        if complete && self.closure_waits.load(Ordering::Relaxed) {
            self.open.store(true, Ordering::Relaxed);
        }
    }

    /// Waits until the gate is open.
    pub fn pass(&self) {
        self.arrived.fetch_add(1, Ordering::Relaxed);
        let begin = Instant::now();
        let mut turns = 0_u32;
        while !self.open.load(Ordering::Relaxed) {
            self.open_if_complete();
            turns = turns.wrapping_add(1);
            if turns % 64 != 0 {
                std::hint::spin_loop();
            } else if begin.elapsed() >= Self::PATIENCE {
                self.open.store(true, Ordering::Relaxed);
            } else {
                std::thread::yield_now();
            }
        }
    }
}
