//! A clock that counts events, so that what caused something has a smaller reading than it: a
//! Lamport clock, for any number of threads of a node.
//!
//! # Problem
//!
//! Two nodes change a record and tell each other. The one stamps its changes with a counter of its
//! own, the other with another one, and the change that answers a change gets the smaller number:
//! whoever keeps the greater one keeps the question and throws the answer away. Inside of a node,
//! two threads that load the counter, add one and store it give out one reading twice.
//!
//! # Example
//!
//! ```
//! use selvedge::LamportClock;
//!
//! let [berlin, tokyo] = [1, 2].map(LamportClock::new);
//!
//! // An event in Berlin, of which a message tells Tokyo.
//! let asked = berlin.tick()?;
//! let received = tokyo.observe(asked)?;
//! let answered = tokyo.tick()?;
//! assert!(asked < received && received < answered);
//!
//! // Counters may be equal; readings are not.
//! let aside = berlin.tick()?;
//! assert_eq!(aside.counter, received.counter);
//! assert!(aside < received, "the node decides");
//! # Ok::<(), selvedge::lamport_clock::CounterOverflow>(())
//! ```
//!
//! # Guarantee
//!
//! * **G1** Every call of `tick` and `observe` that succeeds returns a reading of its own: no two
//!   are equal, of one clock or of clocks with different nodes.
//! * **G2** Readings grow: if one call returned before another one of this clock began, the later
//!   reading is greater. `latest` is never behind what its thread has learned of this clock.
//! * **G3** `observe` returns a reading greater than the one that it was given. So along any chain
//!   of events, and of messages whose readings were observed, readings grow: if event a happened
//!   before event b, then a's reading is smaller.
//! * **G4** A counter is no greater than it must be: the reading of an event is one more than the
//!   greatest that the clock had given out or observed.
//! * **G5** A refusal changes nothing. The counter never wraps around: after 2⁶⁴ − 1, `tick` and
//!   `observe` return an error.
//! * **G6** Who gets a reading from this clock, by any operation, sees what happened before the
//!   calls that returned it and the readings before it.
//! * **G7** A clock that was made by `resume_from` gives out readings greater than that.
//!
//! # Protocol
//!
//! ```text
//! an event                                    a look at the clock
//!
//! C1 load the counter: a guess
//!    max with what was observed, and one
//! C2 compare-exchange ─── C2 to C2, R1 ─────▶ R1 load the counter
//!    return what it installed
//! ```
//!
//! The counter is one word, and an event is one successful compare-exchange on it. What the call
//! returns is what it put there, not what is there by then.
//!
//! # States
//!
//! | counter | meaning | entered by | left by |
//! | --- | --- | --- | --- |
//! | 0 | no event yet | constructor | an event |
//! | n | the latest event's | an event, `resume_from` | an event |
//! | 2⁶⁴ − 1 | the last event's | an event, `resume_from` | nothing: events are refused |
//!
//! # Progress
//!
//! Lock-free: a compare-exchange fails only because another event was counted. A particular thread
//! may be overtaken again and again. `latest` is one load. Nothing waits.
//!
//! # Cost
//!
//! 256 bytes on x86-64 (the counter has two cache lines to itself). An event: a load and a
//! compare-exchange, and no allocation.
//!
//! # When not to use
//!
//! * Readings say nothing about the time of day, and a node that hears nothing falls behind those
//!   that do; for stamps that people read, or that decide by recency, there is `HybridClock`.
//! * A smaller reading may be that of a concurrent event. To know that two events are concurrent
//!   takes a vector clock.
//! * With peers that are not trusted: a reading that is far ahead cannot be told from that of a
//!   busy node, and one of 2⁶⁴ − 2 uses up all readings of who observes it. `HybridClock` can
//!   refuse it.
//! * For the numbers of one entity that has one writer, count them: `Seq`.
//! * A reading that was given out after the last one was persisted is given out again after a
//!   restart, from `resume_from` the persisted one. Persist a counter in advance, a thousand ahead
//!   say, and again when it is reached; resume from that.
//!
//! # Checked by
//!
//! Scenarios of two threads, with one or two events each, in `tests/lamport_clock.rs`:
//! `g1_readings_are_unique_and_grow`, `g2_latest_is_not_behind`,
//! `g3_an_observed_reading_is_passed`, `g5_a_refusal_changes_nothing`,
//! `g6_a_reading_publishes_what_came_before`, `g6_a_look_sees_what_came_before`. The
//! naive twin fails `g1_readings_are_unique_and_grow` and `g3_an_observed_reading_is_passed`.
//!
//! `tests/lamport_clock_properties.rs` compares histories of several nodes, whose messages arrive
//! up to three times and in any order, with the longest chain of causes. Not checked by any of
//! these: that nodes have different numbers.
//!
//! # Source
//!
//! Lamport, *Time, Clocks, and the Ordering of Events in a Distributed System*, CACM 21(7), 1978:
//! rules IR1 and IR2, with a step of one; the total order is that of its section "Ordering the
//! Events Totally". The paper's process is a node here, and G2 orders those of its threads.

