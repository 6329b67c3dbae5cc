//! `SequencedMap`, with floors that are kept until they are told to go, and its twin.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use selvedge::naive::{self, Answer, KeyedLastWriterWins};
use selvedge::sequenced_map::FullError;
use selvedge::sync::Arc;
use selvedge::{Floors, Lamport, Offer, SequencedMap, Stamped};

use super::order::{Model, explain};
use super::program::{Program, shared};

pub type Guarded = Events<SequencedMap<u64, u64, Lamport>>;
pub type Twin = Events<naive::SequencedMap<u64, u64, Lamport>>;

/// Threads send events of two keys to a map that has room for one.
pub struct Events<M>(PhantomData<M>);

#[derive(Clone, Copy, Debug)]
pub enum Operation {
    /// An offer of a key, with a stamp, which is the value as well.
    Event(u64, u64),
    /// With a stamp.
    Remove(u64),
    Load,
    /// All floors below a stamp.
    ForgetBelow(u64),
}

use Operation::*;

/// An event, a removal after it, and one after that; and one that comes only if there is room.
const ALL: &[Operation] =
    &[Event(KEY, 1), Remove(2), ForgetBelow(3), Event(OTHER_KEY, 2), Event(KEY, 3), Load];
const OF_TWINS: &[Operation] =
    &[Event(KEY, 1), Remove(2), Event(OTHER_KEY, 2), Event(KEY, 3), Load];

/// The key that is removed, and loaded.
pub const KEY: u64 = 7;
pub const OTHER_KEY: u64 = 8;
/// So many keys, values and floors.
pub const ROOM: usize = 1;

pub fn stamp(counter: u64) -> Lamport {
    Lamport { counter, node: 1 }
}

/// What the guarded form has beyond its twin.
pub trait Map: KeyedLastWriterWins<u64, u64, Lamport> {
    const NAME: &'static str;
    const OPERATIONS: &'static [Operation];

    fn build() -> Self;

    fn forget_below(&self, _: Lamport) -> usize {
        unreachable!("no twin has it")
    }
}

impl Map for SequencedMap<u64, u64, Lamport> {
    const NAME: &'static str = "SequencedMap";
    const OPERATIONS: &'static [Operation] = ALL;

    /// With one shard: floors of several are forgotten one shard after the other.
    fn build() -> Self {
        SequencedMap::builder(ROOM, Floors::Keep).shards(1).build().expect("there is room")
    }

    fn forget_below(&self, stamp: Lamport) -> usize {
        self.forget_below(stamp)
    }
}

impl Map for naive::SequencedMap<u64, u64, Lamport> {
    const NAME: &'static str = "naive SequencedMap";
    const OPERATIONS: &'static [Operation] = OF_TWINS;

    fn build() -> Self {
        KeyedLastWriterWins::new(ROOM)
    }
}

/// What a key was told: of an offer without the offered key, which is known.
type Told = Result<Offer<Option<u64>, Stamped<Option<u64>, Lamport>>, usize>;

#[derive(Debug)]
pub enum Step {
    /// An event of a key; a removal has no value.
    Event(u64, Stamped<Option<u64>, Lamport>, Told),
    Seen(Option<Stamped<u64, Lamport>>),
    Forgotten(Lamport, usize),
}

/// What was told, with what came back.
pub fn told<R>(answer: Answer<R, u64, Lamport>, back: impl Fn(R) -> Option<u64>) -> Told {
    match answer {
        Ok(Offer::Applied { replaced }) => Ok(Offer::Applied { replaced }),
        Ok(Offer::Stale { rejected }) => Ok(Offer::Stale { rejected: back(rejected) }),
        Ok(Offer::Duplicate { rejected }) => Ok(Offer::Duplicate { rejected: back(rejected) }),
        Ok(Offer::Conflict { current, rejected }) => {
            Ok(Offer::Conflict { current, rejected: back(rejected) })
        }
        Err(FullError { rejected, max_entries }) => {
            back(rejected);
            Err(max_entries)
        }
    }
}

