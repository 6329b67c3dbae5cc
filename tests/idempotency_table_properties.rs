//! `IdempotencyTable` on one thread: sequences of operations against a model, and deliveries of
//! messages that come more than once.

#[path = "common/clock.rs"]
mod clock;
#[path = "common/idempotency_model.rs"]
mod model;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use clock::Clock;
use model::{Expected, Model, Settings, Table, print_of, table, ticks};
use proptest::prelude::*;
use selvedge::arrivals::Arrivals;
use selvedge::idempotency_table::{
    BeginError, Claim, IdempotencyError, OnInFlight, Outcome, Ownership, Token, Waiter,
};

/// How an effect ends.
#[derive(Clone, Copy, Debug)]
enum End {
    Succeeds,
    Fails,
    Panics,
}

#[derive(Clone, Copy, Debug)]
enum Operation {
    /// A key, a request, how long the effect takes, and how it ends.
    Execute(u8, u8, u8, End),
    Begin(u8, u8),
    /// One of the ownerships that are held.
    Complete(usize),
    Fail(usize),
    /// One of the waiters that are held.
    TryWait(usize),
    Leave(usize),
    Forget(u8),
    Purge,
    Pass(u8),
}

fn settings() -> impl Strategy<Value = Settings> {
    let lease = prop_oneof![Just(None), (1..6_u8).prop_map(Some)];
    let parts = (6..24_u8, lease, 1..5_usize, any::<bool>(), 1..4_usize);
    parts.prop_map(|(ttl, lease, max_entries, evicts, shards)| Settings {
        ttl,
        lease,
        max_entries,
        evicts,
        shards,
    })
}

fn operation() -> impl Strategy<Value = Operation> {
    let key = || 0..5_u8;
    // Mostly the same request.
    let request = || prop_oneof![6 => Just(0_u8), 1 => Just(1)];
    let end = prop_oneof![4 => Just(End::Succeeds), 1 => Just(End::Fails), 1 => Just(End::Panics)];
    let execute = (key(), request(), 0..9_u8, end);
    prop_oneof![
        4 => execute.prop_map(|(k, r, takes, end)| Operation::Execute(k, r, takes, end)),
        5 => (key(), request()).prop_map(|(key, request)| Operation::Begin(key, request)),
        3 => any::<usize>().prop_map(Operation::Complete),
        2 => any::<usize>().prop_map(Operation::Fail),
        3 => any::<usize>().prop_map(Operation::TryWait),
        1 => any::<usize>().prop_map(Operation::Leave),
        1 => key().prop_map(Operation::Forget),
        1 => Just(Operation::Purge),
        2 => (0..9_u8).prop_map(Operation::Pass),
    ]
}

