//! Programs of locks, condition variables, parkers, barriers and one-time initialization.

use selvedge::sync::atomic::{AtomicBool, AtomicU32, Ordering::*};
use selvedge::sync::{Arc, Barrier, Condvar, Mutex, Once, OnceLock, Parker, RwLock};
use selvedge::thread;

use super::collect::Row;
use super::pair::pair;

pub fn rows() -> Vec<Row> {
    vec![
        Row::new("mutex, a counter of two", mutex_counter),
        Row::new("mutex, a counter of three", mutex_of_three).loom_executions(1_000),
        Row::new("mutex, a word outside of it", word_outside),
        Row::new("two mutexes in one order", two_mutexes),
        Row::new("two mutexes one after the other", hand_over_hand),
        Row::new("try_lock", try_lock),
        Row::new("try_lock of two", try_lock_of_two),
        Row::new("RwLock, a writer and a reader", writer_and_reader).sampled_well(6_000),
        Row::new("RwLock, two readers", two_readers),
        Row::new("RwLock, two writers", two_writers).sampled_well(6_000),
        Row::new("RwLock, try_read and try_write", try_read),
        Row::new("Condvar, a hand-over", hand_over),
        Row::new("Condvar, a hand-over and back", there_and_back)
            .loom_executions(1_000)
            .sampled_well(6_000),
        Row::new("Condvar, notify_one of two", notify_one)
            .loom_executions(1_000)
            .sampled_well(6_000),
        Row::new("Condvar, notify_all", notify_all).loom_executions(1_000).sampled(3_000),
        Row::new("Condvar, is anybody there", is_anybody_there),
        Row::new("Parker, a message", parked_message),
        Row::new("Parker, two tokens are one", two_tokens).sampled_well(6_000),
        Row::new("Barrier, who leads", who_leads),
        Row::new("Barrier, before and after", before_and_after).sampled_well(6_000),
        Row::new("Once, who initializes", once),
        Row::new("OnceLock, who initializes", once_lock),
        Row::new("OnceLock, get and set", get_and_set),
    ]
}

fn mutex_counter() -> String {
    let double = |count: &Mutex<u32>| {
        let mut count = count.lock();
        *count *= 2;
        *count
    };
    let (_, first, second) = pair(
        Mutex::new(1),
        move |count| [double(count), double(count)],
        |count| {
            let mut count = count.lock();
            *count += 1;
            *count
        },
    );
    format!("{first:?} {second}")
}

fn mutex_of_three() -> String {
    let log = Arc::new(Mutex::new(Vec::new()));
    let threads = [1, 2, 3].map(|name| {
        let log = Arc::clone(&log);
        thread::spawn(move || log.lock().push(name))
    });
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let log = log.lock();
    format!("{log:?}")
}

/// The lock orders the word for who comes second, and the first may see it or not.
fn word_outside() -> String {
    let step = |(lock, word): &(Mutex<u32>, AtomicU32)| {
        word.fetch_add(1, Relaxed);
        let mut turn = lock.lock();
        *turn += 1;
        (*turn, word.load(Relaxed))
    };
    let (_, first, second) = pair((Mutex::new(0), AtomicU32::new(0)), step, step);
    format!("{first:?} {second:?}")
}

fn two_mutexes() -> String {
    let add = |(a, b): &(Mutex<u32>, Mutex<u32>), by: u32| {
        let mut first = a.lock();
        let mut second = b.lock();
        *first += by;
        *second = *second * 3 + *first;
        *second
    };
    let locks = (Mutex::new(0), Mutex::new(1));
    let (_, first, second) = pair(
        locks,
        move |locks| add(locks, 1),
        move |locks| {
            let before = *locks.1.lock();
            (before, add(locks, 2))
        },
    );
    format!("{first} {second:?}")
}

fn hand_over_hand() -> String {
    let locks = (Mutex::new(0), Mutex::new(0));
    let (_, first, second) = pair(
        locks,
        |(a, b)| {
            *a.lock() = 1;
            *b.lock()
        },
        |(a, b)| {
            *b.lock() = 1;
            *a.lock()
        },
    );
    format!("{first} {second}")
}

