//! What the engines of the model build find, where operations are observed.
#![cfg(any(loom, shuttle, selvedge))]

#[path = "common/engines.rs"]
mod engines;

use std::sync::Mutex as StdMutex;
use std::sync::atomic::{AtomicU64 as StdAtomicU64, Ordering as StdOrdering};
use std::time::Duration;

use engines::{add_naively, all_engines, guarded_counter, modeled, two_threads, violation};
use selvedge::scenario::{Coverage, Engine, Report, Sampler, Scenario, ViolationKind, steps};
use selvedge::sync::atomic::{AtomicU64, Ordering};
use selvedge::sync::{Arc, Condvar, Mutex};
use selvedge::thread;

#[test]
fn exploring_counts_each_outcome() {
    for engine in modeled() {
        let report: Report<u64> = Scenario::new("outcomes").engine(engine).explore(|| {
            let counter = Arc::new(AtomicU64::new(0));
            let shared = Arc::clone(&counter);
            two_threads(move || add_naively(&shared));
            counter.load(Ordering::Relaxed)
        });
        assert_eq!(report.outcomes.keys().copied().collect::<Vec<_>>(), [1, 2], "{engine}");
        assert_eq!(report.outcomes.values().sum::<u64>(), report.executions, "{engine}");
    }
}

#[test]
fn steps_are_the_operations_of_all_threads() {
    for engine in modeled() {
        Scenario::new("steps").engine(engine).check(|| {
            let counter = Arc::new(AtomicU64::new(0));
            let begin = steps().expect("operations are observed");
            assert_eq!(steps(), Some(begin), "a reading is an operation");
            two_threads(move || {
                counter.fetch_add(1, Ordering::Relaxed);
            });
            let [spawned, added, joined] = [2, 2, 2];
            assert_eq!(steps(), Some(begin + spawned + added + joined));
        });
    }
    Scenario::new("no steps").engine(Engine::Threads).check(|| {
        two_threads(|| assert_eq!(steps(), None));
    });
    assert_eq!(steps(), None);
}

#[test]
fn shuttle_dfs_counts_all_schedules_and_says_complete() {
    let dfs = Engine::Shuttle(Sampler::Dfs);
    let report = Scenario::new("all schedules").engine(dfs).check(guarded_counter);
    assert_eq!(report.coverage, Coverage::Complete);
    let schedules = report.executions;
    // A budget of exactly as many is not cut; of one less it is, exactly.
    let enough =
        Scenario::new("enough").engine(dfs).max_executions(schedules).check(guarded_counter);
    assert_eq!((enough.coverage, enough.executions), (Coverage::Complete, schedules));
    let less =
        Scenario::new("less").engine(dfs).max_executions(schedules - 1).check(guarded_counter);
    assert_eq!(less.executions, schedules - 1);
    match less.coverage {
        Coverage::Bounded(bound) => assert_eq!(bound.executions, Some(schedules - 1)),
        other => panic!("{other}"),
    }
}

#[test]
fn settings_that_an_engine_cannot_hold_are_cut_to_what_it_can() {
    for engine in modeled() {
        let scenario = Scenario::new("large").engine(engine).max_executions(100);
        let report = scenario.max_events(usize::MAX).preemption_bound(255).check(guarded_counter);
        match report.coverage {
            Coverage::Bounded(bound) if engine == Engine::Loom => {
                assert_eq!(bound.preemptions, Some(255), "{report}");
            }
            _ => assert_ne!(engine, Engine::Loom, "{report}"),
        }
    }
}

#[test]
fn an_outcome_may_use_its_objects_when_it_is_dropped() {
    /// All are equal.
    #[derive(Clone, Debug)]
    struct Outcome(Arc<Mutex<u64>>);
    impl Drop for Outcome {
        fn drop(&mut self) {
            *self.0.lock() += 1;
        }
    }
    impl PartialEq for Outcome {
        fn eq(&self, _: &Outcome) -> bool {
            true
        }
    }
    impl Eq for Outcome {}
    impl PartialOrd for Outcome {
        fn partial_cmp(&self, other: &Outcome) -> Option<std::cmp::Ordering> {
            Some(self.cmp(other))
        }
    }
    impl Ord for Outcome {
        fn cmp(&self, _: &Outcome) -> std::cmp::Ordering {
            std::cmp::Ordering::Equal
        }
    }
    for engine in modeled() {
        let report = Scenario::new("outcome").engine(engine).max_executions(50).explore(|| {
            let lock = Arc::new(Mutex::new(0));
            let shared = Arc::clone(&lock);
            thread::spawn(move || *shared.lock() += 1).join().unwrap();
            Outcome(lock)
        });
        assert_eq!(report.outcomes.values().sum::<u64>(), report.executions);
        // What is left of them would be used outside of its execution.
        std::mem::forget(report);
    }
}

