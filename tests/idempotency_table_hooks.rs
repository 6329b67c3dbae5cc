//! `IdempotencyTable` on one thread, with keys and results that misbehave, and at its limits.

#[path = "common/clock.rs"]
mod clock;

use std::cell::RefCell;
use std::error::Error;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use clock::{Clock, TICK};
use proptest::prelude::*;
use selvedge::idempotency_table::{
    BeginError, BuildError, Claim, Forgotten, IdempotencyError, IdempotencyTableBuilder, LeaseLost,
    OnFull, OnInFlight, Outcome, Token,
};
use selvedge::time::{Duration, Instant};
use selvedge::{Fingerprint, IdempotencyTable};

const PAY: Fingerprint = Fingerprint::new(30);

/// What the table makes the caller's types do.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Event {
    Hash,
    Eq,
    CloneKey,
    CloneValue,
    DropKey,
    DropValue,
    Clock,
}

type Hook = Rc<dyn Fn(Event)>;

thread_local! {
    /// Is told of each event.
    static HOOK: RefCell<Option<Hook>> = const { RefCell::new(None) };
}

fn tell(event: Event) {
    // Not while the cell is borrowed, or taken away.
    let hook = HOOK.try_with(|hook| hook.borrow().clone());
    if let Ok(Some(hook)) = hook {
        hook(event);
    }
}

/// Calls `f` while `hook` is told of events.
fn hooked<R>(hook: impl Fn(Event) + 'static, f: impl FnOnce() -> R) -> R {
    HOOK.set(Some(Rc::new(hook)));
    let result = catch_unwind(AssertUnwindSafe(f));
    HOOK.set(None);
    result.unwrap_or_else(|panic| resume_unwind(panic))
}

#[derive(Debug)]
struct Key(u8);

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        tell(Event::Hash);
        // Collisions, so that `Eq` decides.
        (self.0 % 2).hash(state);
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        tell(Event::Eq);
        self.0 == other.0
    }
}

impl Eq for Key {}

impl Clone for Key {
    fn clone(&self) -> Key {
        tell(Event::CloneKey);
        Key(self.0)
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        tell(Event::DropKey);
    }
}

#[derive(Debug, PartialEq)]
struct Value(u64);

impl Clone for Value {
    fn clone(&self) -> Value {
        tell(Event::CloneValue);
        Value(self.0)
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        tell(Event::DropValue);
    }
}

type Table = IdempotencyTable<Key, Value>;

fn builder(clock: &Clock) -> IdempotencyTableBuilder<Key, Value> {
    let source = clock.source();
    let clock = move || {
        tell(Event::Clock);
        source()
    };
    let builder = IdempotencyTable::builder().ttl(2 * TICK).max_entries(3).shards(1);
    // Rejects, so that a key that is stuck is an error, and no endless wait.
    let builder = builder.on_full(OnFull::EvictOldestCompleted).on_in_flight(OnInFlight::Reject);
    builder.clock(clock)
}

/// Something that a caller does.
#[derive(Clone, Copy, Debug)]
enum Call {
    Succeed(u8),
    Fail(u8),
    Forget(u8),
    Purge,
    Pass,
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        4 => (0..6_u8).prop_map(Call::Succeed),
        1 => (0..6_u8).prop_map(Call::Fail),
        1 => (0..6_u8).prop_map(Call::Forget),
        1 => Just(Call::Purge),
        2 => Just(Call::Pass),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop::sample::select(vec![
        Event::Hash,
        Event::Eq,
        Event::CloneKey,
        Event::CloneValue,
        Event::DropKey,
        Event::DropValue,
        Event::Clock,
    ])
}

