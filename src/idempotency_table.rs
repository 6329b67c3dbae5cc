//! page

mod builder;
mod capacity;
mod claim;
mod outcome;
mod shard;
mod slots;
mod stats;
mod token;

use std::borrow::Borrow;
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind, resume_unwind};

pub use builder::{BuildError, IdempotencyBuilder, OnFull, OnInFlight};
pub use claim::{Claim, Ownership, Waiter};
pub use outcome::{BeginError, Forgotten, IdempotencyError, LeaseLost, Outcome};
pub use stats::IdempotencyStats;
pub use token::{Fingerprint, Token};

use super::swap::hash::RandomState;
use super::swap::sync::{CachePadded, Mutex};
use builder::Settings;
use capacity::{Capacity, Tokens};
use shard::{Arrival, Met, Shard};
use slots::{Done, State};
use stats::count;

/// Runs effects once per key. See the [module](self) for the contract.
pub struct IdempotencyTable<K, R> {
    /// The entries, by a part of the hash of their keys.
    shards: Box<[CachePadded<Mutex<Shard<K, R>>>]>,
    /// With keys of its own, against requests whose keys are made to collide.
    hasher: RandomState,
    settings: Settings,
    capacity: Capacity,
    tokens: Tokens,
}

impl<K, R> IdempotencyTable<K, R> {
    /// Settings for a table; those that are not chosen are the defaults.
    pub fn builder() -> IdempotencyBuilder<K, R> {
        IdempotencyBuilder::new()
    }

    fn with(settings: Settings, shards: usize, last_token: u64) -> Self {
        let shard = |_| CachePadded::new(Mutex::new(Shard::new()));
        IdempotencyTable {
            shards: (0..shards).map(shard).collect(),
            hasher: RandomState::new(),
            capacity: Capacity::new(settings.max_entries),
            tokens: Tokens::after(last_token),
            settings,
        }
    }

    /// Runs `effect`, unless it was run for this key, and returns its result in either case.
    ///
    /// If another call runs it just now, this one does what the table's policy says. `effect` gets
    /// the [token](Token) of its run, and hands it on to the resource that it changes. It may use
    /// the table with other keys.
    ///
    /// # Errors
    /// The effect's own, which frees the key; or what kept it from being run. The key is only
    /// borrowed and `effect` is dropped, so there is nothing to give back.
    ///
    /// # Panics
    /// If `effect` does: the key is free then. If `R::clone` does: the effect stays completed.
    ///
    /// # Blocks
    /// While another call runs the effect, as far as the policy allows.
    pub fn execute<Q, E>(
        &self,
        key: &Q,
        fingerprint: Fingerprint,
        effect: impl FnOnce(Token) -> Result<R, E>,
    ) -> Result<Outcome<R>, IdempotencyError<R, E>>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
        R: Clone,
    {
        self.execute_with(self.settings.on_in_flight, key, fingerprint, effect)
    }

    /// As [`execute`](Self::execute), with this call's own policy for a key that is in flight:
    /// blocking, for a time, or not at all.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    ///
    /// # Panics
    /// As [`execute`](Self::execute).
    pub fn execute_with<Q, E>(
        &self,
        policy: OnInFlight,
        key: &Q,
        fingerprint: Fingerprint,
        effect: impl FnOnce(Token) -> Result<R, E>,
    ) -> Result<Outcome<R>, IdempotencyError<R, E>>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
        R: Clone,
    {
        let claim = match self.claim(key, Arrival { fingerprint, executes: true })? {
            Claim::InFlight(waiter) => match policy {
                OnInFlight::Wait => waiter.wait()?,
                OnInFlight::Reject => return Err(IdempotencyError::InFlight),
                OnInFlight::WaitFor(timeout) => waiter.wait_for(timeout)?,
            },
            settled => settled,
        };
        match claim {
            Claim::Owned(ownership) => run(ownership, effect),
            Claim::Replayed { value, age } => {
                Ok(Outcome::Replayed { value: (*value).clone(), age })
            }
            Claim::InFlight(_) => Err(IdempotencyError::WaitTimeout),
        }
    }

