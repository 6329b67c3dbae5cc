//! A part of the table, behind its lock; and how entries leave it that nobody asked for.

use super::super::swap::sync::{CachePadded, Mutex, MutexGuard};
use super::super::swap::time::Instant;
use super::capacity::Room;
use super::slots::{Done, Index, Remains, Slots, State};
use super::stats::count;
use super::{IdempotencyStats, IdempotencyTable, OnFull};

/// A part of the table.
pub(super) struct Shard<K, R> {
    pub(super) slots: Slots<K, R>,
    pub(super) stats: IdempotencyStats,
}

/// A part of the table, as it stands in it.
pub(super) type Locked<K, R> = CachePadded<Mutex<Shard<K, R>>>;

impl<K, R> Shard<K, R> {
    pub(super) fn new() -> Self {
        Shard { slots: Slots::new(), stats: IdempotencyStats::default() }
    }

    /// Its numbers, with what it holds now.
    pub(super) fn stats(&self) -> IdempotencyStats {
        let (in_flight, completed) = (self.slots.in_flight, self.slots.completed);
        let entries = in_flight + completed + self.slots.vacant;
        IdempotencyStats { entries, in_flight, completed, ..self.stats }
    }

    /// Wakes those who wait for the entry. Called under the lock, after what they wait for.
    pub(super) fn wake(&self, index: Index) {
        if let Some(place) = &self.slots.get(index).place {
            place.notify_all();
        }
    }
}

impl<K, R> IdempotencyTable<K, R> {
    /// Locks a shard.
    pub(super) fn lock(&self, number: usize) -> MutexGuard<'_, Shard<K, R>> {
        // L1 lock: sees what became of each entry; pairs with the unlock of whoever changed it.
        self.shards[number].lock()
    }

    /// Reads the clock: the caller's code, so not under a lock.
    pub(super) fn now(&self) -> Instant {
        (self.settings.clock)()
    }

    /// Whether an entry is a result that has expired, which counts as none.
    pub(super) fn is_expired(&self, shard: &Shard<K, R>, index: Index, now: Instant) -> bool {
        match shard.slots.state(index) {
            State::Completed(done) => self.is_over(done, now),
            _ => false,
        }
    }

    fn is_over(&self, done: &Done<R>, now: Instant) -> bool {
        now.saturating_duration_since(done.at) >= self.settings.ttl
    }

    /// An entry was removed, and no longer counts.
    pub(super) fn discharge(&self, remains: Remains<K, R>) -> Remains<K, R> {
        if remains.key.is_some() {
            self.capacity.give_back();
        }
        remains
    }

    /// Removes the oldest result if it has expired.
    pub(super) fn sweep(&self, shard: &mut Shard<K, R>, now: Instant) -> Option<Remains<K, R>> {
        let (index, done) = shard.slots.oldest()?;
        if !self.is_over(done, now) {
            return None;
        }
        count(&mut shard.stats.expired);
        Some(self.discharge(shard.slots.remove(index)))
    }

    /// Makes room for an entry in a full table, if that is possible.
    #[cold]
    pub(super) fn make_room(&self) -> Option<Room<'_>> {
        let now = self.now();
        for number in 0..self.shards.len() {
            // Until there is room: other calls may take what this one makes.
            loop {
                let Some(remains) = self.sweep(&mut self.lock(number), now) else { break };
                drop(remains);
                if let Some(room) = self.capacity.reserve() {
                    return Some(room);
                }
            }
        }
        match self.settings.on_full {
            OnFull::Refuse => self.capacity.reserve(),
            OnFull::EvictOldestCompleted => self.evict(),
        }
    }

    /// Removes the result that was completed first, of all shards. Its room is the caller's.
    fn evict(&self) -> Option<Room<'_>> {
        loop {
            // Another entry may have gone by itself.
            if let Some(room) = self.capacity.reserve() {
                return Some(room);
            }
            let oldest = (0..self.shards.len()).filter_map(|number| {
                let shard = self.lock(number);
                shard.slots.oldest().map(|(_, done)| (done.at, number))
            });
            let (at, number) = oldest.min()?;
            let mut shard = self.lock(number);
            // Another call may have been faster: then there is another oldest one.
            let still = shard.slots.oldest().filter(|(_, done)| done.at == at);
            let Some((index, _)) = still else { continue };
            count(&mut shard.stats.evicted);
            let remains = shard.slots.remove(index);
            let room = self.capacity.inherited();
            drop(shard);
            drop(remains);
            return Some(room);
        }
    }
}
