//! `LamportClock`, `HybridClock`, and their twins.

use std::cell::Cell;
use std::marker::PhantomData;

use selvedge::hybrid_clock::{ObserveError, TickError};
use selvedge::naive::{self, LogicalClock};
use selvedge::scenario::Scenario;
use selvedge::sync::Arc;
use selvedge::{Hlc, HybridClock, Lamport, LamportClock};

use super::order::{Model, explain};
use super::program::{Program, caller_panics, catch_callers_panic};

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

/// A clock, its messages, and what it is to give out.
pub trait Clock: LogicalClock {
    const NAME: &'static str;
    const OPERATIONS: &'static [Operation];
    /// A little ahead, and too far.
    const MESSAGES: [Self::Reading; 2];

    fn build() -> Self;

    /// The reading of an event after the latest one, by this wall clock and with this message; or
    /// that it is refused.
    fn after(latest: Self::Reading, wall: u64, message: Option<Self::Reading>) -> Next<Self>;

    fn tick_refusal(error: Self::TickError) -> Refusal;

    fn observe_refusal(error: Self::ObserveError) -> Refusal;
}

/// A reading of an event, or why there is none.
type Next<C> = Result<<C as LogicalClock>::Reading, Refusal>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    NoReadingLeft,
    TooFarAhead,
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

const OF_LAMPORT: &[Operation] = &[Tick, ObserveNear, Latest, ObserveFar];

fn lamport_after(latest: Lamport, message: Option<Lamport>) -> Result<Lamport, Refusal> {
    let before = message.map_or(0, |message| message.counter).max(latest.counter);
    let counter = before.checked_add(1).ok_or(Refusal::NoReadingLeft)?;
    Ok(Lamport { counter, node: 1 })
}

const LAMPORT_MESSAGES: [Lamport; 2] =
    [Lamport { counter: 2, node: 2 }, Lamport { counter: u64::MAX, node: 2 }];

impl Clock for LamportClock {
    const NAME: &'static str = "LamportClock";
    const OPERATIONS: &'static [Operation] = OF_LAMPORT;
    const MESSAGES: [Lamport; 2] = LAMPORT_MESSAGES;

    fn build() -> Self {
        LamportClock::new(1)
    }

    fn after(latest: Lamport, _: u64, message: Option<Lamport>) -> Next<Self> {
        lamport_after(latest, message)
    }

    fn tick_refusal(_: Self::TickError) -> Refusal {
        Refusal::NoReadingLeft
    }

    fn observe_refusal(_: Self::ObserveError) -> Refusal {
        Refusal::NoReadingLeft
    }
}

impl Clock for naive::LamportClock {
    const NAME: &'static str = "naive LamportClock";
    const OPERATIONS: &'static [Operation] = OF_LAMPORT;
    const MESSAGES: [Lamport; 2] = LAMPORT_MESSAGES;

    fn build() -> Self {
        naive::LamportClock::new(1)
    }

    fn after(latest: Lamport, _: u64, message: Option<Lamport>) -> Next<Self> {
        lamport_after(latest, message)
    }

    fn tick_refusal(_: Self::TickError) -> Refusal {
        Refusal::NoReadingLeft
    }

    fn observe_refusal(_: Self::ObserveError) -> Refusal {
        Refusal::NoReadingLeft
    }
}

fn hybrid_after(latest: Hlc, wall: u64, message: Option<Hlc>) -> Result<Hlc, Refusal> {
    let parts = |reading: Hlc| (reading.wall_ms, reading.logical);
    let ahead = message.map_or(0, |message| message.wall_ms.saturating_sub(wall));
    if ahead > 500 {
        return Err(Refusal::TooFarAhead);
    }
    let before = message.map_or((0, 0), parts).max(parts(latest));
    let (wall_ms, logical) = if wall > before.0 {
        (wall, 0)
    } else {
        (before.0, before.1.checked_add(1).ok_or(Refusal::NoReadingLeft)?)
    };
    Ok(Hlc { wall_ms, logical, node: 1 })
}

const HYBRID_MESSAGES: [Hlc; 2] = [
    Hlc { wall_ms: WALL + 1, logical: 3, node: 2 },
    Hlc { wall_ms: WALL + 1_000, logical: 0, node: 2 },
];

impl Clock for HybridClock {
    const NAME: &'static str = "HybridClock";
    const OPERATIONS: &'static [Operation] =
        &[Tick, ObserveNear, TickLater(2), Latest, ObserveFar, Panic];
    const MESSAGES: [Hlc; 2] = HYBRID_MESSAGES;

    /// With one reading left in its millisecond.
    fn build() -> Self {
        let last = Hlc { wall_ms: WALL, logical: u16::MAX - 1, node: 1 };
        let builder = HybridClock::builder().node(1).source(source).resume_from(last);
        builder.build().expect("the settings make sense")
    }

    fn after(latest: Hlc, wall: u64, message: Option<Hlc>) -> Next<Self> {
        hybrid_after(latest, wall, message)
    }

    fn tick_refusal(error: TickError) -> Refusal {
        match error {
            TickError::LogicalOverflow { .. } => Refusal::NoReadingLeft,
            other => panic!("{other}"),
        }
    }

    fn observe_refusal(error: ObserveError) -> Refusal {
        match error {
            ObserveError::DriftExceeded { .. } => Refusal::TooFarAhead,
            ObserveError::Tick(error) => Self::tick_refusal(error),
            other => panic!("{other}"),
        }
    }
}

impl Clock for naive::HybridClock {
    const NAME: &'static str = "naive HybridClock";
    const OPERATIONS: &'static [Operation] = &[Tick, ObserveNear, TickLater(2)];
    const MESSAGES: [Hlc; 2] = HYBRID_MESSAGES;

    fn build() -> Self {
        SOURCE.set(Some(0));
        naive::HybridClock::new(1, source)
    }

    fn after(latest: Hlc, wall: u64, message: Option<Hlc>) -> Next<Self> {
        hybrid_after(latest, wall, message)
    }

    fn tick_refusal(error: Self::TickError) -> Refusal {
        match error {}
    }

    fn observe_refusal(error: Self::ObserveError) -> Refusal {
        match error {}
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
        let clock = Arc::new(C::build());
        ((0..threads).map(|_| Arc::clone(&clock)).collect(), (clock.latest(), clock))
    }

    fn perform(
        clock: &mut Arc<C>,
        operation: Operation,
        _id: u64,
        steps: &mut Vec<Step<C::Reading>>,
    ) {
        let [near, far] = C::MESSAGES;
        let tick = |wall| {
            SOURCE.set(Some(wall));
            let answer = clock.tick().map_err(C::tick_refusal);
            Step::Event { wall, message: None, answer }
        };
        let observe = |message| {
            SOURCE.set(Some(WALL));
            let answer = clock.observe(message).map_err(C::observe_refusal);
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
        explain(&Readings::<C>(first), &threads, |readings| readings.0 == end);
    }
}

/// The latest reading.
struct Readings<C: Clock>(C::Reading);

impl<C: Clock> Clone for Readings<C> {
    fn clone(&self) -> Self {
        Readings(self.0)
    }
}

impl<C: Clock> Model for Readings<C> {
    type Step = Step<C::Reading>;

    fn admits(&mut self, _thread: usize, step: &Step<C::Reading>) -> bool {
        match *step {
            Step::Event { wall, message, answer } => {
                let next = C::after(self.0, wall, message);
                self.0 = next.unwrap_or(self.0);
                next == answer
            }
            Step::Latest(reading) => reading == self.0,
            Step::Nothing => true,
        }
    }
}
