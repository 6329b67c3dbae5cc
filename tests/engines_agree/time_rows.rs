//! Programs that wait for time, which another thread lets pass.

use selvedge::sync::atomic::{AtomicU32, Ordering::*};
use selvedge::sync::{Arc, Condvar, Mutex, Parker};
use selvedge::thread;
use selvedge::time::{Duration, Instant, advance};

use super::collect::Row;
use super::pair::pair;

const HOUR: Duration = Duration::from_secs(3_600);
const TWO_HOURS: Duration = Duration::from_secs(7_200);

pub fn rows() -> Vec<Row> {
    vec![
        Row::new("time, two looks", two_looks),
        Row::new("time, two who advance", two_who_advance),
        Row::new("time, until an hour", until_an_hour).sampled_well(6_000),
        Row::new("time, two until an hour", two_until_an_hour)
            .loom_executions(1_000)
            .sampled_well(6_000),
        Row::new("Parker, park_timeout", park_timeout).loom_executions(1_000).sampled_well(6_000),
        Row::new("Condvar, wait_until", wait_until).sampled_well(6_000),
        Row::new("Condvar, wait_while_for", wait_while_for)
            .loom_executions(1_000)
            .sampled_well(6_000),
    ]
}

fn hours(since: Instant) -> u64 {
    since.elapsed().as_secs() / 3_600
}

fn two_looks() -> String {
    let begin = Instant::now();
    let (_, (), seen) = pair(
        (),
        |()| {
            advance(HOUR);
            advance(HOUR);
        },
        move |()| (hours(begin), hours(begin)),
    );
    format!("{seen:?}")
}

fn two_who_advance() -> String {
    let begin = Instant::now();
    let (_, first, second) = pair(
        (),
        move |()| {
            advance(HOUR);
            hours(begin)
        },
        move |()| {
            advance(TWO_HOURS);
            hours(begin)
        },
    );
    format!("{first} {second} {}", hours(begin))
}

/// Who waits for an hour of the day wakes once it has come: maybe later.
fn until_an_hour() -> String {
    let begin = Instant::now();
    let word = AtomicU32::new(0);
    let (_, seen, early) = pair(
        word,
        move |word| {
            word.store(1, Relaxed);
            Parker::new().park_deadline(begin + HOUR);
            (hours(begin), word.load(Relaxed))
        },
        |word| {
            let early = word.load(Relaxed);
            word.store(2, Relaxed);
            advance(HOUR);
            advance(HOUR);
            early
        },
    );
    format!("{seen:?} {early}")
}

fn two_until_an_hour() -> String {
    let begin = Instant::now();
    let log = Arc::new(Mutex::new(Vec::new()));
    let waiting = [(1, HOUR), (2, TWO_HOURS)].map(|(name, time)| {
        let log = Arc::clone(&log);
        thread::spawn(move || {
            Parker::new().park_deadline(begin + time);
            log.lock().push(name);
        })
    });
    advance(HOUR);
    log.lock().push(0);
    advance(HOUR);
    waiting.into_iter().for_each(|thread| thread.join().unwrap());
    let log = log.lock();
    format!("{log:?}")
}

/// It ends by the token or by the time.
fn park_timeout() -> String {
    let begin = Instant::now();
    let parker = Parker::new();
    let unparker = parker.unparker().clone();
    let word = Arc::new(AtomicU32::new(0));
    let wakes = {
        let word = Arc::clone(&word);
        thread::spawn(move || {
            word.store(1, Release);
            unparker.unpark();
        })
    };
    let clock = thread::spawn(|| advance(HOUR));
    parker.park_timeout(HOUR);
    let seen = (hours(begin), word.load(Acquire));
    wakes.join().unwrap();
    clock.join().unwrap();
    format!("{seen:?}")
}

type Shared = (Mutex<u32>, Condvar);

/// The hour comes, and the notification comes if it does not come too early.
fn wait_until() -> String {
    let begin = Instant::now();
    let (_, waited, found) = pair(
        (Mutex::new(0), Condvar::new()),
        move |(value, changed): &Shared| {
            let mut value = value.lock();
            let before = *value;
            let timed_out = changed.wait_until(&mut value, begin + HOUR).timed_out();
            (before, timed_out, *value)
        },
        |(value, changed): &Shared| {
            *value.lock() = 1;
            let found = changed.notify_one();
            advance(HOUR);
            found
        },
    );
    format!("{waited:?} {found}")
}

/// The value comes, and the hour before it or not.
fn wait_while_for() -> String {
    let shared: Arc<Shared> = Arc::new((Mutex::new(0), Condvar::new()));
    let clock = thread::spawn(|| advance(HOUR));
    let sets = {
        let shared = Arc::clone(&shared);
        thread::spawn(move || {
            *shared.0.lock() = 1;
            shared.1.notify_one()
        })
    };
    let mut value = shared.0.lock();
    let result = shared.1.wait_while_for(&mut value, |value| *value == 0, HOUR);
    let waited = (result.timed_out(), *value);
    drop(value);
    clock.join().unwrap();
    let found = sets.join().unwrap();
    format!("{waited:?} {found}")
}
