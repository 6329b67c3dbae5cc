//! Scenarios that choose before their first thread: every input, in all interleavings, on every
//! engine.

#[path = "common/engines.rs"]
mod engines;

use engines::{MODEL, all_engines, modeled, violation};
use selvedge::arrivals::Arrivals;
use selvedge::scenario::{Coverage, Engine, Sampler, Scenario, ViolationKind, choose};
use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU64, Ordering};
use selvedge::thread;
use selvedge::time::Duration;

/// Adds `steps` in steps of one, beside another thread that does the same.
fn count(steps: usize) -> u64 {
    let counter = Arc::new(AtomicU64::new(0));
    let counting = Arc::clone(&counter);
    let thread = thread::spawn(move || {
        for _ in 0..steps {
            counting.fetch_add(1, Ordering::Relaxed);
        }
    });
    for _ in 0..steps {
        counter.fetch_add(1, Ordering::Relaxed);
    }
    thread.join().unwrap();
    counter.load(Ordering::Relaxed)
}

#[test]
fn every_engine_explores_every_input() {
    for engine in all_engines() {
        let scenario = Scenario::new("three inputs").engine(engine).max_executions(300);
        let report = scenario.explore(|| count(choose(3)));
        assert_eq!(report.inputs, Some(3), "{report}");
        assert!(report.outcomes.keys().eq(&[0, 2, 4]), "{report}");
        assert_eq!(report.outcomes.values().sum::<u64>(), report.executions);
    }
}

#[test]
fn an_exhaustive_engine_explores_all_interleavings_of_each_input() {
    if !MODEL {
        return;
    }
    for engine in [Engine::Loom, Engine::Shuttle(Sampler::Dfs)] {
        let scenario = |name| Scenario::new(name).engine(engine).preemption_bound(None);
        let each =
            [0, 1, 2].map(|steps| scenario("one input").explore(move || count(steps)).executions);
        let all = scenario("all inputs").explore(|| count(choose(3)));
        assert_eq!(all.executions, each.iter().sum::<u64>(), "{all}");
        assert_eq!(all.coverage, Coverage::Complete, "{all}");
    }
}

#[test]
fn inputs_may_differ_in_their_threads() {
    for engine in all_engines() {
        let scenario = Scenario::new("0 to 2 threads").engine(engine).max_executions(300);
        let report = scenario.explore(|| {
            let counters: Vec<_> = (0..choose(3)).map(|_| thread::spawn(|| count(1))).collect();
            counters.into_iter().map(|counter| counter.join().unwrap()).sum::<u64>()
        });
        assert!(report.outcomes.keys().eq(&[0, 2, 4]), "{report}");
    }
}

#[test]
fn a_scenario_that_chooses_nothing_has_no_inputs() {
    for engine in all_engines() {
        let report =
            Scenario::new("no input").engine(engine).max_executions(20).explore(|| count(1));
        assert_eq!(report.inputs, None, "{report}");
    }
}

#[test]
fn a_budget_is_one_for_all_inputs() {
    for engine in modeled() {
        let scenario = Scenario::new("a budget").engine(engine).max_executions(2);
        let report = scenario.explore(|| count(choose(5)));
        let searches = if engine == Engine::Loom { 2 } else { 1 };
        assert_eq!(report.executions, 2 * searches, "{report}");
        assert_eq!(report.inputs, Some(2), "{report}");
        if let Coverage::Bounded(bound) = report.coverage {
            assert_eq!(bound.executions, Some(2));
        } else {
            assert!(!engine.is_exhaustive(), "{report}");
        }
    }
}

#[test]
fn a_budget_is_shared_among_the_inputs() {
    for engine in [Engine::Loom, Engine::Shuttle(Sampler::Dfs)].iter().filter(|_| MODEL) {
        let scenario = Scenario::new("shares").engine(*engine).max_executions(31);
        let report = scenario.explore(|| {
            let _ = (choose(3), choose(2));
            count(3)
        });
        assert_eq!(report.inputs, Some(6), "{report}");
        assert!(
            matches!(report.coverage, Coverage::Bounded(bound) if bound.executions == Some(31))
        );
    }
}

