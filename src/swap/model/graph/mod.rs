//! Operations of the graph engine, for the types of the swap: who performs one that the engine
//! refuses, and what its refusals mean in words.

use super::super::execution::{
    self, Backend, Execution, FaultKind, abandon, abandon_silently, switching,
};
use super::origin::{Origin, Route, backend, route};
use crate::graph::{Access, Fault, Place, Recorded, Refusal, operations};

mod blocking;
mod owners;

pub(super) use blocking::{Clock, EndOfWait, Groups, Lock, SharedLock, Token, Waiters};
pub(super) use owners::{Owners, Physical, Unique};

/// Performs an operation on an object. `None`: the execution was given up, and a destructor on its
/// way out finds the object's last known value.
#[inline]
pub(super) fn perform<R>(
    origin: &Origin,
    operation: impl FnOnce() -> Result<R, Refusal>,
) -> Option<R> {
    let not_here = || {
        origin.admit();
    };
    switching(operation).map_err(|refusal| refused(refusal, not_here)).ok()
}

/// As [`perform`], for what has no object.
pub(super) fn perform_alone<R>(operation: impl FnOnce() -> Result<R, Refusal>) -> Option<R> {
    switching(operation).map_err(|refusal| refused(refusal, || ())).ok()
}

/// Leaves an execution that cannot go on; returns to threads that unwind.
#[cold]
fn refused(refusal: Refusal, not_here: impl FnOnce()) {
    match refusal {
        Refusal::NotHere => not_here(),
        Refusal::GivenUp if is_abandoned() => {
            // Leaves, unless this is a destructor on the way out.
            let (route, _) = route();
            assert_eq!(route, Route::Shadow, "a thread of an execution that was given up leaves");
        }
        Refusal::GivenUp => {
            // Without a fault the exploration begins again.
            operations::fault().map_or_else(abandon_silently, |fault| abandon_for(&fault));
        }
        Refusal::Fault(fault) => abandon_for(&fault),
    }
}

fn abandon_for(fault: &Fault) {
    let (kind, message) = explain(fault);
    abandon(kind, message);
}

fn is_abandoned() -> bool {
    execution::with_current(Execution::is_abandoned).unwrap_or(true)
}

/// What to suspect if a reported race is none.
const ARC: &str = ". (If the second access is in a destructor that the last owner of std's own Arc runs: what it \
                   orders is not seen; use selvedge::sync::Arc)";

/// What a fault is, and what it means.
pub(crate) fn explain(fault: &Fault) -> (FaultKind, String) {
    let kind = match fault {
        Fault::Race(_) | Fault::UnorderedCreation { .. } | Fault::UseAfterFree { .. } => {
            FaultKind::DataRace
        }
        Fault::NonDeterministic { .. } => FaultKind::NonDeterministic,
        Fault::TooManyEvents { .. } => FaultKind::Livelock,
        Fault::TooManyThreads { .. } => FaultKind::Misuse,
    };
    (kind, message(fault))
}

fn message(fault: &Fault) -> String {
    match fault {
        Fault::Race([earlier, access]) => format!(
            "{} an UnsafeCell at {}, and {} it at {}, and neither happens before the other{ARC}",
            subject_and_verb(earlier),
            earlier.place,
            subject_and_verb(access),
            access.place,
        ),
        Fault::UnorderedCreation { created, creator, access } => format!(
            "{} an atomic at {}, and its creation by {}, at {created}, does not happen before: how the \
             object was published orders nothing{ARC}",
            subject_and_verb(access),
            access.place,
            name(*creator),
        ),
        Fault::UseAfterFree { freed, access } => format!(
            "use after free: {} an object at {} that {} dropped, after its operation at {}",
            subject_and_verb(access),
            access.place,
            name(freed.thread),
            freed.place,
        ),
        Fault::NonDeterministic { recorded, now } => format!(
            "with the same values read, the closure did something else: before, {}; now, {}. It depends on \
             a static, a clock, random numbers, addresses, the order of a std HashMap, or which owner of a std \
             Arc drops it last; create all state inside of the closure, and use selvedge::time, \
             selvedge::hash and selvedge::sync::Arc. Binaries with AtomicPtr need selvedge::quarantine!()",
            in_words(recorded),
            in_words(now),
        ),
        Fault::TooManyEvents { limit } => format!(
            "an execution of more than {limit} events: a loop that waits for another thread without \
             hint::wait_until or selvedge::hint::spin_loop (std's is not seen), threads that keep each other busy, or a scenario larger than max_events"
        ),
        Fault::TooManyThreads { limit } => format!(
            "the graph engine runs at most {limit} threads, the closure's own among them; make the \
             scenario smaller"
        ),
    }
}

fn name(thread: u32) -> String {
    execution::with_current(|execution| execution.thread_name(thread)).unwrap_or_default()
}

/// Who does what, as in "main writes".
fn subject_and_verb(access: &Access) -> String {
    format!("{} {}", name(access.thread), if access.writes { "writes" } else { "reads" })
}

fn in_words(recorded: &Option<Recorded>) -> String {
    match recorded {
        Some(Recorded { thread, operation, place }) => {
            let place = place.map(|place| format!(" at {place}")).unwrap_or_default();
            format!("{operation} by {}{place}", name(*thread))
        }
        None => "nothing".to_owned(),
    }
}

/// What a new object is under the graph engine; `None` under the others, and to a destructor on its
/// way out.
pub(super) fn create<T>(place: Place, create: impl FnOnce(Place) -> Option<T>) -> Option<T> {
    if backend() == Backend::Graph { create(place) } else { None }
}

/// Spawns a thread of the graph engine; `None` to a destructor on its way out.
pub(crate) fn spawn_thread(
    make_body: impl FnOnce(u32) -> Box<dyn FnOnce() + Send>,
    stack_size: usize,
    place: Place,
) -> Option<u32> {
    perform_alone(|| operations::spawn(make_body, stack_size, place))
}

/// Waits for the end of a thread of the graph engine.
pub(crate) fn join_thread(thread: u32, place: Place) {
    perform_alone(|| operations::join(thread, place));
}
