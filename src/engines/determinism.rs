//! Spot checks that a closure is a function of its interleaving: an engine's first execution is the
//! same every time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::scenario::ViolationKind;
use crate::swap::choices::Script;
use crate::swap::execution;

use super::{Plan, Subject, Tally, violation};

/// The cause, and the cure, of a closure that is not.
pub(super) const NONDETERMINISTIC: &str = "the same schedule led to another execution, so that nothing that was explored counts: \
     the closure depends on a static, a clock, random numbers, addresses or the order of a std HashMap; create all \
     state inside of the closure, and use selvedge::time and selvedge::hash";

/// The first execution of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct First {
    /// What its operations were; `None` if it ended in a violation.
    digest: Option<u64>,
    /// What the closure chose.
    pub input: Script,
}

/// Observes the first execution that `run` performs.
pub(super) fn first(
    plan: &Plan,
    subject: &Subject,
    run: impl FnOnce(&Plan, &Subject) -> Tally,
) -> First {
    let digest = Arc::new(AtomicU64::new(0));
    let observed = Arc::clone(&digest);
    let body = Arc::clone(&subject.body);
    let commit = Arc::clone(&subject.commit);
    let once = Plan { max_executions: 1, stop_at_first: true, ..plan.clone() };
    let observing = Subject {
        body: Arc::new(move || {
            body();
            let seen = execution::with_current(|execution| execution.trace.lock().digest());
            // Relaxed: read on this thread, or after it was joined.
            observed.store(seen.unwrap_or(0), Ordering::Relaxed);
        }),
        // Its outcome is not one of the run's.
        commit: Arc::new(move |_| commit(false)),
        ..subject.clone()
    };
    let tally = run(&once, &observing);
    // Relaxed: as above.
    let digest = tally.violation.is_none().then(|| digest.load(Ordering::Relaxed));
    First { digest, input: tally.input }
}

/// Adds a violation if they differ, and nothing worse was found.
pub(super) fn demand_equal(tally: &mut Tally, plan: &Plan, [a, b, c]: [First; 3]) {
    if [&b, &c] != [&a; 2] && tally.violation.is_none() {
        tally.violation = Some(violation(plan, ViolationKind::NonDeterministic, NONDETERMINISTIC));
    }
}