fn perform(table: &Table, clock: &Clock, call: Call) {
    match call {
        Call::Succeed(key) => {
            let answer = table.execute(&Key(key), PAY, |_| Ok::<_, ()>(Value(key.into())));
            let value = answer.expect("it has room, and nothing is in flight").into_value();
            assert_eq!(value.0, u64::from(key));
        }
        Call::Fail(key) => match table.execute(&Key(key), PAY, |_| Err(key)) {
            Ok(outcome) => assert!(!outcome.is_fresh(), "a failure is no result"),
            Err(error) => assert_eq!(error, IdempotencyError::Operation(key)),
        },
        Call::Forget(key) => assert_ne!(table.forget(&Key(key)), Forgotten::InFlight),
        Call::Purge => drop(table.purge_expired()),
        Call::Pass => clock.advance(TICK),
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: 2_000,
        ..ProptestConfig::default()
    })]

    /// Whatever panics, and when: no key is stuck, and the count stays exact.
    #[test]
    fn g11_a_panic_of_the_callers_leaves_nothing_stuck(
        calls in prop::collection::vec((call(), event(), 0..4_u32), 1..24),
    ) {
        let clock = Clock::new();
        let table = builder(&clock).build().unwrap();
        for (call, armed, after) in calls {
            let left = RefCell::new(Some(after));
            let hook = move |event: Event| {
                let mut left = left.borrow_mut();
                match *left {
                    Some(0) if event == armed => {
                        // Once only, so that nothing panics while it unwinds.
                        *left = None;
                        drop(left);
                        resume_unwind(Box::new(armed));
                    }
                    Some(more) if event == armed => *left = Some(more - 1),
                    _ => {}
                }
            };
            let performed = catch_unwind(AssertUnwindSafe(|| {
                hooked(hook, || perform(&table, &clock, call));
            }));
            if let Err(panic) = performed {
                prop_assert_eq!(panic.downcast_ref(), Some(&armed));
            }
            let stats = table.stats();
            prop_assert_eq!(stats.in_flight, 0, "a key is stuck");
            prop_assert_eq!(stats.entries, stats.completed);
            prop_assert!(stats.entries <= 3);
        }
        // All room is there.
        clock.advance(2 * TICK);
        table.purge_expired();
        let claims = [10, 11, 12].map(|key| table.begin(&Key(key), PAY));
        prop_assert!(claims.iter().all(|claim| matches!(claim, Ok(Claim::Owned(_)))));
        let full = table.begin(&Key(13), PAY).map(drop);
        prop_assert_eq!(full, Err(BeginError::CapacityExhausted));
    }

    /// Whatever is called may call the table, but for `Eq` and `Hash`.
    #[test]
    fn g11_code_of_the_callers_may_use_the_table(calls in prop::collection::vec(call(), 1..24)) {
        let clock = Clock::new();
        let table = Rc::new(builder(&clock).build().unwrap());
        let inside = Rc::new(RefCell::new(false));
        let hook = {
            let table = Rc::clone(&table);
            move |event| {
                if matches!(event, Event::Hash | Event::Eq) || inside.replace(true) {
                    return;
                }
                assert!(table.stats().entries <= 3);
                table.forget(&Key(5));
                let other = table.execute(&Key(20), PAY, |_| Err::<Value, _>("not now"));
                assert_eq!(other, Err(IdempotencyError::Operation("not now")), "{event:?}");
                inside.replace(false);
            }
        };
        hooked(hook, || calls.into_iter().for_each(|call| perform(&table, &clock, call)));
    }
}

#[test]
fn g12_a_copy_that_panics_leaves_the_effect_completed() {
    let table = builder(&Clock::new()).build().unwrap();
    let execute = || table.execute(&Key(1), PAY, |_| Ok::<_, ()>(Value(7)));
    let hook = |event| {
        if event == Event::CloneValue {
            resume_unwind(Box::new("the copy's panic"));
        }
    };
    for _ in 0..2 {
        let panic = catch_unwind(AssertUnwindSafe(|| hooked(hook, execute))).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"the copy's panic"));
        assert_eq!(table.stats().fresh, 1, "the effect was undone");
    }
    assert_eq!(execute(), Ok(Outcome::Replayed { value: Value(7), age: Duration::ZERO }));
}

#[test]
fn g5_after_the_last_token_runs_are_refused() {
    let clock = Clock::new();
    let last = Token::new(u64::MAX - 4).unwrap();
    let table = builder(&clock).in_flight_lease(TICK).tokens_after(last).build().unwrap();
    let begin = |key| table.begin(&Key(key), PAY);
    let own = |key| match begin(key) {
        Ok(Claim::Owned(ownership)) => ownership,
        other => panic!("{other:?}"),
    };
    let wait = |key| match begin(key) {
        Ok(Claim::InFlight(waiter)) => waiter,
        other => panic!("{other:?}"),
    };
    let exhausted = Err(BeginError::TokensExhausted);
    assert_eq!(own(1).token().get(), u64::MAX - 3);
    drop(own(1).complete(Value(1)));
    let late = own(2);
    let (failing, waits) = (own(3), wait(3));
    assert_eq!(failing.token().get(), u64::MAX);
    assert_eq!(begin(4).map(drop), exhausted, "a new key");
    assert_eq!(begin(1).map(drop), exhausted, "whose result made room for another key");
    failing.fail();
    assert_eq!(waits.wait().map(drop), exhausted, "after a failure");
    assert_eq!(begin(3).map(drop), exhausted, "again");
    clock.advance(TICK);
    assert_eq!(begin(2).map(drop), exhausted, "at the end of a lease");
    assert_eq!(late.complete(Value(2)).as_deref(), Ok(&Value(2)), "nobody took over");
    assert!(matches!(begin(2), Ok(Claim::Replayed { .. })), "results are replayed");
    clock.advance(2 * TICK);
    assert_eq!(begin(2).map(drop), exhausted, "in place of an expired result");
    table.purge_expired();
    assert_eq!(table.stats().entries, 0);
}

