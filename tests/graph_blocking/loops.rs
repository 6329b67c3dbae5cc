//! Loops that wait for another thread with a hint only, and loops that count.

use selvedge::hint::{Backoff, spin_loop};
use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicBool, AtomicU32, Ordering::*};
use selvedge::thread;

use super::*;

/// Waits for a flag that another thread raises after its message.
fn waits_for_flag(wait: fn(&AtomicBool)) -> impl Fn() + Clone + Send + Sync + 'static {
    move || {
        let shared = Arc::new((AtomicBool::new(false), Shared::new(0)));
        let other = Arc::clone(&shared);
        let raises = thread::spawn(move || {
            other.1.write(7);
            other.0.store(true, Release);
        });
        wait(&shared.0);
        assert_eq!(shared.1.read(), 7);
        raises.join().unwrap();
    }
}

#[test]
fn a_loop_with_a_hint_waits() {
    let loops: [fn(&AtomicBool); 5] = [
        |flag| {
            while !flag.load(Acquire) {
                spin_loop();
            }
        },
        |flag| {
            while !flag.load(Acquire) {
                thread::yield_now();
            }
        },
        |flag| {
            let backoff = Backoff::new();
            while !flag.load(Acquire) {
                backoff.spin();
            }
        },
        |flag| {
            let backoff = Backoff::new();
            while !flag.load(Acquire) {
                backoff.snooze();
            }
        },
        |flag| {
            while flag.compare_exchange(true, false, Acquire, Relaxed).is_err() {
                spin_loop();
            }
        },
    ];
    for waits in loops {
        let report = explored("a loop with a hint", waits_for_flag(waits));
        assert_eq!(report.executions, 1, "{report}");
    }
}

/// A lock that is taken by an exchange, in a loop with a hint.
#[derive(Default)]
struct SpinLock(AtomicBool);

impl SpinLock {
    fn lock(&self) {
        while self.0.compare_exchange_weak(false, true, Acquire, Relaxed).is_err() {
            spin_loop();
        }
    }

    /// As above, but looks before it exchanges.
    fn look_and_lock(&self) {
        while self.0.swap(true, Acquire) {
            while self.0.load(Relaxed) {
                spin_loop();
            }
        }
    }

    fn unlock(&self) {
        self.0.store(false, Release);
    }
}

/// Threads that count in plain memory, under a spin lock.
fn counts_under(lock: fn(&SpinLock), threads: u32) -> impl Fn() + Clone + Send + Sync + 'static {
    move || {
        let shared = Arc::new((SpinLock::default(), Shared::new(0)));
        let all = (0..threads).map(|_| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                lock(&shared.0);
                shared.1.write(shared.1.read() + 1);
                shared.0.unlock();
            })
        });
        let all = Vec::from_iter(all);
        all.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(shared.1.read(), threads);
    }
}

#[test]
fn a_spin_lock_has_an_execution_for_each_order() {
    for (threads, orders) in [(2, 2), (3, 6)] {
        for memory in MEMORIES {
            let report =
                scenario("spin lock", memory, 1).check(counts_under(SpinLock::lock, threads));
            assert_eq!(report.coverage.to_string(), "complete without spurious failures");
            assert_eq!(report.executions, orders, "{report}");
        }
    }
    let report = explored("look and lock", counts_under(SpinLock::look_and_lock, 2));
    // And whether whoever comes second has exchanged before the first one leaves.
    assert_eq!(report.executions, 4, "{report}");
}

#[test]
fn a_loop_that_counts_has_all_of_its_outcomes() {
    let report = explored("a counted loop", || {
        let flag = Arc::new(AtomicBool::new(false));
        let shared = Arc::clone(&flag);
        let raises = thread::spawn(move || shared.store(true, Release));
        let mut tries = 0;
        while !flag.load(Acquire) && tries < 3 {
            tries += 1;
            spin_loop();
        }
        raises.join().unwrap();
        tries
    });
    // After three tries it looks once more, and has given up, or not.
    assert_eq!(Vec::from_iter(report.outcomes), [(0, 1), (1, 1), (2, 1), (3, 2)]);
}

#[test]
fn two_that_wait_for_each_other_take_turns() {
    let report = explored("turns", || {
        let turn = Arc::new(AtomicU32::new(0));
        let threads = [0, 1].map(|me| {
            let turn = Arc::clone(&turn);
            thread::spawn(move || {
                for round in 0..2 {
                    while turn.load(Acquire) != 2 * round + me {
                        spin_loop();
                    }
                    turn.store(2 * round + me + 1, Release);
                }
            })
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    assert_eq!(report.executions, 1, "{report}");
}
