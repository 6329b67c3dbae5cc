//! What a program does: called by its threads, inside of a run.

use std::panic::Location;
use std::sync::atomic::Ordering;

use super::Place;
use super::budgets::Unusual;
use super::current::{in_run, is_unwinding, suspend, with};
use super::event::{Contents, EventId, Kind, Request, Update, Wait, set_bit};
use super::fault::{Fault, Refusal};
use super::fibers::Body;
use super::lessons::Lesson;
use super::state::{State, Step};
use super::thread::{Form, Status, Waiting};
use super::waiting::Iteration;

/// An atomic object.
#[derive(Debug)]
pub struct Atomic {
    run: u64,
    location: u32,
}

/// Plain memory whose accesses are checked.
#[derive(Debug)]
pub struct PlainCell {
    run: u64,
    cell: u32,
}

/// Takes a step when it is its turn, of an object that belongs to `run`, if there is one, and looks
/// at the state right after it.
fn take_turn<R>(
    run: Option<u64>,
    step: impl Fn(&mut State) -> Result<Step, Refusal>,
    look: impl Fn(&mut State, EventId) -> R,
) -> Result<R, Refusal> {
    loop {
        let done = in_run(|state| {
            if run.is_some_and(|run| run != state.run) {
                return Err(Refusal::NotHere);
            }
            match step(state) {
                Ok(Step::Done(event)) => Ok(Some(look(state, event))),
                Ok(Step::Wait) => Ok(None),
                Err(refusal) => Err(state.note(refusal)),
            }
        })?;
        match done {
            Some(result) => return Ok(result),
            None => suspend(),
        }
    }
}

/// Performs an operation, when it is its turn, and looks at the state right after it.
fn perform<R>(
    request: Request,
    run: Option<u64>,
    look: impl Fn(&mut State, EventId) -> R,
) -> Result<R, Refusal> {
    take_turn(run, |state| state.step(&request), look)
}

/// Notes the end of an object of a run that goes on.
fn end_in(run: u64, end: impl FnOnce(&mut State)) {
    let _ = in_run(|state| {
        if run == state.run && !state.given_up {
            end(state);
        }
        Ok(())
    });
}

impl Atomic {
    /// Creates an object with an initial value.
    pub fn new(value: u64, contents: Contents, place: Place) -> Result<Atomic, Refusal> {
        let request = Request { value, contents, ..Request::new(Kind::Create, place) };
        perform(request, None, |state, event| {
            let location = state.explorer.graph().event(event).request.location;
            Atomic { run: state.run, location }
        })
    }

    /// The object at a location of a run.
    pub(super) fn at(run: u64, location: u32) -> Atomic {
        Atomic { run, location }
    }

    pub(super) fn location(&self) -> u32 {
        self.location
    }

    #[inline]
    fn access(&self, kind: Kind, orderings: [Ordering; 2], place: Place) -> Request {
        Request { location: self.location, orderings, ..Request::new(kind, place) }
    }

    /// Reads.
    #[inline]
    pub fn load(&self, order: Ordering, place: Place) -> Result<u64, Refusal> {
        self.read(self.access(Kind::Read, [order; 2], place))
    }

    /// Reads the newest value: nobody else has access.
    pub fn load_exclusively(&self, place: Place) -> Result<u64, Refusal> {
        self.read(self.access(Kind::ExclusiveRead, [Ordering::Relaxed; 2], place))
    }

    #[inline]
    fn read(&self, request: Request) -> Result<u64, Refusal> {
        perform(request, Some(self.run), |state, event| state.explorer.graph().value_read(event))
    }

    /// Writes.
    #[inline]
    pub fn store(&self, value: u64, order: Ordering, place: Place) -> Result<(), Refusal> {
        let request = Request { value, ..self.access(Kind::Write, [order; 2], place) };
        perform(request, Some(self.run), |_, _| ())
    }

    /// Reads, and writes what the update makes of it, if it makes something of it. Returns what was
    /// read.
    #[inline]
    pub fn update(
        &self,
        update: Update,
        orderings: [Ordering; 2],
        place: Place,
    ) -> Result<u64, Refusal> {
        self.read(Request { update, ..self.access(Kind::Read, orderings, place) })
    }

