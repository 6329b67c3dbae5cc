//! Threads of a scenario: who was spawned, who was joined, and the gate that makes real threads
//! start together.

use std::panic::Location;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What is known of one thread of an execution.
pub(crate) struct ThreadRecord {
    pub name: Option<String>,
    /// Where it was spawned.
    pub place: &'static Location<'static>,
    /// Whether its end was awaited: by `join`, or by the end of its scope.
    pub joined: bool,
    pub finished: bool,
}

impl ThreadRecord {
    pub fn new(name: Option<String>, place: &'static Location<'static>) -> Self {
        ThreadRecord { name, place, joined: false, finished: false }
    }
}

/// Holds back the real threads of a round until the closure waits for one of them, so that a short
/// thread has not finished before the next one is spawned.
///
/// Opened by `join`, by the end of a scope, and when the closure returns. A closure that waits for
/// its threads in another way opens it late: a thread waits at most [`Gate::PATIENCE`].
pub(crate) struct Gate {
    open: AtomicBool,
}

impl Gate {
    /// How long a thread waits for the gate at most.
    pub const PATIENCE: Duration = Duration::from_millis(1);

    pub fn new() -> Self {
        Gate { open: AtomicBool::new(false) }
    }

    /// Lets all threads go.
    pub fn open(&self) {
        // Relaxed: the gate must not order anything that spawning does not.
        self.open.store(true, Ordering::Relaxed);
    }

    /// Waits until the gate is open.
    pub fn wait(&self) {
        let begin = Instant::now();
        let mut turns = 0_u32;
        // Relaxed: as in `open`.
        while !self.open.load(Ordering::Relaxed) {
            turns += 1;
            if turns % 64 == 0 {
                if begin.elapsed() >= Self::PATIENCE {
                    self.open();
                    return;
                }
                std::thread::yield_now();
            } else {
                std::hint::spin_loop();
            }
        }
    }
}
