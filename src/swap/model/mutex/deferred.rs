//! loom's guards, and their release when a thread unwinds.
//!
//! std's mutex inside of loom's would be poisoned, and loom's next `lock` would panic. So the
//! release waits until the thread performs its next operation, or ends.

use std::cell::RefCell;
use std::sync::Arc;

use super::super::super::execution::{self, switching};

type LoomGuard<'a> = loom::sync::MutexGuard<'a, ()>;

/// loom's guard, which keeps its mutex alive.
pub struct LoomHeld {
    // Declared first, because fields are dropped in order: the guard borrows from the mutex.
    _guard: LoomGuard<'static>,
    mutex: Arc<loom::sync::Mutex<()>>,
    /// Whether it was locked while a thread unwound: then its release poisons nothing.
    taken_unwinding: bool,
}

impl LoomHeld {
    pub fn new(guard: LoomGuard<'_>, mutex: &Arc<loom::sync::Mutex<()>>) -> LoomHeld {
        // SAFETY: only the lifetime changes. The guard borrows from the mutex, which the `Arc` next
        // to it keeps in place until after the guard is dropped.
        let guard = unsafe { std::mem::transmute::<LoomGuard<'_>, LoomGuard<'static>>(guard) };
        let taken_unwinding = std::thread::panicking();
        LoomHeld { _guard: guard, mutex: Arc::clone(mutex), taken_unwinding }
    }

    /// Whether its release has to wait.
    pub fn must_wait(&self) -> bool {
        std::thread::panicking() && !self.taken_unwinding
    }

    /// Releases it when the current thread has unwound.
    pub fn defer(self) {
        let owner = execution::current_thread();
        DEFERRED.with_borrow_mut(|deferred| deferred.push((owner, self)));
    }
}

thread_local! {
    /// Guards of loom mutexes that were dropped by a thread that unwinds.
    static DEFERRED: RefCell<Vec<(u32, LoomHeld)>> = const { RefCell::new(Vec::new()) };
}

/// Releases what the current thread left locked while it unwound.
pub fn release_deferred() {
    if std::thread::panicking() {
        return;
    }
    let thread = execution::current_thread();
    let mine = DEFERRED.try_with(|deferred| {
        let mut deferred = deferred.borrow_mut();
        if deferred.is_empty() {
            return Vec::new();
        }
        let (mine, others) =
            std::mem::take(&mut *deferred).into_iter().partition(|(owner, _)| *owner == thread);
        *deferred = others;
        mine
    });
    if let Ok(mine) = mine {
        switching(|| drop(mine));
    }
}

/// The guard of a mutex that the current thread left locked while it unwinds, and locks again.
pub fn take_deferred(mutex: &Arc<loom::sync::Mutex<()>>) -> Option<LoomHeld> {
    let thread = execution::current_thread();
    DEFERRED.with_borrow_mut(|deferred| {
        let index = deferred
            .iter()
            .position(|(owner, held)| *owner == thread && Arc::ptr_eq(&held.mutex, mutex))?;
        Some(deferred.remove(index).1)
    })
}

/// Forgets what an execution left behind that was given up.
pub fn forget_deferred() {
    DEFERRED.with_borrow_mut(std::mem::take).into_iter().for_each(std::mem::forget);
}
