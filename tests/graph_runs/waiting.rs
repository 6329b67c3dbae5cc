//! Waits inside of other things: of another wait, of a destructor that joins.

use selvedge::hint::wait_until;
use selvedge::scenario::Coverage;
use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicBool, AtomicU32, Ordering::*};
use selvedge::thread;

use crate::{holds, scenario};

#[test]
fn a_wait_inside_of_a_condition_waits_for_both() {
    let report = holds(scenario("a wait inside of a wait"), || {
        let (inner, outer) = (AtomicBool::new(false), AtomicBool::new(false));
        thread::scope(|scope| {
            scope.spawn(|| inner.store(true, Release));
            scope.spawn(|| outer.store(true, Release));
            scope.spawn(|| {
                wait_until(|| {
                    wait_until(|| inner.load(Acquire));
                    outer.load(Acquire)
                });
                assert!(inner.load(Relaxed) && outer.load(Relaxed), "returned too early");
            });
        });
    });
    assert_eq!(report.executions, 1, "{report}");
}

#[test]
fn a_condition_that_counts_its_calls_is_explored_call_by_call() {
    let report = scenario("counts its calls").explore(|| {
        let flag = AtomicBool::new(false);
        thread::scope(|scope| {
            let waits = scope.spawn(|| {
                let mut tries = 0;
                wait_until(|| {
                    tries += 1;
                    flag.load(Acquire) || tries > 3
                });
                tries
            });
            scope.spawn(|| flag.store(true, Release));
            waits.join().unwrap()
        })
    });
    assert_eq!(report.coverage, Coverage::Complete, "{report}");
    // The flag is seen at the first, second, third or fourth call, or never.
    assert_eq!(report.outcomes, [(1, 1), (2, 1), (3, 1), (4, 2)].into(), "{report}");
}

/// Threads that are joined at the end of their pool.
struct Pool(Vec<thread::JoinHandle<()>>);

impl Drop for Pool {
    fn drop(&mut self) {
        for thread in self.0.drain(..) {
            thread.join().unwrap();
        }
    }
}

fn stores(word: &AtomicU32) {
    word.store(1, Release);
}

fn waits(word: &AtomicU32) {
    wait_until(|| word.load(Acquire) == 1);
}

/// A pool with a thread each for these functions of a word, which is waited for meanwhile.
fn pool(functions: &'static [fn(&AtomicU32)]) -> impl Fn() + Send + Sync + 'static {
    move || {
        let word = Arc::new(AtomicU32::new(0));
        let threads = functions.iter().map(|function| {
            let word = Arc::clone(&word);
            thread::spawn(move || function(&word))
        });
        let pool = Pool(threads.collect());
        wait_until(|| word.load(Acquire) == 1);
        drop(pool);
    }
}

#[test]
fn a_pool_may_join_in_its_destructor() {
    let pools: [&[fn(&AtomicU32)]; 3] = [&[stores], &[waits, stores], &[stores, waits]];
    for functions in pools {
        // Executions that end in a wait unwind main through the pool.
        let report = holds(scenario("joins in its destructor"), pool(functions));
        assert_eq!(report.executions, 1, "{report}");
        assert!(report.blocked > 0, "{report}");
    }
}
