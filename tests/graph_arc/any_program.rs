//! Random programs, whose owners leave at any time: by `Arc` they have the outcomes that they have
//! if they are counted by hand.

use std::collections::BTreeMap;

use selvedge::scenario::{Coverage, Engine, GraphProbes, Scenario};
use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU32, Ordering, Ordering::*};
use selvedge::thread;

use super::by_hand::{ByHand, Shared};
use super::random::Random;

const THREADS: usize = 3;
const STEPS: usize = 3;
const WORDS: usize = 2;

/// What a thread does, with a share of its own.
#[derive(Clone, Copy, Debug)]
enum Step {
    Load(usize, Ordering),
    Store(usize, Ordering),
    /// Gives the share up, if it is still there.
    Leave,
    /// Makes another share, and gives it up.
    Pass,
    /// Asks how many shares there are.
    Count,
}

type Program = [[Step; STEPS]; THREADS];

fn step(random: &mut Random, asks: bool) -> Step {
    let word = random.below(WORDS as u64) as usize;
    match random.below(if asks { 9 } else { 8 }) {
        0 | 1 => Step::Load(word, random.one_of(&[Relaxed, Acquire])),
        2 | 3 => Step::Store(word, random.one_of(&[Relaxed, Release])),
        4..=6 => Step::Leave,
        7 => Step::Pass,
        _ => Step::Count,
    }
}

/// Reads a word and writes another one, when it is dropped.
struct Payload(Arc<[AtomicU32; WORDS]>);

impl Drop for Payload {
    fn drop(&mut self) {
        let read = self.0[0].load(Relaxed);
        self.0[1].store(100 + read, Release);
    }
}

/// What the threads read, and what is left in the end.
fn run<S: Shared<Payload>>(program: &Program) -> Vec<usize> {
    let words = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
    let share = S::share(Payload(words.clone()));
    let shares: [S; THREADS] = std::array::from_fn(|_| share.clone());
    drop(share);
    let mut number = 0;
    let threads = shares.map(|share| {
        let (steps, words) = (program[number], words.clone());
        number += 1;
        let stored = number as u32;
        thread::spawn(move || {
            let (mut share, mut found) = (Some(share), Vec::new());
            for step in steps {
                match (step, &share) {
                    (Step::Load(word, order), _) => found.push(words[word].load(order) as usize),
                    (Step::Store(word, order), _) => words[word].store(stored, order),
                    (Step::Leave, _) => share = None,
                    (Step::Pass, Some(share)) => drop(share.clone()),
                    (Step::Count, Some(share)) => found.push(share.owners()),
                    (Step::Pass | Step::Count, None) => {}
                }
            }
            found
        })
    });
    let mut found = threads.map(|thread| thread.join().unwrap()).concat();
    found.extend(words.iter().map(|word| word.load(Relaxed) as usize));
    found
}

fn outcomes<S: Shared<Payload>>(program: Program, order: Option<u64>) -> BTreeMap<Vec<usize>, u64> {
    let probes = GraphProbes { thread_order: order, ..GraphProbes::default() };
    let scenario = Scenario::new("any program").engine(Engine::Graph).workers(1);
    let report = scenario.graph_probes(probes).explore(move || run::<S>(&program));
    assert_eq!(report.coverage, Coverage::Complete, "{program:?}: {report}");
    assert_eq!(report.blocked, 0, "{program:?}: {report}");
    report.outcomes
}

#[test]
fn owners_of_any_program_leave_as_if_they_were_counted_by_hand() {
    let mut fewer = 0;
    for seed in 0..50 {
        let mut random = Random::new(seed);
        let asks = random.below(2) == 0;
        let program: Program =
            std::array::from_fn(|_| std::array::from_fn(|_| step(&mut random, asks)));
        let by_hand = outcomes::<ByHand<_>>(program, None);
        let by_arc = outcomes::<Arc<_>>(program, None);
        assert!(by_arc.keys().eq(by_hand.keys()), "{seed}: {program:?}: {by_arc:?} {by_hand:?}");
        assert_eq!(outcomes::<Arc<_>>(program, Some(seed)), by_arc, "{seed}: {program:?}");
        fewer += u64::from(by_arc != by_hand);
    }
    // The destructor has operations, and hardly ever all owners but one are known to have left.
    assert!(fewer < 5, "{fewer}");
}
