//! Where the entries of a shard are kept: found by hash and key, named by a number that stays, and
//! lined up in the order of their completion.
//!
//! Only [`Slots::find`] runs the caller's code, and it changes nothing. The rest goes by numbers.

use std::borrow::Borrow;
use std::mem;

use super::super::hash_index::HashIndex;
use super::super::swap::sync::{Arc, Condvar};
use super::super::swap::thread::ThreadId;
use super::super::swap::time::Instant;
use super::{Fingerprint, Token};

/// The number of a slot.
pub(super) type Index = usize;

/// One entry.
pub(super) struct Slot<K, R> {
    hash: u64,
    /// Its key. An entry without one is in nobody's way: it is free, or a result that is kept for
    /// its last waiters.
    key: Option<K>,
    /// Neighbors in the order of completion.
    older: Option<Index>,
    newer: Option<Index>,
    pub(super) fingerprint: Fingerprint,
    state: State<R>,
    /// How many [`Waiter`](super::Waiter)s refer to it.
    waiters: usize,
    /// Where they sleep. It belongs to the entry, whoever owns that.
    pub(super) place: Option<Arc<Condvar>>,
}

/// What an entry has come to.
pub(super) enum State<R> {
    /// No entry.
    Free,
    /// A run has failed; those who waited for it may take over.
    Vacant,
    /// A run.
    InFlight(Run),
    /// A result.
    Completed(Done<R>),
}

/// A run of the effect.
#[derive(Clone, Copy)]
pub(super) struct Run {
    pub(super) token: Token,
    /// When others may take over.
    pub(super) lease_end: Option<Instant>,
    /// The thread that runs it inside of `execute`.
    pub(super) executor: Option<ThreadId>,
}

/// A result, and when it was there.
pub(super) struct Done<R> {
    pub(super) value: Arc<R>,
    pub(super) at: Instant,
}

impl<R> Clone for Done<R> {
    fn clone(&self) -> Self {
        Done { value: Arc::clone(&self.value), at: self.at }
    }
}

/// What is left of an entry: to be dropped when the lock is free again.
#[must_use = "the caller's values are dropped outside of the lock"]
pub(super) struct Remains<K, R> {
    /// The key, if the entry counted until now.
    pub(super) key: Option<K>,
    /// The result.
    pub(super) value: Option<Arc<R>>,
}

impl<K, R> Remains<K, R> {
    pub(super) const NONE: Self = Remains { key: None, value: None };
}

/// The entries of a shard.
pub(super) struct Slots<K, R> {
    hashes: HashIndex,
    slots: Vec<Slot<K, R>>,
    free: Vec<Index>,
    oldest: Option<Index>,
    newest: Option<Index>,
    pub(super) in_flight: usize,
    pub(super) completed: usize,
    pub(super) vacant: usize,
}

impl<K, R> Slots<K, R> {
    pub(super) fn new() -> Self {
        Slots {
            hashes: HashIndex::default(),
            slots: Vec::new(),
            free: Vec::new(),
            oldest: None,
            newest: None,
            in_flight: 0,
            completed: 0,
            vacant: 0,
        }
    }

    /// The entry of the key.
    pub(super) fn find<Q>(&self, hash: u64, key: &Q) -> Option<Index>
    where
        K: Borrow<Q>,
        Q: Eq + ?Sized,
    {
        let has_it = |index: Index| {
            let found = self.slots[index].key.as_ref();
            found.is_some_and(|found| found.borrow() == key)
        };
        self.hashes.find(hash, has_it)
    }

    pub(super) fn get(&self, index: Index) -> &Slot<K, R> {
        &self.slots[index]
    }

    /// Another waiter refers to the entry.
    pub(super) fn register(&mut self, index: Index) {
        self.slots[index].waiters += 1;
    }

    /// Where waiters of the entry sleep.
    pub(super) fn place(&mut self, index: Index) -> Arc<Condvar> {
        Arc::clone(self.slots[index].place.get_or_insert_default())
    }

    pub(super) fn state(&self, index: Index) -> &State<R> {
        &self.slots[index].state
    }

    /// The run in a slot, if it is still the one with this token.
    pub(super) fn is_run(&self, index: Index, token: Token) -> bool {
        matches!(self.slots[index].state, State::InFlight(run) if run.token == token)
    }

    /// The result that was completed first.
    pub(super) fn oldest(&self) -> Option<(Index, &Done<R>)> {
        self.oldest.map(|index| (index, self.result(index)))
    }

