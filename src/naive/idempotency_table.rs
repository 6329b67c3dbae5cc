//! The twin of [`crate::IdempotencyTable`]: a map behind a lock, that is asked before the effect
//! and told after it.
//!
//! The mistake: every step is safe by itself, and between two of them the effect runs. Whoever asks
//! in the meantime is told that nobody has run it.

use std::collections::HashMap;

use super::Idempotent;
use crate::idempotency_table::{BeginError, Fingerprint, IdempotencyError, Outcome};
use crate::swap::hash::RandomState;
use crate::swap::sync::Mutex;
use crate::swap::time::{Duration, Instant};

/// Results by key.
pub struct IdempotencyTable {
    results: Mutex<HashMap<u64, Done, RandomState>>,
    ttl: Duration,
    max_entries: usize,
    clock: Box<dyn Fn() -> Instant + Send + Sync>,
}

/// A result, what it is of, and when it was there.
#[derive(Clone, Copy)]
struct Done {
    value: u64,
    fingerprint: Fingerprint,
    at: Instant,
}

impl Idempotent for IdempotencyTable {
    fn new(
        ttl: Duration,
        max_entries: usize,
        clock: impl Fn() -> Instant + Send + Sync + 'static,
    ) -> Self {
        let results = Mutex::new(HashMap::default());
        IdempotencyTable { results, ttl, max_entries, clock: Box::new(clock) }
    }

    fn execute<E>(
        &self,
        key: u64,
        fingerprint: Fingerprint,
        effect: impl FnOnce() -> Result<u64, E>,
    ) -> Result<Outcome<u64>, IdempotencyError<u64, E>> {
        let now = (self.clock)();
        let (found, entries) = {
            let mut results = self.results.lock();
            results.retain(|_, done| now.saturating_duration_since(done.at) < self.ttl);
            (results.get(&key).copied(), results.len())
        };
        if let Some(Done { value, fingerprint: found, at }) = found {
            if found != fingerprint {
                return Err(BeginError::FingerprintMismatch.into());
            }
            return Ok(Outcome::Replayed { value, age: now.saturating_duration_since(at) });
        }
        if entries >= self.max_entries {
            return Err(BeginError::CapacityExhausted.into());
        }
        let value = effect().map_err(IdempotencyError::Operation)?;
        let done = Done { value, fingerprint, at: (self.clock)() };
        self.results.lock().insert(key, done);
        Ok(Outcome::Fresh(value))
    }

    fn entries(&self) -> usize {
        self.results.lock().len()
    }
}
