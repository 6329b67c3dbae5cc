//! Programs by chance of what blocks: two threads of three or four steps each, on locks, a
//! condition variable, parkers, one-time initialization, the clock, and a word beside them.
//!
//! Waits have a deadline, which a third thread lets come, so that none of them deadlocks.

use std::sync::Arc;

use selvedge::sync::atomic::{AtomicU64, Ordering, Ordering::*};
use selvedge::sync::{Condvar, Mutex, OnceLock, Parker, RwLock, Unparker};
use selvedge::thread;
use selvedge::time::{Duration, Instant, advance};

use super::collect::Row;
use super::pair::pair;
use crate::random::Random;

const HOUR: Duration = Duration::from_secs(3_600);

/// What a thread does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Load(Ordering),
    Store(Ordering),
    Lock(usize),
    /// Both locks, in their order.
    LockBoth,
    Read,
    Write,
    TryRead,
    TryWrite,
    InitOnce,
    NotifyOne,
    NotifyAll,
    /// Until notified, or an hour after the beginning.
    Wait,
    Unpark,
    /// Until there is a token, or an hour after the beginning.
    Park,
}

/// Steps that have to do with each other, and whether they wait for time.
const TOPICS: [(&[Step], bool); 5] = [
    (&[Step::Lock(0), Step::Lock(0), Step::Lock(1), Step::LockBoth], false),
    (&[Step::Read, Step::Write, Step::TryRead, Step::TryWrite], false),
    (&[Step::InitOnce, Step::InitOnce, Step::Lock(0)], false),
    (&[Step::Wait, Step::Lock(0), Step::NotifyOne, Step::NotifyAll], true),
    (&[Step::Park, Step::Unpark], true),
];

/// And what they order, or not.
const ACCESSES: [Step; 4] =
    [Step::Load(Relaxed), Step::Load(Acquire), Step::Store(Relaxed), Step::Store(Release)];

/// The program of a seed.
pub fn row(seed: u64) -> Row {
    let mut random = Random::new(seed);
    let (steps, waits) = random.one_of(&TOPICS);
    let threads = [0, 1].map(|_| thread(&mut random, steps));
    let row = Row::new(format!("blocking program {seed}: {threads:?}"), {
        let threads = Arc::new(threads);
        move || run(&threads, waits)
    });
    let has_many_steps = waits || steps.contains(&Step::Read);
    if has_many_steps { row.sampled(1_000).loom_executions(300) } else { row.loom_executions(600) }
}

fn thread(random: &mut Random, steps: &[Step]) -> Vec<Step> {
    let count = 2 + random.below(2);
    let mut thread: Vec<Step> = (0..count).map(|_| random.one_of(steps)).collect();
    let place = random.below(count + 1) as usize;
    thread.insert(place, random.one_of(&ACCESSES));
    thread
}

struct Shared {
    begin: Instant,
    word: AtomicU64,
    locks: [Mutex<u64>; 2],
    data: RwLock<u64>,
    once: OnceLock<u64>,
    changed: Condvar,
}

fn run(threads: &Arc<[Vec<Step>; 2]>, waits: bool) -> String {
    let shared = Shared {
        begin: Instant::now(),
        word: AtomicU64::new(0),
        locks: [Mutex::new(0), Mutex::new(0)],
        data: RwLock::new(0),
        once: OnceLock::new(),
        changed: Condvar::new(),
    };
    let clock = waits.then(|| thread::spawn(|| advance(HOUR)));
    let parkers = [Parker::new(), Parker::new()];
    let unparkers = parkers.each_ref().map(|parker| parker.unparker().clone());
    let [first, second] = parkers;
    let [wakes_first, wakes_second] = unparkers;
    let [first, second] = [(0, first, wakes_second), (1, second, wakes_first)].map(
        |(name, parker, other): (usize, Parker, Unparker)| {
            let threads = Arc::clone(threads);
            move |shared: &Shared| {
                let steps = threads[name].iter();
                let seen = steps.map(|step| step.perform(name as u64 + 1, shared, &parker, &other));
                seen.collect::<Vec<_>>()
            }
        },
    );
    let (shared, first, second) = pair(shared, first, second);
    clock.into_iter().for_each(|clock| clock.join().unwrap());
    let locks = [0, 1].map(|index: usize| *shared.locks[index].lock());
    format!("{first:?} {second:?} {locks:?} {}", *shared.data.read())
}

/// Leaves a trace of who changed a value, and in which order.
fn change(value: &mut u64, name: u64) -> u64 {
    let before = *value;
    *value = before * 3 + name;
    before
}

impl Step {
    /// Returns what it saw, as a number; 99 for nothing.
    fn perform(self, name: u64, shared: &Shared, parker: &Parker, other: &Unparker) -> u64 {
        const NOTHING: u64 = 99;
        match self {
            Step::Load(ordering) => shared.word.load(ordering),
            Step::Store(ordering) => {
                shared.word.store(name, ordering);
                NOTHING
            }
            Step::Lock(index) => change(&mut shared.locks[index].lock(), name),
            Step::LockBoth => {
                let mut first = shared.locks[0].lock();
                let mut second = shared.locks[1].lock();
                change(&mut first, name) * 10 + change(&mut second, name)
            }
            Step::Read => *shared.data.read(),
            Step::Write => change(&mut shared.data.write(), name),
            Step::TryRead => shared.data.try_read().map_or(NOTHING, |value| *value),
            Step::TryWrite => {
                shared.data.try_write().map_or(NOTHING, |mut value| change(&mut value, name))
            }
            Step::InitOnce => *shared.once.get_or_init(|| name),
            Step::NotifyOne => u64::from(shared.changed.notify_one()),
            Step::NotifyAll => shared.changed.notify_all() as u64,
            Step::Wait => {
                let mut value = shared.locks[0].lock();
                let deadline = shared.begin + HOUR;
                let timed_out = shared.changed.wait_until(&mut value, deadline).timed_out();
                change(&mut value, name) * 10 + u64::from(timed_out)
            }
            Step::Unpark => {
                other.unpark();
                NOTHING
            }
            Step::Park => {
                parker.park_deadline(shared.begin + HOUR);
                shared.begin.elapsed().as_secs()
            }
        }
    }
}