use std::error::Error;
use std::fmt;

use super::stamp::Lamport;
use super::swap::sync::CachePadded;
use super::swap::sync::atomic::{AtomicU64, Ordering};

/// A Lamport clock. See the [module](self) for the contract.
pub struct LamportClock {
    /// The counter of the latest reading.
    counter: CachePadded<AtomicU64>,
    /// The node of all readings.
    node: u64,
}

impl LamportClock {
    /// The clock of a node, which has seen no event.
    ///
    /// No two clocks have the same node at the same time; who gives out the numbers sees to that.
    pub fn new(node: u64) -> Self {
        LamportClock::resume_from(Lamport { counter: 0, node })
    }

    /// The clock of `last.node`, whose first reading is greater than `last`: for a node that has
    /// persisted its readings, or a bound on them.
    pub fn resume_from(last: Lamport) -> Self {
        let Lamport { counter, node } = last;
        LamportClock { counter: CachePadded::new(AtomicU64::new(counter)), node }
    }

    /// The node whose clock this is.
    pub fn node(&self) -> u64 {
        self.node
    }

    /// Counts an event, the sending of a message for example, and returns its reading.
    ///
    /// # Errors
    /// After the counter 2⁶⁴ − 1, changing nothing.
    pub fn tick(&self) -> Result<Lamport, CounterOverflow> {
        self.count_after(0)
    }

    /// Counts the receipt of a message that bears the reading `remote`, and returns the reading of
    /// this event: greater than `remote`, and than all readings of this clock.
    ///
    /// A message that is delivered again is another event.
    ///
    /// # Errors
    /// If one of these has the counter 2⁶⁴ − 1. The clock is unchanged then.
    pub fn observe(&self, remote: Lamport) -> Result<Lamport, CounterOverflow> {
        self.count_after(remote.counter)
    }

    /// The latest reading that was given out, or resumed from; counter 0 if there is none. No
    /// event is counted.
    pub fn latest(&self) -> Lamport {
        // R1 Acquire: sees what happened before this reading was given out; pairs with C2.
        self.reading(self.counter.load(Ordering::Acquire))
    }

    /// Raises the counter beyond itself and `floor`, and returns what it was raised to.
    fn count_after(&self, floor: u64) -> Result<Lamport, CounterOverflow> {
        // C1 Relaxed: a guess, which C2 confirms or corrects.
        let mut seen = self.counter.load(Ordering::Relaxed);
        loop {
            let before = seen.max(floor);
            let Some(next) = before.checked_add(1) else {
                return Err(CounterOverflow { node: self.node });
            };
            // C2 AcqRel: sees what happened before the readings so far, and shows what happened
            // before this one; pairs with itself and R1. Relaxed on failure: another guess.
            match self.counter.compare_exchange_weak(
                seen,
                next,
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Ok(self.reading(next)),
                Err(newer) => seen = newer,
            }
        }
    }

    fn reading(&self, counter: u64) -> Lamport {
        Lamport { counter, node: self.node }
    }
}

impl fmt::Debug for LamportClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LamportClock").field("latest", &self.latest()).finish()
    }
}

/// A [`LamportClock`] cannot count an event, because the counter would exceed 2⁶⁴ − 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CounterOverflow {
    /// The node of the clock.
    pub node: u64,
}

impl fmt::Display for CounterOverflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "logical clock of node {} has no reading left", self.node)
    }
}

impl Error for CounterOverflow {}
