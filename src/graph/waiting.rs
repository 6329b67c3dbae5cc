//! Waiting loops: failing iterations are no part of an execution.
//!
//! A loop that waits until a condition holds could find it true at its first look; whatever it read
//! before in vain has no effect. So a thread whose condition does not hold stops there. A write
//! that comes later revisits what the iteration read.
//!
//! A single operation that waits, of a lock for example, is such a loop by itself, of which the
//! engine knows more: it is not performed before the newest value is one that it waits for, or
//! nobody else can move.
//!
//! A run that ends there is *drained*: its threads look again, at the newest values, until they are
//! through, so that their destructors run as in any execution. What they do then leaves no
//! alternatives, and counts for nothing. If there is nothing newer to be seen it is a deadlock.

use super::Place;
use super::event::{Event, EventId};
use super::fault::Fault;
use super::fibers::End;
use super::spinning::are_passive;
use super::state::State;
use super::thread::{Form, Status, Waiting};

/// What follows an iteration of a waiting loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Iteration {
    /// The condition held.
    Satisfied,
    /// It did not, and the iteration had effects, or counts: the loop goes on.
    Again,
    /// It did not: the thread moves only if the run is drained.
    Blocked,
}

/// A run that ended at waits, and goes on from there.
#[derive(Clone, Copy, Debug)]
pub struct Drain {
    /// Whether the run left alternatives before, and does again after: not beside the exploration.
    records: bool,
    /// How many events the graph had: what is added from there on is forgotten at the end.
    events: u32,
    /// Timed waits end, since nothing else does.
    time_passes: bool,
}

impl Drain {
    /// How many events the run had before.
    pub fn events(&self) -> usize {
        self.events as usize
    }
}

impl State {
    /// Lets the threads that wait look again, after nobody could move. `false` if that is in vain.
    pub fn look_again(&mut self, end: End) -> bool {
        if self.drain.is_none() && self.probe() {
            return true;
        }
        if end != End::Blocked {
            return false;
        }
        // A run that is stuck, and no deadlock, goes on when time passes.
        let time_passes = self.is_stuck();
        self.begin_drain().time_passes |= time_passes;
        for thread in &mut self.threads {
            if matches!(thread.status, Status::Blocked(_)) {
                thread.status = Status::Ready;
            }
        }
        true
    }

    /// From here on, what the run does leaves no alternatives, and counts for nothing.
    pub fn begin_drain(&mut self) -> &mut Drain {
        let records = self.explorer.records();
        let events = self.explorer.graph().events.len() as u32;
        self.explorer.set_records(false);
        self.drain.get_or_insert(Drain { records, events, time_passes: false })
    }

    /// Ends the drain, and returns how the run ended before it.
    pub fn end_drain(&mut self, end: End) -> End {
        let Some(drain) = self.drain.take() else { return end };
        self.explorer.set_records(drain.records);
        // What is dropped from here on finds no graph that it fits to.
        self.given_up = true;
        self.explorer.forget(drain.events);
        // Threads that wait again and again, as long as time passes, for others that never come.
        let endless = matches!(self.fault, Some(Fault::TooManyEvents { .. }));
        if drain.time_passes && endless { End::GivenUp } else { End::Blocked }
    }

    /// Whether the run is drained, and timed waits are to end.
    pub fn is_out_of_time(&self) -> bool {
        self.drain.is_some_and(|drain| drain.time_passes)
    }

    /// Begins an iteration of a waiting loop, and returns what its end is to be told.
    pub fn begin_wait(&mut self, place: Place, form: Form) -> Waiting {
        if let Some(probe) = self.probe_at(place) {
            return probe.waiting;
        }
        let thread = self.thread();
        *thread.waiting.insert(Waiting { began: thread.position, place, form })
    }

    /// Ends an operation that waits: it blocks its thread if it has read in vain. Returns whether
    /// it has not.
    pub fn end_operation(&mut self, event: EventId) -> bool {
        let graph = self.explorer.graph();
        let Event { request, index, .. } = *graph.event(event);
        let satisfied = request.is_satisfied_by(graph.value_read(event));
        if !satisfied {
            let (began, place) = (index as usize, request.place);
            let waiting = Waiting { began, place, form: Form::Operation };
            self.thread().status = Status::Blocked(waiting);
        }
        satisfied
    }

    /// Ends an iteration of a waiting loop, in which there may have been other waiting loops.
    pub fn end_wait(&mut self, waiting: Waiting, satisfied: bool) -> Iteration {
        let Waiting { began, place, .. } = waiting;
        self.thread().waiting = None;
        let probe = self.probe_at(place);
        if satisfied {
            if let Some(probe) = probe {
                self.leave_probe(probe);
            }
            return Iteration::Satisfied;
        }
        if let Some(probe) = probe {
            return if self.end_turn(probe) { Iteration::Blocked } else { Iteration::Again };
        }
        if let Some(turns) = self.lessons.turns(place) {
            if self.end_counted_turn(place, turns).is_none() {
                return Iteration::Again;
            }
        }
        let (graph, thread) = (self.explorer.graph(), &self.threads[self.current]);
        if !are_passive(graph, &graph.threads[self.current][began..thread.position]) {
            return Iteration::Again;
        }
        self.thread().status = Status::Blocked(waiting);
        Iteration::Blocked
    }

