//! What went wrong, and how to see it again.

use std::fmt;

use super::Engine;

/// The kind of a [`Violation`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ViolationKind {
    /// A panic: a failed assertion, mostly.
    Panic,
    /// Two threads accessed an `UnsafeCell` without one happening before the other, at least one
    /// of them writing.
    DataRace,
    /// No thread can go on, and not all have finished.
    Deadlock,
    /// An execution exceeded [`max_events`](super::Scenario::max_events).
    Livelock,
    /// A round on real threads did not end within the watchdog's patience.
    Hung,
    /// The same schedule led to another execution: the closure depends on something besides its
    /// interleaving.
    NonDeterministic,
    /// A thread was neither joined nor scoped when the closure returned.
    LeakedThread,
    /// An object was carried into or out of an execution.
    CarriedObject,
    /// The run explored nothing, or no execution had a second thread: it tested nothing.
    Untested,
    /// The run could not be made as asked.
    Misuse,
    /// [`refute`](super::Scenario::refute) on real threads: no execution failed, which proves
    /// nothing.
    NotObserved,
}

impl ViolationKind {
    /// Whether it is a finding about the code under test, rather than about the test.
    pub fn is_finding(self) -> bool {
        use ViolationKind::{DataRace, Deadlock, Hung, Livelock, Panic};
        matches!(self, Panic | DataRace | Deadlock | Livelock | Hung)
    }
}

impl fmt::Display for ViolationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            ViolationKind::Panic => "panic",
            ViolationKind::DataRace => "data race",
            ViolationKind::Deadlock => "deadlock",
            ViolationKind::Livelock => "suspected livelock",
            ViolationKind::Hung => "hung",
            ViolationKind::NonDeterministic => "nondeterministic",
            ViolationKind::LeakedThread => "leaked thread",
            ViolationKind::CarriedObject => "carried object",
            ViolationKind::Untested => "untested",
            ViolationKind::Misuse => "misuse",
            ViolationKind::NotObserved => "not observed",
        })
    }
}

/// A run that failed. `Display` is the whole explanation.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Violation {
    /// What kind of failure it is.
    pub kind: ViolationKind,
    /// The scenario's name.
    pub scenario: String,
    /// What ran it; `None` when no engine was reached.
    pub engine: Option<Engine>,
    /// The number of the execution, from 1; 0 when the failure is not one execution's.
    pub execution: u64,
    /// The cause, and the cure where there is one.
    pub message: String,
    /// The operations of the execution, in the order in which they were performed; empty where no
    /// operations are observed.
    pub timeline: String,
    /// The command that repeats the execution, where there is one.
    pub ticket: Option<String>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message.replace('\n', "\n  "))?;
        write!(f, "\nscenario {:?}", self.scenario)?;
        if let Some(engine) = self.engine {
            write!(f, ", {engine}")?;
        }
        if self.execution > 0 {
            write!(f, ", execution {}", self.execution)?;
        }
        if !self.timeline.is_empty() {
            write!(f, "\n\n{}", self.timeline.trim_end())?;
        }
        if let Some(ticket) = &self.ticket {
            write!(f, "\n\nrepeat: {ticket}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Violation {}
