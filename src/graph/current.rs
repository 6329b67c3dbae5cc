//! The worker of the calling operating-system thread, and how its coroutines take turns.

use std::cell::{Cell, RefCell};

use corosensei::Yielder;

use super::fault::Refusal;
use super::state::State;

thread_local! {
    static STATE: RefCell<Option<State>> = const { RefCell::new(None) };
    /// The yielder of the coroutine that runs.
    static YIELDER: Cell<*const Yielder<(), ()>> = const { Cell::new(std::ptr::null()) };
}

/// Makes this thread a worker until the guard is dropped.
pub fn enter(state: State) -> Entered {
    STATE.set(Some(state));
    Entered(())
}

/// Ends a worker when dropped.
pub struct Entered(());

impl Drop for Entered {
    fn drop(&mut self) {
        STATE.take();
        super::quarantine::end();
    }
}

/// Calls `f` with the worker's state. `f` runs no code of the program.
#[inline]
pub fn with<R>(f: impl FnOnce(&mut State) -> R) -> Result<R, Refusal> {
    let called = STATE.try_with(|state| state.borrow_mut().as_mut().map(f));
    called.ok().flatten().ok_or(Refusal::NotHere)
}

/// As [`with`], in a run only.
#[inline]
pub fn in_run<R>(f: impl FnOnce(&mut State) -> Result<R, Refusal>) -> Result<R, Refusal> {
    with(|state| if state.run == 0 { Err(Refusal::NotHere) } else { f(state) })?
}

/// Notes that the calling code is a coroutine with this yielder.
pub fn begin_coroutine(yielder: &Yielder<(), ()>) {
    YIELDER.set(yielder);
}

/// Lets the scheduler choose who runs next, and returns when it chose the caller.
#[inline]
pub fn suspend() {
    let yielder = YIELDER.get();
    assert!(!yielder.is_null(), "only a coroutine is suspended");
    // SAFETY: the pointer is that of the coroutine that runs: `begin_coroutine` set it at its
    // begin, and this function after each of its suspensions. The yielder lives as long as the
    // coroutine.
    unsafe { (*yielder).suspend(()) };
    YIELDER.set(yielder);
}
