//! How the graph engine runs programs of unusual shapes: many threads, threads that spawn and join
//! each other, memory that changes its owner, waits, ends in the middle. None of it is an error,
//! and the number of executions depends neither on the order of threads nor on the workers.
#![cfg(any(loom, selvedge))]

#[path = "graph_runs/ends.rs"]
mod ends;
#[path = "common/plain_memory.rs"]
mod plain_memory;
#[path = "graph_runs/programs.rs"]
mod programs;
#[path = "common/random.rs"]
mod random;
#[path = "graph_runs/waiting.rs"]
mod waiting;

use std::collections::BTreeMap;

use plain_memory::Shared;
use selvedge::scenario::{Coverage, Engine, GraphProbes, Report, Scenario, choose};
use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicPtr, AtomicU32, Ordering::*, fence};
use selvedge::thread;

selvedge::quarantine!();

fn scenario(name: &str) -> Scenario {
    Scenario::new(name).engine(Engine::Graph)
}

/// Every execution of the program is as it should be.
fn holds(scenario: Scenario, program: impl Fn() + Send + Sync + 'static) -> Report {
    let report = scenario.check(program);
    assert_eq!(report.coverage, Coverage::Complete, "{report}");
    report
}

/// The order in which the engine prefers threads, chosen by a seed.
fn order_of_threads(seed: u64) -> GraphProbes {
    GraphProbes { thread_order: Some(seed), ..GraphProbes::default() }
}

#[test]
fn executions_of_many_threads_are_counted() {
    // One more than 8, 16 and 32 bits have places for.
    for threads in [9, 17, 33] {
        let settings = scenario("many threads").workers(2).graph_probes(order_of_threads(5));
        let report = holds(settings, move || {
            let words: Vec<AtomicU32> = (0..threads).map(|_| AtomicU32::new(0)).collect();
            thread::scope(|scope| {
                for index in 0..threads {
                    let words = &words;
                    scope.spawn(move || {
                        words[index].store(1, Relaxed);
                        // The first and the last look at each other.
                        if index == 0 {
                            words[threads - 1].load(Relaxed);
                        } else if index + 1 == threads {
                            words[0].load(Relaxed);
                        }
                    });
                }
            });
            assert!(words.iter().all(|word| word.load(Relaxed) == 1));
        });
        assert_eq!((report.executions, report.blocked), (4, 0), "{threads} threads: {report}");
    }
}

#[test]
fn inputs_are_counted_with_any_number_of_workers() {
    let expected = BTreeMap::from([
        ((0, 0, 0), 1),
        ((1, 0, 1), 1),
        ((1, 1, 1), 1),
        ((1, 2, 1), 1),
        ((1, 3, 1), 1),
        // Both additions count, or one is lost: either way it is one of two.
        ((2, 0, 1), 2),
        ((2, 0, 2), 2),
    ]);
    for workers in [1, 2, 4] {
        let report = scenario("choices that depend on choices").workers(workers).explore(|| {
            let threads = choose(3);
            let other = if threads == 1 { choose(4) } else { 0 };
            let word = AtomicU32::new(0);
            thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(|| {
                        let read = word.load(Relaxed);
                        word.store(read + 1, Relaxed);
                    });
                }
            });
            (threads, other, word.load(Relaxed))
        });
        assert_eq!(report.coverage, Coverage::Complete, "{report}");
        assert_eq!((report.inputs, report.executions), (Some(6), 9), "{report}");
        assert_eq!(report.outcomes, expected, "{workers} workers");
    }
}

#[test]
fn a_thread_is_joined_by_its_sibling_in_any_order() {
    for seed in 0..20 {
        let settings = scenario("a sibling joins").graph_probes(order_of_threads(seed));
        let report = holds(settings, || {
            let word = &AtomicU32::new(0);
            thread::scope(|scope| {
                let joined = scope.spawn(|| word.store(1, Relaxed));
                scope.spawn(move || {
                    word.load(Relaxed);
                    scope.spawn(|| word.load(Relaxed));
                    joined.join().unwrap();
                });
                scope.spawn(|| word.store(3, Relaxed));
                word.load(Relaxed);
            });
        });
        assert_eq!((report.executions, report.blocked), (36, 0), "{seed}: {report}");
    }
}

