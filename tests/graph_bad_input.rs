//! What the graph engine says to scenarios that it cannot explore as they are, and to code that
//! ends in unusual ways: one clear message each, and never a hang or an abort.
#![cfg(any(loom, selvedge))]

#[path = "graph_bad_input/bounds.rs"]
mod bounds;
#[path = "graph_bad_input/deadlocks.rs"]
mod deadlocks;
#[path = "graph_bad_input/destructors.rs"]
mod destructors;
#[path = "graph_bad_input/misused.rs"]
mod misused;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64 as StdAtomicU64, Ordering as StdOrdering};

use selvedge::cell::UnsafeCell;
use selvedge::hint;
use selvedge::scenario::{Coverage, Engine, Report, Scenario, Violation, ViolationKind};
use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU64, AtomicUsize, Ordering::*};
use selvedge::thread;

selvedge::quarantine!();

fn scenario(name: &str) -> Scenario {
    Scenario::new(name).engine(Engine::Graph)
}

/// The program fails in this way, with these words in the message.
fn fails(kind: ViolationKind, words: &[&str], program: impl Fn() + Send + Sync + 'static) {
    let violation = scenario("bad input").try_check(program).expect_err("the program is to fail");
    says(&violation, kind, words);
}

fn says(violation: &Violation, kind: ViolationKind, words: &[&str]) {
    assert_eq!(violation.kind, kind, "{violation}");
    for word in words {
        assert!(violation.message.contains(word), "{word:?} is not in: {violation}");
    }
}

/// Every execution of the program is as it should be.
fn holds(program: impl Fn() + Send + Sync + 'static) -> Report {
    let report = scenario("unusual, but fine").check(program);
    assert_eq!(report.coverage, Coverage::Complete, "{report}");
    report
}

const HERE: &str = "tests/graph_bad_input.rs:";

/// Two threads that race for a word, beside whatever else a scenario does.
fn race() {
    let word = Arc::new(AtomicU64::new(0));
    let shared = Arc::clone(&word);
    let thread = thread::spawn(move || shared.fetch_add(1, Relaxed));
    word.fetch_add(2, Relaxed);
    thread.join().unwrap();
}

/// A number that no two executions share.
fn next_number() -> u64 {
    static NEXT: StdAtomicU64 = StdAtomicU64::new(0);
    NEXT.fetch_add(1, StdOrdering::Relaxed)
}

#[test]
fn a_branch_by_random_numbers_is_told() {
    fails(ViolationKind::NonDeterministic, &["random numbers", HERE], || {
        use std::hash::{BuildHasher, RandomState};
        let random = RandomState::new().hash_one(next_number());
        let word = AtomicU64::new(0);
        for _ in 0..random % 64 {
            word.fetch_add(1, Relaxed);
        }
        race();
    });
}

#[test]
fn a_value_of_the_clock_is_told() {
    fails(ViolationKind::NonDeterministic, &["a clock", HERE], || {
        let word = Arc::new(AtomicU64::new(0));
        let shared = Arc::clone(&word);
        let begin = std::time::Instant::now();
        let thread = thread::spawn(move || shared.load(Relaxed));
        word.store(begin.elapsed().as_nanos() as u64, Relaxed);
        thread.join().unwrap();
    });
}

#[test]
fn an_address_as_an_integer_is_told() {
    fails(ViolationKind::NonDeterministic, &["addresses", "a write of", HERE], || {
        // As long as memory comes from elsewhere in every execution.
        let kept = vec![0u8; 64 * (1 + next_number() as usize)];
        let word = Arc::new(AtomicUsize::new(0));
        let shared = Arc::clone(&word);
        let thread = thread::spawn(move || shared.load(Relaxed));
        word.store(kept.as_ptr().expose_provenance(), Relaxed);
        thread.join().unwrap();
        std::mem::forget(kept);
    });
}

#[test]
fn a_static_that_counts_executions_is_told() {
    fails(ViolationKind::NonDeterministic, &["a static", HERE], || {
        let word = Arc::new(AtomicU64::new(0));
        let shared = Arc::clone(&word);
        let thread = thread::spawn(move || shared.fetch_add(1, Relaxed));
        if next_number() % 2 == 0 {
            word.fetch_add(2, Relaxed);
        } else {
            word.load(Relaxed);
        }
        thread.join().unwrap();
    });
}

#[test]
fn a_static_that_shows_at_the_end_only_is_told() {
    // One execution, whose second run does more.
    static RUNS: StdAtomicU64 = StdAtomicU64::new(0);
    let words = ["before, the end of a thread by main;", "a static", HERE];
    fails(ViolationKind::NonDeterministic, &words, || {
        let word = AtomicU64::new(0);
        thread::spawn(|| {}).join().unwrap();
        for _ in 0..RUNS.fetch_add(1, StdOrdering::Relaxed) {
            word.load(Relaxed);
        }
    });
}

