//! How a call that arrives meets what is there of its key.

use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash};

use super::super::swap::sync::Arc;
use super::super::swap::thread;
use super::super::swap::time::Instant;
use super::capacity::Room;
use super::shard::Shard;
use super::slots::{Done, Index, Remains, Run, State};
use super::stats::count;
use super::{BeginError, Claim, Fingerprint, IdempotencyTable, Ownership, Token, Waiter};

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
    /// Claims a key: the way of every call.
    pub(super) fn claim<Q>(&self, key: &Q, arrival: Arrival) -> Result<Claim<'_, K, R>, BeginError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        let hash = self.hasher.hash_one(key);
        let number = self.shard_of(hash);
        let mut owned = None;
        let mut room = None;
        loop {
            let now = self.now();
            let mut shard = self.lock(number);
            if let Some(index) = shard.slots.find(hash, key) {
                if self.is_expired(&shard, index, now) {
                    let renewed = self.renew(&mut shard, hash, index, arrival, now);
                    drop(shard);
                    let (index, token, expired) = renewed?;
                    let ownership = Ownership::new(self, number, index, token);
                    // Destructors that panic meet an owner, who frees the key.
                    drop((expired, owned));
                    return Ok(Claim::Owned(ownership));
                }
                let met = self.meet(&mut shard, index, arrival, Some(now));
                if let Ok(Met::Busy(_)) = met {
                    shard.slots.register(index);
                }
                drop(shard);
                let claim = match met? {
                    Met::Done(done) => self.replayed(done),
                    Met::Owned(token) => Claim::Owned(Ownership::new(self, number, index, token)),
                    Met::Busy(_) => Claim::InFlight(Waiter::new(self, number, index, arrival)),
                };
                // Not at the end of the function: a panic there would leak what is returned.
                drop(owned);
                return Ok(claim);
            }
            // A new key is copied outside of the lock, which is code of the caller's; only then
            // it is looked up again, and inserted under the same lock. What has expired is dropped
            // before the key is in flight: destructors may use the table with this key, too.
            let Some(copy) = owned.take() else {
                let swept = [(); 2].map(|()| self.sweep(&mut shard, now));
                drop(shard);
                drop(swept);
                owned = Some(key.to_owned());
                continue;
            };
            let Some(place) = room.take().or_else(|| self.capacity.reserve()) else {
                drop(shard);
                room = self.make_room();
                if room.is_none() {
                    count(&mut self.lock(number).stats.refused);
                    return Err(BeginError::CapacityExhausted);
                }
                owned = Some(copy);
                continue;
            };
            let admitted = self.admit(&mut shard, hash, copy, place, arrival, now);
            drop(shard);
            let (index, token) = admitted.map_err(|(_copy, error)| error)?;
            return Ok(Claim::Owned(Ownership::new(self, number, index, token)));
        }
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

    /// A result that was handed out, and its age.
    pub(super) fn replayed(&self, done: Done<R>) -> Claim<'_, K, R> {
        let Done { value, at } = done;
        Claim::Replayed { value, age: self.now().saturating_duration_since(at) }
    }
}