    /// The result of an entry in the order of completion.
    fn result(&self, index: Index) -> &Done<R> {
        match &self.slots[index].state {
            State::Completed(done) => done,
            _ => unreachable!("only results are in the order of completion"),
        }
    }

    /// A new entry, for a key that has none.
    pub(super) fn insert(
        &mut self,
        hash: u64,
        key: K,
        fingerprint: Fingerprint,
        run: Run,
    ) -> Index {
        let slot = Slot {
            hash,
            key: Some(key),
            older: None,
            newer: None,
            fingerprint,
            state: State::InFlight(run),
            waiters: 0,
            place: None,
        };
        let index = match self.free.pop() {
            Some(index) => {
                self.slots[index] = slot;
                index
            }
            None => {
                self.slots.push(slot);
                self.slots.len() - 1
            }
        };
        self.hashes.insert(hash, index);
        self.in_flight += 1;
        index
    }

    /// Makes this run the entry's: after a failed one, or in place of one whose lease is over.
    pub(super) fn own(&mut self, index: Index, fingerprint: Fingerprint, run: Run) {
        let slot = &mut self.slots[index];
        slot.fingerprint = fingerprint;
        match mem::replace(&mut slot.state, State::InFlight(run)) {
            State::Vacant => {
                self.vacant -= 1;
                self.in_flight += 1;
            }
            State::InFlight(_) => {}
            State::Free | State::Completed(_) => unreachable!("a result is not run again"),
        }
    }

    /// The entry's run has this result.
    pub(super) fn complete(&mut self, index: Index, mut done: Done<R>) {
        debug_assert!(self.slots[index].key.is_some(), "an entry in flight has its key");
        // Clocks are read before the lock is taken, and may go back. Where one does, time stands
        // still: so results expire in the order in which they stand.
        if let Some(newest) = self.newest {
            done.at = done.at.max(self.result(newest).at);
        }
        let slot = &mut self.slots[index];
        slot.state = State::Completed(done);
        slot.older = self.newest;
        match self.newest {
            Some(newest) => self.slots[newest].newer = Some(index),
            None => self.oldest = Some(index),
        }
        self.newest = Some(index);
        self.in_flight -= 1;
        self.completed += 1;
    }

    /// The entry's run has failed. Without waiters the entry is removed.
    pub(super) fn vacate(&mut self, index: Index) -> Remains<K, R> {
        self.slots[index].state = State::Vacant;
        self.in_flight -= 1;
        self.vacant += 1;
        match self.slots[index].waiters {
            0 => self.remove(index),
            _ => Remains::NONE,
        }
    }

    /// Removes an entry that is not in flight. Its waiters still find its result.
    pub(super) fn remove(&mut self, index: Index) -> Remains<K, R> {
        self.hashes.remove(self.slots[index].hash, index);
        match self.slots[index].state {
            State::Completed(_) => self.leave_the_line(index),
            State::Vacant => self.vacant -= 1,
            State::Free | State::InFlight(_) => unreachable!("a run is not removed"),
        }
        let key = self.slots[index].key.take();
        debug_assert!(key.is_some(), "an entry is removed once");
        let value = match self.slots[index].waiters {
            0 => self.release(index),
            _ => None,
        };
        Remains { key, value }
    }

    /// A waiter no longer refers to the entry. The last one takes with it what nobody else needs.
    pub(super) fn leave(&mut self, index: Index) -> Remains<K, R> {
        let slot = &mut self.slots[index];
        slot.waiters -= 1;
        if slot.waiters > 0 {
            return Remains::NONE;
        }
        slot.place = None;
        match (&slot.state, &slot.key) {
            (State::Vacant, Some(_)) => self.remove(index),
            (_, Some(_)) => Remains::NONE,
            (_, None) => Remains { key: None, value: self.release(index) },
        }
    }

    /// Makes a slot free, to which nothing refers.
    fn release(&mut self, index: Index) -> Option<Arc<R>> {
        let slot = &mut self.slots[index];
        self.free.push(index);
        slot.place = None;
        match mem::replace(&mut slot.state, State::Free) {
            State::Completed(done) => Some(done.value),
            _ => None,
        }
    }

    /// Takes an entry out of the order of completion.
    fn leave_the_line(&mut self, index: Index) {
        let slot = &mut self.slots[index];
        let (older, newer) = (slot.older.take(), slot.newer.take());
        match older {
            Some(older) => self.slots[older].newer = newer,
            None => self.oldest = newer,
        }
        match newer {
            Some(newer) => self.slots[newer].older = older,
            None => self.newest = older,
        }
        self.completed -= 1;
    }
}