    /// Writes a new value if the current one is there. A weak exchange may fail nevertheless.
    /// Returns what was read, and whether it was replaced.
    #[inline]
    pub fn exchange(
        &self,
        [current, new]: [u64; 2],
        weak: bool,
        orderings: [Ordering; 2],
        place: Place,
    ) -> Result<(u64, bool), Refusal> {
        let update = Update::Exchange { current, new, weak };
        let request = Request { update, ..self.access(Kind::Read, orderings, place) };
        perform(request, Some(self.run), |state, event| {
            let graph = state.explorer.graph();
            let read = graph.value_read(event);
            (read, update.apply(read, graph.event(event).choice).is_some())
        })
    }

    /// Takes one of the bits that are set out of the word, whichever; returns it, or 0.
    pub fn take_bit(&self, order: Ordering, place: Place) -> Result<u64, Refusal> {
        let update = Update::TakeBit;
        let request = Request { update, ..self.access(Kind::Read, [order; 2], place) };
        perform(request, Some(self.run), |state, event| {
            let graph = state.explorer.graph();
            set_bit(graph.value_read(event), graph.event(event).choice)
        })
    }

    /// As [`update`](Self::update), but blocks until the update makes something of what is there.
    pub fn update_when_possible(
        &self,
        update: Update,
        orderings: [Ordering; 2],
        place: Place,
    ) -> Result<u64, Refusal> {
        let wait = Wait::Update;
        self.wait(Request { update, wait, ..self.access(Kind::Read, orderings, place) })
    }

    /// Blocks until there is a value for which `holds`, with the operand.
    pub fn load_when(
        &self,
        holds: fn(u64, u64) -> bool,
        operand: u64,
        order: Ordering,
        place: Place,
    ) -> Result<u64, Refusal> {
        let wait = Wait::Value(holds, operand);
        self.wait(Request { wait, ..self.access(Kind::Read, [order; 2], place) })
    }

    fn wait(&self, request: Request) -> Result<u64, Refusal> {
        loop {
            let (value, satisfied) = perform(request, Some(self.run), |state, event| {
                let value = state.explorer.graph().value_read(event);
                (value, state.end_operation(event))
            })?;
            if satisfied {
                return Ok(value);
            }
            stay_blocked()?;
        }
    }
}

/// Whether a wait ends in a way that is not the usual, which is a choice within a budget.
pub fn ends_unusually(unusual: Unusual, place: Place) -> Result<bool, Refusal> {
    let may_choose = |state: &mut State| {
        let position = state.thread().position;
        Ok(state.explorer.may_choose(state.current, position, unusual))
    };
    if !in_run(may_choose)? {
        return Ok(false);
    }
    perform(Request::new(Kind::Choice(unusual), place), None, |state, event| {
        state.explorer.graph().event(event).choice > 0
    })
}

/// Lets others run until the run is drained, because the current thread is blocked.
fn stay_blocked() -> Result<(), Refusal> {
    loop {
        let blocked = in_run(|state| {
            if state.given_up {
                return Err(Refusal::GivenUp);
            }
            Ok(matches!(state.thread().status, Status::Blocked(_)))
        })?;
        if !blocked {
            return Ok(());
        }
        suspend();
    }
}

impl PlainCell {
    /// Creates a cell.
    pub fn new(place: Place) -> Result<PlainCell, Refusal> {
        in_run(|state| Ok(PlainCell { run: state.run, cell: state.create_cell(place) }))
    }

    /// Announces an access. An error is a race, and the access must not be made.
    pub fn access(&self, writes: bool, place: Place) -> Result<(), Refusal> {
        take_turn(Some(self.run), |state| state.access_cell(self.cell, writes, place), |_, _| ())
    }
}

/// A memory fence.
pub fn fence(order: Ordering, place: Place) -> Result<(), Refusal> {
    let request = Request { orderings: [order; 2], ..Request::new(Kind::Fence, place) };
    perform(request, None, |_, _| ())
}

