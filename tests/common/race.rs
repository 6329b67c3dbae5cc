//! Two threads, and what they share.

use selvedge::sync::Arc;
use selvedge::thread;

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
