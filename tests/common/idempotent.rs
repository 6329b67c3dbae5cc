//! What scenarios of the idempotency table have in common.

use selvedge::idempotency_table::{Claim, Ownership, Waiter};
use selvedge::{Fingerprint, IdempotencyTable};

/// The request that most tests repeat.
pub const PAY: Fingerprint = Fingerprint::new(30);

/// Claims a key that is free.
pub fn owned<R>(table: &IdempotencyTable<u64, R>, key: u64) -> Ownership<'_, u64, R> {
    match table.begin(&key, PAY) {
        Ok(Claim::Owned(ownership)) => ownership,
        Ok(_) => panic!("key {key} is in use"),
        Err(error) => panic!("key {key}: {error}"),
    }
}

/// Waits for a key that is in flight.
pub fn waiter<R>(table: &IdempotencyTable<u64, R>, key: u64) -> Waiter<'_, u64, R> {
    match table.begin(&key, PAY) {
        Ok(Claim::InFlight(waiter)) => waiter,
        Ok(_) => panic!("key {key} is not in flight"),
        Err(error) => panic!("key {key}: {error}"),
    }
}

/// The result of a key that is completed.
pub fn result(table: &IdempotencyTable<u64, u64>, key: u64) -> u64 {
    match table.begin(&key, PAY) {
        Ok(Claim::Replayed { value, .. }) => *value,
        Ok(_) => panic!("key {key} has no result"),
        Err(error) => panic!("key {key}: {error}"),
    }
}
