//! Random programs that are written in two ways, or explored in several: each comes to the same
//! executions.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicU32 as StdAtomicU32;
use std::sync::{Arc as StdArc, Mutex as StdMutex};

use selvedge::hint::wait_until;
use selvedge::sync::atomic::{AtomicU32, Ordering, Ordering::*, fence};
use selvedge::thread;

use crate::random::Random;
use crate::{holds, order_of_threads, scenario};

const PROGRAMS: u64 = 100;

/// What a thread does next; the numbers are those of words.
#[derive(Clone, Copy, Debug)]
enum Operation {
    Load(usize, Ordering),
    Store(usize, Ordering),
    Add(usize, Ordering),
    Exchange(usize, Ordering, Ordering),
    Fence(Ordering),
    /// A word of the thread's own, if it has read anything yet: the number of an object depends
    /// on who comes first.
    Create,
}

type Thread = Vec<Operation>;

fn threads(seed: u64, threads: usize, operations: usize) -> Vec<Thread> {
    let mut random = Random::new(seed);
    (0..threads).map(|_| (0..operations).map(|_| operation(&mut random)).collect()).collect()
}

fn operation(random: &mut Random) -> Operation {
    let word = random.below(2) as usize;
    match random.below(9) {
        0..3 => Operation::Load(word, random.one_of(&[Relaxed, Acquire, SeqCst])),
        3..5 => Operation::Store(word, random.one_of(&[Relaxed, Release, SeqCst])),
        5 => Operation::Add(word, random.one_of(&[Relaxed, AcqRel, SeqCst])),
        6 => {
            let success = random.one_of(&[Relaxed, AcqRel, SeqCst]);
            Operation::Exchange(word, success, random.one_of(&[Relaxed, Acquire, SeqCst]))
        }
        7 => Operation::Fence(random.one_of(&[Acquire, Release, AcqRel, SeqCst])),
        _ => Operation::Create,
    }
}

fn perform(thread: &[Operation], words: &[AtomicU32]) {
    let mut last = 0;
    let mut own = Vec::new();
    for operation in thread {
        match *operation {
            Operation::Load(word, ordering) => last = words[word].load(ordering),
            Operation::Store(word, ordering) => words[word].store(1 + last.min(3), ordering),
            Operation::Add(word, ordering) => last = words[word].fetch_add(1, ordering),
            Operation::Exchange(word, success, failure) => {
                let found = words[word].compare_exchange(last, last + 2, success, failure);
                last = found.unwrap_or_else(|found| found);
            }
            Operation::Fence(ordering) => fence(ordering),
            Operation::Create if last > 0 => {
                let word = AtomicU32::new(last);
                word.store(1, Relaxed);
                last = word.load(Relaxed);
                own.push(word);
            }
            Operation::Create => {}
        }
    }
}

/// A way to explore: the order of threads, and the workers.
type Way = (Option<u64>, usize);

/// How a program's threads are spawned.
type Shape = fn(&[Thread]);

/// Complete executions and blocked ones.
fn count((order, workers): Way, program: impl Fn() + Send + Sync + 'static) -> (u64, u64) {
    let mut settings = scenario("random program").workers(workers);
    if let Some(seed) = order {
        settings = settings.graph_probes(order_of_threads(seed));
    }
    let report = holds(settings, program);
    (report.executions, report.blocked)
}

fn words<const COUNT: usize>() -> [AtomicU32; COUNT] {
    std::array::from_fn(|_| AtomicU32::new(0))
}

#[test]
fn it_does_not_matter_who_spawns_a_thread() {
    for seed in 0..PROGRAMS {
        let threads = StdArc::new(threads(seed, 3, 2));
        let by_main = |threads: &[Thread]| {
            let words = &words::<2>();
            thread::scope(|scope| {
                for thread in threads {
                    scope.spawn(|| perform(thread, words));
                }
            });
        };
        let by_the_one_before = |threads: &[Thread]| {
            let words = &words::<2>();
            thread::scope(|scope| {
                scope.spawn(|| {
                    scope.spawn(|| {
                        scope.spawn(|| perform(&threads[2], words));
                        perform(&threads[1], words);
                    });
                    perform(&threads[0], words);
                });
            });
        };
        let in_a_scope_of_their_own = |threads: &[Thread]| {
            let words = &words::<2>();
            thread::scope(|scope| {
                scope.spawn(|| {
                    thread::scope(|scope| {
                        scope.spawn(|| perform(&threads[2], words));
                        scope.spawn(|| perform(&threads[1], words));
                    });
                });
                perform(&threads[0], words);
            });
        };
        let shapes: [(Shape, [Way; 2]); 3] = [
            (by_main, [(None, 1), (Some(seed), 1)]),
            (by_the_one_before, [(None, 1), (Some(seed), 2)]),
            (in_a_scope_of_their_own, [(None, 1), (Some(seed), 3)]),
        ];
        let counts = shapes.map(|(shape, ways)| {
            ways.map(|way| {
                let threads = StdArc::clone(&threads);
                count(way, move || shape(&threads))
            })
        });
        let expected = [[counts[0][0]; 2]; 3];
        assert_eq!(counts, expected, "seed {seed}: {threads:?}");
    }
}

