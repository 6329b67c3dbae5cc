//! Loops that leave by themselves, beside loops that do not; and what has to go on while the engine
//! learns of them.

use selvedge::hint::{spin_loop, wait_until};
use selvedge::scenario::{Coverage, Memory, ViolationKind};
use selvedge::sync::atomic::{AtomicBool, AtomicU32, Ordering::*};
use selvedge::sync::{Arc, Mutex, Parker};
use selvedge::thread;
use selvedge::time::{self, Duration};

use crate::{explored, scenario};

#[test]
fn a_hint_may_come_after_the_look_that_succeeds() {
    let report = explored("late hint", || {
        let word = AtomicU32::new(0);
        thread::scope(|scope| {
            scope.spawn(|| [1, 2].map(|value| word.store(value, Release)));
            let mut seen = 0;
            while seen == 0 {
                seen = word.load(Acquire);
                thread::yield_now();
            }
            seen
        })
    });
    let seen: Vec<_> = report.outcomes.keys().copied().collect();
    assert_eq!(seen, [1, 2], "{report}");
}

#[test]
fn a_backoff_by_hand_has_one_execution() {
    let report = explored("backoff", || {
        let flag = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| flag.store(true, Release));
            let mut step = 0;
            while !flag.load(Acquire) {
                (0..1 << step).for_each(|_| spin_loop());
                step = 6.min(step + 1);
            }
        });
    });
    assert_eq!(report.executions, 1, "{report}");
}

/// One loop, for those that have patience and those that have not.
fn is_set_in_time(flag: &AtomicBool, most: usize) -> bool {
    (0..most).any(|_| {
        let set = flag.load(Acquire);
        if !set {
            spin_loop();
        }
        set
    })
}

#[test]
fn one_loop_may_serve_those_with_patience_and_those_without() {
    // How often those without look in vain is learned, and counts executions that do not matter.
    for (patient, workers) in [(0, 1), (0, 2), (1, 1), (1, 2)] {
        let report = scenario("patience", Memory::Rc11, workers).explore(move || {
            let flag = Arc::new(AtomicBool::new(false));
            let threads = [0, 1].map(|number| {
                let flag = Arc::clone(&flag);
                let most = if number == patient { usize::MAX } else { 2 };
                thread::spawn(move || is_set_in_time(&flag, most))
            });
            flag.store(true, Release);
            threads.map(|thread| thread.join().unwrap())
        });
        assert_eq!(report.coverage, Coverage::Complete, "{report}");
        let mut gives_up = [true, true];
        gives_up[1 - patient] = false;
        let seen: Vec<_> = report.outcomes.keys().copied().collect();
        assert_eq!(seen, [gives_up, [true, true]], "{report}");
    }
}

/// Hints for others.
fn pause() {
    spin_loop();
}

#[test]
fn a_hint_in_a_helper_is_a_loop_for_one_and_none_for_another() {
    let report = explored("pause", || {
        let flags = Arc::new([AtomicBool::new(false), AtomicBool::new(false)]);
        let [waiting, looking] = [Arc::clone(&flags), Arc::clone(&flags)];
        let is_set = |flag: &AtomicBool| flag.load(Acquire);
        let waits = thread::spawn(move || {
            while !is_set(&waiting[0]) {
                pause();
            }
        });
        let looks = thread::spawn(move || {
            let at_once = is_set(&looking[1]);
            pause();
            (at_once, is_set(&looking[1]))
        });
        flags.iter().for_each(|flag| flag.store(true, Release));
        waits.join().unwrap();
        looks.join().unwrap()
    });
    let seen: Vec<_> = report.outcomes.keys().copied().collect();
    assert_eq!(seen, [(false, false), (false, true), (true, true)], "{report}");
}

/// Waits in its destructor until another thread is done.
struct Guest(Arc<AtomicBool>);

impl Drop for Guest {
    fn drop(&mut self) {
        while !self.0.load(Acquire) {
            spin_loop();
        }
    }
}

#[test]
fn destructors_that_wait_come_to_their_end_when_something_is_learned() {
    let report = explored("guest", || {
        let flags = Arc::new([AtomicBool::new(false), AtomicBool::new(false)]);
        let done = Arc::new(AtomicBool::new(false));
        let (shared, guest) = (Arc::clone(&flags), Guest(Arc::clone(&done)));
        let stays = thread::spawn(move || {
            let _guest = guest;
            shared[0].store(true, Release);
            wait_until(|| shared[1].load(Acquire));
        });
        wait_until(|| flags[0].load(Acquire));
        // The first look at the clock.
        let _now = time::Instant::now();
        flags[1].store(true, Release);
        done.store(true, Release);
        stays.join().unwrap();
    });
    assert_eq!(report.executions, 1, "{report}");
}

#[test]
fn a_timed_wait_hides_no_deadlock_beside_it() {
    for (timeouts, kind) in [(0, ViolationKind::Deadlock), (1, ViolationKind::Livelock)] {
        let scenario = scenario("crossed", Memory::Rc11, 1).timeouts(timeouts).max_events(300);
        let violation = scenario.refute(|| {
            let locks = [Mutex::new(0), Mutex::new(0)];
            let done = AtomicBool::new(false);
            let parker = Parker::new();
            let unparker = parker.unparker().clone();
            thread::scope(|scope| {
                let crosses = scope.spawn(|| {
                    let _second = locks[1].lock();
                    let _first = locks[0].lock();
                });
                let done = &done;
                scope.spawn(move || {
                    while !done.load(Acquire) {
                        parker.park_timeout(Duration::from_secs(1));
                    }
                });
                {
                    let _first = locks[0].lock();
                    let _second = locks[1].lock();
                }
                crosses.join().unwrap();
                done.store(true, Release);
                unparker.unpark();
            });
        });
        assert_eq!(violation.kind, kind, "{violation}");
    }
}

#[test]
fn what_a_drain_spawns_may_wait_forever() {
    let violation = scenario("spawned", Memory::Rc11, 1).refute(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let shared = Arc::clone(&flag);
        let sets = thread::spawn(move || shared.store(true, Release));
        wait_until(|| flag.load(Acquire));
        sets.join().unwrap();
        thread::spawn(|| Parker::new().park()).join().unwrap();
    });
    assert_eq!(violation.kind, ViolationKind::Deadlock, "{violation}");
}
