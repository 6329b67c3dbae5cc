//! Waits that nobody can end: who waits, for what, and where.

use std::num::NonZeroUsize;

use selvedge::queue;
use selvedge::sync::atomic::AtomicBool;
use selvedge::sync::{Barrier, Condvar, Mutex, Parker, RwLock, RwLockWriteGuard};
use selvedge::time::Duration;

use super::*;

const HERE: &str = "tests/graph_bad_input/deadlocks.rs:";

/// The program deadlocks, and this is the message, with `@` for a place in this file.
#[track_caller]
fn deadlocks(message: &str, program: impl Fn() + Send + Sync + 'static) {
    let violation = scenario("deadlock").try_check(program).expect_err("a deadlock");
    assert_eq!(violation.kind, ViolationKind::Deadlock, "{violation}");
    let without_numbers = |text: &str| {
        let mut parts = text.split(HERE);
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| {
            text + "@" + part.trim_start_matches(|c: char| c.is_ascii_digit() || c == ':')
        })
    };
    assert_eq!(without_numbers(&violation.message), message, "{violation}");
}

/// Runs this as a thread with a name, beside what it shares with main.
fn worker<S: Send + Sync + 'static>(
    shared: &Arc<S>,
    body: impl FnOnce(&S) + Send + 'static,
) -> thread::JoinHandle<()> {
    let shared = Arc::clone(shared);
    thread::Builder::new().name("worker".to_owned()).spawn(move || body(&shared)).unwrap()
}

#[test]
fn a_wait_for_nothing_is_a_deadlock() {
    let wait = |sets| {
        move || {
            let flag = Arc::new(AtomicBool::new(false));
            let shared = Arc::clone(&flag);
            let builder = thread::Builder::new().name("waiter".to_owned());
            let waiter = builder.spawn(move || hint::wait_until(|| shared.load(Acquire))).unwrap();
            flag.store(sets, Release);
            waiter.join().unwrap();
        }
    };
    let words = ["no thread can go on", "waiter in a loop at", HERE];
    fails(ViolationKind::Deadlock, &words, wait(false));
    // What the thread has read before it waits does not matter, old as it is.
    fails(ViolationKind::Deadlock, &["no thread can go on", HERE], || {
        let flag = Arc::new(AtomicBool::new(false));
        let shared = Arc::clone(&flag);
        let waiter = thread::spawn(move || {
            shared.swap(false, AcqRel);
            hint::wait_until(|| shared.load(Acquire));
        });
        waiter.join().unwrap();
    });
    let report = holds(wait(true));
    assert_eq!(report.executions, 1, "{report}");
}

#[test]
fn a_token_that_nobody_gives() {
    let message = "no thread can go on\nmain in park of Parker#1 at @";
    deadlocks(message, || {
        race();
        Parker::new().park();
    });
    let message = "no thread can go on\n\
        main in park_timeout of Parker#1 at @\n\
        A wait with a timeout ends when a thread of the scenario calls selvedge::time::advance";
    deadlocks(message, || {
        race();
        Parker::new().park_timeout(Duration::from_secs(1));
    });
}

#[test]
fn a_notification_that_nobody_sends() {
    let message = "no thread can go on\n\
        main in join of worker at @\n\
        worker in wait of Condvar#1 at @";
    deadlocks(message, || {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let waits = worker(&shared, |(ready, changed)| {
            changed.wait_while(&mut ready.lock(), |ready| !*ready);
        });
        waits.join().unwrap();
    });
}

#[test]
fn a_barrier_with_too_few_threads() {
    let message = "no thread can go on\n\
        main in wait of Barrier#1 at @\n\
        worker in wait of Barrier#1 at @";
    deadlocks(message, || {
        let barrier = Arc::new(Barrier::new(3));
        let waits = worker(&barrier, |barrier| {
            barrier.wait();
        });
        barrier.wait();
        waits.join().unwrap();
    });
}

#[test]
fn threads_that_join_each_other() {
    let message = "no thread can go on\n\
        main in park of Parker#1 at @\n\
        one in join of other at @\n\
        other in join of one at @";
    deadlocks(message, || {
        let handles: Arc<[Mutex<Option<thread::JoinHandle<()>>>; 2]> = Arc::default();
        let filled = Arc::new(AtomicBool::new(false));
        let spawn = |name: &str, number: usize| {
            let (handles, filled) = (Arc::clone(&handles), Arc::clone(&filled));
            let joins = move || {
                hint::wait_until(|| filled.load(Acquire));
                let handle = handles[number].lock().take();
                handle.unwrap().join().unwrap();
            };
            thread::Builder::new().name(name.to_owned()).spawn(joins).unwrap()
        };
        let [one, other] = [spawn("one", 0), spawn("other", 1)];
        *handles[0].lock() = Some(other);
        *handles[1].lock() = Some(one);
        filled.store(true, Release);
        Parker::new().park();
    });
}

