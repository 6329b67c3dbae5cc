//! Programs of atomics that are more than straight lines: loops, final values, and threads that
//! begin and end while others run.

use selvedge::hint::wait_until;
use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering::*, fence};
use selvedge::thread;

use super::collect::Row;
use crate::race::race;

pub fn rows() -> Vec<Row> {
    vec![
        Row::new("compare_exchange loop, two each", compare_exchange_loop),
        Row::new("compare_exchange_weak loop", weak_loop),
        Row::new("fetch_update and fetch_max", fetch_update),
        Row::new("2+2W, final values", || two_plus_two(Relaxed)),
        Row::new("2+2W, final values, SeqCst", || two_plus_two(SeqCst)),
        Row::new("main between spawn and join", main_takes_part),
        Row::new("what join orders", what_join_orders),
        Row::new("a thread spawns a thread", nested),
        Row::new("two in a scope", in_a_scope),
        Row::new("a scope after another", two_scopes).loom_executions(1_500),
        Row::new("a flag that is waited for", waited_flag),
        Row::new("one of two is waited for", waits_for_either).loom_executions(1_000),
        Row::new("a spinlock", spinlock),
        Row::new("Dekker's entry", dekker),
        Row::new("Peterson's entry, with relaxed reads", peterson),
        Row::new("a pointer that is published", published_pointer),
        Row::new("fences of two kinds", fences),
        Row::new("bits of a mask", mask),
    ]
}

fn compare_exchange_loop() -> String {
    fn add(word: &AtomicU32, by: u32) -> u32 {
        let mut seen = word.load(Relaxed);
        while let Err(newer) = word.compare_exchange(seen, seen + by, AcqRel, Relaxed) {
            seen = newer;
        }
        seen
    }
    let (word, first, second) = race(
        AtomicU32::new(0),
        |word| [add(word, 1), add(word, 2)],
        |word| [add(word, 10), add(word, 20)],
    );
    format!("{first:?} {second:?} {}", word.load(Relaxed))
}

fn weak_loop() -> String {
    fn double(word: &AtomicU32) -> (u32, u32) {
        let mut seen = word.load(Acquire);
        let mut failures = 0;
        while let Err(newer) = word.compare_exchange_weak(seen, seen * 2, Release, Acquire) {
            seen = newer;
            failures += 1;
        }
        (seen, failures)
    }
    let (_, first, second) = race(AtomicU32::new(1), double, double);
    format!("{first:?} {second:?}")
}

fn fetch_update() -> String {
    let (word, first, second) = race(
        AtomicU32::new(3),
        |word| word.fetch_update(AcqRel, Acquire, |value| (value < 5).then_some(value + 2)),
        |word| [word.fetch_max(4, AcqRel), word.fetch_xor(1, Relaxed)],
    );
    format!("{first:?} {second:?} {}", word.load(Relaxed))
}

fn two_plus_two(order: selvedge::sync::atomic::Ordering) -> String {
    let store = move |[one, other]: [&AtomicU32; 2]| {
        one.store(1, order);
        other.store(2, order);
    };
    let words = [AtomicU32::new(0), AtomicU32::new(0)];
    let (words, (), ()) = race(words, move |[x, y]| store([x, y]), move |[x, y]| store([y, x]));
    let [x, y] = [0, 1].map(|index: usize| words[index].load(Relaxed));
    format!("{x} {y}")
}

fn main_takes_part() -> String {
    let words = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
    let shared = Arc::clone(&words);
    let other = thread::spawn(move || {
        let seen = shared[0].load(Acquire);
        shared[1].store(1, Release);
        shared[0].store(5, Relaxed);
        seen
    });
    words[0].store(1, Release);
    let seen = words[1].load(Acquire);
    words[0].store(2, Release);
    let other = other.join().unwrap();
    format!("{other} {seen} {}", words[0].load(Relaxed))
}

/// Relaxed throughout: what main sees after a join is what that thread did, and maybe more.
fn what_join_orders() -> String {
    let words = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
    let [first, second] = [0, 1].map(|own: usize| {
        let words = Arc::clone(&words);
        thread::spawn(move || {
            words[own].store(1, Relaxed);
            words[1 - own].load(Relaxed)
        })
    });
    let first = first.join().unwrap();
    let between = [words[0].load(Relaxed), words[1].load(Relaxed)];
    let second = second.join().unwrap();
    format!("{first} {between:?} {second}")
}

/// What came before the spawn is seen, and what races with it is seen or not.
fn nested() -> String {
    let words = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
    let shared = Arc::clone(&words);
    let outer = thread::spawn(move || {
        shared[0].store(1, Relaxed);
        let inner = Arc::clone(&shared);
        let inner = thread::spawn(move || {
            let seen = (inner[0].load(Relaxed), inner[1].load(Relaxed));
            inner[0].store(2, Relaxed);
            seen
        });
        let seen = shared[0].load(Relaxed);
        (seen, inner.join().unwrap())
    });
    words[1].store(1, Relaxed);
    let outer = outer.join().unwrap();
    format!("{outer:?}")
}

fn in_a_scope() -> String {
    let (x, y) = (AtomicU32::new(0), AtomicU32::new(0));
    let mut seen = [0; 2];
    let [first, second] = &mut seen;
    thread::scope(|scope| {
        scope.spawn(|| {
            x.store(1, Release);
            *first = y.load(Acquire);
        });
        scope.spawn(|| {
            y.store(1, Release);
            *second = x.load(Acquire);
        });
    });
    format!("{seen:?} {} {}", x.load(Relaxed), y.load(Relaxed))
}

