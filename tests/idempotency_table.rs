//! The guarantees of `IdempotencyTable` as scenarios, and its naive twin, which breaks them: how
//! often effects run, and who gets what of them. `idempotency_table_time.rs` has what is about
//! time.

#[path = "common/idempotent.rs"]
mod idempotent;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use idempotent::{PAY, owned, result, waiter};
use selvedge::idempotency_table::{
    BeginError, Claim, IdempotencyError, IdempotencyTableBuilder, OnFull, Outcome, Ownership,
};
use selvedge::naive::{self, Idempotent};
use selvedge::scenario::Scenario;
use selvedge::sync::atomic::{AtomicU64, Ordering};
use selvedge::sync::{Arc, Mutex, Weak};
use selvedge::time::{Duration, Instant};
use selvedge::{Fingerprint, IdempotencyTable, thread};

type Table = IdempotencyTable<u64, u64>;
type NaiveTable = naive::IdempotencyTable;

/// What a call of `execute` returns.
type Answer = Result<Outcome<u64>, IdempotencyError<u64, u64>>;

/// Another request than [`PAY`].
const REFUND: Fingerprint = Fingerprint::new(31);

/// One shard, so that all keys meet.
fn builder<R>() -> IdempotencyTableBuilder<u64, R> {
    IdempotencyTable::builder().shards(1)
}

/// As [`builder`], for the table and its twin.
fn small<T: Idempotent>(max_entries: usize) -> T {
    T::new(Duration::from_secs(3_600), max_entries, Instant::now)
}

/// Counts how often an effect ran.
#[derive(Clone, Default)]
struct Effect(Arc<AtomicU64>);