#[test]
fn a_queue_that_nobody_sends_to() {
    let violation = scenario("queue").try_check(|| {
        race();
        let (_sender, mut receiver) = queue::bounded::<u32>(NonZeroUsize::MIN);
        let _ = receiver.recv();
    });
    let words = ["no thread can go on", "main in park of Parker#1 at src/queue/receiver.rs:"];
    says(&violation.unwrap_err(), ViolationKind::Deadlock, &words);
}

#[test]
fn a_lock_that_is_held_across_the_end_of_its_thread() {
    let message = "no thread can go on\n\
        main in lock of Mutex#1 at @\n  \
        held by worker, by its lock at @";
    deadlocks(message, || {
        let lock = Arc::new(Mutex::new(()));
        worker(&lock, |lock| std::mem::forget(lock.lock())).join().unwrap();
        drop(lock.lock());
    });
    let message = "no thread can go on\n\
        main in write of RwLock#1 at @\n  \
        held by worker, by its read at @";
    deadlocks(message, || {
        let lock = Arc::new(RwLock::new(()));
        worker(&lock, |lock| std::mem::forget(lock.read())).join().unwrap();
        drop(lock.write());
    });
    let report = holds(|| {
        let lock = Arc::new(Mutex::new(()));
        worker(&lock, |lock| std::mem::forget(lock.lock())).join().unwrap();
        assert!(lock.try_lock().is_none());
    });
    assert_eq!(report.executions, 1, "{report}");
}

#[test]
fn locks_in_a_circle() {
    let message = "no thread can go on\n\
        main in lock of Mutex#1 at @\n  \
        held by worker, by its try_lock at @\n\
        worker in lock of Mutex#2 at @\n  \
        held by main, by its lock at @";
    deadlocks(message, || {
        let locks = Arc::new([Mutex::new(()), Mutex::new(())]);
        let crosses = worker(&locks, |locks| {
            let first = locks[0].try_lock();
            drop(first.map(|_first| locks[1].lock()));
        });
        let second = locks[1].lock();
        drop(locks[0].lock());
        drop(second);
        crosses.join().unwrap();
    });
    fails(ViolationKind::Deadlock, &["main locks, at", "a mutex that it holds already"], || {
        race();
        let lock = Mutex::new(());
        let _held = lock.lock();
        drop(lock.lock());
    });
}

#[test]
fn a_loop_that_waits_for_nothing_is_reported_with_one_look() {
    // Of a short turn, and of a long one; where the engine is told of the condition, and of a hint.
    fn look_at(flags: &[AtomicBool; 9], most: usize) -> bool {
        flags.iter().take(most).any(|flag| flag.load(Acquire))
    }
    for (most, hinted) in [(1, false), (9, false), (1, true), (9, true)] {
        let waits = move || {
            let flags: Arc<[AtomicBool; 9]> = Arc::default();
            let waiter = worker(&flags, move |flags| {
                if hinted {
                    while !look_at(flags, most) {
                        hint::spin_loop();
                    }
                } else {
                    hint::wait_until(|| look_at(flags, most));
                }
            });
            waiter.join().unwrap();
        };
        let violation = scenario("one look").try_check(waits).expect_err("a deadlock");
        let looks = violation.to_string().matches("load -> false (Acquire)").count();
        assert_eq!(looks, most + 1, "{violation}");
    }
}

#[test]
fn a_writer_that_waits_for_readers_and_for_itself() {
    let message = "no thread can go on\n\
        main in join of worker at @\n\
        worker in write of RwLock#1 at @\n  \
        held by worker, by its downgrade at @\n  \
        held by main, by its read at @";
    deadlocks(message, || {
        let lock = Arc::new(RwLock::new(0));
        let (starts, wait) = (Arc::new(AtomicBool::new(false)), Arc::clone(&lock));
        let started = Arc::clone(&starts);
        let worker = worker(&wait, move |lock| {
            let written = lock.write();
            let _read = RwLockWriteGuard::downgrade(written);
            started.store(true, Release);
            *lock.write() += 1;
        });
        hint::wait_until(|| starts.load(Acquire));
        let _read = lock.read();
        worker.join().unwrap();
    });
}