    /// Claims a key for an effect that this call does not run itself: a future, or several steps.
    /// Never blocks.
    ///
    /// # Errors
    /// What keeps the effect from being run.
    pub fn begin<Q>(&self, key: &Q, fingerprint: Fingerprint) -> Result<Claim<'_, K, R>, BeginError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        self.claim(key, Arrival { fingerprint, executes: false })
    }

    fn claim<Q>(&self, key: &Q, arrival: Arrival) -> Result<Claim<'_, K, R>, BeginError>
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
                    drop(expired);
                    return Ok(Claim::Owned(ownership));
                }
                let met = self.meet(&mut shard, index, arrival, Some(now));
                if let Ok(Met::Busy(_)) = met {
                    shard.slots.register(index);
                }
                drop(shard);
                return Ok(match met? {
                    Met::Done(done) => self.replayed(done),
                    Met::Owned(token) => Claim::Owned(Ownership::new(self, number, index, token)),
                    Met::Busy(_) => Claim::InFlight(Waiter::new(self, number, index, arrival)),
                });
            }
            // A new key is copied outside of the lock, which is code of the caller's; only then
            // it is looked up again, and inserted under the same lock.
            let Some(copy) = owned.take() else {
                drop(shard);
                owned = Some(key.to_owned());
                continue;
            };
            let swept = [(); 2].map(|()| self.sweep(&mut shard, now));
            let Some(place) = room.take().or_else(|| self.capacity.reserve()) else {
                drop(shard);
                drop(swept);
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
            let ownership = Ownership::new(self, number, index, token);
            // A destructor that panics meets an owner, who frees the key.
            drop(swept);
            return Ok(Claim::Owned(ownership));
        }
    }

    /// Removes the result of a key, so that its effect can run again. Does not wait for a run.
    pub fn forget<Q>(&self, key: &Q) -> Forgotten
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let hash = self.hasher.hash_one(key);
        let now = self.now();
        let mut shard = self.lock(self.shard_of(hash));
        let Some(index) = shard.slots.find(hash, key) else { return Forgotten::Absent };
        match shard.slots.state(index) {
            State::InFlight(_) => return Forgotten::InFlight,
            // Left to those who wait for it.
            State::Vacant => return Forgotten::Absent,
            State::Completed(_) => {}
            State::Free => unreachable!("a free slot has no key"),
        }
        let expired = self.is_expired(&shard, index, now);
        let remains = shard.slots.remove(index);
        let remains = self.discharge(remains);
        let stats = &mut shard.stats;
        count(if expired { &mut stats.expired } else { &mut stats.forgotten });
        drop(shard);
        drop(remains);
        if expired { Forgotten::Absent } else { Forgotten::Removed }
    }

    /// Removes all results that have expired, and returns their number.
    ///
    /// There is no need to call it: an expired result is never replayed, each new key removes up to
    /// two from its shard, and a full table removes more. It gives memory back to other keys early.
    pub fn purge_expired(&self) -> usize {
        let now = self.now();
        let mut purged = 0;
        for number in 0..self.shards.len() {
            // One at a time, and dropped when the lock is free again.
            loop {
                let Some(remains) = self.sweep(&mut self.lock(number), now) else { break };
                drop(remains);
                purged += 1;
            }
        }
        purged
    }

    /// What happened so far, and what the table holds.
    pub fn stats(&self) -> IdempotencyStats {
        let mut sum = IdempotencyStats::default();
        for number in 0..self.shards.len() {
            let part = self.lock(number).stats();
            sum.add(&part);
        }
        sum
    }

    /// A result that was handed out, and its age.
    fn replayed(&self, done: Done<R>) -> Claim<'_, K, R> {
        let Done { value, at } = done;
        Claim::Replayed { value, age: self.now().saturating_duration_since(at) }
    }

    /// The shard of a hash. It goes by other bits than the map inside of the shard.
    fn shard_of(&self, hash: u64) -> usize {
        let shards = self.shards.len() as u128;
        ((u128::from(hash << 16 >> 32) * shards) >> 32) as usize
    }
}

/// Runs an effect, whose key is this call's.
fn run<K, R: Clone, E>(
    ownership: Ownership<'_, K, R>,
    effect: impl FnOnce(Token) -> Result<R, E>,
) -> Result<Outcome<R>, IdempotencyError<R, E>> {
    let token = ownership.token();
    // Caught, so that the key is free before other code of the caller's runs.
    match catch_unwind(AssertUnwindSafe(|| effect(token))) {
        Ok(Ok(value)) => match ownership.complete(value) {
            Ok(value) => Ok(Outcome::Fresh((*value).clone())),
            Err(LeaseLost(value)) => Err(IdempotencyError::LeaseLost(value)),
        },
        Ok(Err(error)) => {
            ownership.fail();
            Err(IdempotencyError::Operation(error))
        }
        Err(panic) => {
            ownership.fail();
            resume_unwind(panic)
        }
    }
}

// Entries change as a whole, and no code of the caller's runs while they do.
impl<K: RefUnwindSafe, R: RefUnwindSafe> UnwindSafe for IdempotencyTable<K, R> {}
impl<K: RefUnwindSafe, R: RefUnwindSafe> RefUnwindSafe for IdempotencyTable<K, R> {}

impl<K, R> fmt::Debug for IdempotencyTable<K, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdempotencyTable").field("stats", &self.stats()).finish_non_exhaustive()
    }
}
