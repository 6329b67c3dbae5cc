//! The guarantees of `IdempotencyTable` that are about time, as scenarios: leases, expiry,
//! timeouts, and what is forgotten in the meantime.

#[path = "common/clock.rs"]
mod clock;
#[path = "common/idempotent.rs"]
mod idempotent;

use clock::{Clock, TICK};
use idempotent::{PAY, owned, result, waiter};
use selvedge::idempotency_table::{
    Claim, Forgotten, IdempotencyError, IdempotencyTableBuilder, LeaseLost, Outcome,
};
use selvedge::naive::{self, Idempotent};
use selvedge::scenario::Scenario;
use selvedge::sync::atomic::{AtomicU64, Ordering};
use selvedge::time::{self, Duration};
use selvedge::{IdempotencyTable, thread};

type Table = IdempotencyTable<u64, u64>;
type NaiveTable = naive::IdempotencyTable;

/// What a call of `execute` returns.
type Answer = Result<Outcome<u64>, IdempotencyError<u64, u64>>;

/// On real threads it passes by itself, so that it may end at any time.
const LEASE: Duration = Duration::from_micros(1);

/// One shard, so that all keys meet.
fn builder() -> IdempotencyTableBuilder<u64, u64> {
    IdempotencyTable::builder().shards(1)
}

/// A table by the scenario's clock, in which a run may be taken over.
fn leasing() -> Table {
    builder().in_flight_lease(LEASE).build().unwrap()
}

#[test]
fn g4_a_late_result_changes_nothing() {
    Scenario::new("idempotency: a late result changes nothing").check(|| {
        let table = leasing();
        let late = owned(&table, 7);
        let first = late.token();
        let (completed, other): (_, Answer) = thread::scope(|scope| {
            let completes = scope.spawn(|| {
                time::advance(LEASE);
                late.complete(1).map(|value| *value)
            });
            let other = table.execute(&7, PAY, |token| {
                assert!(token > first, "the resource refuses token {token}");
                Ok(2)
            });
            (completes.join().unwrap(), other)
        });
        match (completed, other) {
            (Ok(1), Ok(Outcome::Replayed { value: 1, .. })) => assert_eq!(result(&table, 7), 1),
            (Err(LeaseLost(1)), Ok(Outcome::Fresh(2))) => assert_eq!(result(&table, 7), 2),
            other => panic!("two results: {other:?}"),
        }
    });
}

#[test]
fn g4_a_late_failure_changes_nothing() {
    Scenario::new("idempotency: a late failure changes nothing").check(|| {
        let table = leasing();
        let late = owned(&table, 7);
        let other: Answer = thread::scope(|scope| {
            scope.spawn(|| {
                time::advance(LEASE);
                drop(late);
            });
            table.execute(&7, PAY, |_| Ok(2))
        });
        assert_eq!(other, Ok(Outcome::Fresh(2)));
        assert_eq!(result(&table, 7), 2, "the late run removed the result of the other one");
        assert_eq!(table.stats().entries, 1);
    });
}

#[test]
fn g4_a_waiter_takes_over_by_itself() {
    Scenario::new("idempotency: a waiter takes over by itself").check(|| {
        let table = leasing();
        let stuck = owned(&table, 7);
        let waiter = waiter_or_owner(&table);
        thread::scope(|scope| {
            scope.spawn(|| match waiter {
                Claim::InFlight(waiter) => hand_in(waiter.wait().unwrap(), 2),
                claim => hand_in(claim, 2),
            });
            time::advance(LEASE);
        });
        assert_eq!(stuck.complete(1), Err(LeaseLost(1)));
        assert_eq!(result(&table, 7), 2);
    });
}

/// What a second call finds: on real threads the lease may have ended already.
fn waiter_or_owner(table: &Table) -> Claim<'_, u64, u64> {
    table.begin(&7, PAY).unwrap()
}

/// Completes a claim that is expected to be the caller's.
fn hand_in(claim: Claim<'_, u64, u64>, value: u64) {
    match claim {
        Claim::Owned(ownership) => drop(ownership.complete(value)),
        _ => panic!("the key is not the caller's"),
    }
}

