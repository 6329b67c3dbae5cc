//! How far the threads of a run are, and what they wait for.

use std::panic::Location as Place;

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
    /// The wait that it is in, if its operations are a part of one.
    pub waiting: Option<Waiting>,
    /// From this position on, it waits until nobody else can move.
    pub held_from: Option<usize>,
    /// Hints so far.
    pub hints: usize,
    /// Where it was at hints, and at which positions.
    pub hinted: Vec<(&'static Place<'static>, usize)>,
}

/// A wait of a thread.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// The position at which the operation, or the iteration of the loop, began.
    pub began: usize,
    pub place: &'static Place<'static>,
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
    /// Blocks it at a wait that was in vain.
    pub fn block(&mut self, waiting: Waiting) {
        (self.status, self.waiting) = (Status::Blocked, Some(waiting));
    }

    /// Whether it is blocked at a loop whose condition the program tells.
    pub fn waits_in_loop(&self) -> bool {
        self.status == Status::Blocked && self.waiting.is_some_and(|waiting| waiting.loops())
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
    /// A change of what it read: it moves only if the run is drained.
    Blocked,
    Finished,
}
