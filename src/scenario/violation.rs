//! What went wrong, and how to see it again.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Engine;

/// The kind of a [`Violation`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ViolationKind {
    /// A panic: a failed assertion, mostly.
    Panic,
    /// Two threads accessed an `UnsafeCell` without one happening before the other, at least one
    /// of them writing.
    #[serde(rename = "data race")]
    DataRace,
    /// No thread can go on, and not all have finished.
    Deadlock,
    /// An execution exceeded [`max_events`](super::Scenario::max_events).
    #[serde(rename = "suspected livelock")]
    Livelock,
    /// A round on real threads did not end within the watchdog's patience.
    Hung,
    /// The same schedule led to another execution: the closure depends on something besides its
    /// interleaving.
    NonDeterministic,
    /// A thread was neither joined nor scoped when the closure returned.
    #[serde(rename = "leaked thread")]
    LeakedThread,
    /// An object was carried into or out of an execution.
    #[serde(rename = "carried object")]
    CarriedObject,
    /// The run explored nothing, or no execution had a second thread: it tested nothing.
    Untested,
    /// The run could not be made as asked.
    Misuse,
    /// [`refute`](super::Scenario::refute): no execution failed. Real threads return it, since that
    /// proves nothing; other engines panic with it.
    #[serde(rename = "not observed")]
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
        // In the words that report lines have.
        self.serialize(f)
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
    /// The number of the execution, from 1; `None` when the failure is not one execution's.
    pub execution: Option<u64>,
    /// The cause, and the cure where there is one.
    pub message: String,
    /// What the closure chose, in words; see [`choose`](super::choose).
    pub chosen: Vec<String>,
    /// The operations of the execution, in the order in which they were performed; empty where no
    /// operations are observed. Under the graph engine an order of the execution in which reads see
    /// the last write, if there is one: if not, a row that reads an older value is what a memory
    /// model allows, and an interleaving does not. Where a data race or a use after free ended it,
    /// the order in which that was found.
    pub timeline: String,
    /// The value of `SELVEDGE_REPLAY` that repeats the execution, under Shuttle.
    pub ticket: Option<String>,
    /// How to see the execution again, where that is possible: a command, or a sentence.
    pub repeat: Option<String>,
}

impl Violation {
    /// A failure that is not one execution's.
    pub(crate) fn of_run(
        kind: ViolationKind,
        scenario: &str,
        engine: Option<Engine>,
        message: impl Into<String>,
    ) -> Violation {
        Violation {
            kind,
            scenario: scenario.to_owned(),
            engine,
            execution: None,
            message: message.into(),
            chosen: Vec::new(),
            timeline: String::new(),
            ticket: None,
            repeat: None,
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message.replace('\n', "\n  "))?;
        write!(f, "\nscenario {:?}", self.scenario)?;
        if let Some(engine) = self.engine {
            write!(f, ", {engine}")?;
        }
        if let Some(execution) = self.execution {
            write!(f, ", execution {execution}")?;
        }
        for chosen in &self.chosen {
            write!(f, "\nchosen: {chosen}")?;
        }
        if !self.timeline.is_empty() {
            write!(f, "\n\n{}", self.timeline.trim_end())?;
        }
        if let Some(repeat) = &self.repeat {
            write!(f, "\n\nrepeat: {repeat}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Violation {}
