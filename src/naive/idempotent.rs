//! What the idempotency table and its twin have in common.

use crate::idempotency_table::{Fingerprint, IdempotencyError, Outcome};
use crate::swap::time::{Duration, Instant};

/// Effects that run once per key: what the idempotency table and its naive twin have in common.
pub trait Idempotent: Send + Sync + 'static {
    /// A table for so many entries, whose results are replayed for `ttl` by this clock.
    fn new(
        ttl: Duration,
        max_entries: usize,
        clock: impl Fn() -> Instant + Send + Sync + 'static,
    ) -> Self;

    /// Runs `effect`, unless it was run for this key, and returns its result in either case.
    ///
    /// # Errors
    /// The effect's own, or what kept it from being run.
    fn execute<E>(
        &self,
        key: u64,
        fingerprint: Fingerprint,
        effect: impl FnOnce() -> Result<u64, E>,
    ) -> Result<Outcome<u64>, IdempotencyError<u64, E>>;

    /// How many entries there are.
    fn entries(&self) -> usize;
}

impl Idempotent for crate::IdempotencyTable<u64, u64> {
    fn new(
        ttl: Duration,
        max_entries: usize,
        clock: impl Fn() -> Instant + Send + Sync + 'static,
    ) -> Self {
        let builder = Self::builder().ttl(ttl).max_entries(max_entries).shards(1).clock(clock);
        builder.build().expect("the settings make sense")
    }

    fn execute<E>(
        &self,
        key: u64,
        fingerprint: Fingerprint,
        effect: impl FnOnce() -> Result<u64, E>,
    ) -> Result<Outcome<u64>, IdempotencyError<u64, E>> {
        self.execute(&key, fingerprint, |_| effect())
    }

    fn entries(&self) -> usize {
        self.stats().entries
    }
}
