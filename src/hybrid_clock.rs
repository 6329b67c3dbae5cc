//! A clock whose readings are close to wall-clock time, and yet larger for an effect than for its
//! cause, whatever the wall clocks do: a hybrid logical clock, for any number of threads of a node.
//!
//! # Problem
//!
//! "The newest time stamp wins" needs time stamps that mean it. Wall clocks are set back by NTP and
//! by people, stand still for a millisecond in which a thousand events happen, and differ between
//! nodes: a change that answers another one gets the earlier time, and is thrown away.
//!
//! # Example
//!
//! ```
//! use std::time::Duration;
//! use selvedge::{Hlc, HybridClock, hybrid_clock::ObserveError};
//!
//! // A wall clock that stands still; without a source it would be the system's.
//! let clock =
//!     HybridClock::builder().node(1).max_drift(Duration::from_millis(500)).source(|| 1_000);
//! let clock = clock.build()?;
//! assert_eq!(clock.tick()?, Hlc { wall_ms: 1_000, logical: 0, node: 1 });
//! assert_eq!(clock.tick()?, Hlc { wall_ms: 1_000, logical: 1, node: 1 });
//!
//! // A message from a node whose clock is ahead, and from one whose clock is wrong.
//! let sent = Hlc { wall_ms: 1_200, logical: 7, node: 2 };
//! assert_eq!(clock.observe(sent)?, Hlc { wall_ms: 1_200, logical: 8, node: 1 });
//! let wrong = Hlc { wall_ms: 9_000, logical: 0, node: 3 };
//! assert!(matches!(clock.observe(wrong), Err(ObserveError::DriftExceeded { .. })));
//! assert_eq!(clock.latest().wall_ms, 1_200, "nothing has changed");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Guarantee
//!
//! * **G1** Every call of `tick` and `observe` that succeeds returns a reading of its own: no two
//!   are equal, of one clock or of clocks with different nodes.
//! * **G2** Readings grow, also while the source stands still or goes back: if one call returned
//!   before another one of this clock began, the later reading is greater. `latest` is never behind
//!   what its thread has learned of this clock.
//! * **G3** `observe` returns a reading greater than the one that it was given. So along any chain
//!   of events, and of messages whose readings were observed, readings grow.
//! * **G4** A reading's wall-clock time is at least what the source showed in that call. It is
//!   ahead of the greatest time that the source has shown this clock by the drift allowed at most,
//!   unless the clock was resumed from a later reading: then it is at most that one's.
//! * **G5** A refusal changes nothing. The logical part never overflows into the time: when 2¹⁶
//!   readings have the latest time, the clock refuses until the source, or a message within the
//!   drift allowed, shows a later one.
//! * **G6** Who gets a reading from this clock, by any operation, sees what happened before the
//!   calls that returned it and the readings before it.
//! * **G7** A clock that was built with `resume_from` gives out readings greater than that.
//! * **G8** `tick` and `observe` ask the source at most once, before they touch the clock; `latest`
//!   does not ask it. The source may look at the latest reading, and if it panics the clock is
//!   unchanged.
//!
//! # Protocol
//!
//! ```text
//! an event                                    a look at the clock
//!
//!    ask the source; refuse a remote
//!    reading that is too far ahead of it
//! C1 load the time: a guess
//!    the source's time, if later than all;
//!    or the greatest, and one more event
//! C2 compare-exchange ─── C2 to C2, R1 ─────▶ R1 load the time
//!    return what it installed
//! ```
//!
//! Wall-clock time and logical part are one word, so that an event is one successful
//! compare-exchange. What the call returns is what it put there, not what is there by then.
//!
//! # States
//!
//! | bits 63–16 | bits 15–0 | meaning | left by |
//! | --- | --- | --- | --- |
//! | 0 | 0 | no reading yet | an event |
//! | w | l | the latest reading, or the one resumed from | an event |
//! | w | 2¹⁶ − 1 | the last reading of this millisecond | an event, once the source or a message is past w |
//!
//! # Progress
//!
//! Lock-free: a compare-exchange fails only because another event was counted. A particular thread
//! may be overtaken again and again. `latest` is one load. Nothing waits: when a millisecond's
//! readings are used up, who got the refusal decides whether to wait for the source. That can take
//! as long as the clock is ahead of its source: the drift allowed, if a peer brought it there.
//!
//! # Cost
//!
//! 256 bytes on x86-64 (the time has two cache lines to itself), and the box of a source other than
//! the system's. An event: a question to the source, a load and a compare-exchange; no allocation.
//!
//! # When not to use
//!
//! * It tells causes from effects, not that events are concurrent: that takes a vector clock.
//! * For "nothing newer exists anywhere", as an external client sees it, the uncertainty has to be
//!   waited out, as Spanner does.
//! * What cannot be refused: the own source, when it jumps far ahead, looks like one that was not
//!   asked for long. The clock goes along, and its peers refuse its readings. When the source is
//!   set right, the clock stays ahead, with 2¹⁶ readings left until the source gets there.
//! * A peer within the drift allowed can use up the readings of the milliseconds ahead, and so stop
//!   this clock for that long.
//! * For more than 65 million readings a second: they use up the logical part.
//! * A reading that was given out after the last one was persisted can be given out again after a
//!   restart with a wall clock that went back. Persist a time ahead, a minute say, and again when
//!   it is reached; resume from that.
//! * In a scenario, without a `source`: the system's clock would differ with each execution.
//!
//! # Checked by
//!
//! Scenarios of two threads, with one or two events each, in `tests/hybrid_clock.rs`:
//! `g1_readings_are_unique_and_grow`, `g2_latest_is_not_behind`,
//! `g2_readings_grow_when_the_source_goes_back`, `g3_an_observed_reading_is_passed`,
//! `g5_a_refusal_changes_nothing`, `g6_a_reading_publishes_what_came_before`,
//! `g6_a_look_sees_what_came_before`. The naive twin fails those of G1, G3 and the second of G2.
//!
//! `tests/hybrid_clock_properties.rs` compares histories of several nodes with a model: their wall
//! clocks jump, their messages arrive up to three times and in any order. It has the tests of G4,
//! G7 and G8. Not checked by any of these: the system's clock, and that nodes have different
//! numbers.
//!
//! # Source
//!
//! Kulkarni, Demirbas, Madappa, Avva, Leone, *Logical Physical Clocks*, OPODIS 2014: its algorithm,
//! on one word, with 48 and 16 bits of it. The check against the source is that of CockroachDB's
//! `UpdateAndCheckMaxOffset`, whose logical part has 32 bits and a lock around both. uhlc counts
//! on into the time when a counter is used up, and takes a lock.

