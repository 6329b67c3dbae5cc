//! Two threads, and what they share.

use selvedge::scenario::steps;
use selvedge::sync::Arc;
use selvedge::thread;

use crate::race::race;

/// Runs two threads on what they share, and returns it with their results. One of them is the
/// calling one, which has fewer interleavings than two that are spawned. But where operations are
/// not observed, on real threads, both are spawned: they are let go at the same time.
pub fn pair<S, A, B>(
    shared: S,
    first: impl FnOnce(&S) -> A + Send + 'static,
    second: impl FnOnce(&S) -> B + Send + 'static,
) -> (Arc<S>, A, B)
where
    S: Send + Sync + 'static,
    A: Send + 'static,
    B: Send + 'static,
{
    if steps().is_none() {
        return race(shared, first, second);
    }
    let shared = Arc::new(shared);
    let other = thread::spawn({
        let shared = Arc::clone(&shared);
        move || first(&shared)
    });
    let second = second(&shared);
    let first = other.join().expect("the other thread does not panic");
    (shared, first, second)
}