#[test]
fn g10_a_wait_of_no_time_looks_once() {
    let table = builder(&Clock::new()).build().unwrap();
    let Ok(Claim::Owned(run)) = table.begin(&Key(1), PAY) else { panic!("the table is empty") };
    let Ok(Claim::InFlight(waiter)) = table.begin(&Key(1), PAY) else { panic!("it is in flight") };
    let Ok(Claim::InFlight(waiter)) = waiter.wait_for(Duration::ZERO) else { panic!("no time") };
    let Ok(Claim::InFlight(waiter)) = waiter.try_wait() else { panic!("no time") };
    let call = |policy| table.execute_with(policy, &Key(1), PAY, |_| Ok::<_, ()>(Value(2)));
    let none = OnInFlight::WaitFor(Duration::ZERO);
    assert_eq!(call(none), Err(IdempotencyError::WaitTimeout));
    let short = OnInFlight::WaitFor(Duration::from_millis(1));
    let begin = Instant::now();
    assert_eq!(call(short), Err(IdempotencyError::WaitTimeout));
    assert!(begin.elapsed() >= Duration::from_millis(1));
    assert_eq!(call(OnInFlight::Reject), Err(IdempotencyError::InFlight));
    drop(run.complete(Value(1)));
    let Ok(Claim::Replayed { .. }) = waiter.try_wait() else { panic!("the result is there") };
    let age = Duration::ZERO;
    assert_eq!(call(none), Ok(Outcome::Replayed { value: Value(1), age }));
}

#[test]
fn g10_a_nested_call_for_the_own_key_is_refused() {
    let table = builder(&Clock::new()).in_flight_lease(TICK).build().unwrap();
    let call = |policy| table.execute_with(policy, &Key(1), PAY, |_| Ok::<_, ()>(Value(2)));
    let outer = table.execute(&Key(1), PAY, |_| {
        assert_eq!(call(OnInFlight::Wait), Err(IdempotencyError::Reentrant));
        assert_eq!(call(OnInFlight::Reject), Err(IdempotencyError::Reentrant));
        assert_eq!(table.forget(&Key(1)), Forgotten::InFlight);
        Ok::<_, ()>(Value(1))
    });
    assert_eq!(outer, Ok(Outcome::Fresh(Value(1))));
}

#[test]
fn a_policy_of_the_table_is_that_of_its_calls() {
    let clock = Clock::new();
    for (policy, error) in [
        (OnInFlight::Reject, IdempotencyError::InFlight),
        (OnInFlight::WaitFor(Duration::ZERO), IdempotencyError::WaitTimeout),
    ] {
        let table = builder(&clock).on_in_flight(policy).build().unwrap();
        let _run = table.begin(&Key(1), PAY);
        assert_eq!(table.execute(&Key(1), PAY, |_| Ok::<_, ()>(Value(1))), Err(error));
    }
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let new = || builder(&Clock::new());
    let refused = |builder: IdempotencyTableBuilder<Key, Value>| builder.build().unwrap_err();
    let (lease, ttl) = (3 * TICK, 2 * TICK);
    for (error, wanted, message) in [
        (refused(new().ttl(Duration::ZERO)), BuildError::ZeroTtl, "time to live of zero"),
        (refused(new().in_flight_lease(Duration::ZERO)), BuildError::ZeroLease, "lease of zero"),
        (
            refused(new().in_flight_lease(lease)),
            BuildError::LeaseLongerThanTtl { lease, ttl },
            "a lease of 3ns, longer than its time to live of 2ns",
        ),
        (refused(new().max_entries(0)), BuildError::ZeroEntries, "0 entries"),
        (refused(new().shards(0)), BuildError::ZeroShards, "0 shards"),
    ] {
        assert_eq!(error, wanted);
        assert!(error.to_string().contains(message), "{error}");
    }
    assert!(new().in_flight_lease(ttl).build().is_ok());
    let without_end = new().ttl(Duration::MAX).in_flight_lease(Duration::MAX).build().unwrap();
    let run = without_end.begin(&Key(1), PAY);
    assert!(matches!(without_end.begin(&Key(1), PAY), Ok(Claim::InFlight(_))));
    drop(run);
    assert!(format!("{:?}", new()).contains("max_entries: 3"));
    assert!(format!("{without_end:?}").contains("failed: 1"));
}

#[test]
fn errors_stand_alone_in_a_log() {
    type Failure = IdempotencyError<u64, fmt::Error>;
    let errors: [(Failure, &str); 8] = [
        (Failure::InFlight, "idempotency key in flight"),
        (Failure::WaitTimeout, "idempotency key still in flight at the end of the wait"),
        (
            BeginError::FingerprintMismatch.into(),
            "idempotency key in use for a request with another fingerprint",
        ),
        (BeginError::CapacityExhausted.into(), "idempotency table full"),
        (BeginError::TokensExhausted.into(), "idempotency table out of fencing tokens"),
        (BeginError::Reentrant.into(), "idempotency key claimed inside of its own effect"),
        (
            Failure::LeaseLost(1),
            "idempotency key taken over by another run before this one completed",
        ),
        (
            Failure::Operation(fmt::Error),
            "idempotent effect failed: an error occurred when formatting an argument",
        ),
    ];
    for (error, message) in errors {
        assert_eq!(error.to_string(), message);
        assert!(error.source().is_none(), "the message has it");
    }
    assert_eq!(LeaseLost(1).to_string(), Failure::LeaseLost(1).to_string());
    assert_eq!(Token::new(7).unwrap().to_string(), "7");
    assert_eq!(Token::new(0), None);
}