mod builder;
mod error;

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::time::{SystemTime, UNIX_EPOCH};

use super::stamp::{Hlc, Stamp};
use super::swap::sync::CachePadded;
use super::swap::sync::atomic::{AtomicU64, Ordering};
use super::swap::time::Duration;

pub use builder::HybridClockBuilder;
pub use error::{BuildError, ObserveError, TickError};

/// A hybrid logical clock. See the [module](self) for the contract.
pub struct HybridClock {
    /// The [`Time`] of the latest reading.
    time: CachePadded<AtomicU64>,
    /// The node of all readings.
    node: u64,
    /// How far a remote reading may be ahead of the source.
    max_drift: Duration,
    source: Source,
}

/// A reading without its node, in one word: milliseconds above 16 bits of the logical part.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Time(u64);

impl Time {
    const LOGICAL_BITS: u32 = u16::BITS;

    fn of(reading: Hlc) -> Time {
        debug_assert!(reading.wall_ms <= Hlc::MAX_WALL_MS);
        Time(reading.prefix())
    }

    fn begin_of(wall_ms: u64) -> Time {
        Time::of(Hlc { wall_ms, logical: 0, node: 0 })
    }

    fn wall_ms(self) -> u64 {
        self.0 >> Time::LOGICAL_BITS
    }

    fn logical(self) -> u16 {
        // The lower bits.
        self.0 as u16
    }

    /// The next event's in the same millisecond, if there is room for it.
    fn next(self) -> Option<Time> {
        (self.logical() < u16::MAX).then(|| Time(self.0 + 1))
    }
}

enum Source {
    System,
    Given(Box<dyn Fn() -> u64 + Send + Sync>),
}

impl HybridClock {
    /// Begins a clock: with the system's wall clock as its source, 500 ms of drift allowed, and
    /// nothing to resume from. The node has to be named.
    pub fn builder() -> HybridClockBuilder {
        HybridClockBuilder::new()
    }

    /// The node whose clock this is.
    pub fn node(&self) -> u64 {
        self.node
    }

    /// Counts an event, the sending of a message for example, and returns its reading.
    ///
    /// # Errors
    /// If the millisecond of the latest reading has no readings left, and the source does not show
    /// a later one; or if the source shows no time that a reading can have. The clock is unchanged
    /// then.
    ///
    /// # Panics
    /// If the source does, changing nothing.
    pub fn tick(&self) -> Result<Hlc, TickError> {
        self.advance(self.source_ms()?, Time(0))
    }