fn try_lock() -> String {
    let (lock, first, second) = pair(
        Mutex::new(0),
        |lock| {
            let mut value = lock.lock();
            *value += 1;
            *value
        },
        |lock| {
            lock.try_lock().map(|mut value| {
                *value += 2;
                *value
            })
        },
    );
    let end = *lock.lock();
    format!("{first} {second:?} {end}")
}

fn try_lock_of_two() -> String {
    let attempt = |lock: &Mutex<u32>| {
        lock.try_lock().map(|mut value| {
            *value += 1;
            *value
        })
    };
    let (_, first, second) = pair(Mutex::new(0), attempt, attempt);
    format!("{first:?} {second:?}")
}

fn writer_and_reader() -> String {
    let (_, (), second) = pair(
        RwLock::new((0, 0)),
        |lock| {
            lock.write().0 = 1;
            lock.write().1 = 1;
        },
        |lock| *lock.read(),
    );
    format!("{second:?}")
}

fn two_readers() -> String {
    let read = |lock: &RwLock<AtomicU32>| {
        let value = lock.read();
        value.fetch_add(1, Relaxed);
        value.load(Relaxed)
    };
    let (_, first, second) = pair(RwLock::new(AtomicU32::new(0)), read, read);
    format!("{first} {second}")
}

fn two_writers() -> String {
    let (lock, first, second) = pair(
        RwLock::new(1),
        |lock| {
            let mut value = lock.write();
            *value *= 2;
            *value
        },
        |lock| {
            *lock.write() += 1;
            *lock.read()
        },
    );
    let end = *lock.read();
    format!("{first} {second} {end}")
}

fn try_read() -> String {
    let (_, first, second) = pair(
        RwLock::new(0),
        |lock| lock.try_write().map(|mut value| *value += 1),
        |lock| lock.try_read().map(|value| *value),
    );
    format!("{first:?} {second:?}")
}

/// What the giver did before it handed over is seen; what it does after that is seen or not.
fn hand_over() -> String {
    let shared = (Mutex::new(false), Condvar::new(), AtomicU32::new(0));
    let (_, seen, ()) = pair(
        shared,
        |(given, there, word)| {
            let early = word.load(Relaxed);
            let mut given = given.lock();
            there.wait_while(&mut given, |given| !*given);
            (early, word.load(Relaxed))
        },
        |(given, there, word)| {
            word.store(1, Relaxed);
            *given.lock() = true;
            there.notify_one();
            word.store(2, Relaxed);
        },
    );
    format!("{seen:?}")
}

fn there_and_back() -> String {
    let shared = (Mutex::new(0), Condvar::new(), AtomicU32::new(0));
    let (_, first, second) = pair(
        shared,
        |(turn, changed, word)| {
            *turn.lock() = 1;
            changed.notify_all();
            let early = word.load(Relaxed);
            let mut turn = turn.lock();
            changed.wait_while(&mut turn, |turn| *turn != 2);
            (early, word.load(Relaxed))
        },
        |(turn, changed, word)| {
            word.store(1, Relaxed);
            let mut now = turn.lock();
            changed.wait_while(&mut now, |turn| *turn != 1);
            *now = 2;
            drop(now);
            changed.notify_all();
            word.swap(2, Relaxed)
        },
    );
    format!("{first:?} {second}")
}

/// Two wait for a turn each; one notification a turn, and who has it passes it on.
fn notify_one() -> String {
    let shared = Arc::new((Mutex::new((0, Vec::new())), Condvar::new()));
    let waiting = [1, 2].map(|name| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || {
            let mut state = shared.0.lock();
            shared.1.wait_while(&mut state, |(turns, _)| *turns == 0);
            state.0 -= 1;
            state.1.push(name);
        })
    });
    for name in [8, 9] {
        let mut state = shared.0.lock();
        state.0 += 1;
        state.1.push(name);
        drop(state);
        shared.1.notify_one();
    }
    waiting.into_iter().for_each(|thread| thread.join().unwrap());
    let state = shared.0.lock();
    format!("{:?}", state.1)
}

fn notify_all() -> String {
    let shared = Arc::new((Mutex::new((false, Vec::new())), Condvar::new()));
    let waiting = [1, 2].map(|name| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || {
            let mut state = shared.0.lock();
            let opened = state.0;
            shared.1.wait_while(&mut state, |(open, _)| !*open);
            state.1.push((name, opened));
        })
    });
    shared.0.lock().0 = true;
    shared.1.notify_all();
    waiting.into_iter().for_each(|thread| thread.join().unwrap());
    let state = shared.0.lock();
    format!("{:?}", state.1)
}

