//! What is under one lock: a table, its watermark, and how an event changes them.

use std::cmp::Ordering::{Equal, Greater, Less};
use std::hash::{BuildHasher, Hash};

use super::super::offer::Stamped;
use super::super::stamp::Stamp;
use super::super::swap::sync::Arc;
use super::super::swap::time::{Duration, Instant};
use super::table::{Entry, Shown, Table};

/// The keys of one lock.
pub(super) struct Shard<K, T, S> {
    table: Table<K, T, S>,
    /// Events below it are stale to keys that are unknown.
    watermark: Option<S>,
    /// The latest time that was read by those who had the lock.
    now: Option<Instant>,
}

/// An event. It stays with who brings it, outside of the lock, except for what is stored.
pub(super) struct Event<K, T, S> {
    /// Taken if it is stored.
    pub key: Option<K>,
    /// Taken if it is stored; `None` is a removal.
    pub value: Option<Arc<T>>,
    pub stamp: S,
}

impl<K: Hash, T, S> Event<K, T, S> {
    /// The hash of its key. Not to be called under a lock.
    pub fn hash(&self, hasher: &impl BuildHasher) -> u64 {
        hasher.hash_one(self.key())
    }
}

impl<K, T, S> Event<K, T, S> {
    fn key(&self) -> &K {
        self.key.as_ref().expect("an event has a key until it is applied")
    }
}

/// What an event has replaced, for the caller to drop outside of the lock.
pub(super) struct Replaced<K, T, S> {
    /// What was known of the key.
    pub shown: Option<Shown<T, S>>,
    /// The key, if its removal needs no floor.
    pub forgotten: Option<Entry<K, T, S>>,
}

/// Why an event was not applied.
pub(super) enum Why<T, S> {
    Stale,
    SameStamp(Shown<T, S>),
    Full,
}

impl<K, T, S: Stamp> Shard<K, T, S> {
    pub fn new() -> Self {
        Shard { table: Table::new(), watermark: None, now: None }
    }

    /// What is in it.
    pub fn table(&self) -> &Table<K, T, S> {
        &self.table
    }

    /// Takes out the floors whose time is over, for the caller to drop outside of the lock.
    pub fn expire(
        &mut self,
        now: Option<Instant>,
        retention: Option<Duration>,
    ) -> Vec<Entry<K, T, S>> {
        // Those who have read the clock may get the lock in another order.
        self.now = self.now.max(now);
        let (Some(now), Some(retention)) = (self.now, retention) else { return Vec::new() };
        self.table.expire(now, retention)
    }

    /// Raises the watermark, and takes out the floors below it, for the caller to drop outside of
    /// the lock.
    pub fn forget_below(&mut self, stamp: S) -> Vec<Entry<K, T, S>> {
        if self.watermark >= Some(stamp) {
            return Vec::new();
        }
        let gone = self.table.evict_floors(|floor| floor < stamp);
        self.watermark = Some(stamp);
        gone
    }

    /// Applies an event if it is newer than what is known of its key. An unknown key needs `room`.
    ///
    /// All that may panic comes before all that changes something.
    pub fn apply(
        &mut self,
        hash: u64,
        event: &mut Event<K, T, S>,
        room: impl FnOnce() -> bool,
    ) -> Result<Replaced<K, T, S>, Why<T, S>>
    where
        K: Eq,
    {
        let found = self.table.find(hash, event.key());
        let Event { key, value, stamp } = event;
        let below = self.watermark.is_some_and(|watermark| *stamp < watermark);
        let Some(at) = found else {
            if below {
                return Err(Why::Stale);
            }
            if !room() {
                return Err(Why::Full);
            }
            let key = key.take().expect("an event has a key until it is applied");
            let shown = Stamped { value: value.take(), stamp: *stamp };
            self.table.insert(hash, key, shown, self.now);
            return Ok(Replaced { shown: None, forgotten: None });
        };
        let current = self.table.shown(at);
        match (*stamp).cmp(&current.stamp) {
            Less => Err(Why::Stale),
            Equal => Err(Why::SameStamp(current.clone())),
            Greater => {
                let forgotten = below && value.is_none();
                let shown = Stamped { value: value.take(), stamp: *stamp };
                let replaced = self.table.replace(at, shown, self.now);
                let forgotten = forgotten.then(|| self.table.evict(at));
                Ok(Replaced { shown: Some(replaced), forgotten })
            }
        }
    }
}
