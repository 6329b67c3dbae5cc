//! Time. Inside of a scenario the clock stands still until a thread of the scenario calls
//! [`advance`], which wakes timed waits: so a timeout is one more interleaving, on every engine.
//!
//! Outside of a scenario it is the real clock.

use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::Ordering;

pub use std::time::Duration;

use super::super::execution::{self, Execution};
use super::atomic::AtomicU64;
use super::graph::{self, Clock, perform_alone};
use super::mutex::Mutex;
use super::origin::report;
use super::parker::{Token, in_scenario};
use super::trace::{Effect, Event};
use crate::graph::{Lesson, operations};

/// A point in time, of the real clock or of a scenario's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(Moment);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Moment {
    Real(std::time::Instant),
    /// Nanoseconds since the execution began.
    Manual(u64),
}

impl Instant {
    /// Now.
    #[track_caller]
    pub fn now() -> Instant {
        if in_scenario() {
            Instant(Moment::Manual(with_clock(ManualClock::now)))
        } else {
            Instant(Moment::Real(std::time::Instant::now()))
        }
    }

    pub(super) fn moment(self) -> Moment {
        self.0
    }

    /// The reading of the scenario's clock.
    pub(super) fn nanos(self) -> u64 {
        match self.0 {
            Moment::Manual(nanos) => nanos,
            Moment::Real(_) => {
                panic!(
                    "an Instant from outside of the scenario was used as a deadline inside of it"
                )
            }
        }
    }

    /// The time since this instant; zero if it lies ahead.
    #[track_caller]
    pub fn elapsed(&self) -> Duration {
        Instant::now().duration_since(*self)
    }

    /// The time from `earlier` to this instant; zero if `earlier` is later.
    ///
    /// # Panics
    /// If one of them comes from a scenario and the other from outside of it.
    #[track_caller]
    pub fn duration_since(&self, earlier: Instant) -> Duration {
        self.checked_duration_since(earlier).unwrap_or_default()
    }

    /// As [`duration_since`](Self::duration_since).
    ///
    /// # Panics
    /// If one of them comes from a scenario and the other from outside of it.
    #[track_caller]
    pub fn saturating_duration_since(&self, earlier: Instant) -> Duration {
        self.duration_since(earlier)
    }

    /// The time from `earlier` to this instant, if `earlier` is not later.
    ///
    /// # Panics
    /// If one of them comes from a scenario and the other from outside of it.
    #[track_caller]
    pub fn checked_duration_since(&self, earlier: Instant) -> Option<Duration> {
        match (self.0, earlier.0) {
            (Moment::Real(now), Moment::Real(then)) => now.checked_duration_since(then),
            (Moment::Manual(now), Moment::Manual(then)) => {
                now.checked_sub(then).map(Duration::from_nanos)
            }
            _ => {
                panic!("an Instant was carried into or out of a scenario; its clock is another one")
            }
        }
    }

    /// The instant later by `duration`, if it can be represented.
    pub fn checked_add(&self, duration: Duration) -> Option<Instant> {
        match self.0 {
            Moment::Real(instant) => {
                instant.checked_add(duration).map(|i| Instant(Moment::Real(i)))
            }
            Moment::Manual(nanos) => {
                let later = nanos.checked_add(u64::try_from(duration.as_nanos()).ok()?)?;
                Some(Instant(Moment::Manual(later)))
            }
        }
    }

