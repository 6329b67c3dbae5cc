//! What an operation cannot do.

use super::Place;
use super::races::Access;

/// Why an operation was not performed.
#[derive(Clone, Debug)]
pub enum Refusal {
    /// The calling code is in no run, or the object belongs to another one.
    NotHere,
    /// The run was given up: leave it.
    GivenUp,
    /// The run cannot go on, for this reason.
    Fault(Box<Fault>),
}

impl Refusal {
    #[cold]
    pub fn fault(fault: Fault) -> Refusal {
        Refusal::Fault(Box::new(fault))
    }
}

/// Why a run cannot go on.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Two threads access a cell, at least one of them writes, and neither happens before the
    /// other. The second is the one that came now.
    Race([Access; 2]),
    /// An atomic object is accessed by a thread for which its creation did not happen before.
    UnorderedCreation { created: Place, creator: u32, access: Access },
    /// An object is accessed after its end.
    UseAfterFree { freed: Access, access: Access },
    /// The run is not the same function of what its reads return as before.
    NonDeterministic { recorded: Option<Recorded>, now: Option<Recorded> },
    /// More events than allowed.
    TooManyEvents { limit: usize },
    /// More threads than allowed.
    TooManyThreads { limit: usize },
}

/// An operation, for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub thread: u32,
    pub operation: String,
    /// `None` for the begin and the end of a thread, which are in no code of the program.
    pub place: Option<Place>,
}