/// Two wait, and one of them takes over. It takes three threads: the other one sleeps on, in front
/// of the new owner.
#[test]
fn g4_a_takeover_keeps_the_waiters() {
    Scenario::new("idempotency: a takeover keeps the waiters").preemption_bound(2).check(|| {
        let table = leasing();
        let stuck = owned(&table, 7);
        let claims = [waiter_or_owner(&table), waiter_or_owner(&table)];
        thread::scope(|scope| {
            for claim in claims {
                scope.spawn(|| match claim {
                    Claim::InFlight(waiter) => match waiter.wait() {
                        Ok(Claim::Owned(ownership)) => drop(ownership.complete(2)),
                        Ok(Claim::Replayed { value, .. }) => assert_eq!(*value, 2),
                        other => panic!("waited in vain: {other:?}"),
                    },
                    claim => hand_in(claim, 2),
                });
            }
            time::advance(LEASE);
        });
        assert_eq!(stuck.complete(1), Err(LeaseLost(1)));
        assert_eq!(result(&table, 7), 2);
    });
}

/// A result expires, and two calls find it so: the effect runs once more.
fn an_expired_result_is_run_again_once<T: Idempotent>() {
    let clock = Clock::new();
    let (table, runs) = (T::new(TICK, 1, clock.source()), AtomicU64::new(0));
    // Relaxed: a count, looked at after the threads were joined.
    let call =
        || -> Answer { table.execute(7, PAY, || Ok(runs.fetch_add(1, Ordering::Relaxed) + 1)) };
    assert_eq!(call(), Ok(Outcome::Fresh(1)));
    clock.advance(TICK);
    let answers = thread::scope(|scope| {
        let other = scope.spawn(call);
        [call(), other.join().unwrap()]
    });
    assert!(answers.into_iter().all(|answer| answer.map(Outcome::into_value) == Ok(2)));
    // Relaxed: as above.
    assert_eq!(runs.load(Ordering::Relaxed), 2, "the effect ran twice for one expiry");
}

#[test]
fn g7_an_expired_result_is_run_again_once() {
    Scenario::new("idempotency: an expired result is run again once")
        .check(an_expired_result_is_run_again_once::<Table>);
}

#[test]
fn naive_table_runs_an_expired_effect_twice() {
    Scenario::new("naive idempotency: an expired effect runs twice")
        .refute(an_expired_result_is_run_again_once::<NaiveTable>);
}

#[test]
fn g7_expiry_races_a_duplicate() {
    Scenario::new("idempotency: expiry races a duplicate").check(|| {
        let clock = Clock::new();
        let table = builder().ttl(TICK).clock(clock.source()).build().unwrap();
        drop(owned(&table, 7).complete(1));
        let answer: Answer = thread::scope(|scope| {
            scope.spawn(|| clock.advance(TICK));
            table.execute(&7, PAY, |_| Ok(2))
        });
        match answer {
            // The age is that of the moment at which it was found, or a later one.
            Ok(Outcome::Replayed { value: 1, age }) => assert!(age <= TICK),
            answer => assert_eq!(answer, Ok(Outcome::Fresh(2))),
        }
    });
}

/// Who waited for a run gets its result, although others find that it has expired.
#[test]
fn g7_an_expired_result_reaches_its_waiter() {
    Scenario::new("idempotency: an expired result reaches its waiter").check(|| {
        let clock = Clock::new();
        let table = builder().ttl(TICK).clock(clock.source()).build().unwrap();
        let run = owned(&table, 7);
        let waiter = waiter(&table, 7);
        thread::scope(|scope| {
            scope.spawn(|| match waiter.wait() {
                Ok(Claim::Replayed { value, .. }) => assert_eq!(*value, 1),
                other => panic!("waited in vain: {other:?}"),
            });
            drop(run.complete(1));
            clock.advance(TICK);
            hand_in(waiter_or_owner(&table), 2);
        });
        assert_eq!(result(&table, 7), 2);
        assert_eq!(table.stats().entries, 1);
    });
}

