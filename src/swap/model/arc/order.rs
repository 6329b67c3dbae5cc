//! What loom and Shuttle leave out: in which order owners come and go.
//!
//! They interleave operations, and those of an `Arc` are none of theirs. That matters where
//! somebody asks about the other owners, or the last one's destructor does something, while other
//! threads run. Then their search says that it was not complete; the graph engine's counts instead
//! (see [`owners`](crate::graph::owners)).

use std::cell::Cell;

use super::super::super::execution::{self, Backend, Execution};

thread_local! {
    /// How many last owners are on their way out.
    static LAST_DROPS: Cell<u32> = const { Cell::new(0) };
}

/// Somebody asks about the other owners.
pub fn asked() {
    execution::with_current(|execution| {
        if matches!(execution.backend, Backend::Loom | Backend::Shuttle) && others_run(execution) {
            execution.leave_out_owners();
        }
    });
}

/// Whether threads run beside the current one, or wait for it.
fn others_run(execution: &Execution) -> bool {
    let progress = execution.progress.lock();
    let mut spawned = progress.threads.iter().skip(1);
    execution::current_thread() != 0 || spawned.any(|thread| !thread.joined)
}

/// Drops a share that is the last one, and was not the first.
pub fn drop_last(drop: impl FnOnce()) {
    struct End;
    impl Drop for End {
        fn drop(&mut self) {
            LAST_DROPS.set(LAST_DROPS.get() - 1);
        }
    }
    LAST_DROPS.set(LAST_DROPS.get() + 1);
    let _end = End;
    drop();
}

/// An operation is performed: maybe by a destructor of the last owner. All threads of an execution
/// share the number, so that it may be another one's; what is taken for left out is more then.
#[inline]
pub fn note_operation() {
    if LAST_DROPS.get() > 0 {
        asked();
    }
}
