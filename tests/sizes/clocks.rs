//! `LamportClock`, `HybridClock`, and their twins.

use std::cell::Cell;
use std::convert::Infallible;
use std::fmt::Debug;
use std::marker::PhantomData;

use selvedge::hybrid_clock::{ObserveError, TickError};
use selvedge::lamport_clock::CounterOverflow;
use selvedge::naive::{self, LogicalClock};
use selvedge::scenario::Scenario;
use selvedge::sync::Arc;
use selvedge::{Hlc, HybridClock, Lamport, LamportClock, Stamp};

use super::order::{Model, explain};
use super::program::{Program, caller_panics, catch_callers_panic, shared};

pub type OfLamport = Events<LamportClock>;
pub type NaiveLamport = Events<naive::LamportClock>;
pub type Hybrid = Events<HybridClock>;
pub type NaiveHybrid = Events<naive::HybridClock>;

/// Threads of a node count events.
pub struct Events<C>(PhantomData<C>);

#[derive(Clone, Copy, Debug)]
pub enum Operation {
    Tick,
    /// When the thread's wall clock is ahead by so much; a Lamport clock has none.
    TickLater(u64),
    /// Of a message that is a little ahead.
    ObserveNear,
    /// Of a message that is to be refused.
    ObserveFar,
    Latest,
    /// The source of the wall clock panics.
    Panic,
}

use Operation::*;

/// A clock of which threads are to be explored.
pub trait Clock:
    LogicalClock<Reading: Reading, TickError: Into<Refusal>, ObserveError: Into<Refusal>>
{
    const NAME: &'static str;
    const OPERATIONS: &'static [Operation];

    fn build() -> Self;
}

/// What a clock gives out.
pub trait Reading: Stamp + Debug {
    /// Of messages: a little ahead, and too far.
    const MESSAGES: [Self; 2];

    /// The reading of an event after this one, by this wall clock and with this message; or that it
    /// is refused.
    fn after(self, wall: u64, message: Option<Self>) -> Result<Self, Refusal>;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    NoReadingLeft,
    TooFarAhead,
}

impl From<CounterOverflow> for Refusal {
    fn from(_: CounterOverflow) -> Refusal {
        Refusal::NoReadingLeft
    }
}

impl From<TickError> for Refusal {
    fn from(error: TickError) -> Refusal {
        match error {
            TickError::LogicalOverflow { .. } => Refusal::NoReadingLeft,
            other => panic!("{other}"),
        }
    }
}

impl From<ObserveError> for Refusal {
    fn from(error: ObserveError) -> Refusal {
        match error {
            ObserveError::DriftExceeded { .. } => Refusal::TooFarAhead,
            ObserveError::Tick(error) => error.into(),
            other => panic!("{other}"),
        }
    }
}

impl From<Infallible> for Refusal {
    fn from(error: Infallible) -> Refusal {
        match error {}
    }
}

/// What a wall clock shows that is not ahead.
const WALL: u64 = 10;

thread_local! {
    // What the source shows to the call that follows; nothing is explored in between. `None` if it
    // panics.
    static SOURCE: Cell<Option<u64>> = const { Cell::new(None) };
}

fn source() -> u64 {
    SOURCE.get().unwrap_or_else(|| caller_panics())
}

impl Reading for Lamport {
    const MESSAGES: [Lamport; 2] =
        [Lamport { counter: 2, node: 2 }, Lamport { counter: u64::MAX, node: 2 }];

    fn after(self, _: u64, message: Option<Lamport>) -> Result<Lamport, Refusal> {
        let before = message.map_or(0, |message| message.counter).max(self.counter);
        let counter = before.checked_add(1).ok_or(Refusal::NoReadingLeft)?;
        Ok(Lamport { counter, node: 1 })
    }
}

impl Clock for LamportClock {
    const NAME: &'static str = "LamportClock";
    const OPERATIONS: &'static [Operation] = &[Tick, ObserveNear, Latest, ObserveFar];

    fn build() -> Self {
        LamportClock::new(1)
    }
}

impl Clock for naive::LamportClock {
    const NAME: &'static str = "naive LamportClock";
    const OPERATIONS: &'static [Operation] = LamportClock::OPERATIONS;

    fn build() -> Self {
        naive::LamportClock::new(1)
    }
}

