//! The barrier of the model build: a count and a generation, under a mutex or in words of the graph
//! engine.

use std::fmt;
use std::panic::Location;

use super::condvar::Condvar;
use super::graph::{self, Groups};
use super::mutex::Mutex;
use super::origin::{Origin, Route};
use super::trace::Effect;

/// Lets `n` threads wait for each other.
pub struct Barrier {
    origin: Origin,
    threads: usize,
    raw: Raw,
}

// Of such objects there are few at a time.
#[allow(clippy::large_enum_variant)]
enum Raw {
    Counted { state: Mutex<State>, complete: Condvar },
    Graph(Groups),
}

struct State {
    arrived: usize,
    generation: usize,
}

impl Barrier {
    /// A barrier for `n` threads. With 0 or 1, `wait` never blocks.
    #[track_caller]
    pub fn new(n: usize) -> Self {
        let raw = match graph::create(Location::caller(), Groups::create) {
            Some(groups) => Raw::Graph(groups),
            None => {
                let state = Mutex::silent(State { arrived: 0, generation: 0 });
                Raw::Counted { state, complete: Condvar::silent() }
            }
        };
        Barrier { origin: Origin::new("Barrier"), threads: n, raw }
    }

    /// Blocks until all threads are here. The last to come is the leader.
    #[track_caller]
    pub fn wait(&self) -> BarrierWaitResult {
        let place = Location::caller();
        if self.origin.admit() == Route::Shadow {
            return BarrierWaitResult(true);
        }
        self.origin.begin_wait("wait", place);
        let leads = match &self.raw {
            Raw::Graph(groups) => groups.wait(self.threads, &self.origin, place),
            Raw::Counted { state, complete } => self.wait_counted(state, complete),
        };
        self.origin.report("wait", [None; 2], Effect::Nothing, place);
        BarrierWaitResult(leads)
    }

    fn wait_counted(&self, state: &Mutex<State>, complete: &Condvar) -> bool {
        let mut state = state.lock();
        state.arrived += 1;
        let leads = state.arrived >= self.threads;
        if leads {
            state.arrived = 0;
            state.generation = state.generation.wrapping_add(1);
            complete.notify_all();
        } else {
            let generation = state.generation;
            complete.wait_while(&mut state, |state| state.generation == generation);
        }
        leads
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
