//! The twins of [`crate::SequencedRegister`]: three ways to lose a newer value to an older one.

use std::cmp::Ordering;

use crate::offer::{Offer, Stamped};
use crate::stamp::Stamp;
use crate::swap::sync::Mutex;

/// When an event was written, told in two ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written<S> {
    /// By what orders the events.
    pub stamp: S,
    /// By the wall clock of the writer, in milliseconds, which may be wrong.
    pub clock_ms: u64,
}

/// A shared value that the newest event should decide: what the register and its naive twins have
/// in common. Values are handed out as they are, not as shares of them.
pub trait LastWriterWins: Default + Send + Sync + 'static {
    /// The value.
    type Value: Clone + PartialEq + Send + 'static;

    /// What orders the events.
    type Stamp: Stamp;

    /// Replaces the value if the event is newer than the current one.
    fn offer(
        &self,
        written: Written<Self::Stamp>,
        value: Self::Value,
    ) -> Offer<Self::Value, Stamped<Self::Value, Self::Stamp>>;

    /// The current value and its stamp; `None` if nothing was offered yet.
    fn load(&self) -> Option<Stamped<Self::Value, Self::Stamp>>;
}

impl<T, S> LastWriterWins for crate::SequencedRegister<T, S>
where
    T: Clone + PartialEq + Send + Sync + 'static,
    S: Stamp,
{
    type Value = T;
    type Stamp = S;

    fn offer(&self, written: Written<S>, value: T) -> Offer<T, Stamped<T, S>> {
        match self.offer(written.stamp, value) {
            Offer::Applied { replaced } => Offer::Applied { replaced: replaced.map(owned) },
            Offer::Stale { rejected } => Offer::Stale { rejected },
            Offer::Duplicate { rejected } => Offer::Duplicate { rejected },
            Offer::Conflict { current, rejected } => {
                Offer::Conflict { current: owned(current), rejected }
            }
        }
    }

    fn load(&self) -> Option<Stamped<T, S>> {
        self.load().map(owned)
    }
}

/// With a copy of the shared value.
fn owned<T: Clone, S>(shared: Stamped<crate::sync::Arc<T>, S>) -> Stamped<T, S> {
    Stamped { value: (*shared.value).clone(), stamp: shared.stamp }
}

/// What a twin holds: the value, and when it was written.
type Current<T, S> = Option<(Written<S>, T)>;

fn stamped<T, S>((written, value): (Written<S>, T)) -> Stamped<T, S> {
    Stamped { value, stamp: written.stamp }
}

/// The value, if its event compares as newer with what is there; or what becomes of it.
fn newer<T: PartialEq, S>(
    order: Ordering,
    value: T,
    current: Stamped<T, S>,
) -> Result<T, Offer<T, Stamped<T, S>>> {
    Err(match order {
        Ordering::Greater => return Ok(value),
        Ordering::Less => Offer::Stale { rejected: value },
        Ordering::Equal if value == current.value => Offer::Duplicate { rejected: value },
        Ordering::Equal => Offer::Conflict { current, rejected: value },
    })
}

/// A register in which the last arrival wins.
///
/// The mistake: it takes the order of arrival for the order of the events.
#[derive(Debug)]
pub struct LastArrival<T, S>(Mutex<Current<T, S>>);

impl<T, S> Default for LastArrival<T, S> {
    fn default() -> Self {
        LastArrival(Mutex::new(None))
    }
}

impl<T, S> LastWriterWins for LastArrival<T, S>
where
    T: Clone + PartialEq + Send + 'static,
    S: Stamp,
{
    type Value = T;
    type Stamp = S;

    fn offer(&self, written: Written<S>, value: T) -> Offer<T, Stamped<T, S>> {
        let replaced = self.0.lock().replace((written, value));
        Offer::Applied { replaced: replaced.map(stamped) }
    }

    fn load(&self) -> Option<Stamped<T, S>> {
        self.0.lock().clone().map(stamped)
    }
}

/// A register that compares stamps.
///
/// The mistake: it compares in one step, and stores in another. What was newest when it compared
/// need not be so when it stores.
#[derive(Debug)]
pub struct CompareThenStore<T, S>(Mutex<Current<T, S>>);

impl<T, S> Default for CompareThenStore<T, S> {
    fn default() -> Self {
        CompareThenStore(Mutex::new(None))
    }
}

impl<T, S> LastWriterWins for CompareThenStore<T, S>
where
    T: Clone + PartialEq + Send + 'static,
    S: Stamp,
{
    type Value = T;
    type Stamp = S;

    fn offer(&self, written: Written<S>, value: T) -> Offer<T, Stamped<T, S>> {
        let value = match self.load() {
            None => value,
            Some(current) => match newer(written.stamp.cmp(&current.stamp), value, current) {
                Ok(value) => value,
                Err(refused) => return refused,
            },
        };
        let replaced = self.0.lock().replace((written, value));
        Offer::Applied { replaced: replaced.map(stamped) }
    }

    fn load(&self) -> Option<Stamped<T, S>> {
        self.0.lock().clone().map(stamped)
    }
}

/// A register in which the newest wall-clock time wins.
///
/// The mistake: the clocks of two writers differ. Who answers to a value that a fast clock has
/// stamped, with a slow clock, is ignored until the slow clock has caught up.
#[derive(Debug)]
pub struct NewestClock<T, S>(Mutex<Current<T, S>>);

impl<T, S> Default for NewestClock<T, S> {
    fn default() -> Self {
        NewestClock(Mutex::new(None))
    }
}

impl<T, S> LastWriterWins for NewestClock<T, S>
where
    T: Clone + PartialEq + Send + 'static,
    S: Stamp,
{
    type Value = T;
    type Stamp = S;

    fn offer(&self, written: Written<S>, value: T) -> Offer<T, Stamped<T, S>> {
        let mut current = self.0.lock();
        let value = match current.clone() {
            None => value,
            Some((newest, shown)) => {
                let order = written.clock_ms.cmp(&newest.clock_ms);
                match newer(order, value, stamped((newest, shown))) {
                    Ok(value) => value,
                    Err(refused) => return refused,
                }
            }
        };
        Offer::Applied { replaced: current.replace((written, value)).map(stamped) }
    }

    fn load(&self) -> Option<Stamped<T, S>> {
        self.0.lock().clone().map(stamped)
    }
}
