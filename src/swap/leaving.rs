//! How the threads of an execution leave it that is given up.

use super::execution::{Abandon, FaultKind, with_current};
#[cfg(any(loom, shuttle, selvedge))]
use super::execution::{Backend, Execution, switching};

/// Whether the calling thread, of a scenario or not, unwinds because of a panic.
pub(crate) fn is_unwinding() -> bool {
    #[cfg(any(loom, shuttle, selvedge))]
    return crate::graph::is_unwinding();
    #[cfg(not(any(loom, shuttle, selvedge)))]
    std::thread::panicking()
}

/// Records a fault in the current execution and leaves it. While the thread unwinds already, it
/// only records. Outside of a scenario it panics with the message.
pub(crate) fn abandon(kind: FaultKind, message: String) {
    let known = with_current(|execution| execution.fail(kind, message.clone())).is_some();
    if is_unwinding() {
        pause();
        return;
    }
    if !known {
        panic!("{message}");
    }
    leave();
}

/// Leaves the current execution, which is given up without a fault. While the thread unwinds
/// already, it only gives it up.
#[cfg(any(loom, shuttle, selvedge))]
pub(crate) fn abandon_silently() {
    with_current(Execution::give_up);
    if !is_unwinding() {
        leave();
    }
}

/// Under Shuttle, stops a thread of an execution that was given up until the engine takes that
/// apart, while some thread unwinds: `panicking` does not tell which. Shuttle resumes only the one
/// that unwinds, for the rest of its destructors.
pub(crate) fn pause() {
    #[cfg(any(loom, shuttle, selvedge))]
    while with_current(|e| e.backend == Backend::Shuttle && !e.is_dismantled()) == Some(true) {
        shuttle::thread::yield_now();
    }
}

/// Under the graph engine, in an execution that was given up, returns after the threads that may
/// borrow from this one's stack have left.
pub(crate) fn step_aside() {
    #[cfg(any(loom, shuttle, selvedge))]
    if with_current(|execution| execution.backend) == Some(Backend::Graph) {
        switching(crate::graph::operations::step_aside);
    }
}

/// Leaves an execution that was given up.
pub(crate) fn leave() -> ! {
    #[cfg(any(loom, shuttle, selvedge))]
    if with_current(|execution| execution.backend) == Some(Backend::Shuttle) {
        // Shuttle's scheduler stops at the next scheduling point and never resumes this stack, so
        // that nothing borrowed from it is freed while another thread's destructors still run.
        loop {
            shuttle::thread::yield_now();
        }
    }
    step_aside();
    std::panic::panic_any(Abandon);
}
