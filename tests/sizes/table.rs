//! `IdempotencyTable`, and its twin.

use std::marker::PhantomData;

use selvedge::idempotency_table::{
    Claim, Forgotten, IdempotencyError, IdempotencyTable, OnInFlight, Outcome,
};
use selvedge::naive::{self, Idempotent};
use selvedge::sync::Arc;
use selvedge::time::{Duration, Instant};

use super::order::explain;
use super::program::{Program, caller_panics, is_callers_panic, shared};
use super::runs::{KEY, OTHER_KEY, PAY, REFUND, ROOM, Runs, Step};

pub type Guarded = Calls<IdempotencyTable<u64, u64>>;
pub type Twin = Calls<naive::IdempotencyTable>;

/// Threads ask for effects, in a table that has room for one.
pub struct Calls<T>(PhantomData<T>);

#[derive(Clone, Copy, Debug)]
pub enum Operation {
    /// The effect succeeds.
    Run,
    Fail,
    Panic,
    /// Another request under the same key.
    OtherRequest,
    /// Another key.
    OtherKey,
    /// If another call runs the effect, it is refused.
    Reject,
    /// The key is claimed, and given up.
    GiveUp,
    Forget,
}

use Operation::*;

const ALL: &[Operation] = &[Run, Fail, Forget, Reject, OtherRequest, OtherKey, Panic, GiveUp];
const OF_TWINS: &[Operation] = &[Run, Fail, OtherRequest, OtherKey];

/// What comes of an effect.
#[derive(Clone, Copy)]
pub enum Effect {
    Succeeds,
    Fails,
    Panics,
}

/// A call's answer.
pub type Answer = Result<Outcome<u64>, IdempotencyError<u64, Failed>>;

/// An effect's error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed;

/// What the guarded form has beyond its twin.
pub trait Table: Idempotent {
    const NAME: &'static str;
    const OPERATIONS: &'static [Operation];

    /// As `execute`, and says whether it waits; the effect learns its token.
    fn call(
        &self,
        policy: OnInFlight,
        request: (u64, selvedge::Fingerprint),
        effect: impl FnOnce(Option<u64>) -> Result<u64, Failed>,
    ) -> Answer;

    /// Claims the key, and gives it up again.
    fn give_up(&self, _id: u64, _steps: &mut Vec<Step>) {
        unreachable!("no twin has it")
    }

    fn forget(&self) -> Forgotten {
        unreachable!("no twin has it")
    }
}

impl Table for IdempotencyTable<u64, u64> {
    const NAME: &'static str = "IdempotencyTable";
    const OPERATIONS: &'static [Operation] = ALL;

    fn call(
        &self,
        policy: OnInFlight,
        (key, fingerprint): (u64, selvedge::Fingerprint),
        effect: impl FnOnce(Option<u64>) -> Result<u64, Failed>,
    ) -> Answer {
        self.execute_with(policy, &key, fingerprint, |token| effect(Some(token.get())))
    }

    fn give_up(&self, id: u64, steps: &mut Vec<Step>) {
        steps.extend([Step::Reads, Step::Sweeps, Step::Reads]);
        let came = match self.begin(&KEY, PAY) {
            Ok(Claim::Owned(ownership)) => {
                let token = ownership.token().get();
                steps.push(Step::Reserves { key: KEY });
                steps.push(Step::Claimed { key: KEY, request: PAY, run: id, token: Some(token) });
                drop(ownership);
                Step::Failed { key: KEY, run: id }
            }
            Ok(Claim::Replayed { value, .. }) => {
                Step::Replayed { key: KEY, request: PAY, value: *value }
            }
            Ok(Claim::InFlight(waiter)) => {
                drop(waiter);
                Step::InFlight { key: KEY }
            }
            Err(error) => refused(KEY, PAY, error.into()),
        };
        steps.push(came);
    }

    fn forget(&self) -> Forgotten {
        self.forget(&KEY)
    }
}

impl Table for naive::IdempotencyTable {
    const NAME: &'static str = "naive IdempotencyTable";
    const OPERATIONS: &'static [Operation] = OF_TWINS;

    fn call(
        &self,
        _policy: OnInFlight,
        (key, fingerprint): (u64, selvedge::Fingerprint),
        effect: impl FnOnce(Option<u64>) -> Result<u64, Failed>,
    ) -> Answer {
        // It has no tokens.
        self.execute(key, fingerprint, || effect(None))
    }
}

/// Why a call has not run its effect.
pub fn refused(
    key: u64,
    request: selvedge::Fingerprint,
    error: IdempotencyError<u64, Failed>,
) -> Step {
    match error {
        IdempotencyError::FingerprintMismatch => Step::Mismatch { key, request },
        IdempotencyError::CapacityExhausted => Step::Full { key },
        IdempotencyError::InFlight => Step::InFlight { key },
        IdempotencyError::WaitTimeout => Step::TimedOut { key },
        other => panic!("{other:?}"),
    }
}