/// The threads of the first have ended when those of the second begin; main's is still there.
fn two_scopes() -> String {
    let (x, y) = (AtomicU32::new(0), AtomicU32::new(0));
    let mut seen = Vec::new();
    for round in 1..3 {
        seen.push(thread::scope(|scope| {
            let other = scope.spawn(|| {
                let before = y.load(Relaxed);
                x.store(round, Relaxed);
                before
            });
            y.store(round, Relaxed);
            (x.load(Relaxed), other.join().unwrap())
        }));
    }
    format!("{seen:?}")
}

/// What is waited for orders the first word, and leaves the second.
fn waited_flag() -> String {
    let (_, seen, ()) = race(
        (AtomicU32::new(0), AtomicU32::new(0), AtomicBool::new(false)),
        |(before, after, flag)| {
            let early = after.load(Relaxed);
            wait_until(|| flag.load(Acquire));
            (early, before.load(Relaxed), after.load(Relaxed))
        },
        |(before, after, flag)| {
            before.store(1, Relaxed);
            flag.store(true, Release);
            after.store(1, Relaxed);
        },
    );
    format!("{seen:?}")
}

fn waits_for_either() -> String {
    let words = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
    let threads = [0, 1].map(|own: usize| {
        let words = Arc::clone(&words);
        thread::spawn(move || words[own].store(1, Release))
    });
    wait_until(|| words[0].load(Acquire) + words[1].load(Acquire) > 0);
    let seen = [0, 1].map(|index: usize| words[index].load(Acquire));
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    format!("{seen:?}")
}

fn spinlock() -> String {
    fn locked(shared: &(AtomicBool, AtomicU32), by: u32) -> u32 {
        let lock = || shared.0.compare_exchange(false, true, Acquire, Relaxed);
        wait_until(|| lock().is_ok());
        let seen = shared.1.load(Relaxed);
        shared.1.store(seen * 2 + by, Relaxed);
        shared.0.store(false, Release);
        seen
    }
    let lock = (AtomicBool::new(false), AtomicU32::new(1));
    let (_, first, second) =
        race(lock, |lock| locked(lock, 0), |lock| (lock.1.load(Relaxed), locked(lock, 1)));
    format!("{first} {second:?}")
}

/// Each goes in if the other does not want to: both may stay out, and both may not be in.
fn dekker() -> String {
    fn enter(own: &AtomicBool, other: &AtomicBool, inside: &AtomicU32) -> Option<u32> {
        own.store(true, Relaxed);
        fence(SeqCst);
        (!other.load(Relaxed)).then(|| inside.fetch_add(1, Relaxed))
    }
    let flags = (AtomicBool::new(false), AtomicBool::new(false), AtomicU32::new(0));
    let (_, first, second) =
        race(flags, |(a, b, inside)| enter(a, b, inside), |(a, b, inside)| enter(b, a, inside));
    format!("{first:?} {second:?}")
}

/// One look each at the turn and at the other's flag, which are too weak.
fn peterson() -> String {
    fn enter(flags: &[AtomicU32; 2], turn: &AtomicU32, own: usize) -> (u32, u32) {
        flags[own].store(1, Release);
        let before = turn.swap(own as u32 + 1, AcqRel);
        (before, flags[1 - own].load(Acquire))
    }
    let shared = ([AtomicU32::new(0), AtomicU32::new(0)], AtomicU32::new(0));
    let (_, first, second) =
        race(shared, |(f, turn)| enter(f, turn, 0), |(f, turn)| enter(f, turn, 1));
    format!("{first:?} {second:?}")
}

/// Of two who publish a pointer, a reader sees one, or none, or one and then the other.
fn published_pointer() -> String {
    /// A word's place among those that were there from the start.
    fn which(pointer: *mut u32, all: &[AtomicU32; 2]) -> Option<usize> {
        all.iter().position(|word| std::ptr::eq(pointer.cast(), word))
    }
    let shared = ([AtomicU32::new(0), AtomicU32::new(0)], AtomicPtr::new(std::ptr::null_mut()));
    let place = |word: &AtomicU32| std::ptr::from_ref(word).cast_mut().cast::<u32>();
    let (_, seen, before) = race(
        shared,
        move |(words, pointer)| {
            words[0].store(1, Relaxed);
            pointer.store(place(&words[0]), Release);
            pointer.store(place(&words[1]), Release);
            which(pointer.load(Relaxed), words)
        },
        |(words, pointer)| {
            let index = which(pointer.load(Acquire), words);
            (index, words[0].load(Relaxed))
        },
    );
    format!("{seen:?} {before:?}")
}

fn fences() -> String {
    let words = [(); 2].map(|()| AtomicU32::new(0));
    let (words, first, second) = race(
        words,
        |[x, y]| {
            x.store(1, Relaxed);
            fence(Release);
            y.store(1, Relaxed);
            x.fetch_add(2, Relaxed)
        },
        |[x, y]| {
            let seen = y.swap(2, Relaxed);
            fence(Acquire);
            (seen, x.load(Relaxed))
        },
    );
    format!("{first} {second:?} {}", words[1].load(Relaxed))
}

fn mask() -> String {
    let (word, first, second) = race(
        AtomicU32::new(0b1000),
        |word| [word.fetch_or(1, AcqRel), word.fetch_and(!2, AcqRel)],
        |word| [word.fetch_or(2, AcqRel), word.fetch_sub(1, AcqRel)],
    );
    format!("{first:?} {second:?} {}", word.load(Relaxed))
}