    /// Counts the receipt of a message that bears the reading `remote`, and returns the reading of
    /// this event: greater than `remote`, and than all readings of this clock.
    ///
    /// A message that is delivered again is another event.
    ///
    /// # Errors
    /// If `remote` is further ahead of the source than the drift allowed, or is the last reading of
    /// its millisecond and nothing shows a later one; and as [`tick`](Self::tick). The clock is
    /// unchanged then.
    ///
    /// # Panics
    /// As [`tick`](Self::tick).
    pub fn observe(&self, remote: Hlc) -> Result<Hlc, ObserveError> {
        if remote.wall_ms > Hlc::MAX_WALL_MS {
            return Err(ObserveError::RemoteOutOfRange { remote });
        }
        let source_ms = self.source_ms()?;
        // Most are behind, by the time that they took.
        let ahead = Duration::from_millis(remote.wall_ms.saturating_sub(source_ms));
        if ahead > self.max_drift {
            return Err(ObserveError::DriftExceeded {
                remote,
                source_ms,
                max_drift: self.max_drift,
            });
        }
        Ok(self.advance(source_ms, Time::of(remote))?)
    }

    /// The latest reading that was given out; the time that the clock was resumed from, with its
    /// own node, if there is none; or else time 0. No event is counted, and the source is not
    /// asked.
    pub fn latest(&self) -> Hlc {
        // R1 Acquire: sees what happened before this reading was given out; pairs with C2.
        self.reading(Time(self.time.load(Ordering::Acquire)))
    }

    /// Raises the time to the source's, or beyond itself and `remote`, and returns what it was
    /// raised to.
    fn advance(&self, source_ms: u64, remote: Time) -> Result<Hlc, TickError> {
        // C1 Relaxed: a guess, which C2 confirms or corrects.
        let mut seen = self.time.load(Ordering::Relaxed);
        loop {
            let before = Time(seen).max(remote);
            let next = if source_ms > before.wall_ms() {
                Time::begin_of(source_ms)
            } else {
                before
                    .next()
                    .ok_or(TickError::LogicalOverflow { wall_ms: before.wall_ms(), source_ms })?
            };
            // C2 AcqRel: sees what happened before the readings so far, and shows what happened
            // before this one; pairs with itself and R1. Relaxed on failure: another guess.
            match self.time.compare_exchange_weak(seen, next.0, Ordering::AcqRel, Ordering::Relaxed)
            {
                Ok(_) => return Ok(self.reading(next)),
                Err(newer) => seen = newer,
            }
        }
    }

    fn reading(&self, time: Time) -> Hlc {
        Hlc { wall_ms: time.wall_ms(), logical: time.logical(), node: self.node }
    }

    /// The time that the source shows, if a reading can have it.
    fn source_ms(&self) -> Result<u64, TickError> {
        let source_ms = match &self.source {
            Source::System => milliseconds(SystemTime::now())?,
            Source::Given(source) => source(),
        };
        if source_ms > Hlc::MAX_WALL_MS {
            return Err(TickError::SourceOutOfRange { source_ms });
        }
        Ok(source_ms)
    }
}

/// Whole milliseconds since the Unix epoch.
fn milliseconds(time: SystemTime) -> Result<u64, TickError> {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => Ok(u64::try_from(since.as_millis()).unwrap_or(u64::MAX)),
        Err(_) => Err(TickError::SourceBeforeEpoch),
    }
}

// The source is asked before the clock is touched, and so never leaves it in between.
impl UnwindSafe for HybridClock {}
impl RefUnwindSafe for HybridClock {}

impl fmt::Debug for HybridClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HybridClock")
            .field("latest", &self.latest())
            .field("max_drift", &self.max_drift)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_the_system_that_no_reading_can_have_are_refused() {
        let second = Duration::from_secs(1);
        assert_eq!(milliseconds(UNIX_EPOCH + second), Ok(1_000));
        assert_eq!(milliseconds(UNIX_EPOCH - second), Err(TickError::SourceBeforeEpoch));
    }

    #[test]
    fn the_logical_part_has_an_end() {
        let last = Hlc { wall_ms: 3, logical: u16::MAX, node: 0 };
        let before = Hlc { logical: u16::MAX - 1, ..last };
        assert_eq!(Time::of(before).next().map(|time| time.0), Some(Time::of(last).0));
        assert!(Time::of(last).next().is_none());
        assert!(Time::of(last) < Time::begin_of(4));
    }
}