#[test]
fn a_thread_that_ends_early_is_told() {
    for by_main in [true, false] {
        let runs = StdAtomicU64::new(0);
        let words = ["with the same values read", "by main at", HERE];
        let words = if by_main { &words[..] } else { &words[..1] };
        fails(ViolationKind::NonDeterministic, words, move || {
            // The run that counts inputs, its repetition, and the first one that counts.
            let adds = runs.fetch_add(1, StdOrdering::Relaxed) < 3;
            let word = Arc::new(AtomicU64::new(0));
            let shared = Arc::clone(&word);
            let thread = thread::spawn(move || {
                if by_main || adds {
                    shared.fetch_add(1, Relaxed);
                }
            });
            if !by_main || adds {
                word.fetch_add(2, Relaxed);
            }
            thread.join().unwrap();
        });
    }
}

#[test]
fn more_threads_than_there_may_be_are_told() {
    fails(ViolationKind::Misuse, &["at most 64 threads"], || {
        let threads: Vec<_> = (0..64).map(|_| thread::spawn(|| {})).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    let report = holds(|| {
        let threads: Vec<_> = (0..63).map(|_| thread::spawn(|| {})).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    assert_eq!(report.executions, 1, "{report}");
}

#[test]
fn a_panic_in_a_thread_is_the_err_of_its_join() {
    let report = holds(|| {
        let word = Arc::new(AtomicU64::new(0));
        let shared = Arc::clone(&word);
        let thread = thread::spawn(move || {
            assert_eq!(shared.fetch_add(1, AcqRel), 0, "on purpose");
        });
        let first = word.fetch_add(1, AcqRel) == 0;
        assert_eq!(thread.join().is_err(), first);
    });
    assert_eq!(report.executions, 2, "{report}");
    fails(ViolationKind::Panic, &["worker panicked at", HERE, "the reason"], || {
        let builder = thread::Builder::new().name("worker".to_owned());
        builder.spawn(|| panic!("the reason")).unwrap().join().unwrap();
    });
}

#[test]
fn a_panic_in_main_ends_what_runs_beside_it() {
    fails(ViolationKind::Panic, &["main panicked at", HERE, "in the midst"], || {
        let word = Arc::new(AtomicU64::new(0));
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let word = Arc::clone(&word);
                thread::spawn(move || hint::wait_until(|| word.load(Acquire) == 1))
            })
            .collect();
        if word.load(Acquire) == 0 {
            panic!("in the midst");
        }
        drop(threads);
    });
}

#[test]
fn a_thread_that_nobody_joins_is_told() {
    fails(ViolationKind::LeakedThread, &["spawned at", HERE, "not joined"], || {
        drop(thread::spawn(|| {}));
    });
}

#[test]
fn what_is_carried_to_a_foreign_thread_is_told() {
    fails(ViolationKind::CarriedObject, &["used outside of it", "created", HERE], || {
        race();
        let word = Arc::new(AtomicU64::new(0));
        let foreign = std::thread::spawn(move || {
            let _ = catch_unwind(AssertUnwindSafe(|| word.load(Relaxed)));
        });
        foreign.join().unwrap();
    });
}

#[test]
fn what_is_carried_into_a_scenario_is_told() {
    let word = Arc::new(AtomicU64::new(0));
    let words = ["AtomicU64", "created outside of the scenario at", HERE];
    fails(ViolationKind::CarriedObject, &words, move || {
        let word = Arc::clone(&word);
        thread::spawn(move || word.store(1, Relaxed)).join().unwrap();
    });
    /// A cell that is shared without a promise.
    struct Shared(UnsafeCell<u32>);
    // SAFETY: only one thread of the scenario uses it.
    unsafe impl Sync for Shared {}
    let cell = Arc::new(Shared(UnsafeCell::new(0)));
    fails(ViolationKind::CarriedObject, &["UnsafeCell", HERE], move || {
        race();
        let cell = &*cell;
        // SAFETY: nobody else uses it.
        cell.0.with_mut(|value| unsafe { *value = 1 });
    });
}

#[test]
fn what_is_carried_out_of_a_scenario_is_told() {
    static KEPT: std::sync::Mutex<Option<Arc<AtomicU64>>> = std::sync::Mutex::new(None);
    let report = holds(|| {
        let word = Arc::new(AtomicU64::new(0));
        let shared = Arc::clone(&word);
        let thread = thread::spawn(move || shared.store(1, Relaxed));
        thread.join().unwrap();
        *KEPT.lock().unwrap() = Some(word);
    });
    assert_eq!(report.executions, 1, "{report}");
    let word = KEPT.lock().unwrap().take().unwrap();
    let shared = Arc::clone(&word);
    let payload = catch_unwind(AssertUnwindSafe(|| word.load(Relaxed))).unwrap_err();
    let message = payload.downcast_ref::<String>().unwrap();
    for words in ["created inside of a scenario at", HERE, "used outside of it"] {
        assert!(message.contains(words), "{message}");
    }
    fails(ViolationKind::CarriedObject, &["another execution", HERE], move || {
        race();
        shared.load(Relaxed);
    });
}

#[test]
fn a_scenario_in_a_scenario_is_told() {
    fails(ViolationKind::Panic, &["started inside of a scenario", HERE], || {
        race();
        scenario("inner").check(race);
    });
}