    /// The instant earlier by `duration`, if it can be represented.
    pub fn checked_sub(&self, duration: Duration) -> Option<Instant> {
        match self.0 {
            Moment::Real(instant) => {
                instant.checked_sub(duration).map(|i| Instant(Moment::Real(i)))
            }
            Moment::Manual(nanos) => {
                let earlier = nanos.checked_sub(u64::try_from(duration.as_nanos()).ok()?)?;
                Some(Instant(Moment::Manual(earlier)))
            }
        }
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;
    fn add(self, duration: Duration) -> Instant {
        self.checked_add(duration).expect("overflow when adding duration to instant")
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

impl Sub<Duration> for Instant {
    type Output = Instant;
    fn sub(self, duration: Duration) -> Instant {
        self.checked_sub(duration).expect("overflow when subtracting duration from instant")
    }
}

impl SubAssign<Duration> for Instant {
    fn sub_assign(&mut self, duration: Duration) {
        *self = *self - duration;
    }
}

impl Sub<Instant> for Instant {
    type Output = Duration;
    fn sub(self, earlier: Instant) -> Duration {
        self.duration_since(earlier)
    }
}

/// Lets `duration` pass.
///
/// Inside of a scenario it moves the scenario's clock, and wakes the waits whose deadline has come.
/// Elsewhere it sleeps.
#[track_caller]
pub fn advance(duration: Duration) {
    if in_scenario() {
        with_clock(|clock| clock.advance(duration));
        let place = Location::caller();
        report(Event::NO_OBJECT, "advance", [None; 2], Effect::Nothing, place);
    } else {
        std::thread::sleep(duration);
    }
}

/// A wait, and when its time has come.
type Timed = (u64, Arc<Token>);

/// The clock of an execution.
// An execution has one.
#[allow(clippy::large_enum_variant)]
pub(crate) enum ManualClock {
    /// With those who are to be told when their time has come.
    Word { nanos: AtomicU64, waiting: Mutex<Vec<Timed>> },
    /// The graph engine's waits look by themselves.
    Graph(Clock),
}

impl ManualClock {
    /// A clock for the execution that the caller has entered.
    #[track_caller]
    pub fn new() -> Self {
        match graph::create(Location::caller(), Clock::create) {
            Some(clock) => ManualClock::Graph(clock),
            None => ManualClock::Word {
                nanos: AtomicU64::silent(0),
                waiting: Mutex::silent(Vec::new()),
            },
        }
    }

    #[track_caller]
    pub(super) fn now(&self) -> u64 {
        match self {
            // Relaxed: a clock orders nothing; a waiter reads it under the lock that `advance`
            // signals with.
            ManualClock::Word { nanos, .. } => nanos.load(Ordering::Relaxed),
            ManualClock::Graph(clock) => clock.now(Location::caller()),
        }
    }

    #[track_caller]
    fn advance(&self, duration: Duration) {
        let step = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let now = match self {
            ManualClock::Word { nanos, .. } => {
                // Relaxed, three times: as in `now`.
                let more = |before: u64| before.checked_add(step);
                let before = nanos.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
                before.ok().map(|before| before + step)
            }
            ManualClock::Graph(clock) => clock.advance(step, Location::caller()),
        };
        let Some(now) = now else {
            panic!("the scenario's clock was advanced beyond its end, 584 years");
        };
        let ManualClock::Word { waiting, .. } = self else { return };
        let due: Vec<_> = {
            let mut waiting = waiting.lock();
            let (due, later) = std::mem::take(&mut *waiting)
                .into_iter()
                .partition(|(deadline, _)| *deadline <= now);
            *waiting = later;
            due
        };
        for (_, token) in due {
            token.look_again();
        }
    }

    pub(super) fn register(&self, deadline: u64, token: &Arc<Token>) {
        if let ManualClock::Word { waiting, .. } = self {
            waiting.lock().push((deadline, Arc::clone(token)));
        }
    }

    pub(super) fn deregister(&self, token: &Arc<Token>) {
        if let ManualClock::Word { waiting, .. } = self {
            waiting.lock().retain(|(_, waiting)| !Arc::ptr_eq(waiting, token));
        }
    }
}

/// Starts the clock of the execution that the caller has entered.
pub(crate) fn start_clock(execution: &Execution) {
    let clock = Arc::new(ManualClock::new());
    *execution.clock.lock() = Some(clock);
}

/// Whether a thread waits with a timeout.
pub(crate) fn waits_for_clock(execution: &Execution) -> bool {
    let timed = ["park_timeout", "park_deadline", "wait_for", "wait_until", "sleep"];
    execution.trace.lock().waits().any(|(_, wait)| timed.contains(&wait.operation))
}

/// Calls `f` with the clock of the current execution.
#[track_caller]
pub(super) fn with_clock<R>(f: impl FnOnce(&ManualClock) -> R) -> R {
    let execution = execution::current().expect("a manual clock belongs to an execution");
    let clock = execution.clock.lock().clone();
    match clock {
        Some(clock) => f(&clock),
        None => {
            // The graph engine learns that there has to be one.
            if perform_alone(|| operations::learn(Lesson::Clock)).is_none() {
                // A destructor on its way out.
                return f(&ManualClock::new());
            }
            start_clock(&execution);
            with_clock(f)
        }
    }
}