    /// The threads that wait in vain, and for what.
    pub fn blocked(&self) -> impl Iterator<Item = (usize, Waiting)> + '_ {
        self.threads.iter().enumerate().filter_map(|(number, thread)| match thread.status {
            Status::Blocked(waiting) => Some((number, waiting)),
            _ => None,
        })
    }

    /// Whether one of the waits at which the run ended ends when its time has come, which is a
    /// choice of other executions.
    pub fn lets_time_pass(&self) -> bool {
        let mut blocked = self.blocked();
        self.explorer.may_time_out() && blocked.any(|(_, waiting)| waiting.form == Form::TimedLoop)
    }

    /// Whether no write that is still to come could satisfy the loops at which the run ended: all
    /// that they read is the newest.
    pub fn is_stuck(&self) -> bool {
        let graph = self.explorer.graph();
        let is_newest = |id: &EventId| {
            let event = graph.event(*id);
            let newest = || graph.locations[event.request.location as usize].order.last();
            !event.request.kind.is_read() || newest() == Some(&event.source)
        };
        let read_in_vain =
            |(number, waiting): (usize, Waiting)| &graph.threads[number][waiting.began..];
        self.blocked().map(read_in_vain).all(|events| events.iter().all(is_newest))
    }
}

#[cfg(test)]
mod tests {
    use std::panic::Location;
    use std::sync::Arc;

    use super::super::budgets::Budgets;
    use super::super::coherence::Model;
    use super::super::event::{Kind, Request};
    use super::super::explorer::Explorer;
    use super::super::lessons::{Lesson, Lessons};
    use super::super::state::{Limits, Step};
    use super::*;

    /// A run in which thread 0 has created an object, and begins to wait.
    fn waiting() -> (State, Waiting) {
        let limits = Limits { events: 100, threads: 2 };
        let mut state = State::new(
            Explorer::new(Model::Rc11, Budgets::default()),
            limits,
            Lessons::default(),
            None,
            Arc::default(),
        );
        state.begin(1);
        perform(&mut state, Kind::Begin);
        perform(&mut state, Kind::Create);
        let waiting = state.begin_wait(Location::caller(), Form::Loop);
        (state, waiting)
    }

    #[track_caller]
    fn perform(state: &mut State, kind: Kind) {
        let accesses = kind.is_read() || kind == Kind::Write;
        let location = if accesses { 0 } else { Request::NO_LOCATION };
        state.granted = true;
        let request = Request { location, ..Request::new(kind, Location::caller()) };
        assert!(matches!(state.step(&request), Ok(Step::Done(_))));
    }

    /// Another thread writes.
    fn write_beside(state: &mut State) {
        state.add_thread(1, state.last_event().unwrap());
        state.current = 1;
        perform(state, Kind::Begin);
        perform(state, Kind::Write);
        state.current = 0;
    }

    #[test]
    fn a_condition_that_holds_ends_the_loop() {
        let (mut state, wait) = waiting();
        perform(&mut state, Kind::Read);
        assert_eq!(state.end_wait(wait, true), Iteration::Satisfied);
        assert_eq!(state.blocked().count(), 0);
        assert!(!state.look_again(End::Deadlock));
    }

    #[test]
    fn an_iteration_that_only_read_blocks_and_one_that_wrote_goes_on() {
        let (mut state, wait) = waiting();
        perform(&mut state, Kind::Read);
        perform(&mut state, Kind::Write);
        assert_eq!(state.end_wait(wait, false), Iteration::Again);
        let wait = state.begin_wait(Location::caller(), Form::Loop);
        perform(&mut state, Kind::Read);
        assert_eq!(state.end_wait(wait, false), Iteration::Blocked);
        assert!(state.is_stuck());
    }

    #[test]
    fn an_iteration_that_has_not_read_the_newest_value_is_no_deadlock() {
        let (mut state, wait) = waiting();
        perform(&mut state, Kind::Read);
        assert_eq!(state.end_wait(wait, false), Iteration::Blocked);
        write_beside(&mut state);
        assert!(!state.is_stuck());
    }

    #[test]
    fn what_is_added_while_a_run_is_drained_is_forgotten() {
        let (mut state, wait) = waiting();
        perform(&mut state, Kind::Read);
        assert_eq!(state.end_wait(wait, false), Iteration::Blocked);
        write_beside(&mut state);
        // As if it was probed.
        state.probed_here.push((0, wait.place));
        let events = state.explorer.graph().events.len();
        assert!(!state.look_again(End::Deadlock));
        assert!(state.look_again(End::Blocked));
        assert!(!state.explorer.records());
        perform(&mut state, Kind::Read);
        assert_eq!(state.end_wait(wait, true), Iteration::Satisfied);
        assert_eq!(state.end_drain(End::Complete), End::Blocked);
        assert!(state.explorer.records());
        assert_eq!(state.explorer.graph().events.len(), events);
    }

    #[test]
    fn a_loop_is_probed_once_and_counts_if_its_condition_comes_to_hold() {
        let (mut state, wait) = waiting();
        perform(&mut state, Kind::Read);
        assert_eq!(state.end_wait(wait, false), Iteration::Blocked);
        let events = state.explorer.graph().events.len();
        assert!(state.look_again(End::Deadlock));
        for _ in 0..3 {
            perform(&mut state, Kind::Read);
            assert_eq!(state.end_wait(wait, false), Iteration::Again);
        }
        assert_eq!(state.explorer.graph().events.len(), events);
        perform(&mut state, Kind::Read);
        // The run goes on, and counts for nothing.
        assert_eq!(state.end_wait(wait, true), Iteration::Satisfied);
        assert!(!state.explorer.records());
        assert_eq!(state.learned, Some(Lesson::Counted { place: wait.place, turns: 3 }));
        assert!(!state.probe());
    }
}
