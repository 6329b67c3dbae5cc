//! What loom and Shuttle leave out: in which order owners come and go.
//!
//! They interleave operations, and those of an `Arc` are none of theirs. That matters where
//! somebody asks about the other owners, or the last one's destructor does something, while other
//! threads run. Then their search says that it was not complete; the graph engine counts instead
//! (see [`owners`](crate::graph::owners)).

use std::collections::HashSet;
use std::sync::Arc;

use super::super::super::execution::{self, Backend, Execution};

/// The owners of an execution under loom or Shuttle.
#[derive(Debug, Default)]
pub(crate) struct OrderOfOwners {
    /// Where objects are that have, or had, several owners or weak ones.
    shared: HashSet<usize>,
    /// How many last owners are on their way out.
    last_drops: u32,
    /// Whether another order could matter.
    pub matters: bool,
}

/// Calls `f` with the current execution, if owners are not interleaved there.
fn in_one_order(f: impl FnOnce(&Execution)) {
    execution::with_current(|execution| {
        if matches!(execution.backend, Backend::Loom | Backend::Shuttle) {
            f(execution);
        }
    });
}

/// Whether threads run beside the current one, or wait for it.
fn others_run(execution: &Execution) -> bool {
    let progress = execution.progress.lock();
    let mut spawned = progress.threads.iter().skip(1);
    execution::current_thread() != 0 || spawned.any(|thread| !thread.joined)
}

/// Notes that another order could matter, if something depends on it, and there can be one.
fn note_order_if(depends: impl FnOnce(&OrderOfOwners) -> bool) {
    in_one_order(|execution| {
        let depends = depends(&execution.owners.lock());
        if depends && others_run(execution) {
            execution.owners.lock().matters = true;
        }
    });
}

/// The object there is new, and has one owner.
pub fn begin(address: usize) {
    in_one_order(|execution| {
        execution.owners.lock().shared.remove(&address);
    });
}

/// The object there gets another owner, or a weak one.
pub fn share(address: usize) {
    in_one_order(|execution| {
        execution.owners.lock().shared.insert(address);
    });
}

/// Somebody asks about the other owners of the object there.
pub fn ask(address: usize) {
    note_order_if(|owners| owners.shared.contains(&address));
}

/// Drops the last share of the object there.
pub fn drop_last(address: usize, drop: impl FnOnce()) {
    /// Ends the last drop, if it is one.
    struct End(Option<Arc<Execution>>);
    impl Drop for End {
        fn drop(&mut self) {
            if let Some(execution) = &self.0 {
                execution.owners.lock().last_drops -= 1;
            }
        }
    }
    let mut end = End(None);
    in_one_order(|execution| {
        let mut owners = execution.owners.lock();
        if owners.shared.contains(&address) {
            owners.last_drops += 1;
            end.0 = execution::current();
        }
    });
    drop();
}

/// An operation is performed: maybe by a destructor of a last owner. Threads are not told apart
/// here, so it may be another thread's; what is taken for left out is more then.
pub fn note_operation() {
    note_order_if(|owners| owners.last_drops > 0);
}