#[test]
fn g9_forgetting_races_a_completion() {
    Scenario::new("idempotency: forgetting races a completion").check(|| {
        let table = builder().build().unwrap();
        let run = owned(&table, 7);
        let forgotten = thread::scope(|scope| {
            scope.spawn(|| run.complete(1).expect("a run is not forgotten"));
            table.forget(&7)
        });
        match forgotten {
            Forgotten::InFlight => assert_eq!(result(&table, 7), 1),
            Forgotten::Removed => hand_in(waiter_or_owner(&table), 2),
            Forgotten::Absent => panic!("the key was in use all the time"),
        }
    });
}

#[test]
fn g9_a_purge_spares_the_run_after_it() {
    Scenario::new("idempotency: a purge spares the run after it").check(|| {
        let clock = Clock::new();
        let table = builder().ttl(TICK).clock(clock.source()).build().unwrap();
        drop(owned(&table, 7).complete(1));
        clock.advance(TICK);
        thread::scope(|scope| {
            scope.spawn(|| {
                assert_eq!(table.forget(&7), Forgotten::Absent, "it has expired");
                drop(owned(&table, 7).complete(2));
            });
            assert!(table.purge_expired() <= 1);
        });
        assert_eq!(result(&table, 7), 2, "the purge took the new result for the old one");
        assert_eq!(table.stats().expired, 1);
    });
}

#[test]
fn g10_a_timeout_races_a_completion() {
    Scenario::new("idempotency: a timeout races a completion").check(|| {
        let table = builder().build().unwrap();
        let run = owned(&table, 7);
        let waiter = waiter(&table, 7);
        thread::scope(|scope| {
            let waits = scope.spawn(|| match waiter.wait_for(LEASE).unwrap() {
                Claim::InFlight(waiter) => waiter.wait().unwrap(),
                claim => claim,
            });
            time::advance(LEASE);
            drop(run.complete(1));
            match waits.join().unwrap() {
                Claim::Replayed { value, .. } => assert_eq!(*value, 1),
                other => panic!("waited in vain: {other:?}"),
            }
        });
    });
}

#[test]
fn g10_a_timeout_beyond_the_end_of_time_is_none() {
    Scenario::new("idempotency: a timeout beyond the end of time is none").check(|| {
        let table = builder().build().unwrap();
        let run = owned(&table, 7);
        let waiter = waiter(&table, 7);
        thread::scope(|scope| {
            scope.spawn(|| match waiter.wait_for(Duration::MAX) {
                Ok(Claim::Replayed { value, .. }) => assert_eq!(*value, 1),
                other => panic!("waited in vain: {other:?}"),
            });
            drop(run.complete(1));
        });
    });
}

#[test]
fn g10_a_timeout_passes_the_key_on() {
    Scenario::new("idempotency: a timeout passes the key on").check(|| {
        let table = builder().build().unwrap();
        let run = owned(&table, 7);
        let waiter = waiter(&table, 7);
        thread::scope(|scope| {
            let waits = scope.spawn(|| match waiter.wait_for(LEASE).unwrap() {
                // Nobody waits any longer.
                Claim::InFlight(waiter) => drop(waiter),
                claim => hand_in(claim, 1),
            });
            time::advance(LEASE);
            run.fail();
            waits.join().unwrap();
        });
        let stats = table.stats();
        assert_eq!(stats.entries as u64, stats.fresh, "an entry that nobody waits for is left");
    });
}

#[test]
fn g10_a_run_does_not_wait_for_itself() {
    Scenario::new("idempotency: a run does not wait for itself").check(|| {
        let table = builder().build().unwrap();
        let call = || -> Answer {
            table.execute(&7, PAY, |_| {
                let again: Answer = table.execute(&7, PAY, |_| Ok(2));
                assert_eq!(again, Err(IdempotencyError::Reentrant));
                Ok(1)
            })
        };
        let answers = thread::scope(|scope| {
            let other = scope.spawn(call);
            [call(), other.join().unwrap()]
        });
        assert!(answers.into_iter().all(|answer| answer.map(Outcome::into_value) == Ok(1)));
    });
}
