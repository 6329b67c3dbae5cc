//! What may happen by itself, as often as a scenario admits it.

use selvedge::sync::atomic::{AtomicBool, AtomicU32, Ordering::*};
use selvedge::sync::{Arc, Condvar, Mutex, Parker};
use selvedge::thread;
use selvedge::time::{Duration, Instant};

use super::*;

fn budgeted(name: &str) -> Scenario {
    Scenario::new(name).engine(Engine::Graph)
}

/// How many timed parks end by their time, though nobody advances the clock, while main waits for a
/// flag.
fn timed_parks() -> u64 {
    let parker = Parker::new();
    let unparker = parker.unparker().clone();
    let flag = Arc::new(AtomicBool::new(false));
    let shared = Arc::clone(&flag);
    let wakes = thread::spawn(move || {
        shared.store(true, Release);
        unparker.unpark();
    });
    let begin = Instant::now();
    while !flag.load(Acquire) {
        parker.park_timeout(Duration::from_secs(1));
    }
    let seconds = begin.elapsed().as_secs();
    wakes.join().unwrap();
    seconds
}

#[test]
fn a_timed_wait_may_end_by_itself() {
    let report = budgeted("time stands still").explore(timed_parks);
    assert_eq!(report.outcomes.keys().copied().collect::<Vec<_>>(), [0], "{report}");
    assert_eq!(report.coverage.to_string(), "complete", "{report}");
    for (most, covered) in
        [(1, "complete up to 1 timeout a thread"), (2, "complete up to 2 timeouts a thread")]
    {
        let report = budgeted("timeouts").timeouts(most).explore(timed_parks);
        let seen: Vec<_> = report.outcomes.keys().copied().collect();
        assert_eq!(seen, Vec::from_iter(0..=u64::from(most)), "{report}");
        assert_eq!(report.coverage.to_string(), covered, "{report}");
    }
    // One is all that there can be.
    let report = budgeted("one timeout").timeouts(1).explore(|| {
        let parker = Parker::new();
        let unparker = parker.unparker().clone();
        let wakes = thread::spawn(move || unparker.unpark());
        let begin = Instant::now();
        parker.park_timeout(Duration::from_secs(1));
        wakes.join().unwrap();
        begin.elapsed().as_secs()
    });
    assert_eq!(report.outcomes.keys().copied().collect::<Vec<_>>(), [0, 1], "{report}");
    assert_eq!(report.coverage.to_string(), "complete", "{report}");
}

#[test]
fn a_timed_wait_that_nothing_else_ends_ends_by_itself() {
    let alone = || {
        let parker = Parker::new();
        thread::spawn(|| ()).join().unwrap();
        let begin = Instant::now();
        parker.park_timeout(Duration::from_secs(1));
        begin.elapsed().as_secs()
    };
    let report = budgeted("one timeout").timeouts(1).explore(alone);
    assert_eq!(Vec::from_iter(report.outcomes), [(1, 1)]);
    let found = budgeted("time stands still").try_check(move || {
        alone();
    });
    assert_eq!(found.expect_err("nobody comes").kind, ViolationKind::Deadlock);
}

#[test]
fn a_budget_is_for_what_was_chosen() {
    let report = budgeted("one timeout").timeouts(1).explore(|| {
        let parkers = [Parker::new(), Parker::new()];
        let unparkers = parkers.each_ref().map(|parker| parker.unparker().clone());
        let wakes = thread::spawn(move || unparkers.each_ref().map(|unparker| unparker.unpark()));
        let waited = parkers.each_ref().map(|parker| {
            let begin = Instant::now();
            parker.park_timeout(Duration::from_secs(1));
            begin.elapsed().as_secs()
        });
        wakes.join().unwrap();
        waited
    });
    // That the first park might have ended by its time takes nothing from the second one.
    let seen: Vec<_> = report.outcomes.keys().copied().collect();
    assert_eq!(seen, [[0, 0], [0, 1], [1, 0]], "{report}");
}

#[test]
fn a_timed_wait_for_a_condition_may_end_by_itself() {
    let report = budgeted("timed wait").timeouts(1).explore(|| {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let other = Arc::clone(&shared);
        let mut ready = shared.0.lock();
        let raises = thread::spawn(move || {
            *other.0.lock() = true;
            other.1.notify_one();
        });
        let ended = shared.1.wait_while_for(&mut ready, |ready| !*ready, Duration::from_secs(1));
        let seen = (ended.timed_out(), *ready);
        drop(ready);
        raises.join().unwrap();
        seen
    });
    let seen: Vec<_> = report.outcomes.keys().copied().collect();
    assert_eq!(seen, [(false, true), (true, false), (true, true)], "{report}");
}