#[test]
fn a_share_of_little_time_is_one_execution() {
    for engine in [Engine::Loom, Engine::Shuttle(Sampler::Dfs)].iter().filter(|_| MODEL) {
        for (inputs, nanoseconds) in [(50_000, 1), (50_000, 20_000_000), (usize::MAX, 1)] {
            let scenario = Scenario::new("little time").engine(*engine);
            let report =
                scenario.max_duration(Duration::from_nanos(nanoseconds)).explore(move || {
                    choose(inputs);
                    count(1)
                });
            assert!(report.executions > 0, "{report}");
            assert!(
                matches!(report.coverage, Coverage::Bounded(bound) if bound.duration.is_some()),
                "{report}"
            );
        }
    }
}

#[test]
fn samplers_take_the_inputs_in_turn() {
    for engine in all_engines().into_iter().filter(|engine| !engine.is_exhaustive()) {
        let scenario = Scenario::new("in turn").engine(engine).max_executions(10);
        let report = scenario.explore(|| count(choose(4)));
        assert_eq!(report.inputs, Some(4));
        assert_eq!(report.outcomes, [(0, 3), (2, 3), (4, 2), (6, 2)].into(), "{report}");
    }
}

/// Fails for one delivery of some.
fn overdelivered() -> impl Fn() + Send + Sync + 'static {
    let arrivals = Arrivals::of(["tea", "rice"]).at_most(2).instances(2);
    move || {
        let delivery = arrivals.deliver();
        let counter = AtomicU64::new(0);
        thread::scope(|scope| {
            for arrivals in delivery.instances() {
                scope.spawn(|| counter.fetch_add(arrivals.len() as u64, Ordering::Relaxed));
            }
        });
        assert!(counter.load(Ordering::Relaxed) < 4, "four arrivals of two messages");
    }
}

#[test]
fn a_violation_tells_the_delivery() {
    for engine in all_engines() {
        let violation = violation(engine, overdelivered());
        assert_eq!(violation.kind, ViolationKind::Panic, "{violation}");
        assert_eq!(violation.chosen.len(), 1);
        assert!(violation.chosen[0].starts_with("delivery "), "{violation}");
        assert!(violation.to_string().contains("\nchosen: delivery "), "{violation}");
    }
}

#[test]
fn a_violation_tells_the_choices() {
    for engine in all_engines() {
        let violation = violation(engine, || {
            let sum = choose(3) + choose(2);
            assert!(count(1) + (sum as u64) < 5);
        });
        let [first, second] = &violation.chosen[..] else { panic!("{violation}") };
        assert!(first.starts_with("choose(3) = 2, at tests/inputs.rs:"), "{violation}");
        assert!(second.starts_with("choose(2) = 1, at tests/inputs.rs:"), "{violation}");
    }
}

