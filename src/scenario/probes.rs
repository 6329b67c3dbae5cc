//! What the tests of the graph engine ask of it.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

/// Hooks for tests.
#[derive(Clone, Default)]
pub struct GraphProbes {
    /// Extends executions in a random order of threads, with this seed, instead of the first one
    /// that can move.
    pub thread_order: Option<u64>,
    /// Is called with each execution that is reported, and how it ended: for each thread its
    /// accesses and fences (`2:R0=i W0 R1=1.0 F;` is thread 2, which read the initial value of
    /// location 0, wrote it, read location 1 from the access 0 of thread 1, and had a fence), and
    /// after `|` for each location that was written its modification order (`0:2.1 1.3;`). A
    /// read-modify-write is a read and a write. Locations are numbered in the order of their
    /// creation by thread 0.
    pub observer: Option<GraphObserver>,
}

/// Sees executions as text.
pub type GraphObserver = Arc<dyn Fn(GraphEnd, &str) + Send + Sync>;

/// How an execution that a [`GraphObserver`] sees ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GraphEnd {
    /// All threads came to their end.
    Complete,
    /// A thread waits in a loop that others leave.
    Blocked,
    /// No thread can go on, and not all have finished.
    Deadlock,
}

// A scenario that a panic came through is as good as before: it is taken by value to be run.
impl UnwindSafe for GraphProbes {}
impl RefUnwindSafe for GraphProbes {}

impl fmt::Debug for GraphProbes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphProbes").field("thread_order", &self.thread_order).finish()
    }
}