/// A thread that looks at what it waits for once, or until it is there.
fn waits(again: bool) -> impl Fn() + Clone + Send + Sync + 'static {
    move || {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let other = Arc::clone(&shared);
        let waits = thread::spawn(move || {
            let mut ready = other.0.lock();
            if again {
                other.1.wait_while(&mut ready, |ready| !*ready);
            } else if !*ready {
                other.1.wait(&mut ready);
            }
            assert!(*ready, "woken too early");
        });
        *shared.0.lock() = true;
        shared.1.notify_one();
        waits.join().unwrap();
    }
}

#[test]
fn who_looks_only_once_is_found_by_a_spurious_wake_up() {
    explored("nobody wakes up by itself", waits(false));
    let found = budgeted("looks once").spurious_wakeups(1).try_check(waits(false));
    let found = found.expect_err("an if instead of a while");
    assert!(found.message.contains("woken too early"), "{found}");
    let report = budgeted("looks again").spurious_wakeups(1).check(waits(true));
    let covered = "complete up to 1 spurious wake-up a thread";
    assert_eq!(report.coverage.to_string(), covered, "{report}");
}

/// Two threads that count by weak exchanges: once, or until it is done.
fn weak_increments(again: bool) -> impl Fn() + Clone + Send + Sync + 'static {
    move || {
        let count = Arc::new(AtomicU32::new(0));
        let threads = [(); 2].map(|()| {
            let count = Arc::clone(&count);
            thread::spawn(move || {
                let mut value = 0;
                loop {
                    match count.compare_exchange_weak(value, value + 1, AcqRel, Acquire) {
                        Ok(_) => break,
                        Err(now) if again || now != value => value = now,
                        Err(_) => break,
                    }
                }
            })
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(count.load(Relaxed), 2, "not counted");
    }
}

#[test]
fn who_does_not_try_again_is_found_by_a_spurious_failure() {
    let report = budgeted("nothing fails").check(weak_increments(false));
    assert_eq!(report.coverage.to_string(), "complete without spurious failures", "{report}");
    let found = budgeted("tries once").spurious_failures(1).try_check(weak_increments(false));
    let found = found.expect_err("a weak exchange without a loop");
    assert!(found.message.contains("not counted"), "{found}");
    let report = budgeted("tries again").spurious_failures(1).check(weak_increments(true));
    let covered = "complete up to 1 spurious failure a thread";
    assert_eq!(report.coverage.to_string(), covered, "{report}");
}

#[test]
fn an_exchange_that_must_not_succeed_may_fail() {
    let report = budgeted("fails only").spurious_failures(1).explore(|| {
        let words = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
        let [stores, exchanges] = [0, 1].map(|first| {
            let words = Arc::clone(&words);
            thread::spawn(move || {
                words[first].store(1, SeqCst);
                match first {
                    0 => words[1].load(SeqCst),
                    // It has the ordering of a failure if it fails.
                    _ => match words[0].compare_exchange_weak(0, 2, SeqCst, Relaxed) {
                        Ok(_) => 2,
                        Err(found) => found,
                    },
                }
            })
        });
        (stores.join().unwrap(), exchanges.join().unwrap())
    });
    // Each stores before it looks: one sees the other's, but for who fails for no reason.
    let seen: Vec<_> = report.outcomes.keys().copied().collect();
    assert_eq!(seen, [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2)], "{report}");
}

#[test]
fn a_choice_is_met_once_beside_what_comes_later() {
    let report = budgeted("chosen before a store").spurious_failures(1).explore(|| {
        let words = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
        let shared = Arc::clone(&words);
        let chooses = thread::spawn(move || {
            let read = shared[0].load(Relaxed);
            let exchanged = shared[1].compare_exchange_weak(0, 1, Relaxed, Relaxed);
            (read, exchanged.is_ok())
        });
        let stores = thread::spawn(move || words[0].store(1, Relaxed));
        stores.join().unwrap();
        chooses.join().unwrap()
    });
    let all = [((0, false), 1), ((0, true), 1), ((1, false), 1), ((1, true), 1)];
    assert_eq!(Vec::from_iter(report.outcomes), all);
}
