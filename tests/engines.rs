//! The runner under each engine: what it finds, what it covers, and what it refuses.

#[path = "common/engines.rs"]
mod engines;

use std::sync::atomic::{AtomicU64 as StdAtomicU64, Ordering as StdOrdering};
use std::time::Duration;

use engines::{
    MODEL, add_naively, all_engines, guarded_counter, modeled, naive_counter, two_threads,
    violation,
};
use selvedge::scenario::{Coverage, Engine, Report, Scenario, ViolationKind};
use selvedge::sync::atomic::{AtomicU64, Ordering};
use selvedge::sync::{Arc, Mutex};
use selvedge::thread;

#[test]
fn every_engine_refutes_a_naive_counter_and_lets_a_guarded_one_pass() {
    for engine in modeled() {
        let violation = Scenario::new("naive counter").engine(engine).refute(naive_counter);
        assert_eq!(violation.kind, ViolationKind::Panic, "{violation}");
        assert_eq!(violation.engine, Some(engine));
        assert!(violation.execution.is_some());
        assert!(violation.message.contains("tests/common/engines.rs"), "{violation}");
        assert!(violation.timeline.contains("AtomicU64#1"), "{violation}");
        assert!(violation.timeline.contains("load -> 0 (Acquire)"), "{violation}");
    }
    for engine in all_engines() {
        let report = Scenario::new("guarded counter").engine(engine).check(guarded_counter);
        assert!(report.executions > 1, "{report}");
        if MODEL && engine != Engine::Threads {
            assert!(report.overlapped.unwrap() > 0, "{report}");
        }
    }
}

#[test]
fn budgets_hold_exactly() {
    for engine in all_engines() {
        let report =
            Scenario::new("budget").engine(engine).max_executions(7).check(guarded_counter);
        // loom has the budget twice: for its plain and for its probed search.
        let expected = if engine == Engine::Loom { 14 } else { 7 };
        assert_eq!(report.executions, expected, "{report}");
    }
    for engine in all_engines() {
        let report = Scenario::new("time")
            .engine(engine)
            .max_duration(Duration::from_millis(50))
            .max_executions(u64::MAX)
            .check(|| {
                let counter = Arc::new(Mutex::new(0));
                let threads: Vec<_> = (0..3)
                    .map(|_| {
                        let counter = Arc::clone(&counter);
                        thread::spawn(move || {
                            for _ in 0..3 {
                                *counter.lock() += 1;
                            }
                        })
                    })
                    .collect();
                for thread in threads {
                    thread.join().unwrap();
                }
                assert_eq!(*counter.lock(), 9);
            });
        assert!(report.executions > 0, "{report}");
        assert!(report.elapsed < Duration::from_secs(5), "{report}");
        match report.coverage {
            Coverage::Bounded(bound) => assert!(bound.is_cut(), "{report}"),
            Coverage::Sampled { .. } => assert!(!engine.is_exhaustive(), "{report}"),
            Coverage::Complete | Coverage::Within(_) => panic!("{report}"),
        }
    }
}

#[test]
fn real_threads_run_no_round_beyond_the_budget() {
    for _ in 0..10 {
        let runs = Arc::new(StdAtomicU64::new(0));
        let counted = Arc::clone(&runs);
        let scenario = Scenario::new("rounds").engine(Engine::Threads).max_executions(37);
        let report: Report<u64> = scenario.explore(move || {
            counted.fetch_add(1, StdOrdering::Relaxed);
            thread::spawn(|| 1).join().unwrap()
        });
        assert_eq!(report.executions, 37);
        assert_eq!(report.outcomes[&1], 37);
        assert_eq!(runs.load(StdOrdering::Relaxed), 37);
    }
}

#[test]
fn a_panic_in_a_thread_is_the_err_of_its_join() {
    for engine in all_engines() {
        Scenario::new("panic in a thread").engine(engine).check(|| {
            let lock = Arc::new(Mutex::new(0));
            let shared = Arc::clone(&lock);
            let thread = thread::spawn(move || {
                let _held = shared.lock();
                panic!("on purpose");
            });
            let payload = thread.join().unwrap_err();
            assert_eq!(*payload.downcast_ref::<&str>().unwrap(), "on purpose");
            // The lock is free, and not poisoned.
            *lock.lock() += 1;
        });
        let violation = violation(engine, || {
            let thread = thread::Builder::new().name("worker".to_owned());
            thread.spawn(|| panic!("the reason")).unwrap().join().unwrap();
        });
        assert_eq!(violation.kind, ViolationKind::Panic, "{violation}");
        assert!(violation.message.starts_with("worker panicked at"), "{violation}");
        assert!(violation.message.contains("the reason"), "{violation}");
    }
}