/// A table, its model, and what is held of both.
struct Trial<'t> {
    table: &'t Table,
    clock: &'t Clock,
    model: Model,
    owners: Vec<(Ownership<'t, u8, u64>, usize)>,
    waiters: Vec<(Waiter<'t, u8, u64>, usize, u8)>,
}

impl<'t> Trial<'t> {
    fn step(&mut self, operation: Operation) {
        // So that no two results are of the same time.
        self.model.pass(self.clock, 1);
        let any = |number: usize, of: usize| (of > 0).then(|| number % of);
        match operation {
            Operation::Execute(key, request, takes, end) => self.execute(key, request, takes, end),
            Operation::Begin(key, request) => {
                let expected = self.model.claim(key, request);
                if let Expected::InFlight { entry } = expected {
                    self.model.entries[entry].waiters += 1;
                }
                let claim = self.table.begin(&key, print_of(request));
                self.keep(claim, expected, request);
            }
            Operation::Complete(number) => {
                let Some(index) = any(number, self.owners.len()) else { return };
                let (owner, entry) = self.owners.swap_remove(index);
                let token = owner.token().get();
                let completed = owner.complete(token).map(|value| *value);
                assert_eq!(completed, self.model.complete(entry, token));
            }
            Operation::Fail(number) => {
                let Some(index) = any(number, self.owners.len()) else { return };
                let (owner, entry) = self.owners.swap_remove(index);
                self.model.fail(entry, owner.token().get());
                if number % 2 == 0 { owner.fail() } else { drop(owner) }
            }
            Operation::TryWait(number) => {
                let Some(index) = any(number, self.waiters.len()) else { return };
                let (waiter, entry, request) = self.waiters.swap_remove(index);
                let expected = self.model.meet(entry, request);
                if !matches!(expected, Expected::InFlight { .. }) {
                    self.model.leave(entry);
                }
                self.keep(waiter.try_wait(), expected, request);
            }
            Operation::Leave(number) => {
                let Some(index) = any(number, self.waiters.len()) else { return };
                let (waiter, entry, _) = self.waiters.swap_remove(index);
                self.model.leave(entry);
                drop(waiter);
            }
            Operation::Forget(key) => assert_eq!(self.table.forget(&key), self.model.forget(key)),
            Operation::Purge => {
                let before = self.table.stats().entries;
                let purged = self.table.purge_expired();
                assert_eq!(before - purged, self.model.keys.len(), "expired, and only that");
                self.model.agrees(self.table, true);
            }
            Operation::Pass(by) => self.model.pass(self.clock, by.into()),
        }
        self.model.agrees(self.table, false);
    }

    /// Compares a claim, and keeps what it gives.
    fn keep(
        &mut self,
        claim: Result<Claim<'t, u8, u64>, BeginError>,
        expected: Expected,
        request: u8,
    ) {
        let found = match claim {
            Ok(Claim::Owned(owner)) => {
                let token = owner.token().get();
                let Expected::Owned { entry, .. } = expected else {
                    panic!("owned, but expected {expected:?}");
                };
                self.owners.push((owner, entry));
                Expected::Owned { entry, token }
            }
            Ok(Claim::Replayed { value, age }) => {
                Expected::Replayed { value: *value, age: u64::try_from(age.as_nanos()).unwrap() }
            }
            Ok(Claim::InFlight(waiter)) => {
                let Expected::InFlight { entry } = expected else {
                    panic!("in flight, but expected {expected:?}");
                };
                self.waiters.push((waiter, entry, request));
                Expected::InFlight { entry }
            }
            Err(error) => Expected::Refused(error),
        };
        assert_eq!(found, expected);
    }

    fn execute(&mut self, key: u8, request: u8, takes: u8, end: End) {
        let expected = self.model.claim(key, request);
        let (table, clock, model) = (self.table, self.clock, &mut self.model);
        let print = print_of(request);
        let effect = |token: Token| {
            // Its key is taken as long as it runs, for itself as for others.
            let again = table.begin(&key, print).map(drop);
            assert_eq!(again, Err(BeginError::Reentrant));
            model.pass(clock, takes.into());
            match end {
                End::Succeeds => Ok(token.get()),
                End::Fails => Err(token.get()),
                End::Panics => resume_unwind(Box::new(token.get())),
            }
        };
        let call = || table.execute_with(OnInFlight::Reject, &key, print, effect);
        let answer = catch_unwind(AssertUnwindSafe(call));
        match expected {
            Expected::Owned { entry, token } => match end {
                End::Succeeds => {
                    assert_eq!(self.model.complete(entry, token), Ok(token));
                    assert_eq!(answer.unwrap(), Ok(Outcome::Fresh(token)));
                }
                End::Fails => {
                    self.model.fail(entry, token);
                    assert_eq!(answer.unwrap(), Err(IdempotencyError::Operation(token)));
                }
                End::Panics => {
                    self.model.fail(entry, token);
                    assert_eq!(answer.unwrap_err().downcast_ref(), Some(&token));
                }
            },
            Expected::Replayed { value, age } => {
                assert_eq!(answer.unwrap(), Ok(Outcome::Replayed { value, age: ticks(age) }));
            }
            Expected::InFlight { .. } => {
                assert_eq!(answer.unwrap(), Err(IdempotencyError::InFlight));
            }
            Expected::Refused(error) => assert_eq!(answer.unwrap(), Err(error.into())),
        }
    }
}

/// How the handler of an arrival fares.
#[derive(Clone, Copy, Debug)]
enum Handling {
    Ends(End),
    /// It stands still after it claimed the key, until all that arrives has been handled.
    Pauses,
}

fn handling() -> impl Strategy<Value = Handling> {
    prop_oneof![
        4 => Just(Handling::Ends(End::Succeeds)),
        1 => Just(Handling::Ends(End::Fails)),
        1 => Just(Handling::Ends(End::Panics)),
        1 => Just(Handling::Pauses),
    ]
}

/// The results that were stored, by message: a table of one life after the other.
#[derive(Default)]
struct Lives(BTreeMap<u8, (u64, u64)>);

impl Lives {
    /// A result was stored: the message's last one must have expired.
    fn begin(&mut self, message: u8, value: u64, now: u64) {
        if let Some((_, before)) = self.0.insert(message, (value, now)) {
            assert!(now - before >= TTL, "message {message} had two effects in one life");
        }
    }

    /// The result that is replayed now, if there is one.
    fn current(&self, message: u8, now: u64) -> Option<u64> {
        let life = self.0.get(&message).filter(|(_, begin)| now - begin < TTL);
        life.map(|(value, _)| *value)
    }
}

/// Ticks.
const TTL: u64 = 24;
const LEASE: u64 = 4;

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: 5_000,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_table_agrees_with_the_model(
        settings in settings(),
        operations in prop::collection::vec(operation(), 1..64),
    ) {
        let clock = Clock::new();
        let table = table(settings, &clock);
        let (owners, waiters) = (Vec::new(), Vec::new());
        let mut trial =
            Trial { table: &table, clock: &clock, model: Model::new(settings), owners, waiters };
        operations.into_iter().for_each(|operation| trial.step(operation));
        while !trial.owners.is_empty() {
            trial.step(Operation::Complete(0));
        }
        while !trial.waiters.is_empty() {
            trial.step(Operation::Leave(0));
        }
        trial.model.pass(&clock, u64::from(settings.ttl));
        trial.step(Operation::Purge);
        prop_assert_eq!(table.stats().entries, 0, "entries are left that nobody refers to");
    }

    /// Messages arrive at least once, in any order, while handlers fail, panic, pause for longer
    /// than their lease, and results expire: each message has one effect in each life.
    #[test]
    fn deliveries_have_one_effect_each(
        delivery in (1..12_u8).prop_flat_map(|count| {
            Arrivals::of(0..count).at_most(3).strategy()
        }),
        handlings in prop::collection::vec((handling(), 0..6_u64), 36),
    ) {
        let clock = Clock::new();
        let table = Table::builder()
            .ttl(ticks(TTL))
            .in_flight_lease(ticks(LEASE))
            .on_in_flight(OnInFlight::Reject)
            .clock(clock.source())
            .build()
            .unwrap();
        let (mut lives, mut paused, mut now) = (Lives::default(), Vec::new(), 0);
        for (arrival, (handling, passing)) in delivery.arrivals().zip(handlings) {
            let message = arrival.message;
            clock.advance(ticks(passing));
            now += passing;
            let current = lives.current(message, now);
            match handling {
                Handling::Pauses => match table.begin(&message, print_of(0)).unwrap() {
                    Claim::Owned(ownership) => {
                        prop_assert_eq!(current, None);
                        paused.push((message, ownership));
                    }
                    Claim::Replayed { value, .. } => prop_assert_eq!(Some(*value), current),
                    Claim::InFlight(_) => prop_assert_eq!(current, None),
                },
                Handling::Ends(end) => {
                    let answer = catch_unwind(AssertUnwindSafe(|| {
                        table.execute(&message, print_of(0), |token| match end {
                            End::Succeeds => Ok(token.get()),
                            End::Fails => Err("no connection"),
                            End::Panics => resume_unwind(Box::new("the effect's panic")),
                        })
                    }));
                    match answer {
                        Ok(Ok(Outcome::Fresh(value))) => lives.begin(message, value, now),
                        Ok(Ok(Outcome::Replayed { value, .. })) => {
                            prop_assert_eq!(Some(value), current);
                        }
                        Ok(Err(IdempotencyError::InFlight)) => {
                            let owned = paused.iter().any(|(other, _)| *other == message);
                            prop_assert!(owned && current.is_none());
                        }
                        Ok(Err(error)) => {
                            prop_assert_eq!(error, IdempotencyError::Operation("no connection"));
                            prop_assert!(current.is_none());
                        }
                        Err(_) => prop_assert!(matches!(end, End::Panics) && current.is_none()),
                    }
                }
            }
        }
        // Whoever paused comes back, and what it has done counts if nobody took over.
        for (message, ownership) in paused {
            let value = ownership.token().get();
            if ownership.complete(value).is_ok() {
                lives.begin(message, value, now);
            }
        }
    }
}
