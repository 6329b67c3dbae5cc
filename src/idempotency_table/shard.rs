//! How a call meets what is in its shard, under the lock.

use super::super::swap::sync::{Arc, MutexGuard};
use super::super::swap::thread;
use super::super::swap::time::Instant;
use super::capacity::Room;
use super::slots::{Done, Index, Remains, Run, Slots, State};
use super::stats::count;
use super::{BeginError, Fingerprint, IdempotencyStats, IdempotencyTable, OnFull, Token};

/// A part of the table.
pub(super) struct Shard<K, R> {
    pub(super) slots: Slots<K, R>,
    pub(super) stats: IdempotencyStats,
}

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

/// A call that wants a key.
#[derive(Clone, Copy)]
pub(super) struct Arrival {
    pub(super) fingerprint: Fingerprint,
    /// Whether it runs the effect on this thread, by `execute`.
    pub(super) executes: bool,
}

/// What a call found, of an entry that is there.
pub(super) enum Met<R> {
    /// A result.
    Done(Done<R>),
    /// Nobody's run: now it is the caller's.
    Owned(Token),
    /// A run, until this time at least.
    Busy(Option<Instant>),
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

    /// A run that begins now.
    fn run(&self, arrival: Arrival, now: Option<Instant>) -> Result<Run, BeginError> {
        let lease = self.settings.lease.zip(now);
        Ok(Run {
            token: self.tokens.issue()?,
            // A lease beyond the end of the clock is none.
            lease_end: lease.and_then(|(lease, now)| now.checked_add(lease)),
            executor: arrival.executes.then(|| thread::current().id()),
        })
    }

    /// What a call finds in an entry. `now` may be absent if the table has no lease.
    pub(super) fn meet(
        &self,
        shard: &mut Shard<K, R>,
        index: Index,
        arrival: Arrival,
        now: Option<Instant>,
    ) -> Result<Met<R>, BeginError> {
        let same = shard.slots.get(index).fingerprint == arrival.fingerprint;
        match shard.slots.state(index) {
            State::Free => unreachable!("nobody refers to a free slot"),
            State::Completed(_) | State::InFlight(_) if !same => {
                count(&mut shard.stats.mismatched);
                Err(BeginError::FingerprintMismatch)
            }
            State::Completed(done) => {
                let done = done.clone();
                count(&mut shard.stats.replayed);
                Ok(Met::Done(done))
            }
            State::InFlight(run) => {
                let Run { lease_end, executor, .. } = *run;
                if executor.is_some_and(|executor| executor == thread::current().id()) {
                    return Err(BeginError::Reentrant);
                }
                if lease_end.zip(now).is_none_or(|(end, now)| now < end) {
                    return Ok(Met::Busy(lease_end));
                }
                let run = self.run(arrival, now)?;
                shard.slots.own(index, arrival.fingerprint, run);
                count(&mut shard.stats.taken_over);
                Ok(Met::Owned(run.token))
            }
            State::Vacant => {
                let run = self.run(arrival, now)?;
                shard.slots.own(index, arrival.fingerprint, run);
                Ok(Met::Owned(run.token))
            }
        }
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

    /// Begins a new run in place of a result that has expired.
    pub(super) fn renew(
        &self,
        shard: &mut Shard<K, R>,
        hash: u64,
        index: Index,
        arrival: Arrival,
        now: Instant,
    ) -> Result<(Index, Token, Option<Arc<R>>), BeginError> {
        let run = self.run(arrival, Some(now))?;
        // Those who waited for the old run still find its result in the old slot.
        let Remains { key, value } = shard.slots.remove(index);
        let key = key.expect("an entry that was found has its key");
        let index = shard.slots.insert(hash, key, arrival.fingerprint, run);
        count(&mut shard.stats.expired);
        Ok((index, run.token, value))
    }

    /// Begins the first run of a key that has no entry.
    pub(super) fn admit(
        &self,
        shard: &mut Shard<K, R>,
        hash: u64,
        key: K,
        room: Room<'_>,
        arrival: Arrival,
        now: Instant,
    ) -> Result<(Index, Token), (K, BeginError)> {
        match self.run(arrival, Some(now)) {
            Ok(run) => {
                room.fill();
                let index = shard.slots.insert(hash, key, arrival.fingerprint, run);
                Ok((index, run.token))
            }
            Err(error) => Err((key, error)),
        }
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
            let Some(remains) = self.sweep(&mut self.lock(number), now) else { continue };
            drop(remains);
            if let Some(room) = self.capacity.reserve() {
                return Some(room);
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
