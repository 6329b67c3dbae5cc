//! Executing again what a graph records.

use super::current::is_unwinding;
use super::event::{Event, EventId, Kind, Request, Update};
use super::fault::{Fault, Recorded, Refusal};
use super::state::{State, Step};
use super::thread::Status;

impl State {
    /// Executes a recorded event again, if what it needs was executed.
    #[inline]
    pub fn replay(&mut self, id: EventId, request: &Request) -> Result<Step, Refusal> {
        let graph = self.explorer.graph();
        let event = graph.event(id);
        if let Some(status) = self.missing(event) {
            return Ok(self.wait_for(status));
        }
        let recorded = &event.request;
        let pointers = recorded.accesses() && graph.holds_pointers(recorded.location);
        if !agrees(pointers, recorded, request) {
            return self.diverges(recorded, request);
        }
        // Only a read-modify-write has a second half.
        let second = match request.update {
            Update::None => None,
            update => {
                let written = update.apply(graph.value_read(id), event.choice);
                let write = graph.update_write(id);
                match (written, write) {
                    (Some(value), Some(write)) => Some((value, write)),
                    (None, None) => None,
                    _ => return self.diverges(recorded, request),
                }
            }
        };
        if pointers {
            self.explorer.refresh(id, request.value, request.update);
        }
        self.mark_executed(id);
        if let Some((value, write)) = second {
            self.explorer.refresh(write, value, Update::None);
            self.mark_executed(write);
        }
        Ok(Step::Done(id))
    }

    #[inline]
    fn mark_executed(&mut self, event: EventId) {
        self.executed[event.index()] = true;
        self.executed_count += 1;
        self.thread().position += 1;
    }

    /// What has to be before this recorded event.
    #[inline]
    fn missing(&self, event: &Event) -> Option<Status> {
        let ready = |source: EventId| source == EventId::NONE || self.executed[source.index()];
        if !ready(event.source) {
            return Some(Status::Event(event.source));
        }
        // One that unwinds goes on: std::thread::panicking is true of all threads meanwhile.
        let waits = self.is_held(self.current) || self.is_early(self.current) && !is_unwinding();
        (waits && !self.granted).then_some(Status::Ready)
    }

    /// Whether the next event of a thread is a write, and what was read before it, or written, is
    /// still to be executed.
    #[inline]
    pub fn is_early(&self, thread: usize) -> bool {
        self.in_order && self.overtakes(thread)
    }

    #[cold]
    fn overtakes(&self, thread: usize) -> bool {
        let graph = self.explorer.graph();
        let events = graph.of_thread(thread);
        let Some(next) = events.get(self.threads[thread].position).copied() else { return false };
        let write = graph.update_write(next).unwrap_or(next);
        let request = &graph.event(write).request;
        if !matches!(request.kind, Kind::Write | Kind::UpdateWrite) {
            return false;
        }
        let location = &graph.locations[request.location as usize];
        let place = location.order.iter().position(|other| *other == write).unwrap_or(0);
        let earlier = &location.order[..place];
        let is_missing = |id: &&EventId| !self.executed[id.index()];
        let mut readers = location.reads.iter().filter(|read| **read != next).filter(is_missing);
        earlier.iter().any(|id| is_missing(&id))
            || readers.any(|read| earlier.contains(&graph.event(*read).source))
    }

    /// The program is not the same function of what it reads.
    #[cold]
    fn diverges(&self, recorded: &Request, now: &Request) -> Result<Step, Refusal> {
        let describe = |request| describe(self.current as u32, request);
        Err(Refusal::fault(Fault::NonDeterministic {
            recorded: Some(describe(recorded)),
            now: Some(describe(now)),
        }))
    }
}

/// Whether the program does what is recorded. Numbers of new objects and threads are the engine's.
#[inline]
pub fn agrees(pointers: bool, recorded: &Request, request: &Request) -> bool {
    let numbered = matches!(request.kind, Kind::Create | Kind::Spawn);
    recorded.kind == request.kind
        && recorded.orderings == request.orderings
        && (numbered || recorded.location == request.location && recorded.peer == request.peer)
        && (pointers || recorded.value == request.value)
        && recorded.update.agrees_with(&request.update, !pointers)
}

/// An operation in words.
pub fn describe(thread: u32, request: &Request) -> Recorded {
    let mut operation = request.kind.name().to_owned();
    if matches!(request.kind, Kind::Write | Kind::Create) {
        operation.push_str(&format!(" of {}", request.value));
    }
    let in_code = !matches!(request.kind, Kind::Begin | Kind::End);
    Recorded { thread, operation, place: in_code.then_some(request.place) }
}
