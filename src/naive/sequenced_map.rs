//! The twin of [`crate::SequencedMap`]: it compares stamps under a lock, as it should.
//!
//! The mistakes: a removal takes the stamp along with the value, so that the next event that
//! arrives is the first one, however old it is; and whether there is room is asked before the entry
//! is added, in another critical section.

use std::collections::HashMap;
use std::hash::Hash;

use crate::offer::{Offer, Stamped};
use crate::sequenced_map::{Floors, FullError};
use crate::stamp::Stamp;
use crate::swap::hash::RandomState;
use crate::swap::sync::{Arc, Mutex};

/// What becomes of an event, with values as they are, not shares of them.
pub type Answer<R, T, S> = Result<Offer<R, Stamped<Option<T>, S>>, FullError<R>>;

/// A bounded map in which the newest event of each key should decide, and what was removed should
/// stay removed: what the map and its naive twin have in common.
pub trait KeyedLastWriterWins<K, T, S>: Send + Sync + 'static {
    /// A map of as many entries at most, which does not forget what was removed.
    fn new(max_entries: usize) -> Self;

    /// Gives the key this value if the event is newer than the key's.
    ///
    /// # Errors
    /// If there is no room for another key.
    fn offer(&self, key: K, stamp: S, value: T) -> Answer<(K, T), T, S>;

    /// Removes the key's value if the event is newer than the key's.
    ///
    /// # Errors
    /// If there is no room for another key.
    fn remove(&self, key: K, stamp: S) -> Answer<K, T, S>;

    /// The key's value and stamp.
    fn load(&self, key: &K) -> Option<Stamped<T, S>>;

    /// How many keys are known.
    fn entries(&self) -> usize;
}

impl<K, T, S> KeyedLastWriterWins<K, T, S> for crate::SequencedMap<K, T, S>
where
    K: Clone + Eq + Hash + Send + 'static,
    T: Clone + PartialEq + Send + Sync + 'static,
    S: Stamp,
{
    fn new(max_entries: usize) -> Self {
        let builder = crate::SequencedMap::builder(max_entries, Floors::Keep);
        builder.shards(2).build().expect("there is room for an entry")
    }

    fn offer(&self, key: K, stamp: S, value: T) -> Answer<(K, T), T, S> {
        self.offer(key, stamp, value).map(owned)
    }

    fn remove(&self, key: K, stamp: S) -> Answer<K, T, S> {
        self.remove(key, stamp).map(owned)
    }

    fn load(&self, key: &K) -> Option<Stamped<T, S>> {
        let Stamped { value, stamp } = self.load(key)?;
        Some(Stamped { value: (*value).clone(), stamp })
    }

    fn entries(&self) -> usize {
        self.len() + self.floors()
    }
}

/// The answer with copies of shared values.
fn owned<R, T: Clone, S>(
    shared: Offer<R, Stamped<Option<Arc<T>>, S>>,
) -> Offer<R, Stamped<Option<T>, S>> {
    let owned = |Stamped { value, stamp }: Stamped<Option<Arc<T>>, S>| Stamped {
        value: value.map(|value| (*value).clone()),
        stamp,
    };
    match shared {
        Offer::Applied { replaced } => Offer::Applied { replaced: replaced.map(owned) },
        Offer::Stale { rejected } => Offer::Stale { rejected },
        Offer::Duplicate { rejected } => Offer::Duplicate { rejected },
        Offer::Conflict { current, rejected } => {
            Offer::Conflict { current: owned(current), rejected }
        }
    }
}

/// A map that compares stamps, and forgets those of what it removes.
#[derive(Debug)]
pub struct SequencedMap<K, T, S> {
    entries: Mutex<HashMap<K, Stamped<T, S>, RandomState>>,
    max_entries: usize,
}

impl<K, T, S> SequencedMap<K, T, S>
where
    K: Eq + Hash,
{
    fn has_room_for(&self, key: &K) -> bool {
        let entries = self.entries.lock();
        entries.len() < self.max_entries || entries.contains_key(key)
    }
}

impl<K, T, S> KeyedLastWriterWins<K, T, S> for SequencedMap<K, T, S>
where
    K: Clone + Eq + Hash + Send + 'static,
    T: Clone + PartialEq + Send + 'static,
    S: Stamp,
{
    fn new(max_entries: usize) -> Self {
        SequencedMap { entries: Mutex::default(), max_entries }
    }

    fn offer(&self, key: K, stamp: S, value: T) -> Answer<(K, T), T, S> {
        if !self.has_room_for(&key) {
            return Err(FullError { rejected: (key, value), max_entries: self.max_entries });
        }
        let mut entries = self.entries.lock();
        let current = match entries.get(&key) {
            Some(current) if stamp <= current.stamp => current.clone(),
            _ => {
                let replaced = entries.insert(key, Stamped { value, stamp }).map(known);
                return Ok(Offer::Applied { replaced });
            }
        };
        let rejected = (key, value);
        Ok(match stamp == current.stamp {
            false => Offer::Stale { rejected },
            true if current.value == rejected.1 => Offer::Duplicate { rejected },
            true => Offer::Conflict { current: known(current), rejected },
        })
    }

    fn remove(&self, key: K, stamp: S) -> Answer<K, T, S> {
        let mut entries = self.entries.lock();
        Ok(match entries.get(&key) {
            Some(current) if stamp < current.stamp => Offer::Stale { rejected: key },
            Some(current) if stamp == current.stamp => {
                Offer::Conflict { current: known(current.clone()), rejected: key }
            }
            _ => Offer::Applied { replaced: entries.remove(&key).map(known) },
        })
    }

    fn load(&self, key: &K) -> Option<Stamped<T, S>> {
        self.entries.lock().get(key).cloned()
    }

    fn entries(&self) -> usize {
        self.entries.lock().len()
    }
}

fn known<T, S>(Stamped { value, stamp }: Stamped<T, S>) -> Stamped<Option<T>, S> {
    Stamped { value: Some(value), stamp }
}