#[test]
fn threads_may_be_spawned_for_what_was_read() {
    for seed in 0..PROGRAMS {
        // The place of a thread that a revisit removes is used again by another.
        let threads = StdArc::new(threads(seed, 5, 1));
        let counts = [(None, 1), (Some(seed), 1), (Some(seed + 77), 1), (None, 2), (Some(seed), 4)]
            .map(|way| {
                let threads = StdArc::clone(&threads);
                count(way, move || {
                    let words = &words::<2>();
                    thread::scope(|scope| {
                        scope.spawn(|| {
                            perform(&threads[0], words);
                            if words[0].load(Acquire) > 0 {
                                scope.spawn(|| perform(&threads[1], words));
                            } else {
                                perform(&threads[1], words);
                            }
                        });
                        scope.spawn(|| {
                            perform(&threads[2], words);
                            if words[1].load(Acquire) > 0 {
                                scope.spawn(|| perform(&threads[3], words));
                            }
                        });
                        perform(&threads[4], words);
                    });
                })
            });
        assert_eq!(counts, [counts[0]; 5], "seed {seed}: {threads:?}");
    }
}

/// What the third thread saw, if it went on, and the words at the end.
type Outcomes = StdArc<StdMutex<BTreeSet<Vec<u32>>>>;

/// Two threads count themselves when they are done; the third goes on when it sees the second's
/// count, for which it waits, or looks once.
fn goes_on(
    threads: &StdArc<Vec<Thread>>,
    waits: bool,
    outcomes: &Outcomes,
) -> impl Fn() + Send + Sync + 'static {
    let (threads, outcomes) = (StdArc::clone(threads), StdArc::clone(outcomes));
    move || {
        let (words, done) = (&words::<2>(), &AtomicU32::new(0));
        let seen = &[StdAtomicU32::new(0), StdAtomicU32::new(0), StdAtomicU32::new(0)];
        thread::scope(|scope| {
            scope.spawn(|| {
                perform(&threads[0], words);
                done.fetch_add(1, Release);
            });
            scope.spawn(|| {
                perform(&threads[1], words);
                done.fetch_add(2, Relaxed);
            });
            scope.spawn(|| {
                perform(&threads[2], words);
                if waits {
                    wait_until(|| done.load(Acquire) >= 2);
                } else if done.load(Acquire) < 2 {
                    return;
                }
                seen[0].store(words[0].load(Relaxed), Relaxed);
                seen[1].store(words[1].load(Relaxed), Relaxed);
                seen[2].store(1, Relaxed);
            });
        });
        if seen[2].load(Relaxed) == 1 {
            let ends = words.iter().map(|word| word.load(Relaxed));
            let outcome = seen[..2].iter().map(|seen| seen.load(Relaxed)).chain(ends).collect();
            outcomes.lock().unwrap().insert(outcome);
        }
    }
}

#[test]
fn a_wait_sees_what_a_look_that_succeeds_sees() {
    for seed in 0..PROGRAMS {
        let threads = StdArc::new(threads(seed, 3, 2));
        let [waiting, looking] = [Outcomes::default(), Outcomes::default()];
        let executions = [(None, 1), (Some(seed), 1), (Some(seed), 3)]
            .map(|way| count(way, goes_on(&threads, true, &waiting)).0);
        assert_eq!(executions, [executions[0]; 3], "seed {seed}: {threads:?}");
        count((None, 1), goes_on(&threads, false, &looking));
        let [waiting, looking] =
            [waiting, looking].map(|outcomes| outcomes.lock().unwrap().clone());
        assert!(!waiting.is_empty(), "seed {seed}: {threads:?}");
        assert_eq!(waiting, looking, "seed {seed}: {threads:?}");
    }
}
