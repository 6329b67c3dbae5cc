//! Effects that are asked for several times run once: each call names a key, and all calls with one
//! key get the result of one run.
//!
//! # Problem
//!
//! A client sends a payment and hears nothing, so it sends it again; a queue delivers a message a
//! second time; a user clicks twice. At-least-once delivery is all that a network can promise, and
//! the receiver has to notice. To look the request up, pay, and then note it down is not enough:
//! the second copy comes while the first one is being paid. Stripe's idempotency keys, the IETF's
//! `Idempotency-Key` header and AWS Powertools solve it with a record that is there *before* the
//! effect runs. This is that record, inside of a process.
//!
//! # Example
//!
//! ```
//! use selvedge::idempotency_table::Outcome;
//! use selvedge::{Fingerprint, IdempotencyTable};
//!
//! let payments = IdempotencyTable::<String, u64>::builder().build()?;
//! let request = ("alice", 30);
//! let pay = || {
//!     payments.execute("order 7", Fingerprint::of(&request), |token| {
//!         // Here the money moves, under this token.
//!         Ok::<u64, String>(1_000 + token.get())
//!     })
//! };
//!
//! assert_eq!(pay(), Ok(Outcome::Fresh(1_001)));
//! assert_eq!(pay().map(Outcome::into_value), Ok(1_001));
//! assert_eq!(payments.stats().fresh, 1);
//! # Ok::<(), selvedge::idempotency_table::BuildError>(())
//! ```
//!
//! # Guarantee
//!
//! * **G1** Of the calls with one key, one at a time runs the effect. Once a run is completed, none
//!   does until its result has expired, was forgotten or was evicted: they get the result.
//! * **G2** A run that returns an error, or whose [`Ownership`] is dropped, frees the key. Exactly
//!   one of those who waited for it, or who come next, runs the effect again. The error is seen by
//!   the failed run's caller alone.
//! * **G3** So does a run that panics, and the panic goes on. Nobody waits for it in vain.
//! * **G4** Without a lease nobody takes a run's key. With one, when it is over, one of those who
//!   wait or come takes over; a late result is given back, and neither it nor a late failure
//!   changes anything.
//! * **G5** The token of each run of a key is greater than those of its runs before. Tokens are
//!   unique in the table and never wrap around: after 2⁶⁴ − 1 runs a new one is refused.
//! * **G6** A call with another fingerprint than the key's, in flight or completed, is refused and
//!   changes nothing.
//! * **G7** A result is replayed for its time to live, from its completion on. Then it counts as
//!   none, except for those who waited for its run.
//! * **G8** There are never more entries than the maximum, over all shards, and a new key is
//!   refused only if there are so many, those included that are about to be there: two calls that
//!   come with the same new key at the same time both count, for a moment. A run is never evicted,
//!   and a duplicate of what is there needs no room.
//! * **G9** [`forget`](IdempotencyTable::forget) removes a result and never a run; purging removes
//!   what has expired, and never a later run of the same key.
//! * **G10** A wait ends with the result, with the key, or at its timeout; a result that is there
//!   by then counts. A call inside of `execute`'s own effect, on the same thread, with its key, is
//!   told, and does not wait. (Through another thread, or beside an [`Ownership`], it does wait.)
//! * **G11** Effects, clocks, and `Drop`, `Clone` and `Debug` of keys and results never run under a
//!   lock, and may use the table with other keys. If they panic, or `Eq` or `Hash` does, the table
//!   stays usable, and nothing in it is stuck.
//! * **G12** An effect that has succeeded stays completed, whatever its caller's copy of the result
//!   does.
//!
//! # Protocol
//!
//! ```text
//! the owner                          a duplicate                    the owner after a lease
//!
//!    hash the key                       hash the key
//! L1 lock the shard ─┐               L1 lock the shard
//!    no entry        │                  in flight: counted
//!    unlock          │                  in the entry
//!    copy the key    │               L2 sleep in the entry ────────▶ L3 lock: its time is over
//! L1 lock the shard  ├─ L1 to L1 ──▶    (unlocks the shard)             a new token
//!    still no entry: │                                                  unlock
//!    room, token     │                                                  the effect
//!    in flight       │                                               L3 lock: still its token?
//!    unlock         ─┘                                                  completed, wake all
//!    the effect                                                         unlock
//! L3 lock: still its token?
//!    completed, wake all ── L3 to L2 ▶ L1 locked: share the result
//!    unlock                             unlock
//!                                       copy the result
//! ```
//!
//! The lock of the shard alone decides. An entry is a slot with a number that stays; the owner
//! knows number and token, so that handing in needs neither `Hash` nor `Eq`. Those who wait sleep
//! in the entry, not with its owner, so that they stay when the owner changes. Each of them sleeps
//! until its own timeout or the end of the lease, whichever comes first: nobody has to be told that
//! an owner is late. Results are lined up in the order of their completion, through the slots: what
//! is forgotten leaves no record behind.
//!
//! # States
//!
//! | entry | meaning | entered by | left by |
//! | --- | --- | --- | --- |
//! | none | the key is free | a failed run without waiters, `forget`, expiry, eviction | a claim |
//! | in flight, token | a run | a claim, a takeover | its end, a takeover |
//! | vacant | a run has failed, and somebody waits | a failed run | a waiter, a claim, the last waiter's leave |
//! | completed, time | a result | a run's end | expiry, `forget`, eviction |
//! | kept | a result without its key | the above, while somebody still waits | the last waiter's leave |
//!
//! # Progress
//!
//! A lock is held for a lookup, which calls `Borrow` and `Eq` of the key, and a few moves; when a
//! shard grows, for an allocation and the move of its entries. Calls with different keys do not
//! wait for each other's effects. After a failed run all who wait wake up, and all but one sleep
//! again. Two effects that each call for the other's key wait forever, as with two locks: set
//! [`OnInFlight::WaitFor`].
//!
//! # Cost
//!
//! 384 bytes a shard on x86-64, and an entry: 144 bytes with a number as key, the result in an
//! `Arc`, and 16 bytes in a map. A condition variable for an entry only when somebody waits. Slots
//! are used again, and given back with the table. A new key: its copy, three sections under the
//! shard's lock, one allocation, three readings of the clock. A replay: one section, a reference
//! count, two readings of the clock, and the copy of the result. In a full table a new key looks
//! into every shard.
//!
//! # When not to use
//!
//! * If the process may die between effect and answer, or if there are several: the record must be
//!   where the effect is, in one transaction of the same database.
//! * If the effect is idempotent by itself, as setting a value is.
//! * If a result can be computed again at will, a cache does, with fewer promises.
//! * If an effect may be half done when it fails: a failed run is run again. Return such an end as
//!   a result.
//! * With a lease, if the resource cannot refuse outdated tokens.
//! * In an async task, as it is: waiting blocks the thread. `begin` and `try_wait` never do.
//!
//! # Checked by
//!
//! Scenarios of two threads, three where it says so, in `tests/idempotency_table.rs`:
//! `g1_duplicates_run_one_effect`, `g1_all_who_wait_get_the_result`,
//! `g2_one_waiter_follows_a_failure`,
//! `g2_one_of_two_waiters_takes_over`, `g2_a_dropped_ownership_races_a_newcomer`,
//! `g3_a_panic_frees_the_key_for_a_waiter`, `g5_a_resource_sees_growing_tokens`,
//! `g6_another_request_is_refused`, `g6_a_waiter_learns_that_another_request_came`,
//! `g8_the_limit_is_exact`, `g8_the_limit_is_exact_over_shards`, `g8_a_duplicate_needs_no_room`,
//! `g8_eviction_spares_runs`,
//! `g11_an_effect_may_use_other_keys_of_its_shard`, `g11_destructors_may_use_the_table`. With the
//! clock, in `tests/idempotency_table_time.rs`: `g4_a_late_result_changes_nothing`,
//! `g4_a_late_failure_changes_nothing`, `g4_a_waiter_takes_over_by_itself`,
//! `g4_a_takeover_keeps_the_waiters`, `g7_an_expired_result_is_run_again_once`,
//! `g7_expiry_races_a_duplicate`, `g7_an_expired_result_reaches_its_waiter`,
//! `g9_forgetting_races_a_completion`, `g9_a_purge_spares_the_run_after_it`,
//! `g10_a_timeout_races_a_completion`, `g10_a_timeout_passes_the_key_on`,
//! `g10_a_timeout_beyond_the_end_of_time_is_none`, `g10_a_run_does_not_wait_for_itself`. The naive
//! twin fails those of G1, G2, G6, G7 and G8 that it can take part in.
//!
//! `tests/idempotency_table_properties.rs` compares sequences of operations with a sequential
//! model, `tests/idempotency_table_hooks.rs` has the tests of G12, of what panics, and of the
//! limits, and `tests/idempotency_table_amid.rs` those of calls amid other calls. Three threads
//! that sleep and wake are explored under loom up to two or three preemptions only. Not checked by
//! any of these: fairness, wake-ups without cause, which no engine produces, and the cost.
//!
//! # Source
//!
//! Stripe, *Designing robust and predictable APIs with idempotency*, 2017, for keys and the 24
//! hours; the IETF's draft *The Idempotency-Key HTTP Header Field*, for the refusal of another
//! request under the same key and of one in flight; AWS Powertools, for the lease; Kleppmann, *How
//! to do distributed locking*, 2016, for the tokens. moka's `get_with` and quick_cache's guards run
//! a computation once, too, and may forget it at any time; they have neither tokens nor
//! fingerprints.

