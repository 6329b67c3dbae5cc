//! Waiting loops. Under loom and Shuttle each of these is one turn given to other threads, whatever
//! it does in production.

use std::cell::Cell;
use std::fmt;
use std::panic::Location;

use super::super::execution::{self, Backend, switching};
use super::graph::perform_alone;
use super::origin::{Route, report, route};
use super::trace::{Effect, Event};
use crate::graph::operations;

#[doc(no_inline)]
pub use std::hint::{assert_unchecked, black_box, unreachable_unchecked};

/// Tells that the thread waits in a loop for another one.
#[track_caller]
pub fn spin_loop() {
    match execution::with_current(|execution| execution.backend) {
        None | Some(Backend::Plain) => std::hint::spin_loop(),
        Some(_) => turn(),
    }
}

/// Lets another thread run.
#[track_caller]
pub(crate) fn turn() {
    let place = Location::caller();
    match route() {
        (Route::Plain, _) | (_, Backend::Plain) => std::thread::yield_now(),
        (Route::Shadow, _) => return,
        (Route::Engine, Backend::Graph) => {
            perform_alone(|| operations::hint(place));
        }
        (Route::Engine, Backend::Loom) => switching(loom::thread::yield_now),
        (Route::Engine, Backend::Shuttle) => switching(shuttle::thread::yield_now),
    }
    if execution::is_traced() {
        report(Event::NO_OBJECT, "yield", [None; 2], Effect::Nothing, place);
    }
}

/// Waits in a loop until `condition` holds, and returns `true`. Prefer it to a loop of one's own:
/// engines know it. The condition is to depend on nothing but what it reads, and to change nothing
/// while it does not hold: under the graph engine, looks in vain are no part of an execution.
///
/// It returns `false`, though the condition does not hold, to a destructor that runs because the
/// execution was given up: nobody will make it hold.
#[track_caller]
pub fn wait_until(mut condition: impl FnMut() -> bool) -> bool {
    if execution::with_current(|execution| execution.backend) == Some(Backend::Graph) {
        return wait_in_graph(condition, Location::caller(), false);
    }
    let backoff = Backoff::new();
    while !condition() {
        if let (Route::Shadow, _) = route() {
            return false;
        }
        backoff.snooze();
    }
    true
}

/// The graph engine knows which iterations are in vain. `timed`: the condition looks at the clock.
pub(super) fn wait_in_graph(
    mut condition: impl FnMut() -> bool,
    place: &'static Location<'static>,
    timed: bool,
) -> bool {
    loop {
        let begun = perform_alone(|| operations::begin_wait(place, timed));
        let holds = condition();
        let Some(waiting) = begun else { return holds };
        match perform_alone(|| operations::end_wait(waiting, holds)) {
            Some(true) => return true,
            Some(false) => {}
            None => return false,
        }
    }
}

/// Exponential backoff in production; here, one turn a step. As crossbeam-utils' type.
pub struct Backoff {
    completed: Cell<bool>,
}

impl Backoff {
    /// Starts with the shortest wait.
    pub fn new() -> Self {
        Backoff { completed: Cell::new(false) }
    }

    /// Starts again with the shortest wait.
    pub fn reset(&self) {
        self.completed.set(false);
    }

    /// Waits after a lost race.
    #[track_caller]
    pub fn spin(&self) {
        turn();
    }

    /// Waits for another thread to make progress.
    #[track_caller]
    pub fn snooze(&self) {
        self.completed.set(true);
        turn();
    }

    /// Whether it is time to block instead.
    pub fn is_completed(&self) -> bool {
        self.completed.get()
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Backoff::new()
    }
}

impl fmt::Debug for Backoff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backoff").field("is_completed", &self.is_completed()).finish()
    }
}
