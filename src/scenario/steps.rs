//! How far an execution has come, for scenarios that measure.

use crate::swap::execution::{self, Execution};

/// How many operations the execution that runs here has had so far, those of all its threads. The
/// difference of two readings is how long something took, in steps.
///
/// Reading it is no operation, so that it changes nothing. `None` where operations are not
/// observed: on real threads, in a production build, and outside of a scenario.
///
/// Under Shuttle each schedule has its own numbers. Under loom they are those of one representative
/// of all executions that differ in the order of independent operations: measure under Shuttle.
///
/// ```
/// use selvedge::scenario::{Scenario, steps};
/// use selvedge::sync::Mutex;
/// use selvedge::thread;
///
/// Scenario::new("steps of a lock").check(|| {
///     thread::spawn(|| {
///         let begin = steps();
///         *Mutex::new(1).lock() += 1;
///         let took = steps().zip(begin).map(|(end, begin)| end - begin);
///         assert!(took.is_none_or(|took| took >= 2), "a lock and an unlock");
///     })
///     .join()
///     .unwrap();
/// });
/// ```
pub fn steps() -> Option<u64> {
    execution::with_current(Execution::operations).flatten()
}
