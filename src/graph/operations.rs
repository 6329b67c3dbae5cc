//! What a program does: called by its threads, inside of a run.

use std::panic::Location as Place;
use std::sync::atomic::Ordering;

use super::current::{in_run, suspend, with};
use super::event::{EventId, Kind, Request, Update};
use super::fault::{Fault, Refusal};
use super::fibers::Body;
use super::state::{State, Status, Step};
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
    pub fn new(
        value: u64,
        pointer: bool,
        place: &'static Place<'static>,
    ) -> Result<Atomic, Refusal> {
        let request = Request { value, pointer, ..Request::new(Kind::Create, place) };
        perform(request, None, |state, event| {
            let location = state.explorer.graph().event(event).request.location;
            Atomic { run: state.run, location }
        })
    }

    #[inline]
    fn access(
        &self,
        kind: Kind,
        orderings: [Ordering; 2],
        place: &'static Place<'static>,
    ) -> Request {
        Request { location: self.location, orderings, ..Request::new(kind, place) }
    }

    /// Reads.
    #[inline]
    pub fn load(&self, order: Ordering, place: &'static Place<'static>) -> Result<u64, Refusal> {
        self.read(self.access(Kind::Read, [order; 2], place))
    }

    /// Reads the newest value: nobody else has access.
    pub fn load_exclusively(&self, place: &'static Place<'static>) -> Result<u64, Refusal> {
        self.read(self.access(Kind::ExclusiveRead, [Ordering::Relaxed; 2], place))
    }

    #[inline]
    fn read(&self, request: Request) -> Result<u64, Refusal> {
        perform(request, Some(self.run), |state, event| state.explorer.graph().value_read(event))
    }

    /// Writes.
    #[inline]
    pub fn store(
        &self,
        value: u64,
        order: Ordering,
        place: &'static Place<'static>,
    ) -> Result<(), Refusal> {
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
        place: &'static Place<'static>,
    ) -> Result<u64, Refusal> {
        self.read(Request { update, ..self.access(Kind::Read, orderings, place) })
    }
}

impl PlainCell {
    /// Creates a cell.
    pub fn new(place: &'static Place<'static>) -> Result<PlainCell, Refusal> {
        in_run(|state| Ok(PlainCell { run: state.run, cell: state.create_cell(place) }))
    }

    /// Announces an access. An error is a race, and the access must not be made.
    pub fn access(&self, writes: bool, place: &'static Place<'static>) -> Result<(), Refusal> {
        take_turn(Some(self.run), |state| state.access_cell(self.cell, writes, place), |_, _| ())
    }
}

/// A memory fence.
pub fn fence(order: Ordering, place: &'static Place<'static>) -> Result<(), Refusal> {
    let request = Request { orderings: [order; 2], ..Request::new(Kind::Fence, place) };
    perform(request, None, |_, _| ())
}

/// Spawns a thread, and returns its number. `make_body` gets the number.
pub fn spawn(
    make_body: impl FnOnce(u32) -> Body,
    stack_size: usize,
    place: &'static Place<'static>,
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
pub fn join(thread: u32, place: &'static Place<'static>) -> Result<(), Refusal> {
    perform(Request { peer: thread, ..Request::new(Kind::Join, place) }, None, |_, _| ())
}

/// Lets the threads of a run that was given up leave, the last one that was spawned first, before
/// the caller goes on.
pub fn step_aside() {
    if in_run(|_| Ok(())).is_ok() && !std::thread::panicking() {
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
    let _ = perform(Request::new(kind, Place::caller()), None, |_, _| ());
}

/// Begins an iteration of a waiting loop, and returns what its end is to be told.
pub fn begin_wait(place: &'static Place<'static>) -> Result<usize, Refusal> {
    in_run(|state| Ok(state.begin_wait(place)))
}

/// Ends an iteration of a waiting loop. Returns whether the condition held; if it is to be looked
/// at again, returns `false`; and does not return if that would be in vain, but by an error.
pub fn end_wait(
    began: usize,
    place: &'static Place<'static>,
    satisfied: bool,
) -> Result<bool, Refusal> {
    match in_run(|state| state.end_wait(began, place, satisfied))? {
        Iteration::Satisfied => Ok(true),
        Iteration::Again => Ok(false),
        Iteration::Blocked => loop {
            let blocked = in_run(|state| {
                if state.given_up {
                    return Err(Refusal::GivenUp);
                }
                Ok(state.thread().status == Status::Blocked)
            })?;
            if !blocked {
                return Ok(false);
            }
            if std::thread::panicking() {
                return in_run(|state| Err(state.note(Refusal::fault(Fault::UnwindingWaits))));
            }
            suspend();
        },
    }
}

/// Notes that a thread waits, or yields, in a way that the explorer does not know. It goes on.
pub fn hint() -> Result<(), Refusal> {
    in_run(|state| {
        if state.given_up {
            return Err(Refusal::GivenUp);
        }
        state.thread().hints += 1;
        let limit = state.limits.events;
        if state.thread().hints > limit {
            return Err(state.note(Refusal::fault(Fault::TooManyEvents { limit, hints: true })));
        }
        Ok(())
    })
}

/// The threads that wait in vain, and where.
pub fn blocked() -> Vec<(usize, &'static Place<'static>)> {
    with(|state| state.blocked().collect()).unwrap_or_default()
}

/// Whether a thread unwinds in what is recorded of the run.
pub fn unwinds() -> bool {
    with(|state| state.explorer.graph().unwinds).unwrap_or(false)
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
