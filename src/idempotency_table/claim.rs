//! What a key is to the call that asked for it: its own, done, or somebody else's for now.

use std::fmt;

use super::super::swap::sync::Arc;
use super::super::swap::time::{Duration, Instant};
use super::arrival::{Arrival, Met};
use super::shard::Shard;
use super::slots::{Done, Index, Remains};
use super::stats::count;
use super::{BeginError, IdempotencyTable, LeaseLost, Token};

/// What [`begin`](IdempotencyTable::begin), or a wait, has come to.
#[must_use = "an ownership that is dropped frees its key, and a waiter that is dropped does not wait"]
pub enum Claim<'t, K, R> {
    /// The key is the caller's: the effect is to be run now, and its result to be handed in.
    Owned(Ownership<'t, K, R>),
    /// The effect was run.
    Replayed {
        /// A share of its result.
        value: Arc<R>,
        /// The time since it was completed.
        age: Duration,
    },
    /// Somebody else runs the effect, and can be waited for.
    InFlight(Waiter<'t, K, R>),
}

impl<K, R: fmt::Debug> fmt::Debug for Claim<'_, K, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Claim::Owned(ownership) => f.debug_tuple("Owned").field(ownership).finish(),
            Claim::Replayed { value, age } => {
                f.debug_struct("Replayed").field("value", value).field("age", age).finish()
            }
            Claim::InFlight(waiter) => f.debug_tuple("InFlight").field(waiter).finish(),
        }
    }
}

/// The right to run the effect of a key, and the duty to say how it ended.
///
/// Dropping it is [`fail`](Self::fail). It may go to another thread. While it is not dropped, other
/// calls with its key wait, up to the end of the lease if the table has one; those of the same
/// thread wait in vain.
#[must_use = "dropping it frees the key"]
pub struct Ownership<'t, K, R> {
    table: &'t IdempotencyTable<K, R>,
    shard: usize,
    index: Index,
    token: Token,
    /// Whether the table knows how it ended.
    settled: bool,
}

impl<'t, K, R> Ownership<'t, K, R> {
    pub(super) fn new(
        table: &'t IdempotencyTable<K, R>,
        shard: usize,
        index: Index,
        token: Token,
    ) -> Self {
        Ownership { table, shard, index, token, settled: false }
    }

    /// The number of this run, for the resource that the effect changes.
    pub fn token(&self) -> Token {
        self.token
    }

    /// Hands in the result of the effect, for all calls with this key, and returns a share of it.
    ///
    /// The end of the lease does not matter as long as nobody has taken over.
    ///
    /// # Errors
    /// The result, if another run has taken over. Nothing was changed then.
    pub fn complete(mut self, value: R) -> Result<Arc<R>, LeaseLost<R>> {
        let value = Arc::new(value);
        let done = Done { value: Arc::clone(&value), at: self.table.now() };
        self.settled = true;
        // L3 lock: hands on the result, and wakes L2.
        let mut shard = self.table.lock(self.shard);
        if !shard.slots.is_run(self.index, self.token) {
            count(&mut shard.stats.lease_lost);
            drop(shard);
            drop(done);
            let value = Arc::into_inner(value).expect("a refused result was never shared");
            return Err(LeaseLost(value));
        }
        shard.slots.complete(self.index, done);
        count(&mut shard.stats.fresh);
        shard.wake(self.index);
        Ok(value)
    }

    /// Says that the effect did not happen, which frees the key: one of those who wait for it
    /// becomes the owner, or else the next call. If another run has taken over, nothing changes.
    pub fn fail(self) {
        drop(self);
    }
}

impl<K, R> Drop for Ownership<'_, K, R> {
    fn drop(&mut self) {
        if self.settled {
            return;
        }
        // L3 lock: hands on the key, and wakes L2.
        let mut shard = self.table.lock(self.shard);
        if !shard.slots.is_run(self.index, self.token) {
            return;
        }
        count(&mut shard.stats.failed);
        shard.wake(self.index);
        let remains = shard.slots.vacate(self.index);
        let remains = self.table.discharge(remains);
        drop(shard);
        drop(remains);
    }
}

impl<K, R> fmt::Debug for Ownership<'_, K, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ownership").field("token", &self.token).finish_non_exhaustive()
    }
}

