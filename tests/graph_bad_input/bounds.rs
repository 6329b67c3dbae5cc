//! Executions that are longer than they may be, and bounds of nothing.

use selvedge::sync::atomic::AtomicBool;

use super::*;

#[test]
fn more_events_than_there_may_be_are_told() {
    let long = || {
        let word = AtomicU64::new(0);
        thread::spawn(|| {}).join().unwrap();
        for _ in 0..100 {
            word.store(1, Relaxed);
        }
    };
    let violation = scenario("long").max_events(100).try_check(long).unwrap_err();
    says(&violation, ViolationKind::Livelock, &["more than 100 events", "max_events"]);
    let report = scenario("long").max_events(110).check(long);
    assert_eq!(report.coverage, Coverage::Complete, "{report}");
    // Whichever event is one too many: two creations, spawns or joins, begins and ends, updates.
    for limit in 1..11 {
        let violation = scenario("race").max_events(limit).try_check(race).unwrap_err();
        says(&violation, ViolationKind::Livelock, &[&format!("more than {limit} events")]);
    }
    assert_eq!(scenario("race").max_events(11).check(race).executions, 2);
}

/// A thread that loops until a flag is set.
fn waits(turn: fn(), sets: bool) -> impl Fn() + Send + Sync + 'static {
    move || {
        let flag = Arc::new(AtomicBool::new(false));
        let shared = Arc::clone(&flag);
        let thread = thread::spawn(move || {
            while !shared.load(Acquire) {
                turn();
            }
        });
        flag.store(sets, Release);
        thread.join().unwrap();
    }
}

#[test]
fn a_loop_without_an_end_is_told() {
    // If the flag is set, each execution has one iteration more than the one before it.
    for sets in [false, true] {
        let endless = scenario("endless").max_events(100).try_check(waits(|| {}, sets));
        let words = ["more than 100 events", "hint::wait_until"];
        says(&endless.unwrap_err(), ViolationKind::Livelock, &words);
    }
    fails(ViolationKind::Livelock, &["more than 10000 events"], waits(|| {}, false));
    // Without any operation in it.
    fails(ViolationKind::Livelock, &["more than 10000 events"], || {
        race();
        loop {
            hint::spin_loop();
        }
    });
}

#[test]
fn a_loop_with_a_hint_ends_or_is_a_deadlock() {
    let turns: [fn(); 2] = [|| hint::spin_loop(), || thread::yield_now()];
    for turn in turns {
        assert_eq!(holds(waits(turn, true)).executions, 1);
        let words = ["no thread can go on", "thread 1 in a loop at", "load -> false"];
        fails(ViolationKind::Deadlock, &words, waits(turn, false));
    }
}

#[test]
fn an_execution_of_one_event_is_too_long() {
    let words = ["more than 1 events", "max_events"];
    let violation = scenario("one event").max_events(1).try_check(race).unwrap_err();
    says(&violation, ViolationKind::Livelock, &words);
}

#[test]
fn bounds_of_nothing_are_refused_where_they_are_set() {
    let refused = |set: fn(Scenario) -> Scenario| {
        let set = AssertUnwindSafe(move || set(scenario("nothing")));
        *catch_unwind(set).unwrap_err().downcast::<&str>().unwrap()
    };
    let said = refused(|scenario| scenario.max_events(0));
    assert_eq!(said, "an execution of 0 operations tests nothing");
    let said = refused(|scenario| scenario.max_executions(0));
    assert_eq!(said, "a run of 0 executions tests nothing");
}

#[test]
fn budgets_of_nothing_are_the_usual_ones() {
    let none = |scenario: Scenario| scenario.timeouts(0).spurious_wakeups(0).spurious_failures(0);
    let program = || {
        let word = Arc::new(AtomicU64::new(0));
        let shared = Arc::clone(&word);
        let thread = thread::spawn(move || {
            // Whether it succeeds does not matter.
            let _ = shared.compare_exchange_weak(0, 1, AcqRel, Acquire);
        });
        word.fetch_add(2, AcqRel);
        thread.join().unwrap();
    };
    let usual = scenario("budgets").check(program);
    let asked = none(scenario("budgets")).check(program);
    assert_eq!(asked.coverage.to_string(), "complete without spurious failures");
    assert_eq!((usual.executions, usual.coverage), (asked.executions, asked.coverage));
}
