//! `SequencedMap`, with floors that are kept for a time.

use selvedge::sync::Arc;
use selvedge::{Floors, Lamport, SequencedMap};

use super::clock::{Clock, TICK};
use super::map::{self, KEY, Known, OTHER_KEY, ROOM, offer, remove};
use super::order::{Model, explain};
use super::program::Program;

/// Threads send events of two keys to a map that has room for one, and for a floor as long as its
/// time is not over.
pub struct InTime;

#[derive(Clone, Copy, Debug)]
pub enum Operation {
    /// An offer of a key, with a stamp, which is the value as well.
    Event(u64, u64),
    /// With a stamp.
    Remove(u64),
    /// Time passes: a floor's.
    Advance,
    /// The key's stamp.
    Stamp,
    Purge,
}

use Operation::*;

const ALL: &[Operation] = &[Remove(2), Advance, Event(KEY, 1), Event(OTHER_KEY, 2), Purge, Stamp];

pub struct Hand {
    map: Arc<SequencedMap<u64, u64, Lamport>>,
    clock: Clock,
}

#[derive(Debug)]
pub enum Step {
    Advanced,
    /// The map reads the clock.
    Reads,
    /// An event, by the time that was read.
    Event(map::Step),
    Stamp(Option<Lamport>),
    /// So many floors were dropped.
    Purged(usize),
}

impl Program for InTime {
    const NAME: &'static str = "SequencedMap in time";
    type Operation = Operation;
    type Step = Step;
    type Hand = Hand;
    type Rest = Arc<SequencedMap<u64, u64, Lamport>>;

    fn operations(_thread: usize, _threads: usize) -> &'static [Operation] {
        ALL
    }

    fn begin(threads: usize) -> (Vec<Hand>, Self::Rest) {
        let clock = Clock::new();
        let builder = SequencedMap::builder(ROOM, Floors::KeepFor(TICK)).shards(1);
        let map = Arc::new(builder.clock(clock.source()).build().expect("there is room"));
        let hand = |_| Hand { map: Arc::clone(&map), clock: clock.clone() };
        ((0..threads).map(hand).collect(), map)
    }

    fn perform(hand: &mut Hand, operation: Operation, _id: u64, steps: &mut Vec<Step>) {
        let Hand { map, clock } = hand;
        if !matches!(operation, Advance) {
            steps.push(Step::Reads);
        }
        steps.push(match operation {
            Advance => {
                clock.advance(TICK);
                Step::Advanced
            }
            Event(key, number) => Step::Event(offer(&**map, key, number)),
            Remove(number) => Step::Event(remove(&**map, number)),
            Stamp => Step::Stamp(map.stamp(&KEY)),
            Purge => Step::Purged(map.purge()),
        });
    }

    fn end(map: Self::Rest, threads: Vec<Vec<Step>>) {
        let (value, floors) = (map.load(&KEY), map.floors());
        assert!(map.len() + floors <= ROOM, "too many entries");
        let value = value.map(|shown| shown.stamp);
        explain(&Timed::default(), &threads, |end| {
            let mut end = end.clone();
            end.expire(end.now);
            let shown = end.known.value(KEY).map(|shown| shown.stamp);
            let kept = end.known.entries.values().filter(|known| known.value.is_none()).count();
            (shown, kept) == (value, floors)
        });
    }
}

/// What is known of the keys, and when.
#[derive(Clone, Default)]
struct Timed {
    known: Known,
    /// When the key was removed last.
    removed: u64,
    now: u64,
    /// What each thread has read.
    read: [u64; 3],
    /// The latest time by which the map has acted.
    latest: u64,
}

impl Timed {
    /// Drops the floor whose time is over. Returns how many that are.
    fn expire(&mut self, now: u64) -> usize {
        self.latest = self.latest.max(now);
        let is_over = self.removed < self.latest;
        let before = self.known.entries.len();
        self.known.entries.retain(|_, known| known.value.is_some() || !is_over);
        before - self.known.entries.len()
    }
}

impl Model for Timed {
    type Step = Step;

    fn admits(&mut self, thread: usize, step: &Step) -> bool {
        let gone = match step {
            Step::Advanced | Step::Reads => 0,
            _ => self.expire(self.read[thread]),
        };
        match step {
            Step::Advanced => {
                self.now += 1;
                true
            }
            Step::Reads => {
                self.read[thread] = self.now;
                true
            }
            Step::Event(event) => {
                let admits = self.known.admits(thread, event);
                let is_floor = |known: &Known| {
                    known.entries.get(&KEY).is_some_and(|known| known.value.is_none())
                };
                if event.is_applied_removal() && is_floor(&self.known) {
                    self.removed = self.latest;
                }
                admits
            }
            Step::Stamp(stamp) => *stamp == self.known.entries.get(&KEY).map(|known| known.stamp),
            Step::Purged(count) => *count == gone,
        }
    }
}
