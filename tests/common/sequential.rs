//! One thread against a model: sequences of operations on the versioned primitives, compared after
//! each step.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use proptest::prelude::*;
use selvedge::naive::Optimistic;
use selvedge::{Retry, Snapshot, UpdateError, Version};

/// The value.
pub type Pair = [u64; 2];

/// What the model needs besides [`Optimistic`].
pub trait Subject: Optimistic<Value = Pair> + Debug {
    fn with_version(value: Pair, version: Version) -> Self;
    fn read(&self) -> Snapshot<Pair>;
    fn changed_since(&self, version: Version) -> Option<Snapshot<Pair>>;
    fn try_update(
        &self,
        retry: &Retry,
        f: impl FnMut(&Pair) -> Result<Pair, u64>,
    ) -> Result<Snapshot<Pair>, UpdateError<u64>>;
    /// Further ways to read, which show this; first those that do not wait.
    fn also_shows(&self, expected: &Snapshot<Pair>);
}

/// An operation, with the values that it stores.
#[derive(Clone, Debug)]
pub enum Operation {
    Set(Pair),
    /// With the current version.
    CompareAndSet(Pair),
    /// With another version, so far from the current one, wrapping around.
    CompareAndSetStale(u64, Pair),
    Update(u64),
    TryUpdate(u64),
    /// The function returns an error.
    Abort(u64),
    /// The function panics, in an `update` or in a `try_update`.
    Panic(bool),
    /// The function changes the value itself in each of so many attempts.
    Exhaust(u32, Pair),
    /// As `Exhaust`, but the deadline comes first.
    Deadline(Pair),
    /// The deadline has passed before.
    TooLate,
    /// With a version so far from the current one, wrapping around.
    ChangedSince(u64),
    /// The function asks foreverything that the value's owner can tell.
    LookInside(u64),
}

/// Values from a small range, so that equal ones are common.
fn pair() -> impl Strategy<Value = Pair> {
    prop_oneof![4 => [0..3_u64, 0..3_u64], 1 => any::<Pair>()]
}

/// Distances between versions: near, and where a truncated version would look the same.
fn distance() -> impl Strategy<Value = u64> {
    prop_oneof![
        1..4_u64,
        (1..4_u64).prop_map(u64::wrapping_neg),
        (8..64_u32).prop_map(|bit| 1 << bit),
        1..=u64::MAX,
    ]
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        pair().prop_map(Operation::Set),
        pair().prop_map(Operation::CompareAndSet),
        (distance(), pair()).prop_map(|(far, value)| Operation::CompareAndSetStale(far, value)),
        any::<u64>().prop_map(Operation::Update),
        any::<u64>().prop_map(Operation::TryUpdate),
        any::<u64>().prop_map(Operation::Abort),
        any::<bool>().prop_map(Operation::Panic),
        (1..4_u32, pair()).prop_map(|(attempts, value)| Operation::Exhaust(attempts, value)),
        pair().prop_map(Operation::Deadline),
        Just(Operation::TooLate),
        prop_oneof![Just(0), distance()].prop_map(Operation::ChangedSince),
        any::<u64>().prop_map(Operation::LookInside),
    ]
}

/// Sequences of operations.
pub fn operations() -> impl Strategy<Value = Vec<Operation>> {
    prop::collection::vec(operation(), 1..24)
}

/// Versions to begin with, up to a little below the last one.
pub fn first_version(last: u64) -> impl Strategy<Value = Version> {
    let last = last - 1_000;
    prop_oneof![Just(1), (8..63_u32).prop_map(|bit| (1 << bit) - 2), 1..=last, Just(last),]
        .prop_map(move |number: u64| Version::new(number.clamp(1, last)).expect("not 0"))
}

/// Runs the operations on a subject and on the model.
pub fn agrees_with_the_model<S: Subject>(first: Version, operations: &[Operation]) {
    let mut model = Snapshot { value: [0, 0], version: first };
    let subject = S::with_version(model.value, model.version);
    shows(&subject, &model);
    for operation in operations {
        let before = model.version;
        step(&subject, &mut model, operation);
        assert!(before <= model.version, "versions only grow");
        shows(&subject, &model);
    }
}

