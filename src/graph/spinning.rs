//! Waiting loops that the program tells of by hints only, and loops that count.
//!
//! A thread that comes back to a hint, and did nothing but read since it was there, waits in a
//! loop. From then on, in an exploration that begins again, it stops at the hint as at the end of
//! an iteration of [`wait_until`](super::waiting) that was in vain.
//!
//! Any waiting loop may count its turns and leave. So the first time that a run ends at one it is
//! *probed*: the iteration reads the same values again and again. If the thread comes to do
//! something else, the loop counts, and its thread stops there only after more turns than that.

use super::Place;
use super::event::{EventId, Kind, Request};
use super::execution_graph::Graph;
use super::fault::{Fault, Refusal};
use super::lessons::{Lesson, Spin};
use super::replay::agrees;
use super::state::{State, Step};
use super::thread::{Form, Status, Waiting};

/// Turns with the same values after which a loop is taken not to leave by itself.
const TURNS: usize = 1 << 10;

/// As `TURNS`, of a loop of the same thread that did not leave in another run: in this one it may
/// have read what makes it leave.
const TURNS_AGAIN: usize = 8;

/// A loop that runs again and again with the same values.
#[derive(Clone, Copy, Debug)]
pub struct Probe {
    thread: usize,
    /// The iteration that was in vain, and how many events it had.
    pub waiting: Waiting,
    length: usize,
    /// The next event of the iteration.
    next: usize,
    turns: usize,
    most: usize,
}

impl Probe {
    /// The loop leaves after so many turns.
    fn counted(&self) -> Lesson {
        Lesson::Counted { place: self.waiting.place, turns: self.turns }
    }
}

/// Whether events can be an iteration that was in vain.
pub fn are_passive(graph: &Graph, events: &[EventId]) -> bool {
    let passive = |kind| matches!(kind, Kind::Read | Kind::ExclusiveRead | Kind::Fence);
    events.iter().all(|id| passive(graph.event(*id).request.kind))
}

fn places(graph: &Graph, events: &[EventId]) -> impl Iterator<Item = Place> {
    events.iter().map(|id| graph.event(*id).request.place)
}

/// Whether two turns of a loop read the same, at the same places.
fn are_the_same(graph: &Graph, one: &[EventId], other: &[EventId]) -> bool {
    let read = |id: &EventId| {
        let event = graph.event(*id);
        (event.source, event.request.place)
    };
    one.iter().map(read).eq(other.iter().map(read))
}

impl Spin {
    /// Whether a thread with these events is at the end of an iteration.
    fn ends(&self, graph: &Graph, events: &[EventId]) -> bool {
        let began = events.len().checked_sub(self.reads.len());
        began.is_some_and(|began| {
            let events = &events[began..];
            are_passive(graph, events) && places(graph, events).eq(self.reads.iter().copied())
        })
    }
}

impl State {
    /// The current thread is at a hint. Returns whether it is blocked there.
    pub fn hint(&mut self, hint: Place) -> Result<bool, Refusal> {
        self.begin_operation()?;
        self.pulse.beat(self.current, hint);
        if let Some(probe) = self.probe_at(hint) {
            return Ok(self.end_turn(probe));
        }
        let limit = self.limits.events;
        let thread = self.thread();
        thread.hints += 1;
        if thread.hints > limit {
            return Err(Refusal::fault(Fault::TooManyEvents { limit }));
        }
        if let Some(turns) = self.lessons.turns(hint) {
            let began = self.end_counted_turn(hint, turns);
            if let Some(began) = began {
                self.block_in_loop(began, hint);
            }
            return Ok(began.is_some());
        }
        let graph = self.explorer.graph();
        let ids = graph.of_thread(self.current);
        let position = self.threads[self.current].position;
        if ids.len() > position {
            // Each execution may go one turn further than the one that it repeats.
            self.thread().hinted.push((hint, position));
            return Ok(false);
        }
        let spin = self.lessons.spins(hint).find(|spin| spin.ends(graph, ids));
        if let Some(length) = spin.map(|spin| spin.reads.len()) {
            self.block_in_loop(position - length, hint);
            return Ok(true);
        }
        // Whether it was here before, and has only read since.
        let before = self.threads[self.current].hinted.iter().rev().find(|(at, _)| *at == hint);
        let since = before.map_or(&[][..], |(_, position)| &ids[*position..]);
        if !since.is_empty() && are_passive(graph, since) {
            let reads = places(graph, since).collect();
            self.learn(Lesson::Spin(Spin { hint, reads }));
        }
        self.thread().hinted.push((hint, position));
        Ok(false)
    }

