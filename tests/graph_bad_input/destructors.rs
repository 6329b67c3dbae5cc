//! Destructors with operations, at the end of a thread and during a panic.

use std::cell::RefCell;

use selvedge::hint;
use selvedge::scenario::{Coverage, ViolationKind};
use selvedge::sync::atomic::{AtomicU64, Ordering::*};
use selvedge::sync::{Arc, Mutex};
use selvedge::thread;

use super::{fails, holds, scenario};

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

/// Does something when it is dropped.
struct AtTheEnd<F: FnMut()>(F);

impl<F: FnMut()> Drop for AtTheEnd<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[test]
fn a_destructor_may_wait_during_a_panic() {
    let report = holds(|| {
        let word = Arc::new(AtomicU64::new(0));
        let shared = Arc::clone(&word);
        let thread = thread::spawn(move || {
            let _waits = AtTheEnd(|| {
                hint::wait_until(|| shared.load(Acquire) == 1);
            });
            panic!("on purpose");
        });
        word.store(1, Release);
        thread.join().unwrap_err();
    });
    assert_eq!(report.executions, 1, "{report}");
}

#[test]
fn a_destructor_may_lock_during_a_panic_what_another_thread_holds() {
    let report = scenario("locks while it unwinds").explore(|| {
        let lock = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&lock);
        let thread = thread::spawn(move || {
            let _locks = AtTheEnd(|| shared.lock().push(1));
            panic!("on purpose");
        });
        {
            let mut held = lock.lock();
            held.push(2);
            held.push(3);
        }
        thread.join().unwrap_err();
        lock.lock().clone()
    });
    assert_eq!(report.coverage, Coverage::Complete, "{report}");
    assert_eq!(Vec::from_iter(report.outcomes), [(vec![1, 2, 3], 1), (vec![2, 3, 1], 1)]);
}

#[test]
fn two_threads_may_panic_at_once() {
    let report = scenario("two panics").explore(|| {
        let shared = Arc::new((Mutex::new(()), AtomicU64::new(0), AtomicU64::new(0)));
        let threads = [1, 2].map(|number| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let _unwinds = AtTheEnd(|| {
                    // Both are here at once, if one comes while the other one waits.
                    let others = shared.1.fetch_add(1, AcqRel);
                    drop(shared.0.lock());
                    shared.2.fetch_max(others, AcqRel);
                    shared.1.fetch_sub(1, AcqRel);
                });
                panic!("thread {number}");
            })
        });
        for (thread, number) in threads.into_iter().zip([1, 2]) {
            let payload = thread.join().unwrap_err();
            let said = payload.downcast_ref::<String>().unwrap();
            assert_eq!(*said, format!("thread {number}"), "each has its own");
        }
        shared.2.load(Relaxed)
    });
    assert_eq!(report.coverage, Coverage::Complete, "{report}");
    assert_eq!(report.outcomes.into_keys().collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn each_thread_knows_whether_it_panics() {
    let report = holds(|| {
        let (stage, panics) = (AtomicU64::new(0), thread::panicking);
        thread::scope(|scope| {
            let unwinds = scope.spawn(|| {
                let _waits = AtTheEnd(|| {
                    assert!(panics(), "before it waits");
                    stage.store(1, Release);
                    hint::wait_until(|| stage.load(Acquire) == 2);
                    assert!(panics(), "after it waited");
                });
                assert!(!panics(), "before it panics");
                panic!("on purpose");
            });
            scope.spawn(|| {
                hint::wait_until(|| stage.load(Acquire) == 1);
                assert!(!panics(), "another one does");
                stage.store(2, Release);
            });
            unwinds.join().unwrap_err();
            assert!(!panics(), "main does not");
        });
    });
    assert_eq!(report.executions, 1, "{report}");
}