mod arrival;
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

pub use builder::{BuildError, IdempotencyTableBuilder, OnFull, OnInFlight};
pub use claim::{Claim, Ownership, Waiter};
pub use outcome::{BeginError, Forgotten, IdempotencyError, LeaseLost, Outcome};
pub use stats::IdempotencyStats;
pub use token::{Fingerprint, Token};

use super::swap::hash::RandomState;
use super::swap::sync::{CachePadded, Mutex};
use arrival::Arrival;
use builder::Settings;
use capacity::{Capacity, Tokens};
use shard::{Locked, Shard};
use slots::State;
use stats::count;

/// Runs effects once per key. See the [module](self) for the contract.
pub struct IdempotencyTable<K, R> {
    /// The entries, by a part of the hash of their keys.
    shards: Box<[Locked<K, R>]>,
    /// With keys of its own, against requests whose keys are made to collide.
    hasher: RandomState,
    settings: Settings,
    capacity: Capacity,
    tokens: Tokens,
}

impl<K, R> IdempotencyTable<K, R> {
    /// Settings for a table; those that are not chosen are the defaults.
    pub fn builder() -> IdempotencyTableBuilder<K, R> {
        IdempotencyTableBuilder::new()
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

    /// Claims a key for an effect that this call does not run itself: several steps, or another
    /// thread. Never blocks.
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
    // Caught, since freeing the key may run its destructor: a panic of that one, amid the effect's,
    // would abort the process.
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