/// The place of a call that found its key in flight, in front of the key.
///
/// It waits for what the run comes to: its result, also if that has expired or was forgotten in
/// the meantime; or its end without a result, after which one of those who wait is the owner. If
/// the run's lease ends first, one of those who wait takes over.
#[must_use = "a waiter that is dropped does not wait"]
pub struct Waiter<'t, K, R> {
    table: &'t IdempotencyTable<K, R>,
    shard: usize,
    index: Index,
    arrival: Arrival,
    /// Whether the slot counts it.
    registered: bool,
}

impl<'t, K, R> Waiter<'t, K, R> {
    /// A waiter that the slot has counted.
    pub(super) fn new(
        table: &'t IdempotencyTable<K, R>,
        shard: usize,
        index: Index,
        arrival: Arrival,
    ) -> Self {
        Waiter { table, shard, index, arrival, registered: true }
    }

    /// Blocks until the result is there, or the key is the caller's. Never
    /// [`Claim::InFlight`].
    ///
    /// A thread that waits for an [`Ownership`] of its own waits forever, as do two threads that
    /// wait for each other's.
    ///
    /// # Errors
    /// The key was claimed with another fingerprint meanwhile; the calling thread runs its effect;
    /// or there are no more tokens.
    pub fn wait(self) -> Result<Claim<'t, K, R>, BeginError> {
        self.until(None)
    }

    /// As [`wait`](Self::wait), but for `timeout` at most: then it gives the waiter back, as
    /// [`Claim::InFlight`]. A result that is there at the end of the timeout is returned.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    pub fn wait_for(self, timeout: Duration) -> Result<Claim<'t, K, R>, BeginError> {
        // A timeout beyond the end of the clock is none.
        let deadline = Instant::now().checked_add(timeout);
        self.until(deadline)
    }

    /// As [`wait`](Self::wait), without blocking: it looks once.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    pub fn try_wait(self) -> Result<Claim<'t, K, R>, BeginError> {
        self.wait_for(Duration::ZERO)
    }

    fn until(mut self, deadline: Option<Instant>) -> Result<Claim<'t, K, R>, BeginError> {
        let Waiter { table, shard: number, index, arrival, .. } = self;
        // The machine's time first: so a wait for the end of the lease ends too early, not too
        // late. Both are read outside of the lock, because a clock is the caller's code.
        let look = || table.settings.lease.map(|_| (Instant::now(), table.now()));
        let mut times = look();
        let mut shard = table.lock(number);
        let met = loop {
            let now = times.map(|(_, now)| now);
            let lease_end = match table.meet(&mut shard, index, arrival, now) {
                Ok(Met::Busy(lease_end)) => lease_end,
                settled => break settled,
            };
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                drop(shard);
                return Ok(Claim::InFlight(self));
            }
            let lease = lease_end.zip(times).and_then(|(end, (machine, now))| {
                machine.checked_add(end.saturating_duration_since(now))
            });
            let place = shard.slots.place(index);
            // L2 sleep: unlocks the shard until L3, or the end of the lease or of the wait.
            match earlier(deadline, lease) {
                Some(until) => {
                    place.wait_until(&mut shard, until);
                }
                None => place.wait(&mut shard),
            }
            if times.is_some() {
                drop(shard);
                times = look();
                shard = table.lock(number);
            }
        };
        let remains = self.leave(&mut shard);
        drop(shard);
        drop(remains);
        Ok(match met? {
            Met::Owned(token) => Claim::Owned(Ownership::new(table, number, index, token)),
            Met::Done(done) => table.replayed(done),
            Met::Busy(_) => unreachable!("the loop ends when the run has"),
        })
    }

    /// Gives the place up, under the lock.
    fn leave(&mut self, shard: &mut Shard<K, R>) -> Remains<K, R> {
        self.registered = false;
        self.table.discharge(shard.slots.leave(self.index))
    }
}

/// The earlier of two times, where `None` is never.
fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

impl<K, R> Drop for Waiter<'_, K, R> {
    fn drop(&mut self) {
        if !self.registered {
            return;
        }
        let mut shard = self.table.lock(self.shard);
        let remains = self.leave(&mut shard);
        drop(shard);
        drop(remains);
    }
}

impl<K, R> fmt::Debug for Waiter<'_, K, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waiter { .. }")
    }
}
