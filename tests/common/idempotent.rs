//! Scenarios of effects that are asked for several times, for the idempotency table and its naive
//! twin.

use selvedge::naive::Idempotent;
use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU64, Ordering};
use selvedge::time::{Duration, Instant};
use selvedge::{Fingerprint, IdempotencyError, Outcome, thread};

/// The request that most scenarios repeat.
pub const PAY: Fingerprint = Fingerprint::new(30);

/// Another request.
pub const REFUND: Fingerprint = Fingerprint::new(31);

/// A unit of time.
pub const TICK: Duration = Duration::from_nanos(1);

/// A clock that stands still until it is set, on every engine.
#[derive(Clone)]
pub struct Clock {
    begin: Instant,
    ticks: Arc<AtomicU64>,
}

impl Clock {
    pub fn new() -> Self {
        Clock { begin: Instant::now(), ticks: Arc::new(AtomicU64::new(0)) }
    }

    pub fn now(&self) -> Instant {
        // Relaxed: a clock orders nothing.
        self.begin + Duration::from_nanos(self.ticks.load(Ordering::Relaxed))
    }

    pub fn advance(&self, by: Duration) {
        // Relaxed: as in `now`.
        self.ticks.fetch_add(u64::try_from(by.as_nanos()).unwrap(), Ordering::Relaxed);
    }

    pub fn source(&self) -> impl Fn() -> Instant + Send + Sync + use<> {
        let clock = self.clone();
        move || clock.now()
    }
}

/// Counts how often an effect ran.
#[derive(Clone, Default)]
pub struct Effect(Arc<AtomicU64>);

impl Effect {
    /// Runs it: returns 1 the first time, and one more each time.
    pub fn run(&self) -> u64 {
        // Relaxed: a count.
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// How often it ran, after all threads were joined.
    pub fn runs(&self) -> u64 {
        // Relaxed: as in `run`.
        self.0.load(Ordering::Relaxed)
    }
}

/// What a call of `execute` returns.
pub type Answer = Result<Outcome<u64>, IdempotencyError<u64, u64>>;

pub fn is_fresh(answer: &Answer) -> bool {
    answer.as_ref().is_ok_and(Outcome::is_fresh)
}

/// Runs functions of a table at the same time, the last one on the calling thread, and returns
/// their results.
pub fn race<T, A>(
    table: &Arc<T>,
    others: impl IntoIterator<Item = Box<dyn FnOnce(&T) -> A + Send>>,
    last: impl FnOnce(&T) -> A,
) -> Vec<A>
where
    T: Send + Sync + 'static,
    A: Send + 'static,
{
    let threads: Vec<_> = others
        .into_iter()
        .map(|function| {
            let table = Arc::clone(table);
            thread::spawn(move || function(&table))
        })
        .collect();
    let last = last(table);
    let joined = threads.into_iter().map(|thread| thread.join().expect("no thread panics"));
    joined.chain([last]).collect()
}

/// So many calls for one key at the same time.
fn duplicates<T: Idempotent>(
    table: &Arc<T>,
    calls: usize,
    effect: impl Fn() -> Result<u64, u64> + Clone + Send + 'static,
) -> Vec<Answer> {
    let call = || {
        let effect = effect.clone();
        Box::new(move |table: &T| table.execute(7, PAY, effect)) as Box<dyn FnOnce(&T) -> _ + Send>
    };
    let last = call();
    race(table, (1..calls).map(|_| call()), last)
}

/// Two calls for one key: the effect runs once, and both have its result.
pub fn duplicates_run_one_effect<T: Idempotent>() {
    let table = Arc::new(T::new(TICK, 4, Clock::new().source()));
    let effect = Effect::default();
    let counted = effect.clone();
    let answers = duplicates(&table, 2, move || Ok(counted.run()));
    assert_eq!(effect.runs(), 1, "the effect ran twice");
    assert_eq!(answers.iter().filter(|answer| is_fresh(answer)).count(), 1);
    assert!(answers.into_iter().all(|answer| answer.map(Outcome::into_value) == Ok(1)));
    assert_eq!(table.entries(), 1);
}

/// Three calls for one key, of whose runs the first fails. It takes three: the failed one, and two
/// that waited for it, of which one is the new owner, and the other goes on waiting.
pub fn one_waiter_follows_a_failure<T: Idempotent>() {
    let table = Arc::new(T::new(TICK, 1, Clock::new().source()));
    let effect = Effect::default();
    let counted = effect.clone();
    let answers = duplicates(&table, 3, move || match counted.run() {
        1 => Err(1),
        run => Ok(run),
    });
    let count = |wanted: &Answer| answers.iter().filter(|answer| *answer == wanted).count();
    assert_eq!(effect.runs(), 2, "the effect ran again after it had succeeded");
    assert_eq!(count(&Err(IdempotencyError::Operation(1))), 1, "the error is its own run's");
    assert_eq!(count(&Ok(Outcome::Fresh(2))), 1);
    assert_eq!(count(&Ok(Outcome::Replayed { value: 2, age: Duration::ZERO })), 1);
}

/// Two requests under one key: one of them runs, the other is told.
pub fn another_request_is_refused<T: Idempotent>() {
    let table = Arc::new(T::new(TICK, 4, Clock::new().source()));
    let call = |fingerprint: Fingerprint, value: u64| {
        move |table: &T| -> Answer { table.execute(7, fingerprint, || Ok(value)) }
    };
    let answers = race(&table, [Box::new(call(PAY, 30)) as _], call(REFUND, 31));
    let refused = Err(IdempotencyError::FingerprintMismatch);
    assert_eq!(answers.iter().filter(|answer| is_fresh(answer)).count(), 1, "both ran");
    assert_eq!(answers.iter().filter(|answer| **answer == refused).count(), 1);
}

/// A result expires, and two calls find it so: the effect runs once more.
pub fn an_expired_result_is_run_again_once<T: Idempotent>() {
    let clock = Clock::new();
    let table = Arc::new(T::new(TICK, 1, clock.source()));
    let effect = Effect::default();
    let first: Answer = table.execute(7, REFUND, || Ok(effect.run()));
    assert_eq!(first, Ok(Outcome::Fresh(1)));
    clock.advance(TICK);
    let counted = effect.clone();
    let answers = duplicates(&table, 2, move || Ok(counted.run()));
    assert_eq!(effect.runs(), 2, "the effect ran twice for one expiry");
    assert!(answers.into_iter().all(|answer| answer.map(Outcome::into_value) == Ok(2)));
}

/// Two keys, and room for one.
pub fn the_limit_is_exact<T: Idempotent>() {
    let table = Arc::new(T::new(TICK, 1, Clock::new().source()));
    let call = |key: u64| move |table: &T| -> Answer { table.execute(key, PAY, || Ok(key)) };
    let answers = race(&table, [Box::new(call(1)) as _], call(2));
    let full = Err(IdempotencyError::CapacityExhausted);
    assert_eq!(answers.iter().filter(|answer| is_fresh(answer)).count(), 1);
    assert_eq!(answers.iter().filter(|answer| **answer == full).count(), 1);
    assert_eq!(table.entries(), 1);
}
