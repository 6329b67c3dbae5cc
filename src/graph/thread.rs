//! How far the threads of a run are, and what they wait for.

use super::Place;
use super::event::{EventId, Request};

/// How far a thread of a run is.
#[derive(Debug)]
pub struct ThreadState {
    /// How many of its events were executed.
    pub position: usize,
    pub status: Status,
    /// The event that spawned it.
    pub spawn: EventId,
    /// The operation that it has come to, while that waits for a value.
    pub pending: Option<Request>,
    /// The iteration of a waiting loop that it is in.
    pub waiting: Option<Waiting>,
    /// From this position on, it waits until nobody else can move.
    pub held_from: Option<usize>,
    /// Hints so far.
    pub hints: usize,
    /// Where it was at hints, and at which positions.
    pub hinted: Vec<(Place, usize)>,
}

/// A wait of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The position at which the operation, or the iteration of the loop, began.
    pub began: usize,
    pub place: Place,
    pub form: Form,
}

/// What a wait consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One operation, of which the engine knows when it is over.
    Operation,
    /// Iterations: code of the program decides.
    Loop,
    /// Iterations that look at the clock as well.
    TimedLoop,
}

impl Waiting {
    /// Whether it consists of iterations.
    pub fn loops(&self) -> bool {
        self.form != Form::Operation
    }
}

impl ThreadState {
    /// One that was not spawned.
    pub fn absent() -> ThreadState {
        ThreadState {
            position: 0,
            status: Status::Absent,
            spawn: EventId::NONE,
            pending: None,
            waiting: None,
            held_from: None,
            hints: 0,
            hinted: Vec::new(),
        }
    }
}

/// What a thread waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It was not spawned in this run, or not yet.
    Absent,
    /// Nothing, or its turn.
    Ready,
    /// An event that its next one needs.
    Event(EventId),
    /// The end of another thread.
    End(u32),
    /// A value for its pending operation.
    Value,
    /// A change of what it read in vain: it moves only if the run is drained.
    Blocked(Waiting),
    Finished,
}