    /// Blocks the current thread at a loop whose turn began there.
    fn block_in_loop(&mut self, began: usize, place: Place) {
        self.thread().status = Status::Blocked(Waiting { began, place, form: Form::Loop });
    }

    /// Ends a turn of a loop that leaves by itself after so many with the same values. If it has
    /// had more than these, it is taken for one that does not: returns where this turn began.
    pub fn end_counted_turn(&mut self, hint: Place, turns: usize) -> Option<usize> {
        let began = self.repeated(hint, turns + 1);
        let thread = self.thread();
        thread.hinted.push((hint, thread.position));
        began
    }

    /// Where the turn of the current thread that ends here began, if the turns before it, so many,
    /// have read the same. `None` of what was recorded before.
    fn repeated(&self, hint: Place, times: usize) -> Option<usize> {
        let graph = self.explorer.graph();
        let position = self.threads[self.current].position;
        if graph.of_thread(self.current).len() > position {
            return None;
        }
        let mut turns = self.turns(hint);
        let last = turns.next().filter(|turn| are_passive(graph, turn))?;
        let same = turns.take_while(|turn| are_the_same(graph, turn, last)).take(times);
        (same.count() == times).then(|| position - last.len())
    }

    /// The turns of the current thread in the loop with this hint, the last one first: what it did
    /// from one hint to the next.
    fn turns(&self, hint: Place) -> impl Iterator<Item = &[EventId]> {
        let thread = &self.threads[self.current];
        let ids = self.explorer.graph().of_thread(self.current);
        let mut end = thread.position;
        let hints = thread.hinted.iter().rev().filter(move |(at, _)| *at == hint);
        hints.filter_map(move |(_, began)| {
            let turn = &ids[*began..std::mem::replace(&mut end, *began)];
            // Hints without an operation in between are one.
            (!turn.is_empty()).then_some(turn)
        })
    }

    /// Lets a loop at which the run ended run with the same values again and again, if that was not
    /// done in this run. `false` if there is nothing to be probed.
    pub fn probe(&mut self) -> bool {
        let is_new = |(thread, waiting): &(usize, Waiting)| {
            waiting.loops() && !self.probed_here.contains(&(*thread, waiting.place))
        };
        let Some((thread, waiting)) = self.blocked().find(is_new) else { return false };
        self.probed_here.push((thread, waiting.place));
        let again = self.probed.contains(&(thread, waiting.place));
        let most = if again { TURNS_AGAIN } else { TURNS };
        let state = &mut self.threads[thread];
        let length = state.position - waiting.began;
        state.status = Status::Ready;
        self.probe = Some(Probe { thread, waiting, length, next: 0, turns: 0, most });
        true
    }

    /// The loop that is probed leaves: it counts. Its thread goes on from there.
    pub fn leave_probe(&mut self, probe: Probe) {
        self.probe = None;
        self.learn(probe.counted());
    }

    /// An iteration of the loop that is probed is over. Returns whether the loop was probed enough,
    /// and its thread is blocked again.
    pub fn end_turn(&mut self, probe: Probe) -> bool {
        // A hint right after another one, as of a backoff that gives several, ends no turn.
        let ends = probe.next > 0 || probe.length == 0;
        if ends && probe.next != probe.length {
            self.leave_probe(probe);
            return false;
        }
        if probe.turns == probe.most {
            self.probe = None;
            let probed = (probe.thread, probe.waiting.place);
            if !self.probed.contains(&probed) {
                self.probed.push(probed);
            }
            self.thread().status = Status::Blocked(probe.waiting);
            return true;
        }
        self.probe = Some(Probe { next: 0, turns: probe.turns + 1, ..probe });
        false
    }

    /// Performs an operation of the loop that is probed: the same as in the turn before.
    pub fn step_in_probe(&mut self, mut probe: Probe, request: &Request) -> Result<Step, Refusal> {
        let graph = self.explorer.graph();
        let began = probe.waiting.began;
        let ids = &graph.threads[probe.thread][began..began + probe.length];
        // Addresses are compared, too: the turn before was one of the same run.
        let recorded = |id: &&EventId| agrees(false, &graph.event(**id).request, request);
        let same = ids.get(probe.next).filter(recorded);
        let Some(event) = same.copied() else {
            self.leave_probe(probe);
            return self.step(request);
        };
        probe.next += 1;
        self.probe = Some(probe);
        Ok(Step::Done(event))
    }

    /// The probe of a loop of the current thread at this place.
    pub fn probe_at(&self, place: Place) -> Option<Probe> {
        self.probe_of_current().filter(|probe| probe.waiting.place == place)
    }

    /// The probe of a loop of the current thread.
    #[inline]
    pub fn probe_of_current(&self) -> Option<Probe> {
        self.probe.filter(|probe| probe.thread == self.current)
    }
}
