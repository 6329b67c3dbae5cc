//! A copied `IdempotencyTable` between two real threads.

use std::sync::atomic::{AtomicU64, Ordering};

use copied::shared::idempotency_table::{
    Fingerprint, IdempotencyError, IdempotencyTable, OnInFlight, Outcome,
};

const REQUESTS: u64 = 2_000;

#[test]
fn two_threads_run_each_effect_once() {
    let table = IdempotencyTable::<u64, u64>::builder().build().unwrap();
    let effects = AtomicU64::new(0);
    let pay = || {
        for request in 0..REQUESTS {
            let answer = table.execute(&request, Fingerprint::of(&request), |_| {
                effects.fetch_add(1, Ordering::Relaxed);
                Ok::<_, ()>(request + 1)
            });
            assert_eq!(answer.map(Outcome::into_value), Ok(request + 1));
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(pay);
        pay();
    });
    assert_eq!(effects.into_inner(), REQUESTS);
    let stats = table.stats();
    assert_eq!((stats.fresh, stats.replayed, stats.in_flight), (REQUESTS, REQUESTS, 0));
    let other = Fingerprint::of("another request");
    let refused = table.execute_with(OnInFlight::Reject, &0, other, |_| Ok::<_, ()>(0));
    assert_eq!(refused, Err(IdempotencyError::FingerprintMismatch));
}