impl Reading for Hlc {
    const MESSAGES: [Hlc; 2] = [
        Hlc { wall_ms: WALL + 1, logical: 3, node: 2 },
        Hlc { wall_ms: WALL + 1_000, logical: 0, node: 2 },
    ];

    fn after(self, wall: u64, message: Option<Hlc>) -> Result<Hlc, Refusal> {
        let parts = |reading: Hlc| (reading.wall_ms, reading.logical);
        let ahead = message.map_or(0, |message| message.wall_ms.saturating_sub(wall));
        if ahead > 500 {
            return Err(Refusal::TooFarAhead);
        }
        let before = message.map_or((0, 0), parts).max(parts(self));
        let (wall_ms, logical) = if wall > before.0 {
            (wall, 0)
        } else {
            (before.0, before.1.checked_add(1).ok_or(Refusal::NoReadingLeft)?)
        };
        Ok(Hlc { wall_ms, logical, node: 1 })
    }
}

impl Clock for HybridClock {
    const NAME: &'static str = "HybridClock";
    const OPERATIONS: &'static [Operation] =
        &[Tick, ObserveNear, TickLater(2), Latest, ObserveFar, Panic];

    /// With one reading left in its millisecond.
    fn build() -> Self {
        let last = Hlc { wall_ms: WALL, logical: u16::MAX - 1, node: 1 };
        let builder = HybridClock::builder().node(1).source(source).resume_from(last);
        builder.build().expect("the settings make sense")
    }
}

impl Clock for naive::HybridClock {
    const NAME: &'static str = "naive HybridClock";
    const OPERATIONS: &'static [Operation] = &[Tick, ObserveNear, TickLater(2)];

    fn build() -> Self {
        SOURCE.set(Some(0));
        naive::HybridClock::new(1, source)
    }
}

/// With the readings of a clock.
#[derive(Debug)]
pub enum Step<R> {
    Event {
        wall: u64,
        message: Option<R>,
        answer: Result<R, Refusal>,
    },
    Latest(R),
    /// The source has panicked.
    Nothing,
}

impl<C: Clock> Program for Events<C> {
    const NAME: &'static str = C::NAME;
    type Operation = Operation;
    type Step = Step<C::Reading>;
    type Hand = Arc<C>;
    type Rest = (C::Reading, Arc<C>);

    fn operations(_thread: usize, _threads: usize) -> &'static [Operation] {
        C::OPERATIONS
    }

    /// What was exchanged in vain is tried again.
    fn settings(scenario: Scenario) -> Scenario {
        scenario.spurious_failures(1)
    }

    fn begin(threads: usize) -> (Vec<Arc<C>>, Self::Rest) {
        let (hands, clock) = shared(threads, C::build());
        (hands, (clock.latest(), clock))
    }

    fn perform(
        clock: &mut Arc<C>,
        operation: Operation,
        _id: u64,
        steps: &mut Vec<Step<C::Reading>>,
    ) {
        let [near, far] = C::Reading::MESSAGES;
        let tick = |wall| {
            SOURCE.set(Some(wall));
            let answer = clock.tick().map_err(Into::into);
            Step::Event { wall, message: None, answer }
        };
        let observe = |message| {
            SOURCE.set(Some(WALL));
            let answer = clock.observe(message).map_err(Into::into);
            Step::Event { wall: WALL, message: Some(message), answer }
        };
        steps.push(match operation {
            Tick => tick(WALL),
            TickLater(ahead) => tick(WALL + ahead),
            ObserveNear => observe(near),
            ObserveFar => observe(far),
            Latest => Step::Latest(clock.latest()),
            Panic => {
                SOURCE.set(None);
                catch_callers_panic(|| clock.tick());
                Step::Nothing
            }
        });
    }

    fn end((first, clock): Self::Rest, threads: Vec<Vec<Step<C::Reading>>>) {
        SOURCE.set(Some(WALL));
        let end = clock.latest();
        explain(&Readings(first), &threads, |readings| readings.0 == end);
    }
}

/// The latest reading.
#[derive(Clone)]
struct Readings<R>(R);

impl<R: Reading> Model for Readings<R> {
    type Step = Step<R>;

    fn admits(&mut self, _thread: usize, step: &Step<R>) -> bool {
        match *step {
            Step::Event { wall, message, answer } => {
                let next = self.0.after(wall, message);
                self.0 = next.unwrap_or(self.0);
                next == answer
            }
            Step::Latest(reading) => reading == self.0,
            Step::Nothing => true,
        }
    }
}
