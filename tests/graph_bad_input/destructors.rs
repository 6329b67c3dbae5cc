//! Destructors with operations, at the end of a thread and during a panic.

use std::cell::RefCell;

use selvedge::hint;
use selvedge::scenario::{Coverage, ViolationKind};
use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU64, Ordering::*};
use selvedge::thread;

use super::{fails, scenario};

/// Adds to a word when it is dropped.
struct Adds(Arc<AtomicU64>, u64);

impl Drop for Adds {
    fn drop(&mut self) {
        self.0.fetch_add(self.1, AcqRel);
    }
}

#[test]
fn thread_locals_are_destroyed_at_the_end_of_their_thread() {
    selvedge::thread_local! {
        static KEPT: RefCell<Vec<Adds>> = const { RefCell::new(Vec::new()) };
    }
    let report = scenario("thread-locals").explore(|| {
        let word = Arc::new(AtomicU64::new(0));
        let threads = [1, 2].map(|by| {
            let word = Arc::clone(&word);
            thread::spawn(move || KEPT.with_borrow_mut(|kept| kept.push(Adds(word, by))))
        });
        let seen = word.load(Acquire);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(word.load(Relaxed), 3);
        seen
    });
    assert_eq!(report.coverage, Coverage::Complete, "{report}");
    assert_eq!(Vec::from_iter(report.outcomes), [(0, 2), (1, 1), (2, 1), (3, 2)]);
}

#[test]
fn destructors_during_a_panic_are_explored() {
    let report = scenario("unwinding").explore(|| {
        let word = Arc::new(AtomicU64::new(0));
        let shared = Arc::clone(&word);
        let thread = thread::spawn(move || {
            let _adds = Adds(shared, 1);
            panic!("on purpose");
        });
        let seen = word.fetch_add(2, AcqRel);
        thread.join().unwrap_err();
        assert_eq!(word.load(Relaxed), 3);
        seen
    });
    assert_eq!(report.coverage, Coverage::Complete, "{report}");
    assert_eq!(Vec::from_iter(report.outcomes), [(0, 1), (1, 1)]);
    // And when the panic ends the execution.
    fails(ViolationKind::Panic, &["thread 1 panicked at", "for good"], || {
        let word = Arc::new(AtomicU64::new(0));
        let shared = Arc::clone(&word);
        let thread = thread::spawn(move || {
            let _adds = Adds(shared, 1);
            panic!("for good");
        });
        let _adds = Adds(word, 2);
        thread.join().unwrap();
    });
}

#[test]
fn a_destructor_that_waits_during_a_panic_is_told() {
    /// Waits for a word when it is dropped.
    struct Waits(Arc<AtomicU64>);
    impl Drop for Waits {
        fn drop(&mut self) {
            hint::wait_until(|| self.0.load(Acquire) == 1);
        }
    }
    fails(ViolationKind::Unsupported, &["a destructor that runs during a panic"], || {
        let word = Arc::new(AtomicU64::new(0));
        let shared = Arc::clone(&word);
        let thread = thread::spawn(move || {
            let _waits = Waits(shared);
            panic!("on purpose");
        });
        hint::wait_until(|| word.load(Acquire) == 0);
        word.store(1, Release);
        thread.join().unwrap_err();
    });
}