/// Spawns a thread, and returns its number. `make_body` gets the number.
pub fn spawn(
    make_body: impl FnOnce(u32) -> Body,
    stack_size: usize,
    place: Place,
) -> Result<u32, Refusal> {
    let thread = perform(Request::new(Kind::Spawn, place), None, |state, event| {
        let thread = state.explorer.graph().event(event).request.peer;
        state.add_thread(thread as usize, event);
        thread
    })?;
    let body = make_body(thread);
    with(|state| state.bodies.push((thread as usize, (body, stack_size))))?;
    Ok(thread)
}

/// Waits for the end of a thread.
pub fn join(thread: u32, place: Place) -> Result<(), Refusal> {
    perform(Request { peer: thread, ..Request::new(Kind::Join, place) }, None, |_, _| ())
}

/// Lets the threads of a run that was given up leave, the last one that was spawned first, before
/// the caller goes on.
pub fn step_aside() {
    if in_run(|_| Ok(())).is_ok() && !is_unwinding() {
        suspend();
    }
}

/// Why the run cannot go on, if it cannot.
pub fn fault() -> Option<Fault> {
    with(|state| state.fault.clone()).ok().flatten()
}

/// Begins or ends a thread. In a run that was given up, nothing is to be done. A fault is told to
/// the next operation, or by [`fault`].
#[track_caller]
pub(super) fn mark(kind: Kind) {
    let own = Location::caller();
    // Where a thread was spawned is where a person looks for it.
    let spawned = |state: &mut State| {
        let spawn = state.thread().spawn;
        // None of a thread that was spawned while the run was drained, which is forgotten by then.
        let spawned = state.explorer.graph().events.get(spawn.index());
        Ok(spawned.map_or(own, |event| event.request.place))
    };
    let place = in_run(spawned).unwrap_or(own);
    let _ = perform(Request::new(kind, place), None, |_, _| ());
}

/// Begins an iteration of a waiting loop, and returns what its end is to be told. `timed`: it looks
/// at the clock.
pub fn begin_wait(place: Place, timed: bool) -> Result<Waiting, Refusal> {
    let form = if timed { Form::TimedLoop } else { Form::Loop };
    in_run(|state| {
        state.note_operation();
        Ok(state.begin_wait(place, form))
    })
}

/// Ends an iteration of a waiting loop. Returns whether the condition held; if it is to be looked
/// at again, returns `false`; and does not return if that would be in vain, but by an error.
pub fn end_wait(waiting: Waiting, satisfied: bool) -> Result<bool, Refusal> {
    match in_run(|state| Ok(state.end_wait(waiting, satisfied)))? {
        Iteration::Satisfied => Ok(true),
        Iteration::Again => Ok(false),
        Iteration::Blocked => stay_blocked().map(|()| false),
    }
}

/// Tells that the thread waits in a loop, or yields. It goes on, unless it is known to wait there.
pub fn hint(place: Place) -> Result<(), Refusal> {
    if in_run(|state| state.hint(place).map_err(|refusal| state.note(refusal)))? {
        stay_blocked()?;
    }
    Ok(())
}

/// Whether timed waits are to end, because the run is drained and nothing else ends them.
pub fn is_out_of_time() -> bool {
    with(|state| state.is_out_of_time()).unwrap_or(false)
}

/// Drains the run, because the exploration has to begin again with something in mind.
pub fn learn(lesson: Lesson) -> Result<(), Refusal> {
    in_run(|state| {
        if state.given_up {
            return Err(Refusal::GivenUp);
        }
        state.learn(lesson);
        Ok(())
    })
}

/// The threads that wait in vain, and where.
pub fn blocked() -> Vec<(usize, Place)> {
    let places = |state: &mut State| state.blocked().map(|(n, wait)| (n, wait.place)).collect();
    with(places).unwrap_or_default()
}

/// Whether the current thread does again what it did before, so that it is seen whether it would
/// go on like that.
pub fn is_probed() -> bool {
    with(|state| state.probe_of_current().is_some()).unwrap_or(false)
}

impl Drop for Atomic {
    fn drop(&mut self) {
        end_in(self.run, |state| state.free(self.location));
    }
}

impl Drop for PlainCell {
    fn drop(&mut self) {
        end_in(self.run, |state| state.free_cell(self.cell));
    }
}