#[test]
fn a_deadlock_is_a_value_that_says_who_waits_for_what() {
    for engine in modeled() {
        let violation = violation(engine, || {
            let locks = Arc::new((Mutex::new(()), Mutex::new(())));
            let other = Arc::clone(&locks);
            let crossed = thread::spawn(move || {
                let _first = other.0.lock();
                let _second = other.1.lock();
            });
            let second = locks.1.lock();
            let first = locks.0.lock();
            drop((first, second));
            crossed.join().unwrap();
        });
        assert_eq!(violation.kind, ViolationKind::Deadlock, "{violation}");
        assert!(violation.message.contains("main in lock of Mutex#1"), "{violation}");
        assert!(violation.message.contains("thread 1 in lock of Mutex#2"), "{violation}");
    }
}

#[test]
fn a_lost_wake_up_is_a_deadlock() {
    for engine in modeled() {
        let violation = violation(engine, || {
            let shared = Arc::new((Mutex::new(()), Condvar::new(), AtomicU64::new(0)));
            let waiter = {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    let mut guard = shared.0.lock();
                    while shared.2.load(Ordering::Acquire) == 0 {
                        shared.1.wait(&mut guard);
                    }
                })
            };
            // The flag is set outside of the lock.
            shared.2.store(1, Ordering::Release);
            shared.1.notify_one();
            waiter.join().unwrap();
        });
        assert_eq!(violation.kind, ViolationKind::Deadlock, "{violation}");
        assert!(violation.message.contains("wait of Condvar#1"), "{violation}");
    }
}

#[test]
fn locking_twice_is_a_deadlock_and_names_both_threads_and_place() {
    for engine in modeled() {
        let violation = violation(engine, || {
            let lock = Arc::new(Mutex::new(0));
            let shared = Arc::clone(&lock);
            let thread = thread::spawn(move || {
                let _held = shared.lock();
                let _again = shared.lock();
            });
            let _ = thread.join();
        });
        assert_eq!(violation.kind, ViolationKind::Deadlock, "{violation}");
        assert!(violation.message.contains("holds already"), "{violation}");
    }
}

#[test]
fn a_data_race_is_found_by_loom_and_by_shuttle() {
    struct Racy(selvedge::cell::UnsafeCell<u32>);
    // SAFETY: none; the race is to be found in a model, whose threads share one OS thread.
    unsafe impl Sync for Racy {}
    for engine in modeled() {
        let violation = violation(engine, || {
            let cell = Arc::new(Racy(selvedge::cell::UnsafeCell::new(0)));
            let shared = Arc::clone(&cell);
            two_threads(move || {
                // SAFETY: none, as above.
                shared.0.with_mut(|value| unsafe { *value += 1 });
            });
        });
        assert_eq!(violation.kind, ViolationKind::DataRace, "{violation}");
        assert!(violation.message.contains("tests/modeled_engines.rs"), "{violation}");
    }
}

#[test]
fn destructors_of_an_execution_that_was_given_up_come_to_an_end() {
    /// Uses what it shares when it is dropped, and waits for the lock.
    struct Last(Arc<(Mutex<u64>, AtomicU64)>);
    impl Drop for Last {
        fn drop(&mut self) {
            self.0.1.fetch_add(1, Ordering::AcqRel);
            thread::yield_now();
            *self.0.0.lock() += 1;
        }
    }
    for engine in modeled() {
        let violation = violation(engine, || {
            let shared = Arc::new((Mutex::new(0), AtomicU64::new(0)));
            let (one, two) = (Last(Arc::clone(&shared)), Last(Arc::clone(&shared)));
            let _three = Last(Arc::clone(&shared));
            let first = thread::spawn(move || drop(one));
            let second = thread::spawn(move || drop(two));
            let _held = shared.0.lock();
            let _again = shared.0.lock();
            first.join().unwrap();
            second.join().unwrap();
        });
        assert_eq!(violation.kind, ViolationKind::Deadlock, "{violation}");
    }
}

#[test]
fn an_endless_loop_of_operations_is_a_suspected_livelock() {
    for engine in modeled() {
        let result = Scenario::new("endless").engine(engine).max_events(200).try_check(|| {
            let flag = Arc::new(AtomicU64::new(0));
            let shared = Arc::clone(&flag);
            let waiting = thread::spawn(move || {
                while shared.load(Ordering::Acquire) == 0 {
                    selvedge::hint::spin_loop();
                }
            });
            waiting.join().unwrap();
        });
        let violation = result.unwrap_err();
        assert_eq!(violation.kind, ViolationKind::Livelock, "{violation}");
    }
}

#[test]
fn waiting_for_time_that_nobody_lets_pass_is_a_suspected_livelock() {
    for engine in modeled() {
        let result = Scenario::new("timer").engine(engine).max_events(300).try_check(|| {
            let waits = thread::spawn(|| {
                let begin = selvedge::time::Instant::now();
                while begin.elapsed() < Duration::from_secs(1) {}
            });
            waits.join().unwrap();
        });
        let violation = result.unwrap_err();
        assert_eq!(violation.kind, ViolationKind::Livelock, "{violation}");
    }
}