/// Calls for an effect, and tells the steps.
pub fn call<T: Table>(
    table: &T,
    policy: OnInFlight,
    request: (u64, selvedge::Fingerprint),
    id: u64,
    effect: impl FnOnce(&mut Vec<Step>) -> Effect,
    steps: &mut Vec<Step>,
) {
    let (key, fingerprint) = request;
    steps.extend([Step::Reads, Step::Sweeps]);
    let answer = {
        let run = |token| {
            steps.push(Step::Reads);
            steps.push(Step::Reserves { key });
            steps.push(Step::Claimed { key, request: fingerprint, run: id, token });
            match effect(steps) {
                Effect::Succeeds => Ok(id),
                Effect::Fails => Err(Failed),
                Effect::Panics => caller_panics(),
            }
        };
        table.call(policy, request, run)
    };
    match answer {
        Ok(Outcome::Fresh(value)) => {
            assert_eq!(value, id);
            steps.push(Step::Reads);
            steps.push(Step::Completed { key, run: id, stored: true });
        }
        Err(IdempotencyError::LeaseLost(value)) => {
            assert_eq!(value, id);
            steps.push(Step::Reads);
            steps.push(Step::Completed { key, run: id, stored: false });
        }
        Err(IdempotencyError::Operation(Failed)) => steps.push(Step::Failed { key, run: id }),
        Ok(Outcome::Replayed { value, .. }) => {
            steps.push(Step::Reads);
            steps.push(Step::Replayed { key, request: fingerprint, value });
        }
        Err(error) => {
            steps.push(Step::Reads);
            steps.push(refused(key, fingerprint, error));
        }
    }
}

impl<T: Table> Program for Calls<T> {
    const NAME: &'static str = T::NAME;
    type Operation = Operation;
    type Step = Step;
    type Hand = Arc<T>;
    type Rest = Arc<T>;

    fn operations(_thread: usize, _threads: usize) -> &'static [Operation] {
        T::OPERATIONS
    }

    fn begin(threads: usize) -> (Vec<Arc<T>>, Arc<T>) {
        // No time passes.
        let now = Instant::now();
        shared(threads, T::new(Duration::from_secs(1), ROOM, move || now))
    }

    fn perform(table: &mut Arc<T>, operation: Operation, id: u64, steps: &mut Vec<Step>) {
        let table = &**table;
        let mut calls = |policy, request, effect| {
            call(table, policy, request, id, |_| effect, steps);
        };
        match operation {
            Run => calls(OnInFlight::Wait, (KEY, PAY), Effect::Succeeds),
            Fail => calls(OnInFlight::Wait, (KEY, PAY), Effect::Fails),
            OtherRequest => calls(OnInFlight::Wait, (KEY, REFUND), Effect::Succeeds),
            OtherKey => calls(OnInFlight::Wait, (OTHER_KEY, PAY), Effect::Succeeds),
            Reject => calls(OnInFlight::Reject, (KEY, PAY), Effect::Succeeds),
            Panic => panic(table, id, steps),
            GiveUp => table.give_up(id, steps),
            Forget => steps.push(Step::Forgot(table.forget())),
        }
    }

    fn end(table: Arc<T>, mut threads: Vec<Vec<Step>>) {
        assert!(table.entries() <= ROOM, "too many entries");
        let mut last = Vec::new();
        call(&*table, OnInFlight::Wait, (KEY, PAY), 1, |_| Effect::Succeeds, &mut last);
        // No time passes: these say nothing, and there would be many orders of them.
        let says = |step: &Step| !matches!(step, Step::Reads | Step::Sweeps);
        threads.iter_mut().for_each(|steps| steps.retain(says));
        explain(&Runs::default(), &threads, |runs| runs.admit_all(threads.len(), &last));
    }
}

/// Calls for an effect that panics.
fn panic<T: Table>(table: &T, id: u64, steps: &mut Vec<Step>) {
    let mut ran = false;
    let effect = |_: &mut Vec<Step>| {
        ran = true;
        Effect::Panics
    };
    let mut done = Vec::new();
    let answered = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        call(table, OnInFlight::Wait, (KEY, PAY), id, effect, &mut done);
    }));
    steps.append(&mut done);
    match answered {
        Ok(()) => assert!(!ran, "the panic was lost"),
        Err(panic) => {
            assert!(is_callers_panic(&*panic), "another panic");
            steps.push(Step::Failed { key: KEY, run: id });
        }
    }
}