#[test]
fn a_hung_round_tells_the_delivery() {
    let arrivals = Arrivals::of(["tea"]).at_most(2);
    let scenario = Scenario::new("hangs for two").engine(Engine::Threads);
    let result = scenario.watchdog(Duration::from_millis(200)).try_check(move || {
        let waits = arrivals.deliver().arrivals().count() == 2;
        let (sender, receiver) = std::sync::mpsc::channel::<()>();
        let sender = waits.then_some(sender);
        thread::spawn(move || receiver.recv().is_ok()).join().unwrap();
        drop(sender);
    });
    let violation = result.unwrap_err();
    assert_eq!(violation.kind, ViolationKind::Hung, "{violation}");
    assert_eq!(violation.chosen, [r#"delivery 2 of 2: instance 1: "tea", "tea""#]);
}

/// Chooses when it is dropped.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct ChoosesLast;

impl Drop for ChoosesLast {
    fn drop(&mut self) {
        choose(2);
    }
}

#[test]
fn a_choice_after_the_end_is_outside() {
    for engine in all_engines() {
        let scenario = Scenario::new("an outcome that chooses").engine(engine).max_executions(10);
        let explored = std::panic::catch_unwind(|| {
            scenario.explore(|| {
                count(1);
                ChoosesLast
            })
        });
        let panic = explored.map(std::mem::forget).unwrap_err();
        let message = panic.downcast_ref::<String>().unwrap();
        assert!(message.contains("outside of a scenario"), "{engine}: {message}");
    }
}

#[test]
fn a_refuted_scenario_counts_the_failing_executions_of_all_inputs() {
    for engine in modeled() {
        let report = Scenario::new("two of four").engine(engine).max_executions(400);
        let violation = report.refute(|| {
            let odd = choose(4) % 2;
            assert_eq!(count(1) + odd as u64, 2);
        });
        assert!(violation.to_string().contains("left: 3"), "{violation}");
    }
}

#[test]
fn a_choice_after_the_first_thread_is_refused() {
    for engine in all_engines() {
        let violation = violation(engine, || {
            thread::spawn(|| ()).join().unwrap();
            choose(2);
        });
        assert_eq!(violation.kind, ViolationKind::Misuse, "{violation}");
        assert!(violation.message.contains("tests/inputs.rs"), "{violation}");
        assert!(violation.message.contains("make all choices before"), "{violation}");
    }
}

#[test]
fn a_choice_among_nothing_is_refused() {
    for engine in all_engines() {
        let violation = violation(engine, || {
            choose(0);
        });
        assert_eq!(violation.kind, ViolationKind::Misuse, "{violation}");
        assert!(violation.message.contains("nothing to choose from"), "{violation}");
    }
}

#[test]
#[should_panic(expected = "more than 100000 deliveries")]
fn what_cannot_be_explored_refutes_nothing() {
    let too_many = Arrivals::of(0..6).at_most(3).instances(2);
    Scenario::new("too many deliveries").refute(move || {
        too_many.deliver();
        count(1);
    });
}

#[test]
fn a_choice_in_a_thread_is_refused() {
    for engine in all_engines() {
        let violation = violation(engine, || {
            let _ = thread::spawn(|| choose(2)).join();
        });
        assert_eq!(violation.kind, ViolationKind::Misuse, "{violation}");
    }
}

#[test]
#[should_panic(expected = "outside of a scenario")]
fn a_choice_outside_of_a_scenario_is_refused() {
    choose(2);
}

#[test]
fn choices_that_differ_from_one_execution_to_the_next_are_found() {
    for engine in modeled() {
        let run = std::sync::atomic::AtomicUsize::new(1);
        let violation = violation(engine, move || {
            let number = run.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            choose(number);
            count(1);
        });
        assert_eq!(violation.kind, ViolationKind::NonDeterministic, "{engine}: {violation}");
    }
}

#[test]
fn alternatives_that_differ_within_one_input_are_found() {
    for engine in modeled() {
        let run = std::sync::atomic::AtomicUsize::new(0);
        let violation = violation(engine, move || {
            let number = run.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            // The last execution of the search sees one alternative only.
            choose(if number % 2 == 0 { 7 } else { 1 });
            count(2);
        });
        assert_eq!(violation.kind, ViolationKind::NonDeterministic, "{engine}: {violation}");
    }
}

#[test]
fn of_more_inputs_than_executions_some_of_each_kind_are_sampled() {
    for engine in all_engines().into_iter().filter(|engine| !engine.is_exhaustive()) {
        let scenario = Scenario::new("too many").engine(engine).max_executions(200);
        let report = scenario.explore(|| {
            let first = choose(10);
            let second = choose(if first == 0 { 1 } else { 1_000 });
            count(0);
            (first, second < 500)
        });
        assert!(report.outcomes.len() > 15, "{report}");
        assert!(report.inputs > Some(100), "{report}");
    }
}

#[test]
fn a_deadlock_in_one_input_does_not_end_the_others_search() {
    for engine in modeled().into_iter().filter(|engine| engine.is_exhaustive()) {
        let report = Scenario::new("a deadlock in the first of four").engine(engine);
        let last = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let seen = Arc::clone(&last);
        let violation = report.refute(move || {
            let input = choose(4);
            seen.fetch_max(input, std::sync::atomic::Ordering::Relaxed);
            let parker = selvedge::sync::Parker::new();
            thread::spawn(|| ()).join().unwrap();
            if input == 0 {
                parker.park();
            }
        });
        assert_eq!(violation.kind, ViolationKind::Deadlock, "{violation}");
        assert_eq!(last.load(std::sync::atomic::Ordering::Relaxed), 3, "{engine}");
    }
}