#[test]
fn an_object_from_outside_is_refused_with_its_place() {
    for engine in all_engines() {
        let counter = Arc::new(AtomicU64::new(0));
        let lock = Arc::new(Mutex::new(0));
        let [c, l] = [Arc::clone(&counter), Arc::clone(&counter)];
        let carried = violation(engine, move || {
            let c = Arc::clone(&c);
            two_threads(move || add_naively(&c));
        });
        assert_eq!(carried.kind, ViolationKind::CarriedObject, "{carried}");
        assert!(carried.message.contains("AtomicU64"), "{carried}");
        assert!(carried.message.contains("tests/modeled_engines.rs"), "{carried}");
        drop(l);
        let carried = violation(engine, move || {
            let lock = Arc::clone(&lock);
            two_threads(move || drop(lock.lock()));
        });
        assert_eq!(carried.kind, ViolationKind::CarriedObject, "{carried}");
        assert!(carried.message.contains("Mutex"), "{carried}");
        // Outside it works as ever.
        add_naively(&counter);
        assert_eq!(counter.load(Ordering::Relaxed), 1);
    }
}

#[test]
fn an_object_that_leaves_its_execution_is_refused() {
    static KEPT: StdMutex<Option<Arc<AtomicU64>>> = StdMutex::new(None);
    for engine in modeled() {
        *KEPT.lock().unwrap() = None;
        let carried = violation(engine, || {
            let mut kept = KEPT.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            let counter = Arc::clone(kept.get_or_insert_with(|| Arc::new(AtomicU64::new(0))));
            drop(kept);
            two_threads(move || add_naively(&counter));
        });
        let expected = [ViolationKind::CarriedObject, ViolationKind::NonDeterministic];
        assert!(expected.contains(&carried.kind), "{carried}");
        let kept = KEPT.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take().unwrap();
        let outside = std::panic::catch_unwind(|| kept.load(Ordering::Relaxed)).unwrap_err();
        let message = outside.downcast_ref::<String>().unwrap();
        assert!(message.contains("is used outside of it"), "{message}");
    }
}

#[test]
fn a_closure_that_depends_on_a_static_is_nondeterministic() {
    for engine in modeled() {
        let runs = Arc::new(StdAtomicU64::new(0));
        let violation = violation(engine, move || {
            let counter = Arc::new(AtomicU64::new(0));
            let run = runs.fetch_add(1, StdOrdering::Relaxed);
            let shared = Arc::clone(&counter);
            two_threads(move || add_naively(&shared));
            counter.store(run, Ordering::Relaxed);
        });
        assert_eq!(violation.kind, ViolationKind::NonDeterministic, "{engine}: {violation}");
    }
}

#[test]
fn a_closure_with_a_period_is_nondeterministic() {
    for engine in modeled() {
        let runs = Arc::new(StdAtomicU64::new(0));
        let violation = violation(engine, move || {
            let operations = runs.fetch_add(1, StdOrdering::Relaxed) % 3;
            let counter = Arc::new(AtomicU64::new(0));
            let shared = Arc::clone(&counter);
            let other = thread::spawn(move || {
                for _ in 0..operations {
                    shared.fetch_add(1, Ordering::Relaxed);
                }
            });
            counter.fetch_add(1, Ordering::Relaxed);
            other.join().unwrap();
        });
        assert_eq!(violation.kind, ViolationKind::NonDeterministic, "{engine}: {violation}");
    }
}

#[test]
fn a_foreign_thread_cannot_use_the_objects_of_a_scenario() {
    for engine in modeled() {
        let violation = violation(engine, || {
            let counter = Arc::new(AtomicU64::new(0));
            let shared = Arc::clone(&counter);
            two_threads(move || add_naively(&shared));
            let foreign = std::thread::spawn(move || counter.load(Ordering::Relaxed));
            foreign.join().unwrap();
        });
        assert_eq!(violation.kind, ViolationKind::CarriedObject, "{violation}");
        assert!(violation.message.contains("selvedge::thread"), "{violation}");
    }
}

#[test]
fn a_timeout_is_one_more_interleaving() {
    // Depth-first, the first schedules all begin alike; and among all interleavings, few time out.
    let rare = [Engine::Shuttle(Sampler::Dfs), Engine::Shuttle(Sampler::Urw)];
    for engine in modeled().into_iter().filter(|engine| !rare.contains(engine)) {
        let report: Report<bool> =
            Scenario::new("timeout").engine(engine).max_executions(20_000).explore(|| {
                let shared = Arc::new((Mutex::new(false), Condvar::new()));
                let waiter = {
                    let shared = Arc::clone(&shared);
                    thread::spawn(move || {
                        let mut ready = shared.0.lock();
                        while !*ready {
                            let result = shared.1.wait_for(&mut ready, Duration::from_secs(3600));
                            if result.timed_out() {
                                return *ready;
                            }
                        }
                        true
                    })
                };
                let clock = thread::spawn(|| selvedge::time::advance(Duration::from_secs(3600)));
                // The main thread hesitates, so that a sampler may let the clock be faster.
                for _ in 0..3 {
                    thread::yield_now();
                }
                *shared.0.lock() = true;
                shared.1.notify_one();
                let seen = waiter.join().unwrap();
                clock.join().unwrap();
                seen
            });
        // The waiter sees the flag, or times out before it is set.
        assert_eq!(report.outcomes.len(), 2, "{report}");
    }
}
