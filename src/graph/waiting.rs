//! Waiting loops: failing iterations are no part of an execution.
//!
//! A loop that waits until a condition holds could find it true at its first look; whatever it read
//! before in vain has no effect. So a thread whose condition does not hold stops there. A write
//! that comes later revisits what the iteration read.
//!
//! A run that ends there is *drained*: its threads look again, at the newest values, until they are
//! through, so that their destructors run as in any execution. What they do then leaves no
//! alternatives, and counts for nothing. If there is nothing newer to be seen it is a deadlock; but
//! first they look some more, in case a condition comes to hold by itself.

use std::panic::Location as Place;

use super::event::Kind;
use super::fault::{Fault, Refusal};
use super::fibers::End;
use super::state::{State, Status};

/// What follows an iteration of a waiting loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Iteration {
    /// The condition held.
    Satisfied,
    /// It did not, and the iteration had effects: the loop goes on.
    Again,
    /// It did not: the thread moves only if the run is drained.
    Blocked,
}

/// How a run that ended at waiting loops goes on.
#[derive(Clone, Copy, Debug)]
pub struct Drain {
    /// How it ended.
    end: End,
    /// How often its threads have looked again.
    rounds: usize,
    /// Whether the run left alternatives before, and does again after: not beside the exploration.
    records: bool,
    /// How many events the graph had: what is added from there on is forgotten at the end.
    events: u32,
}

/// How often a condition is looked at again before it is taken for one that does not change.
const LOOKS: usize = 32;

impl State {
    /// Lets the threads that wait look again, after nobody could move. `false` if that is in vain.
    pub fn look_again(&mut self, end: End) -> bool {
        if !matches!(end, End::Blocked | End::Deadlock) || self.blocked().next().is_none() {
            return false;
        }
        let records = self.explorer.records();
        let events = self.explorer.graph().events.len() as u32;
        let drain = self.drain.get_or_insert(Drain { end, rounds: 0, records, events });
        drain.rounds += 1;
        // What drains comes to its end, or to where nothing newer can be seen.
        if drain.rounds > LOOKS && drain.end == End::Deadlock
            || drain.end == End::Blocked && end == End::Deadlock
        {
            return false;
        }
        self.explorer.set_records(false);
        for thread in &mut self.threads {
            if thread.status == Status::Blocked {
                thread.status = Status::Ready;
            }
        }
        true
    }

    /// Ends the drain, and returns how the run ended before it.
    pub fn end_drain(&mut self, end: End) -> End {
        let Some(drain) = self.drain.take() else { return end };
        self.explorer.set_records(drain.records);
        // What is dropped from here on finds no graph that it fits to.
        self.given_up = true;
        self.explorer.forget(drain.events);
        match drain.end {
            // A condition that came to hold by itself is a fault.
            End::Deadlock if end == End::GivenUp => End::GivenUp,
            before => before,
        }
    }

    /// Begins an iteration of a waiting loop, and returns its position.
    pub fn begin_wait(&mut self, place: &'static Place<'static>) -> usize {
        let thread = self.thread();
        thread.waiting = Some((thread.position, place));
        thread.position
    }

    /// Ends an iteration of a waiting loop, in which there may have been other waiting loops.
    pub fn end_wait(
        &mut self,
        began: usize,
        place: &'static Place<'static>,
        satisfied: bool,
    ) -> Result<Iteration, Refusal> {
        if satisfied && self.drain.is_some_and(|drain| drain.end == End::Deadlock) {
            return Err(self.note(Refusal::fault(Fault::ChangesByItself { place })));
        }
        let current = self.current;
        let thread = &mut self.threads[current];
        if satisfied {
            thread.waiting = None;
            return Ok(Iteration::Satisfied);
        }
        thread.waiting = Some((began, place));
        let graph = self.explorer.graph();
        let events = &graph.threads[current][began..thread.position];
        let passive = |kind| matches!(kind, Kind::Read | Kind::ExclusiveRead | Kind::Fence);
        if events.iter().all(|event| passive(graph.event(*event).request.kind)) {
            thread.status = Status::Blocked;
            Ok(Iteration::Blocked)
        } else {
            Ok(Iteration::Again)
        }
    }

