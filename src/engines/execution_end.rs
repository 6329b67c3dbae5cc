//! The end of an execution: did it go well, and if not, why.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::scenario::{Violation, ViolationKind};
use crate::swap::choices::{Diverged, Script};
use crate::swap::execution::{Execution, Fault, FaultKind, PanicRecord};

#[cfg(any(loom, shuttle, selvedge))]
use super::timeline::timeline;
use super::{Plan, Subject, violation};

/// What an execution came to.
pub(super) struct Ended {
    pub threaded: bool,
    pub overlapped: bool,
    /// Whether owners of an `Arc` were left in one order, though another one could matter.
    pub one_order_of_owners: bool,
    /// The choices that it made.
    pub input: Script,
    pub violation: Option<Violation>,
}

/// Runs the closure as thread 0 of an execution that the caller has entered. Returns whether it
/// returned.
pub(super) fn run_body(execution: &Execution, subject: &Subject) -> bool {
    let returned = catch_unwind(AssertUnwindSafe(|| (subject.body)())).is_ok();
    execution.gate.closure_waits();
    #[cfg(any(loom, shuttle, selvedge))]
    crate::swap::model::thread_ends(execution, 0);
    if execution.is_abandoned() {
        return false;
    }
    let leaked = leaked_thread(execution);
    match (returned, leaked) {
        (true, None) => true,
        (true, Some(message)) => {
            execution.fail(FaultKind::LeakedThread, message);
            false
        }
        (false, leaked) => {
            if leaked.is_some() {
                // The panic is the violation; the threads that still run are given up with it.
                execution.give_up();
            }
            false
        }
    }
}

fn leaked_thread(execution: &Execution) -> Option<String> {
    let progress = execution.progress.lock();
    let index = progress.threads.iter().skip(1).position(|thread| !thread.joined)? + 1;
    let place = progress.threads[index].place;
    drop(progress);
    Some(format!(
        "{}, spawned at {place}, was not joined when the closure returned, so that its end, and its panics, are \
         in no execution; join it, or spawn it in thread::scope",
        execution.thread_name(index as u32)
    ))
}

/// Judges an execution that is over. `returned`: its closure did. `in_detail`: a violation is told
/// with its timeline.
pub(super) fn judge(
    plan: &Plan,
    subject: &Subject,
    execution: &Execution,
    returned: bool,
    in_detail: bool,
) -> Ended {
    let (threaded, fault, panics) = {
        let mut progress = execution.progress.lock();
        (progress.threads.len() > 1, progress.fault.take(), std::mem::take(&mut progress.panics))
    };
    let found = match fault {
        Some(fault) => Some(explain_fault(execution, fault, &panics)),
        None if !returned => Some((ViolationKind::Panic, explain_panics(execution, &panics))),
        None => None,
    };
    let made = execution.choices.lock().end();
    let diverged = made.as_ref().err().map(|Diverged| {
        let message =
            "a closure with the same choices before chose otherwise: it depends on something else";
        (ViolationKind::NonDeterministic, message.to_owned())
    });
    let violation = found.or(diverged).map(|(kind, message)| Violation {
        chosen: execution.choices.lock().in_words(),
        timeline: if in_detail { timeline(execution) } else { String::new() },
        ..violation(plan, kind, message)
    });
    (subject.commit)(violation.is_none());
    #[cfg(any(loom, shuttle, selvedge))]
    let (overlapped, one_order_of_owners) =
        (execution.trace.lock().overlapped(), execution.owners.lock().matters);
    #[cfg(not(any(loom, shuttle, selvedge)))]
    let (overlapped, one_order_of_owners) = (false, false);
    let input = made.unwrap_or_default();
    Ended { threaded, overlapped, one_order_of_owners, input, violation }
}

fn explain_fault(
    execution: &Execution,
    fault: Fault,
    panics: &[PanicRecord],
) -> (ViolationKind, String) {
    let kind = match fault.kind {
        FaultKind::Panic => ViolationKind::Panic,
        FaultKind::DataRace => ViolationKind::DataRace,
        FaultKind::Deadlock => ViolationKind::Deadlock,
        FaultKind::Livelock => ViolationKind::Livelock,
        FaultKind::LeakedThread => ViolationKind::LeakedThread,
        FaultKind::CarriedObject => ViolationKind::CarriedObject,
        FaultKind::NonDeterministic => ViolationKind::NonDeterministic,
        FaultKind::Misuse => ViolationKind::Misuse,
    };
    let mut message = fault.message;
    // A thread that unwinds may be what the others wait for, or what makes the misuse. loom's own
    // panic tells nothing new.
    let before = panics.first().filter(|panic| !panic.message.starts_with("deadlock; threads ="));
    let follows = matches!(kind, ViolationKind::Deadlock | ViolationKind::Misuse);
    if let (true, Some(panic)) = (follows, before) {
        message.push_str(&format!("\nBefore that, {}", describe(execution, panic)));
    }
    (kind, message)
}

fn describe(execution: &Execution, panic: &PanicRecord) -> String {
    let thread = execution.thread_name(panic.thread);
    format!("{thread} panicked at {}\n{}", panic.place, panic.message)
}

/// The panic that ended the closure, led by the thread's panic that it passed on, if it did.
fn explain_panics(execution: &Execution, panics: &[PanicRecord]) -> String {
    let Some(last) = panics.iter().rev().find(|panic| panic.thread == 0).or(panics.last()) else {
        return "the closure panicked".to_owned();
    };
    // `join().unwrap()` says nothing but that some thread panicked.
    let passed_on =
        last.message.ends_with("Any { .. }") || last.message == "a scoped thread panicked";
    match panics.iter().find(|panic| panic.thread != 0).filter(|_| passed_on) {
        Some(first) => describe(execution, first),
        None => describe(execution, last),
    }
}

#[cfg(not(any(loom, shuttle, selvedge)))]
fn timeline(_: &Execution) -> String {
    String::new()
}