#[test]
fn scoped_threads_borrow_and_pass_their_panics_on() {
    for engine in all_engines() {
        Scenario::new("scope").engine(engine).check(|| {
            let counter = AtomicU64::new(0);
            let seen = thread::scope(|scope| {
                let first = scope.spawn(|| counter.fetch_add(1, Ordering::Relaxed));
                scope.spawn(|| counter.fetch_add(1, Ordering::Relaxed));
                first.join().unwrap()
            });
            assert!(seen < 2);
            assert_eq!(counter.load(Ordering::Relaxed), 2);
        });
        let violation = violation(engine, || {
            thread::scope(|scope| {
                scope.spawn(|| panic!("inside of the scope"));
            });
        });
        assert!(violation.message.contains("inside of the scope"), "{violation}");
    }
}

#[test]
fn a_leaked_thread_is_reported_with_its_place() {
    for engine in all_engines() {
        let violation = violation(engine, || {
            drop(thread::spawn(|| {}));
        });
        assert_eq!(violation.kind, ViolationKind::LeakedThread, "{violation}");
        assert!(violation.message.contains("tests/engines.rs"), "{violation}");
    }
}

#[test]
fn a_scenario_without_a_second_thread_tested_nothing() {
    for engine in all_engines() {
        let violation = violation(engine, || {
            let counter = AtomicU64::new(0);
            add_naively(&counter);
        });
        assert_eq!(violation.kind, ViolationKind::Untested, "{violation}");
    }
}

#[test]
fn a_scenario_in_a_scenario_is_refused() {
    for engine in all_engines() {
        let violation = violation(engine, || {
            two_threads(|| {});
            Scenario::new("inner").check(|| {});
        });
        assert!(violation.message.contains("inside of a scenario"), "{violation}");
    }
}

#[test]
fn a_hung_round_on_real_threads_is_given_up() {
    let begin = std::time::Instant::now();
    let result = Scenario::new("hangs")
        .engine(Engine::Threads)
        .watchdog(Duration::from_millis(200))
        .try_check(|| {
            let (sender, receiver) = std::sync::mpsc::channel::<()>();
            let waiting = thread::spawn(move || receiver.recv().is_ok());
            waiting.join().unwrap();
            drop(sender);
        });
    let violation = result.unwrap_err();
    assert_eq!(violation.kind, ViolationKind::Hung, "{violation}");
    assert!(begin.elapsed() < Duration::from_secs(5));
}

#[test]
fn threads_have_room_for_deep_calls() {
    fn deep(calls: usize) -> usize {
        let frame = std::hint::black_box([calls; 128]);
        if calls == 0 { frame[7] } else { deep(calls - 1) + frame[7] }
    }
    for engine in all_engines() {
        Scenario::new("deep calls").engine(engine).max_executions(3).check(|| {
            // 100 frames of more than 1 KiB.
            let threads = [thread::spawn(|| deep(100)), thread::spawn(|| deep(100))];
            for thread in threads {
                assert_eq!(thread.join().unwrap(), 5_050);
            }
        });
    }
}

#[test]
fn an_engine_that_is_not_in_the_build_is_named_with_the_flag() {
    if MODEL {
        return;
    }
    let violation = violation(Engine::Loom, naive_counter);
    assert_eq!(violation.kind, ViolationKind::Misuse);
    assert!(violation.message.contains("--cfg selvedge"), "{violation}");
}

#[test]
fn refuting_what_holds_is_a_failure() {
    for engine in modeled() {
        let scenario = Scenario::new("holds").engine(engine).max_executions(200);
        let outcome = std::panic::catch_unwind(|| scenario.refute(guarded_counter));
        let message = outcome.unwrap_err().downcast::<String>().unwrap();
        assert!(message.contains("was to be refuted"), "{message}");
    }
    let observed =
        Scenario::new("holds").engine(Engine::Threads).max_executions(10).refute(guarded_counter);
    assert_eq!(observed.kind, ViolationKind::NotObserved);
}