impl Effect {
    /// Runs it: returns 1 the first time, and one more each time.
    fn run(&self) -> u64 {
        // Relaxed: a count.
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// How often it ran, after all threads were joined.
    fn runs(&self) -> u64 {
        // Relaxed: as in `run`.
        self.0.load(Ordering::Relaxed)
    }
}

/// Runs functions at the same time, the last one on the calling thread, and returns their results.
fn race<A: Send, const N: usize>(
    others: [&(dyn Fn() -> A + Sync); N],
    last: impl FnOnce() -> A,
) -> Vec<A> {
    thread::scope(|scope| {
        let threads = others.map(|other| scope.spawn(other));
        let last = last();
        let others = threads.map(|thread| thread.join().expect("no thread panics"));
        others.into_iter().chain([last]).collect()
    })
}

fn count(answers: &[Answer], wanted: impl Fn(&Answer) -> bool) -> usize {
    answers.iter().filter(|answer| wanted(answer)).count()
}

fn is_fresh(answer: &Answer) -> bool {
    answer.as_ref().is_ok_and(Outcome::is_fresh)
}

/// Two calls for one key: the effect runs once, and both have its result.
fn duplicates_run_one_effect<T: Idempotent>() {
    let (table, effect) = (small::<T>(4), Effect::default());
    let call = || -> Answer { table.execute(7, PAY, || Ok(effect.run())) };
    let answers = race([&call], call);
    assert_eq!(effect.runs(), 1, "the effect ran twice");
    assert_eq!(count(&answers, is_fresh), 1);
    assert!(answers.into_iter().all(|answer| answer.map(Outcome::into_value) == Ok(1)));
    assert_eq!(table.entries(), 1);
}

#[test]
fn g1_duplicates_run_one_effect() {
    Scenario::new("idempotency: duplicates run one effect")
        .check(duplicates_run_one_effect::<Table>);
}

#[test]
fn naive_table_runs_an_effect_twice() {
    Scenario::new("naive idempotency: an effect runs twice")
        .refute(duplicates_run_one_effect::<NaiveTable>);
}

/// Three calls for one key, of whose runs the first fails. It takes three: the failed one, and two
/// that waited for it, of which one is the new owner, and the other goes on waiting.
fn one_waiter_follows_a_failure<T: Idempotent>() {
    let (table, effect) = (small::<T>(1), Effect::default());
    let call = || -> Answer {
        table.execute(7, PAY, || match effect.run() {
            1 => Err(1),
            run => Ok(run),
        })
    };
    let answers = race([&call, &call], call);
    assert_eq!(effect.runs(), 2, "the effect ran again after it had succeeded");
    let failed = Err(IdempotencyError::Operation(1));
    assert_eq!(count(&answers, |answer| *answer == failed), 1, "the error is its own run's");
    assert_eq!(count(&answers, is_fresh), 1);
    let replayed = |answer: &Answer| matches!(answer, Ok(Outcome::Replayed { value: 2, .. }));
    assert_eq!(count(&answers, replayed), 1);
}

// Three threads that sleep and wake are too many for loom, but for those that rarely interrupt
// each other.
const FEW: u8 = 3;

#[test]
fn g2_one_waiter_follows_a_failure() {
    Scenario::new("idempotency: one waiter follows a failure")
        .preemption_bound(FEW)
        .check(one_waiter_follows_a_failure::<Table>);
}

#[test]
fn naive_table_runs_all_after_a_failure() {
    Scenario::new("naive idempotency: all run after a failure")
        .preemption_bound(FEW)
        .refute(one_waiter_follows_a_failure::<NaiveTable>);
}

/// Two wait for a run, which ends as `end` says. Returns how many of the two ran the effect.
fn two_wait(table: &Table, end: impl FnOnce(Ownership<'_, u64, u64>)) -> u64 {
    let run = owned(table, 7);
    let waiters = [waiter(table, 7), waiter(table, 7)];
    thread::scope(|scope| {
        let threads = waiters.map(|waiter| {
            scope.spawn(|| match waiter.wait() {
                Ok(Claim::Owned(ownership)) => *ownership.complete(1).unwrap(),
                Ok(Claim::Replayed { value, .. }) => *value - 1,
                other => panic!("waited in vain: {other:?}"),
            })
        });
        end(run);
        threads.map(|thread| thread.join().unwrap()).iter().sum()
    })
}

#[test]
fn g1_all_who_wait_get_the_result() {
    Scenario::new("idempotency: all who wait get the result").preemption_bound(FEW).check(|| {
        let table = builder().build().unwrap();
        assert_eq!(two_wait(&table, |run| drop(run.complete(1))), 0);
        assert_eq!(table.stats().replayed, 2);
    });
}

#[test]
fn g2_one_of_two_waiters_takes_over() {
    Scenario::new("idempotency: one of two waiters takes over").preemption_bound(FEW).check(|| {
        let table = builder().build().unwrap();
        assert_eq!(two_wait(&table, |run| run.fail()), 1);
        let stats = table.stats();
        assert_eq!((stats.fresh, stats.replayed, stats.failed, stats.entries), (1, 1, 1, 1));
    });
}

#[test]
fn g2_a_dropped_ownership_races_a_newcomer() {
    Scenario::new("idempotency: a dropped ownership races a newcomer").check(|| {
        let table = builder::<u64>().max_entries(1).build().unwrap();
        let dropped = owned(&table, 7);
        let answer = thread::scope(|scope| {
            let other = scope.spawn(|| table.execute(&8, PAY, |_| Ok::<_, u64>(8)));
            drop(dropped);
            other.join().unwrap()
        });
        if let Err(error) = &answer {
            assert_eq!(*error, IdempotencyError::CapacityExhausted);
        }
        let entries = usize::from(answer.is_ok());
        assert_eq!(table.stats().entries, entries, "the count is not exact");
    });
}

#[test]
fn g3_a_panic_frees_the_key_for_a_waiter() {
    Scenario::new("idempotency: a panic frees the key for a waiter").check(|| {
        let table: Table = builder().build().unwrap();
        let answers = thread::scope(|scope| {
            let panics = scope.spawn(|| {
                let call = || {
                    table.execute(&7, PAY, |_| -> Result<u64, u64> {
                        // Not `panic!`, which would print.
                        resume_unwind(Box::new("the effect's panic"))
                    })
                };
                catch_unwind(AssertUnwindSafe(call))
                    .map_err(|panic| *panic.downcast::<&str>().unwrap())
            });
            let other: Answer = table.execute(&7, PAY, |_| Ok(2));
            (panics.join().unwrap(), other)
        });
        match answers {
            (Err(panic), Ok(Outcome::Fresh(2))) => assert_eq!(panic, "the effect's panic"),
            (Ok(Ok(Outcome::Replayed { value: 2, .. })), Ok(Outcome::Fresh(2))) => {}
            other => panic!("{other:?}"),
        }
        assert_eq!(result(&table, 7), 2);
    });
}

#[test]
fn g5_a_resource_sees_growing_tokens() {
    Scenario::new("idempotency: a resource sees growing tokens").check(|| {
        let table: Table = builder().build().unwrap();
        let seen = Mutex::new(None);
        let call = || -> Answer {
            table.execute(&7, PAY, |token| {
                let before = seen.lock().replace(token);
                assert!(before < Some(token), "the resource refuses token {token}");
                Err(token.get())
            })
        };
        let answers = race([&call], call);
        assert!(answers.iter().all(|answer| matches!(answer, Err(IdempotencyError::Operation(_)))));
        assert_eq!(table.stats().entries, 0);
    });
}

/// Two requests under one key: one of them runs, the other is told, whether the first one is in
/// flight or completed.
fn another_request_is_refused<T: Idempotent>() {
    let table = small::<T>(4);
    let call = |request: Fingerprint| -> Answer { table.execute(7, request, || Ok(1)) };
    let answers = race([&|| call(PAY)], || call(REFUND));
    assert_eq!(count(&answers, is_fresh), 1, "both ran");
    let refused = Err(IdempotencyError::FingerprintMismatch);
    assert_eq!(count(&answers, |answer| *answer == refused), 1);
}

#[test]
fn g6_another_request_is_refused() {
    Scenario::new("idempotency: another request is refused")
        .check(another_request_is_refused::<Table>);
}

#[test]
fn naive_table_runs_two_requests_of_one_key() {
    Scenario::new("naive idempotency: two requests of one key run")
        .refute(another_request_is_refused::<NaiveTable>);
}

/// A run fails, and another request takes its key: who waited for the first one is told.
#[test]
fn g6_a_waiter_learns_that_another_request_came() {
    Scenario::new("idempotency: a waiter learns that another request came").check(|| {
        let table = builder().build().unwrap();
        let failed = owned(&table, 7);
        let waiter = waiter(&table, 7);
        thread::scope(|scope| {
            let waits = scope.spawn(|| match waiter.wait() {
                Ok(Claim::Owned(ownership)) => Ok(ownership.complete(1).map(|value| *value)),
                Ok(_) => panic!("the result of another request"),
                Err(error) => Err(error),
            });
            failed.fail();
            let other: Answer = table.execute(&7, REFUND, |_| Ok(2));
            match waits.join().unwrap() {
                Ok(completed) => {
                    assert_eq!(completed, Ok(1));
                    assert_eq!(other, Err(IdempotencyError::FingerprintMismatch));
                }
                Err(error) => {
                    assert_eq!(error, BeginError::FingerprintMismatch);
                    assert_eq!(other, Ok(Outcome::Fresh(2)));
                }
            }
        });
    });
}

/// Two keys, and room for one.
fn the_limit_is_exact<T: Idempotent>() {
    let table = small::<T>(1);
    let call = |key: u64| -> Answer { table.execute(key, PAY, || Ok(key)) };
    let answers = race([&|| call(1)], || call(2));
    assert_eq!(count(&answers, is_fresh), 1);
    let full = Err(IdempotencyError::CapacityExhausted);
    assert_eq!(count(&answers, |answer| *answer == full), 1);
    assert_eq!(table.entries(), 1);
}

#[test]
fn g8_the_limit_is_exact() {
    Scenario::new("idempotency: the limit is exact").check(the_limit_is_exact::<Table>);
}

#[test]
fn naive_table_exceeds_its_limit() {
    Scenario::new("naive idempotency: the limit is exceeded")
        .refute(the_limit_is_exact::<NaiveTable>);
}

#[test]
fn g8_the_limit_is_exact_over_shards() {
    Scenario::new("idempotency: the limit is exact over shards").check(|| {
        let table: Table = builder().shards(8).max_entries(1).build().unwrap();
        // In two shards, as the fixed keys of the engines' hasher have it.
        let claims = race([&|| table.begin(&1, PAY)], || table.begin(&2, PAY));
        let entries = table.stats().entries;
        let refused = claims.into_iter().filter_map(Result::err).collect::<Vec<_>>();
        assert_eq!((entries, refused), (1, vec![BeginError::CapacityExhausted]));
    });
}

#[test]
fn g8_a_duplicate_needs_no_room() {
    Scenario::new("idempotency: a duplicate needs no room").check(|| {
        let table: Table = builder().max_entries(1).build().unwrap();
        let call = || -> Answer { table.execute(&7, PAY, |_| Ok(1)) };
        let answers = race([&call], call);
        assert!(answers.iter().all(Result::is_ok), "a duplicate was refused: {answers:?}");
    });
}

#[test]
fn g8_eviction_spares_runs() {
    Scenario::new("idempotency: eviction spares runs").check(|| {
        let evict = OnFull::EvictOldestCompleted;
        let table = builder().max_entries(1).on_full(evict).build().unwrap();
        let run = owned(&table, 1);
        let (completed, other): (_, Answer) = thread::scope(|scope| {
            let completes = scope.spawn(|| run.complete(1).map(|value| *value));
            let other = table.execute(&2, PAY, |_| Ok(2));
            (completes.join().unwrap(), other)
        });
        assert_eq!(completed, Ok(1), "a run was evicted");
        let stats = table.stats();
        assert_eq!(stats.entries, 1);
        match other {
            Ok(outcome) => assert_eq!((outcome, stats.evicted), (Outcome::Fresh(2), 1)),
            Err(error) => {
                assert_eq!((error, stats.refused), (IdempotencyError::CapacityExhausted, 1))
            }
        }
    });
}

#[test]
fn g11_an_effect_may_use_other_keys_of_its_shard() {
    Scenario::new("idempotency: an effect may use other keys of its shard").check(|| {
        let (table, inner): (Table, _) = (builder().build().unwrap(), Effect::default());
        let other = || -> Answer { table.execute(&2, PAY, |_| Ok(inner.run())) };
        let outer = || -> Answer { table.execute(&1, PAY, |_| Ok(other().unwrap().into_value())) };
        let answers = race([&other], outer);
        assert!(answers.into_iter().all(|answer| answer.map(Outcome::into_value) == Ok(1)));
        assert_eq!(inner.runs(), 1);
    });
}

/// A result whose destructor uses the table that it was in.
struct Nosy(Weak<IdempotencyTable<u64, Nosy>>);

impl Drop for Nosy {
    fn drop(&mut self) {
        if let Some(table) = self.0.upgrade() {
            assert!(table.stats().entries <= 1);
            table.forget(&1);
        }
    }
}

#[test]
fn g11_destructors_may_use_the_table() {
    Scenario::new("idempotency: destructors may use the table").check(|| {
        let evict = OnFull::EvictOldestCompleted;
        let table = Arc::new(builder().max_entries(1).on_full(evict).build().unwrap());
        let nosy = || Nosy(Arc::downgrade(&table));
        let run = owned(&table, 1);
        thread::scope(|scope| {
            scope.spawn(|| {
                drop(run.complete(nosy()));
                table.forget(&1);
            });
            if let Ok(Claim::Owned(run)) = table.begin(&2, PAY) {
                drop(run.complete(nosy()));
            }
        });
    });
}
