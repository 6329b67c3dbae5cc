//! The settings of a table.

use std::error::Error;
use std::fmt;
use std::marker::PhantomData;

use super::super::swap::time::{Duration, Instant};
use super::{IdempotencyTable, Token};

/// What happens to a new key when the table is full, and nothing in it has expired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnFull {
    /// The key is refused. No effect runs twice within the time to live.
    #[default]
    Refuse,
    /// The result that was completed first makes room. A later duplicate of its request runs the
    /// effect again; how often this may have happened is counted. Copies of a new request that come
    /// at the same time may each evict one.
    EvictOldestCompleted,
}

/// What a call does when another one runs the effect of its key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnInFlight {
    /// It waits, as long as it takes.
    #[default]
    Wait,
    /// It is refused at once, as the IETF's draft does with status 409.
    Reject,
    /// It waits for so long at most. Zero: it looks once. So long that the clock cannot tell the
    /// end: as long as it takes.
    WaitFor(Duration),
}

pub(super) struct Settings {
    pub(super) ttl: Duration,
    pub(super) lease: Option<Duration>,
    pub(super) max_entries: usize,
    pub(super) on_full: OnFull,
    pub(super) on_in_flight: OnInFlight,
    pub(super) clock: Box<dyn Fn() -> Instant + Send + Sync>,
}

/// Settings for a new [`IdempotencyTable`].
#[must_use = "settings do nothing until the table is built"]
pub struct IdempotencyTableBuilder<K, R> {
    settings: Settings,
    shards: usize,
    last_token: u64,
    table: PhantomData<fn() -> (K, R)>,
}

impl<K, R> IdempotencyTableBuilder<K, R> {
    pub(super) fn new() -> Self {
        IdempotencyTableBuilder {
            settings: Settings {
                ttl: Duration::from_secs(24 * 60 * 60),
                lease: None,
                max_entries: 65_536,
                on_full: OnFull::default(),
                on_in_flight: OnInFlight::default(),
                clock: Box::new(Instant::now),
            },
            shards: 16,
            last_token: 0,
            table: PhantomData,
        }
    }

    /// How long a result is replayed, from its completion on. Default: 24 hours, as Stripe's.
    ///
    /// It should be longer than the sender of a request goes on repeating it.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.settings.ttl = ttl;
        self
    }

    /// How long an effect may run before another call with its key may run it anew. Default: no
    /// limit.
    ///
    /// A run that fails, panics or is dropped frees its key without a lease. A lease is for runs
    /// that never come back; its price is that the effect runs a second time while a slow first
    /// one goes on. So set it only if the resource refuses outdated [tokens](Token). It counts from
    /// just before the key was claimed.
    pub fn in_flight_lease(mut self, lease: Duration) -> Self {
        self.settings.lease = Some(lease);
        self
    }

    /// How many entries the table holds at most, running and completed ones together. Default:
    /// 65,536. The limit is exact. A result that is gone, and is kept for a
    /// [`Waiter`](super::Waiter), is no entry.
    pub fn max_entries(mut self, entries: usize) -> Self {
        self.settings.max_entries = entries;
        self
    }

    /// What happens to a new key when the table is full. Default: it is refused.
    pub fn on_full(mut self, policy: OnFull) -> Self {
        self.settings.on_full = policy;
        self
    }

    /// What a call does when another one runs the effect of its key. Default: it waits.
    pub fn on_in_flight(mut self, policy: OnInFlight) -> Self {
        self.settings.on_in_flight = policy;
        self
    }

    /// Into how many parts, each with a lock of its own, the keys are divided. Default: 16.
    pub fn shards(mut self, shards: usize) -> Self {
        self.shards = shards;
        self
    }

    /// The clock by which results age and leases end. Default: [`Instant::now`].
    ///
    /// It is read outside of every lock. It may stand still, or jump ahead. It should not go back:
    /// a result that was completed while it was behind looks older, once it has recovered, by as
    /// much as it was behind, so that its effect may run again early. How long a call waits is
    /// measured by the machine's clock, whatever this one says; and a call that waits for the end
    /// of a lease sleeps for what is left of it, and then looks at this clock again: often, if this
    /// clock is coarse and stands just before that.
    ///
    /// If it panics when an effect was completed, the result is lost: the run has failed.
    pub fn clock(mut self, clock: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        self.settings.clock = Box::new(clock);
        self
    }

    /// The last token that was given out before: all of this table are greater. Default: none.
    ///
    /// For a table that takes the place of another one, so that the resource goes on refusing the
    /// tokens of that one's late runs.
    pub fn tokens_after(mut self, last: Token) -> Self {
        self.last_token = last.get();
        self
    }

    /// Builds the table. It allocates its entries as they come.
    ///
    /// # Errors
    /// If a setting makes no sense.
    pub fn build(self) -> Result<IdempotencyTable<K, R>, BuildError> {
        let Settings { ttl, lease, max_entries, .. } = self.settings;
        if ttl.is_zero() {
            return Err(BuildError::ZeroTtl);
        }
        match lease {
            Some(lease) if lease.is_zero() => return Err(BuildError::ZeroLease),
            Some(lease) if lease > ttl => {
                return Err(BuildError::LeaseLongerThanTtl { lease, ttl });
            }
            _ => {}
        }
        if max_entries == 0 {
            return Err(BuildError::ZeroEntries);
        }
        if self.shards == 0 {
            return Err(BuildError::ZeroShards);
        }
        Ok(IdempotencyTable::with(self.settings, self.shards, self.last_token))
    }
}

impl<K, R> fmt::Debug for IdempotencyTableBuilder<K, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { ttl, lease, max_entries, on_full, on_in_flight, clock: _ } = &self.settings;
        f.debug_struct("IdempotencyTableBuilder")
            .field("ttl", ttl)
            .field("in_flight_lease", lease)
            .field("max_entries", max_entries)
            .field("on_full", on_full)
            .field("on_in_flight", on_in_flight)
            .field("shards", &self.shards)
            .field("tokens_after", &self.last_token)
            .finish_non_exhaustive()
    }
}

/// A setting that makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// Results that expire at once are never replayed.
    ZeroTtl,
    /// A lease that is over at once protects nothing.
    ZeroLease,
    /// Duplicates are expected for the time to live: whoever still runs after that is no longer
    /// protected from them, whatever the lease says.
    LeaseLongerThanTtl {
        /// The lease.
        lease: Duration,
        /// The time to live.
        ttl: Duration,
    },
    /// A table without entries refuses every key.
    ZeroEntries,
    /// A table without shards has no place for a key.
    ZeroShards,
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BuildError::ZeroTtl => f.write_str("idempotency table with a time to live of zero"),
            BuildError::ZeroLease => f.write_str("idempotency table with a lease of zero"),
            BuildError::LeaseLongerThanTtl { lease, ttl } => write!(
                f,
                "idempotency table with a lease of {lease:?}, longer than its time to live of \
                 {ttl:?}"
            ),
            BuildError::ZeroEntries => f.write_str("idempotency table for 0 entries"),
            BuildError::ZeroShards => f.write_str("idempotency table with 0 shards"),
        }
    }
}

impl Error for BuildError {}