    /// The places of the waiting loops at which the run ended.
    pub fn blocked(&self) -> impl Iterator<Item = (usize, &'static Place<'static>)> + '_ {
        let blocked = self.threads.iter().enumerate().filter(|(_, t)| t.status == Status::Blocked);
        blocked.filter_map(|(number, thread)| Some((number, thread.waiting?.1)))
    }

    /// Whether no write that is still to come could satisfy the loops at which the run ended: all
    /// that they read is the newest.
    pub fn is_deadlock(&self) -> bool {
        let graph = self.explorer.graph();
        self.threads.iter().enumerate().filter(|(_, t)| t.status == Status::Blocked).all(
            |(number, thread)| {
                let began = thread.waiting.map_or(0, |(began, _)| began);
                graph.threads[number][began..].iter().all(|id| {
                    let event = graph.event(*id);
                    !event.request.kind.is_read() || {
                        let location = event.request.location as usize;
                        graph.locations[location].order.last() == Some(&event.source)
                    }
                })
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::coherence::Model;
    use super::super::event::Request;
    use super::super::explorer::Explorer;
    use super::super::state::{Limits, Step};
    use super::*;

    /// A run in which thread 0 has created an object, and begins to wait.
    fn waiting() -> (State, usize) {
        let limits = Limits { events: 100, threads: 2 };
        let mut state = State::new(Explorer::new(Model::Rc11), limits, None, Arc::default());
        state.begin(1);
        perform(&mut state, Kind::Begin);
        perform(&mut state, Kind::Create);
        let began = state.begin_wait(Place::caller());
        (state, began)
    }

    #[track_caller]
    fn perform(state: &mut State, kind: Kind) {
        let accesses = kind.is_read() || kind == Kind::Write;
        let location = if accesses { 0 } else { Request::NO_LOCATION };
        state.granted = true;
        let request = Request { location, ..Request::new(kind, Place::caller()) };
        assert!(matches!(state.step(&request), Ok(Step::Done(_))));
    }

    #[track_caller]
    fn end_wait(state: &mut State, began: usize, satisfied: bool) -> Iteration {
        state.end_wait(began, Place::caller(), satisfied).unwrap()
    }

    #[test]
    fn a_condition_that_holds_ends_the_loop() {
        let (mut state, began) = waiting();
        perform(&mut state, Kind::Read);
        assert_eq!(end_wait(&mut state, began, true), Iteration::Satisfied);
        assert_eq!(state.blocked().count(), 0);
        assert!(!state.look_again(End::Deadlock));
    }

    #[test]
    fn an_iteration_that_only_read_blocks_and_one_that_wrote_goes_on() {
        let (mut state, began) = waiting();
        perform(&mut state, Kind::Read);
        perform(&mut state, Kind::Write);
        assert_eq!(end_wait(&mut state, began, false), Iteration::Again);
        let began = state.begin_wait(Place::caller());
        perform(&mut state, Kind::Read);
        assert_eq!(end_wait(&mut state, began, false), Iteration::Blocked);
        assert!(state.is_deadlock());
    }

    #[test]
    fn an_iteration_that_has_not_read_the_newest_value_is_no_deadlock() {
        let (mut state, began) = waiting();
        perform(&mut state, Kind::Read);
        assert_eq!(end_wait(&mut state, began, false), Iteration::Blocked);
        state.add_thread(1, state.last_event().unwrap());
        state.current = 1;
        perform(&mut state, Kind::Begin);
        perform(&mut state, Kind::Write);
        assert!(!state.is_deadlock());
    }

    #[test]
    fn what_is_added_while_a_run_is_drained_is_forgotten() {
        let (mut state, began) = waiting();
        perform(&mut state, Kind::Read);
        assert_eq!(end_wait(&mut state, began, false), Iteration::Blocked);
        let events = state.explorer.graph().events.len();
        assert!(state.look_again(End::Deadlock));
        assert!(!state.explorer.records());
        perform(&mut state, Kind::Read);
        assert!(matches!(
            state.end_wait(began, Place::caller(), true),
            Err(Refusal::Fault(fault)) if matches!(*fault, Fault::ChangesByItself { .. })
        ));
        assert_eq!(state.end_drain(End::GivenUp), End::GivenUp);
        assert!(state.explorer.records());
        assert_eq!(state.explorer.graph().events.len(), events);
    }
}