/// Offers a key its stamp as its value.
pub fn offer(map: &impl KeyedLastWriterWins<u64, u64, Lamport>, key: u64, number: u64) -> Step {
    let stamp = stamp(number);
    let answer = KeyedLastWriterWins::offer(map, key, stamp, number);
    let told = told(answer, |(back, value)| {
        assert_eq!(back, key);
        Some(value)
    });
    Step::Event(key, Stamped { value: Some(number), stamp }, told)
}

/// Removes the key.
pub fn remove(map: &impl KeyedLastWriterWins<u64, u64, Lamport>, number: u64) -> Step {
    let stamp = stamp(number);
    let told = told(KeyedLastWriterWins::remove(map, KEY, stamp), |back| {
        assert_eq!(back, KEY);
        None
    });
    Step::Event(KEY, Stamped { value: None, stamp }, told)
}

impl<M: Map> Program for Events<M> {
    const NAME: &'static str = M::NAME;
    type Operation = Operation;
    type Step = Step;
    type Hand = Arc<M>;
    type Rest = Arc<M>;

    fn operations(_thread: usize, _threads: usize) -> &'static [Operation] {
        M::OPERATIONS
    }

    fn begin(threads: usize) -> (Vec<Arc<M>>, Arc<M>) {
        shared(threads, M::build())
    }

    fn perform(map: &mut Arc<M>, operation: Operation, _id: u64, steps: &mut Vec<Step>) {
        steps.push(match operation {
            Event(key, number) => offer(&**map, key, number),
            Remove(number) => remove(&**map, number),
            Load => Step::Seen(KeyedLastWriterWins::load(&**map, &KEY)),
            ForgetBelow(number) => Step::Forgotten(stamp(number), map.forget_below(stamp(number))),
        });
    }

    fn end(map: Arc<M>, threads: Vec<Vec<Step>>) {
        assert!(map.entries() <= ROOM, "too many entries");
        let ends = [KEY, OTHER_KEY].map(|key| KeyedLastWriterWins::load(&*map, &key));
        explain(&Known::default(), &threads, |known| {
            ends == [KEY, OTHER_KEY].map(|key| known.value(key))
        });
    }
}

/// What is known of the keys.
#[derive(Clone, Default)]
pub struct Known {
    pub entries: BTreeMap<u64, Stamped<Option<u64>, Lamport>>,
    watermark: Option<Lamport>,
}

impl Known {
    pub fn value(&self, key: u64) -> Option<Stamped<u64, Lamport>> {
        let Stamped { value, stamp } = *self.entries.get(&key)?;
        Some(Stamped { value: value?, stamp })
    }

    /// What becomes of an event.
    pub fn apply(&mut self, key: u64, event: Stamped<Option<u64>, Lamport>) -> Told {
        let rejected = event.value;
        let below = self.watermark.is_some_and(|watermark| event.stamp < watermark);
        match self.entries.get(&key).copied() {
            None if below => return Ok(Offer::Stale { rejected }),
            None if self.entries.len() == ROOM => return Err(ROOM),
            Some(current) if event.stamp < current.stamp => return Ok(Offer::Stale { rejected }),
            Some(current) if event == current => return Ok(Offer::Duplicate { rejected }),
            Some(current) if event.stamp == current.stamp => {
                return Ok(Offer::Conflict { current, rejected });
            }
            _ => {}
        }
        let replaced = self.entries.insert(key, event);
        if below && event.value.is_none() {
            // Without a floor.
            self.entries.remove(&key);
        }
        Ok(Offer::Applied { replaced })
    }
}

impl Model for Known {
    type Step = Step;

    fn admits(&mut self, _thread: usize, step: &Step) -> bool {
        match step {
            Step::Event(key, event, told) => self.apply(*key, *event) == *told,
            Step::Seen(seen) => *seen == self.value(KEY),
            Step::Forgotten(stamp, count) => {
                let before = self.entries.len();
                self.entries.retain(|_, known| known.value.is_some() || known.stamp >= *stamp);
                self.watermark = self.watermark.max(Some(*stamp));
                before - self.entries.len() == *count
            }
        }
    }
}

impl Step {
    /// Whether it is a removal that was applied.
    pub fn is_applied_removal(&self) -> bool {
        let Step::Event(_, event, told) = self else { return false };
        event.value.is_none() && told.as_ref().is_ok_and(Offer::is_applied)
    }
}
