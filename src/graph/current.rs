//! The worker of the calling operating-system thread, and how its coroutines take turns.

use std::cell::{Cell, RefCell};

use corosensei::Yielder;

use super::fault::Refusal;
use super::state::State;

thread_local! {
    static STATE: RefCell<Option<State>> = const { RefCell::new(None) };
    /// The yielder of the coroutine that runs.
    static YIELDER: Cell<*const Yielder<(), ()>> = const { Cell::new(std::ptr::null()) };
    /// How many coroutines are suspended while they unwind.
    static UNWINDING: Cell<usize> = const { Cell::new(0) };
    /// Whether the coroutine that runs unwinds, while another one is suspended that does.
    static UNWINDS: Cell<bool> = const { Cell::new(false) };
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
    UNWINDS.set(false);
}

/// Whether the calling coroutine unwinds. std's `panicking` is about its operating-system thread.
///
/// If it has panicked while another one is suspended that unwinds, and has caught its panic, it
/// still says so.
#[inline]
pub fn is_unwinding() -> bool {
    std::thread::panicking() && (UNWINDING.get() == 0 || UNWINDS.get())
}

/// Notes that the calling code panics.
pub fn note_panic() {
    UNWINDS.set(true);
}

/// Lets the scheduler choose who runs next, and returns when it chose the caller.
#[inline]
pub fn suspend() {
    let yielder = YIELDER.get();
    assert!(!yielder.is_null(), "only a coroutine is suspended");
    let unwinds = is_unwinding();
    UNWINDING.set(UNWINDING.get() + usize::from(unwinds));
    // SAFETY: the pointer is that of the coroutine that runs: `begin_coroutine` set it at its
    // begin, and this function after each of its suspensions. The yielder lives as long as the
    // coroutine.
    unsafe { (*yielder).suspend(()) };
    UNWINDING.set(UNWINDING.get() - usize::from(unwinds));
    UNWINDS.set(unwinds);
    YIELDER.set(yielder);
}