/// What an `Arc` holds below.
struct Parts {
    flag: AtomicU32,
    other: AtomicU32,
    memory: Shared,
}

impl Parts {
    fn new() -> Arc<Parts> {
        let (flag, other) = (AtomicU32::new(0), AtomicU32::new(0));
        Arc::new(Parts { flag, other, memory: Shared::new(0) })
    }
}

#[test]
fn an_arc_may_be_dropped_by_whoever_is_last() {
    holds(scenario("moved into two threads"), || {
        let parts = Parts::new();
        let (left, right) = (Arc::clone(&parts), Arc::clone(&parts));
        drop(parts);
        let left = thread::spawn(move || {
            left.memory.write(1);
            left.flag.store(1, Release);
            left.other.load(Relaxed);
        });
        let right = thread::spawn(move || {
            right.other.store(1, Relaxed);
            if right.flag.load(Acquire) == 1 {
                right.memory.read();
            }
            right.flag.load(Relaxed);
        });
        left.join().unwrap();
        right.join().unwrap();
    });
    holds(scenario("dropped before the join"), || {
        let parts = Parts::new();
        let shared = Arc::clone(&parts);
        let thread = thread::spawn(move || {
            shared.flag.store(1, Relaxed);
            shared.other.store(1, Relaxed);
        });
        parts.other.load(Relaxed);
        drop(parts);
        thread.join().unwrap();
    });
    holds(scenario("dropped inside of a scope"), || {
        let parts = Parts::new();
        thread::scope(|scope| {
            for _ in 0..2 {
                let parts = Arc::clone(&parts);
                scope.spawn(move || {
                    parts.flag.fetch_add(1, Relaxed);
                    parts.other.load(Relaxed);
                });
            }
            drop(parts);
        });
    });
}

#[test]
fn an_arc_is_handed_over_through_a_pointer() {
    holds(scenario("handed over through a pointer"), || {
        /// Takes what the pointer points to, if anything.
        fn take(pointer: &AtomicPtr<Parts>) -> Option<Arc<Parts>> {
            let taken = pointer.swap(std::ptr::null_mut(), AcqRel);
            // SAFETY: a pointer comes from `into_raw`, and one swap alone gets it.
            (!taken.is_null()).then(|| unsafe { Arc::from_raw(taken) })
        }
        let pointer = Arc::new(AtomicPtr::new(std::ptr::null_mut::<Parts>()));
        let shared = Arc::clone(&pointer);
        let thread = thread::spawn(move || {
            let parts = Parts::new();
            shared.store(Arc::into_raw(Arc::clone(&parts)).cast_mut(), Release);
            parts.flag.store(1, Relaxed);
        });
        if let Some(parts) = take(&pointer) {
            parts.flag.load(Relaxed);
            parts.other.store(1, Relaxed);
        }
        thread.join().unwrap();
        drop(take(&pointer));
    });
}

#[test]
fn relaxed_updates_carry_a_release_on() {
    holds(scenario("a chain of updates"), || {
        let (memory, word) = (Shared::new(0), AtomicU32::new(0));
        thread::scope(|scope| {
            scope.spawn(|| {
                memory.write(1);
                word.store(1, Release);
            });
            scope.spawn(|| word.compare_exchange(1, 2, Relaxed, Relaxed).is_ok());
            scope.spawn(|| word.compare_exchange(2, 3, Relaxed, Relaxed).is_ok());
            scope.spawn(|| {
                if word.load(Acquire) >= 1 {
                    memory.read();
                }
            });
        });
        memory.write(2);
    });
    holds(scenario("an update between fences"), || {
        let (memory, word) = (Shared::new(0), AtomicU32::new(0));
        thread::scope(|scope| {
            scope.spawn(|| {
                memory.write(1);
                fence(Release);
                word.store(1, Relaxed);
            });
            scope.spawn(|| word.fetch_add(10, Relaxed));
            scope.spawn(|| {
                if word.load(Relaxed) % 10 == 1 {
                    fence(Acquire);
                    memory.read();
                }
            });
        });
    });
}
