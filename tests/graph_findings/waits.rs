//! Threads that wait for what does not come, and threads that do not come to wait.

use std::collections::VecDeque;

use selvedge::hint::wait_until;
use selvedge::scenario::Memory;
use selvedge::sync::{Condvar, Mutex, Parker, Unparker};
use selvedge::time::{self, Duration, Instant};

use super::*;

/// The program deadlocks, with these words in the message.
fn deadlocks(name: &str, words: &[&str], program: impl Fn() + Send + Sync + 'static) {
    let violation = found(name, program);
    assert_eq!(violation.kind, ViolationKind::Deadlock, "{violation}");
    for words in words {
        assert!(violation.message.contains(words), "{words:?} is not in: {violation}");
    }
}

/// A flag that is looked at under a lock, and set under it or not.
fn flag_and_notification(under_the_lock: bool) -> impl Fn() + Send + Sync + 'static {
    move || {
        let (lock, changed) = (Mutex::new(()), Condvar::new());
        let flag = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut locked = lock.lock();
                while !flag.load(Acquire) {
                    changed.wait(&mut locked);
                }
            });
            scope.spawn(|| {
                let locked = under_the_lock.then(|| lock.lock());
                flag.store(true, Release);
                drop(locked);
                changed.notify_one();
            });
        });
    }
}

#[test]
fn a_wake_up_is_lost_if_its_reason_is_given_outside_of_the_lock() {
    let words = ["thread 1 in wait of Condvar#1 at tests/graph_findings/waits.rs"];
    deadlocks("lost wake-up", &words, flag_and_notification(false));
    completes("wake-up", flag_and_notification(true));
}

/// Threads that pass a turn on, from one to the next.
fn turns(notify: fn(&Condvar)) -> impl Fn() + Send + Sync + 'static {
    move || {
        let (turn, changed) = (Mutex::new(0), Condvar::new());
        thread::scope(|scope| {
            for me in 1..=2 {
                let (turn, changed) = (&turn, &changed);
                scope.spawn(move || {
                    let mut turn = turn.lock();
                    changed.wait_while(&mut turn, |turn| *turn != me);
                    *turn += 1;
                    notify(changed);
                });
            }
            *turn.lock() = 1;
            notify(&changed);
        });
        assert_eq!(*turn.lock(), 3);
    }
}

#[test]
fn one_notification_may_wake_the_wrong_thread() {
    let notify_one = |changed: &Condvar| {
        changed.notify_one();
    };
    let words = ["thread 1 in wait of Condvar#1", "thread 2 in wait of Condvar#1"];
    deadlocks("one of two", &words, turns(notify_one));
    completes(
        "both",
        turns(|changed| {
            changed.notify_all();
        }),
    );
}

/// Two accounts, and transfers in both directions.
fn transfers(in_order: bool) -> impl Fn() + Send + Sync + 'static {
    move || {
        let accounts = [Mutex::new(10), Mutex::new(10)];
        let transfer = |from: usize, to: usize| {
            let [first, second] = if in_order { [from.min(to), from.max(to)] } else { [from, to] };
            let mut first = accounts[first].lock();
            let mut second = accounts[second].lock();
            *first -= 1;
            *second += 1;
        };
        thread::scope(|scope| {
            scope.spawn(|| transfer(0, 1));
            scope.spawn(|| transfer(1, 0));
        });
    }
}

#[test]
fn locks_are_taken_in_one_order() {
    let words = [
        "thread 1 in lock of Mutex#2",
        "held by thread 2, by its lock at",
        "thread 2 in lock of Mutex#1",
        "held by thread 1, by its lock at",
    ];
    deadlocks("transfers, from and to", &words, transfers(false));
    completes("transfers, in order", transfers(true));
}

/// Two threads that let each other go first; or one of them does not.
fn polite(both: bool) -> impl Fn() + Send + Sync + 'static {
    move || {
        let wants = [AtomicBool::new(false), AtomicBool::new(false)];
        let inside = Shared::new(0);
        let enter = |me: usize, is_polite: bool| {
            wants[me].store(true, SeqCst);
            while wants[1 - me].load(SeqCst) {
                if is_polite {
                    wants[me].store(false, SeqCst);
                    if !both {
                        wait_until(|| !wants[1 - me].load(SeqCst));
                    }
                    wants[me].store(true, SeqCst);
                } else {
                    wait_until(|| !wants[1 - me].load(SeqCst));
                }
            }
            inside.write(inside.read() + 1);
            wants[me].store(false, SeqCst);
        };
        thread::scope(|scope| {
            scope.spawn(|| enter(0, both));
            scope.spawn(|| enter(1, true));
        });
    }
}