/// Compares everything that can be seen.
fn shows<S: Subject>(subject: &S, model: &Snapshot<Pair>) {
    subject.also_shows(model);
    assert_eq!(subject.load(), *model);
    assert_eq!(subject.read(), *model);
    assert_eq!(Optimistic::version(subject), model.version);
    let printed = format!("{subject:?}");
    assert!(printed.contains(&model.version.to_string()), "{printed}");
    assert!(printed.contains(&format!("{:?}", model.value)), "{printed}");
}

fn changed(model: &mut Snapshot<Pair>, value: Pair) -> Snapshot<Pair> {
    let next = Version::new(model.version.get() + 1).expect("not 0");
    *model = Snapshot { value, version: next };
    *model
}

fn step<S: Subject>(subject: &S, model: &mut Snapshot<Pair>, operation: &Operation) {
    let add = |by: u64| move |&[a, b]: &Pair| [a.wrapping_add(by), b ^ by];
    match *operation {
        Operation::Set(value) => {
            assert_eq!(subject.set(value), changed(model, value).version);
        }
        Operation::CompareAndSet(value) => {
            let result = subject.compare_and_set(model.version, value);
            assert_eq!(result, Ok(changed(model, value).version));
        }
        Operation::CompareAndSetStale(far, value) => {
            let Some(expected) = Version::new(model.version.get().wrapping_add(far)) else {
                return;
            };
            let conflict = subject.compare_and_set(expected, value).expect_err("not current");
            assert_eq!((conflict.expected, conflict.rejected), (expected, value));
            assert_eq!(conflict.current, *model);
            let message = format!("expected version {expected}, found version {}", model.version);
            assert_eq!(conflict.to_string(), message);
        }
        Operation::Update(by) => {
            let updated = subject.update(add(by));
            assert_eq!(updated, changed(model, add(by)(&model.value)));
        }
        Operation::TryUpdate(by) => {
            let retry = Retry::attempts(1).timeout(Duration::from_secs(3_600));
            let updated = subject.try_update(&retry, |value| Ok(add(by)(value)));
            assert_eq!(updated, Ok(changed(model, add(by)(&model.value))));
        }
        Operation::Abort(reason) => {
            let result = subject.try_update(&Retry::unlimited(), |_| Err(reason));
            assert_eq!(result, Err(UpdateError::Aborted(reason)));
        }
        Operation::Panic(limited) => {
            let panicked = catch_unwind(AssertUnwindSafe(|| {
                // Not `panic!`, which would print.
                let f = |_: &Pair| -> Pair { resume_unwind(Box::new("the caller's panic")) };
                if limited {
                    let _ = subject.try_update(&Retry::attempts(2), |value| Ok(f(value)));
                } else {
                    subject.update(f);
                }
            }));
            assert_eq!(panicked.unwrap_err().downcast_ref(), Some(&"the caller's panic"));
        }
        Operation::Exhaust(attempts, value) => {
            let result = subject.try_update(&Retry::attempts(attempts), |_| {
                subject.set(value);
                Ok([7, 7])
            });
            let last = (0..attempts).map(|_| changed(model, value)).last().expect("at least one");
            let exhausted = UpdateError::Exhausted { attempts, last: last.version };
            assert_eq!(result, Err(exhausted));
        }
        Operation::Deadline(value) => {
            let timeout = Duration::from_micros(20);
            let result = subject.try_update(&Retry::attempts(3).timeout(timeout), |_| {
                subject.set(value);
                changed(model, value);
                // Waited out, so that there is no second attempt.
                let begin = std::time::Instant::now();
                while begin.elapsed() < timeout {}
                Ok([7, 7])
            });
            assert_eq!(result, Err(UpdateError::Deadline));
        }
        Operation::TooLate => {
            let retry = Retry::unlimited().timeout(Duration::ZERO);
            let result = subject.try_update(&retry, |_| unreachable!("called too late"));
            assert_eq!(result, Err(UpdateError::Deadline));
        }
        Operation::ChangedSince(far) => {
            let Some(seen) = Version::new(model.version.get().wrapping_add(far)) else { return };
            let news = (far != 0).then_some(*model);
            assert_eq!(subject.changed_since(seen), news);
        }
        Operation::LookInside(by) => {
            let updated = subject.update(|value| {
                shows(subject, model);
                assert_eq!(subject.changed_since(model.version), None);
                add(by)(value)
            });
            assert_eq!(updated, changed(model, add(by)(&model.value)));
        }
    }
}