/// How many a notification finds: who looks at the flag under the lock does not miss it.
fn is_anybody_there() -> String {
    let shared = (Mutex::new(0), Condvar::new());
    let (_, waited, found) = pair(
        shared,
        |(state, changed)| {
            let mut state = state.lock();
            let before = *state;
            changed.wait_while(&mut state, |state| *state < 1);
            (before, *state)
        },
        |(state, changed)| {
            *state.lock() += 1;
            let first = changed.notify_one();
            *state.lock() += 1;
            (first, changed.notify_all())
        },
    );
    format!("{waited:?} {found:?}")
}

fn parked_message() -> String {
    let parker = Parker::new();
    let unparker = parker.unparker().clone();
    let shared = Arc::new((AtomicU32::new(0), AtomicBool::new(false)));
    let other = {
        let shared = Arc::clone(&shared);
        thread::spawn(move || {
            shared.0.store(1, Relaxed);
            shared.1.store(true, Relaxed);
            unparker.unpark();
            shared.0.store(2, Relaxed);
        })
    };
    let early = shared.0.load(Relaxed);
    while !shared.1.load(Relaxed) {
        parker.park();
    }
    let late = shared.0.load(Relaxed);
    other.join().unwrap();
    format!("{early} {late}")
}

/// Who parks twice needs a second token, which comes after the first one was taken.
fn two_tokens() -> String {
    let parker = Parker::new();
    let unparker = parker.unparker().clone();
    let word = Arc::new(AtomicU32::new(0));
    let other = {
        let word = Arc::clone(&word);
        thread::spawn(move || {
            for value in 1..4 {
                word.store(value, Release);
                unparker.unpark();
            }
        })
    };
    let mut seen = Vec::new();
    while word.load(Acquire) < 3 {
        parker.park();
        seen.push(word.load(Acquire));
    }
    other.join().unwrap();
    format!("{seen:?}")
}

fn who_leads() -> String {
    let shared = (Barrier::new(2), AtomicU32::new(0));
    let wait = |(barrier, word): &(Barrier, AtomicU32)| {
        let before = word.fetch_add(1, Relaxed);
        (before, barrier.wait().is_leader())
    };
    let (_, first, second) = pair(shared, wait, wait);
    format!("{first:?} {second:?}")
}

/// What came before the barrier is seen after it; what comes after it is seen or not.
fn before_and_after() -> String {
    let shared = (Barrier::new(2), [AtomicU32::new(0), AtomicU32::new(0)]);
    let step = |(barrier, words): &(Barrier, [AtomicU32; 2]), own: usize| {
        words[own].store(1, Relaxed);
        barrier.wait();
        words[own].store(2, Relaxed);
        words[1 - own].load(Relaxed)
    };
    let (_, first, second) =
        pair(shared, move |shared| step(shared, 0), move |shared| step(shared, 1));
    format!("{first} {second}")
}

fn once() -> String {
    let shared = (Once::new(), AtomicU32::new(0), AtomicU32::new(0));
    let call = |(once, winner, word): &(Once, AtomicU32, AtomicU32), name: u32| {
        let done = once.is_completed();
        word.fetch_add(1, Relaxed);
        once.call_once(|| winner.store(name, Relaxed));
        (done, winner.load(Relaxed), word.load(Relaxed))
    };
    let (_, first, second) =
        pair(shared, move |shared| call(shared, 1), move |shared| call(shared, 2));
    format!("{first:?} {second:?}")
}

fn once_lock() -> String {
    let call = |cell: &OnceLock<u32>, name: u32| (cell.get().copied(), *cell.get_or_init(|| name));
    let (_, first, second) =
        pair(OnceLock::new(), move |cell| call(cell, 1), move |cell| call(cell, 2));
    format!("{first:?} {second:?}")
}

fn get_and_set() -> String {
    let (cell, first, second) =
        pair(OnceLock::new(), |cell| cell.set(1), |cell| (cell.get().copied(), cell.set(2)));
    format!("{first:?} {second:?} {:?}", cell.get())
}
