//! Waiting loops that the program tells of by hints only, and loops that count.
//!
//! A thread that comes back to a hint, and did nothing but read since it was there, waits in a
//! loop. From then on, in an exploration that begins again, it stops at the hint as at the end of
//! an iteration of [`wait_until`](super::waiting) that was in vain.
//!
//! Any waiting loop may count its turns and leave. So the first time that a run ends at one it is
//! *probed*: the iteration reads the same values again and again. If the thread comes to do
//! something else, the loop counts, and its thread stops there only after more turns than that.

use std::panic::Location as Place;

use super::event::{EventId, Kind, Request};
use super::execution_graph::Graph;
use super::fault::{Fault, Refusal};
use super::lessons::{Lesson, Spin};
use super::replay::agrees;
use super::state::{State, Step};
use super::thread::{Form, Status, Waiting};

/// Turns of a loop after which it is taken for one that does not count.
const TURNS: usize = 1 << 10;

/// As `TURNS`, of a loop of the same thread that was taken for such a one in another run: in this
/// one it may have read what makes it leave.
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

    /// Whether the loop was not probed before.
    pub fn is_first(&self) -> bool {
        self.most == TURNS
    }
}

/// Whether events can be an iteration that was in vain.
pub fn are_passive(graph: &Graph, events: &[EventId]) -> bool {
    let passive = |kind| matches!(kind, Kind::Read | Kind::ExclusiveRead | Kind::Fence);
    events.iter().all(|id| passive(graph.event(*id).request.kind))
}

fn places(graph: &Graph, events: &[EventId]) -> impl Iterator<Item = &'static Place<'static>> {
    events.iter().map(|id| graph.event(*id).request.place)
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
    pub fn hint(&mut self, hint: &'static Place<'static>) -> Result<bool, Refusal> {
        if self.given_up {
            return Err(Refusal::GivenUp);
        }
        self.note_operation();
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
        let graph = self.explorer.graph();
        let ids = graph.of_thread(self.current);
        let position = self.threads[self.current].position;
        if self.lessons.turns(hint).is_some() {
            let began = self.has_turned_enough(hint);
            began.into_iter().for_each(|began| self.block_in_loop(began, hint));
            return Ok(began.is_some());
        }
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
    fn block_in_loop(&mut self, began: usize, place: &'static Place<'static>) {
        self.thread().block(Waiting { began, place, form: Form::Loop });
    }

    /// Whether a loop that leaves after some turns with the same values has had more than these,
    /// and can be taken for one that does not leave: where its last turn began.
    pub fn has_turned_enough(&mut self, place: &'static Place<'static>) -> Option<usize> {
        let turns = self.lessons.turns(place)?;
        let state = &self.threads[self.current];
        let graph = self.explorer.graph();
        let ids = graph.of_thread(self.current);
        let position = state.position;
        let mut last = None;
        if ids.len() == position {
            let begins =
                state.hinted.iter().rev().filter(|(at, _)| *at == place).map(|(_, at)| *at);
            // Hints without an operation in between are one.
            let mut begins = begins.filter(|at| *at < position);
            let turn = begins.next().map(|at| &ids[at..]).filter(|turn| are_passive(graph, turn));
            let same = |one: &EventId, other: &EventId| {
                let [one, other] = [one, other].map(|id| graph.event(*id));
                (one.source, one.request.place) == (other.source, other.request.place)
            };
            last = turn.filter(|turn| {
                let mut end = position - turn.len();
                (0..=turns).all(|_| {
                    let before = end.checked_sub(turn.len()).map(|began| (began, &ids[began..end]));
                    let before = before.filter(|(began, before)| {
                        before.iter().zip(*turn).all(|(one, other)| same(one, other))
                            && begins.by_ref().find(|at| *at < end) == Some(*began)
                    });
                    before.map(|(began, _)| end = began).is_some()
                })
            });
        }
        let last = last.map(|turn| position - turn.len());
        self.thread().hinted.push((place, position));
        last
    }

    /// Lets a loop at which the run ended run with the same values again and again, if that was not
    /// done in this run. `false` if there is nothing to be probed.
    pub fn probe(&mut self) -> bool {
        let loops = self.threads.iter().enumerate().filter(|(_, thread)| thread.waits_in_loop());
        let mut loops = loops.filter_map(|(number, thread)| Some((number, thread.waiting?)));
        let found = loops.find(|(at, waiting)| !self.probed_here.contains(&(*at, waiting.place)));
        let Some((thread, waiting)) = found else { return false };
        self.probed_here.push((thread, waiting.place));
        let again = self.probed.contains(&(thread, waiting.place));
        if !again {
            self.probed.push((thread, waiting.place));
        }
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
            self.thread().block(probe.waiting);
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
    pub fn probe_at(&self, place: &'static Place<'static>) -> Option<Probe> {
        self.probe_of_current().filter(|probe| probe.waiting.place == place)
    }

    /// The probe of a loop of the current thread.
    #[inline]
    pub fn probe_of_current(&self) -> Option<Probe> {
        self.probe.filter(|probe| probe.thread == self.current)
    }
}
