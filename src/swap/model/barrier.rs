//! The barrier of the model build: a count and a generation under a mutex.

use std::fmt;
use std::panic::Location;

use super::condvar::Condvar;
use super::mutex::Mutex;
use super::origin::{Origin, Route};
use super::trace::Effect;

/// Lets `n` threads wait for each other.
pub struct Barrier {
    origin: Origin,
    threads: usize,
    state: Mutex<State>,
    complete: Condvar,
}

struct State {
    arrived: usize,
    generation: usize,
}

impl Barrier {
    /// A barrier for `n` threads. With 0 or 1, `wait` never blocks.
    #[track_caller]
    pub fn new(n: usize) -> Self {
        Barrier {
            origin: Origin::new("Barrier"),
            threads: n,
            state: Mutex::silent(State { arrived: 0, generation: 0 }),
            complete: Condvar::silent(),
        }
    }

    /// Blocks until all threads are here. The last to come is the leader.
    #[track_caller]
    pub fn wait(&self) -> BarrierWaitResult {
        let place = Location::caller();
        if self.origin.admit() == Route::Shadow {
            return BarrierWaitResult(true);
        }
        self.origin.begin_wait("wait", place);
        let mut state = self.state.lock();
        state.arrived += 1;
        let leads = state.arrived >= self.threads;
        if leads {
            state.arrived = 0;
            state.generation = state.generation.wrapping_add(1);
            self.complete.notify_all();
        } else {
            let generation = state.generation;
            self.complete.wait_while(&mut state, |state| state.generation == generation);
        }
        drop(state);
        self.origin.report("wait", [None; 2], Effect::Nothing, place);
        BarrierWaitResult(leads)
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Barrier { .. }")
    }
}

/// Tells whether this thread was the leader. See [`Barrier::wait`].
pub struct BarrierWaitResult(bool);

impl BarrierWaitResult {
    /// Whether this thread is the leader of the group: exactly one is.
    pub fn is_leader(&self) -> bool {
        self.0
    }
}

impl fmt::Debug for BarrierWaitResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BarrierWaitResult").field("is_leader", &self.0).finish()
    }
}
