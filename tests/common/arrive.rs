//! What scenarios of the sequenced primitives share: two threads, and stamps with the values that
//! belong to them.

use selvedge::sync::Arc;
use selvedge::{Lamport, thread};

/// A value: two words, so that a half of it would show.
pub type Pair = [u64; 2];

/// A stamp. Equal counters have equal prefixes.
pub const fn at(counter: u64, node: u64) -> Lamport {
    Lamport { counter, node }
}

/// The value that belongs to a stamp.
pub fn of(stamp: Lamport) -> Pair {
    [stamp.counter, stamp.node]
}

/// Runs two threads on what they share, and returns it with their results.
pub fn race<S, A, B>(
    shared: S,
    first: impl FnOnce(&S) -> A + Send + 'static,
    second: impl FnOnce(&S) -> B + Send + 'static,
) -> (Arc<S>, A, B)
where
    S: Send + Sync + 'static,
    A: Send + 'static,
    B: Send + 'static,
{
    let shared = Arc::new(shared);
    let first = thread::spawn({
        let shared = Arc::clone(&shared);
        move || first(&shared)
    });
    let second = thread::spawn({
        let shared = Arc::clone(&shared);
        move || second(&shared)
    });
    let first = first.join().expect("the first thread does not panic");
    let second = second.join().expect("the second thread does not panic");
    (shared, first, second)
}