#[test]
fn two_polite_threads_may_stand_at_the_door_for_ever() {
    let polite_ones = Scenario::new("both are polite").engine(Engine::Graph).max_events(200);
    let violation = polite_ones.try_check(polite(true)).expect_err("it may go on for ever");
    assert_eq!(violation.kind, ViolationKind::Livelock, "{violation}");
    let words = "suspected livelock: an execution of more than 200 events";
    assert!(violation.to_string().starts_with(words), "{violation}");
    completes("one is polite", polite(false));
}

/// What is told of a queue: whether it is closed; and whether somebody waits, which whoever enters
/// the list of those who wait says with a bit.
#[derive(Default)]
struct Queue {
    closed: AtomicBool,
    somebody_waits: AtomicBool,
    list: Mutex<Vec<Unparker>>,
}

impl Queue {
    /// Waits for the close.
    fn wait(&self) {
        let parker = Parker::new();
        {
            let mut list = self.list.lock();
            list.push(parker.unparker().clone());
            self.somebody_waits.swap(true, Acquire);
        }
        if !self.closed.load(Acquire) {
            parker.park();
        }
    }

    fn close(&self, trusts_the_bit: bool) {
        self.closed.swap(true, AcqRel);
        if !trusts_the_bit || self.somebody_waits.load(Acquire) {
            self.list.lock().drain(..).for_each(|waiter| waiter.unpark());
        }
    }
}

fn closed_queue(trusts_the_bit: bool) -> impl Fn() + Send + Sync + 'static {
    move || {
        let queue = Queue::default();
        thread::scope(|scope| {
            scope.spawn(|| queue.wait());
            scope.spawn(|| queue.close(trusts_the_bit));
        });
    }
}

#[test]
fn a_close_that_trusts_a_bit_may_leave_somebody_waiting() {
    let words = ["thread 1 in park of Parker#1"];
    deadlocks("close trusts the bit", &words, closed_queue(true));
    // The bit and the close are a store buffering, which only a weak memory has.
    let scenario = Scenario::new("close trusts the bit").engine(Engine::Graph).memory(Memory::Sc);
    let report = scenario.check(closed_queue(true));
    assert_eq!(report.coverage, Coverage::Complete, "{report}");
    completes("close looks at the list", closed_queue(false));
}

/// Two wait in a list for what one of them passes on to the other. The first one has no patience:
/// when it gives up, it takes its entry out, or only looks at the time.
fn waiters(takes_its_entry_out: bool) -> impl Fn() + Send + Sync + 'static {
    move || {
        const PATIENCE: Duration = Duration::from_secs(1);
        let list: Mutex<VecDeque<(u32, Unparker)>> = Mutex::default();
        let enter = |number: u32| {
            let parker = Parker::new();
            list.lock().push_back((number, parker.unparker().clone()));
            parker
        };
        let wake_one = || {
            let woken = list.lock().pop_front();
            woken.into_iter().for_each(|(_, waiter)| waiter.unpark());
        };
        let (impatient, patient) = (enter(1), enter(2));
        let (begin, list) = (Instant::now(), &list);
        thread::scope(|scope| {
            scope.spawn(move || {
                impatient.park_timeout(PATIENCE);
                let gave_up = if takes_its_entry_out {
                    let mut list = list.lock();
                    let entries = list.len();
                    list.retain(|(number, _)| *number != 1);
                    list.len() < entries
                } else {
                    begin.elapsed() >= PATIENCE
                };
                if !gave_up {
                    wake_one();
                }
            });
            scope.spawn(|| time::advance(PATIENCE));
            scope.spawn(move || patient.park());
            wake_one();
        });
    }
}

#[test]
fn a_waiter_that_gives_up_takes_its_entry_out() {
    let words = ["thread 3 in park of Parker#2"];
    deadlocks("stale entry", &words, waiters(false));
    completes("entry taken out", waiters(true));
}
