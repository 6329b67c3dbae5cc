//! Choices that a scenario makes before its first thread.

use std::panic::Location;

use crate::swap::choices::Diverged;
use crate::swap::execution::{self, FaultKind, abandon};

/// One of the numbers below `alternatives`: the scenario is explored with each.
///
/// Exhaustive engines explore every combination of choices, its *input*, in all interleavings, one
/// after the other; sampling engines take the inputs in turn, or by chance if there are more than
/// executions. The report counts them. A violation tells what was chosen, and one of Shuttle's is
/// repeated with it.
///
/// ```
/// use selvedge::scenario::{Scenario, choose};
/// use selvedge::thread;
///
/// let report = Scenario::new("either of two").check(|| {
///     let first = choose(2) == 0;
///     thread::spawn(move || assert!(first || !first)).join().unwrap();
/// });
/// assert_eq!(report.inputs, Some(2));
/// ```
///
/// # Panics
/// Outside of a scenario; and, as a misuse of the scenario, which is no finding, if there are no
/// alternatives, or if one of its threads was spawned already.
#[track_caller]
pub fn choose(alternatives: usize) -> usize {
    let chosen = pick(alternatives);
    let place = Location::caller();
    describe(move || format!("choose({alternatives}) = {chosen}, at {place}"));
    chosen
}

/// As [`choose`], for those who tell in their own words what was chosen.
#[track_caller]
pub(crate) fn pick(alternatives: usize) -> usize {
    let place = Location::caller();
    if alternatives == 0 {
        misuse(format!("choose, at {place}, has nothing to choose from"));
        return 0;
    }
    // What is dropped after an execution's end is in none.
    let current = execution::current().filter(|execution| !execution.is_dismantled());
    let Some(execution) = current else {
        panic!("choose, at {place}, was called outside of a scenario, where nothing explores it");
    };
    if execution.progress.lock().threads.len() > 1 {
        misuse(format!(
            "choose, at {place}, came after the first thread was spawned; make all choices before that"
        ));
        return 0;
    }
    let chosen = execution.choices.lock().choose(alternatives);
    chosen.unwrap_or_else(|Diverged| {
        let message = format!(
            "choose, at {place}, had another number of alternatives in an earlier execution with the same choices \
             before; the closure depends on something else"
        );
        abandon(FaultKind::NonDeterministic, message);
        0
    })
}

/// Ends the scenario as one that was not written as it should be, which no method takes for a
/// finding. Outside of a scenario it panics. Returns only to a thread that unwinds.
#[track_caller]
pub(crate) fn misuse(message: String) {
    abandon(FaultKind::Misuse, message);
}

/// Says in words what was chosen, for violations.
pub(crate) fn describe(words: impl Fn() -> String + Send + 'static) {
    execution::with_current(|execution| execution.choices.lock().describe(words));
}
