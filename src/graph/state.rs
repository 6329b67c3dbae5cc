//! One run of the program on a graph: first everything that the graph records is executed again, in
//! an order in which each read comes after the write that it reads from; then the graph is
//! extended.
//!
//! Values belong to the run: a recorded write gets the value that the program writes this time,
//! before anybody reads it. Addresses may differ; everything else has to be as recorded.

use std::sync::Arc;

use super::Place;
use super::current::is_unwinding;
use super::event::{EventId, Kind, Request};
use super::explorer::Explorer;
use super::fault::{Fault, Refusal};
use super::fibers::Body;
use super::lessons::{Lesson, Lessons};
use super::owners::Register;
use super::pulse::Pulse;
use super::races::{Access, Cell};
use super::replay::describe;
use super::spinning::Probe;
use super::thread::{Status, ThreadState};
use super::waiting::Drain;
use crate::random::Random;

/// The state of a worker, which runs one graph after the other.
pub struct State {
    pub explorer: Explorer,
    pub limits: Limits,
    /// Chooses the next thread to extend the graph, if it is not to be the first that can.
    pub random: Option<Random>,
    pub pulse: Arc<Pulse>,
    /// Unique among all runs of the process; 0 between runs.
    pub run: u64,
    /// The run was given up: its threads leave.
    pub given_up: bool,
    /// The run must not go beyond what is recorded.
    pub only_replays: bool,
    /// Writes come after what was read before them, if there is such an order: for a person who
    /// reads what is done.
    pub in_order: bool,
    /// Threads that wait from a position on until nobody else can move.
    pub held: Vec<(usize, usize)>,
    pub current: usize,
    pub threads: Vec<ThreadState>,
    /// Which events of the graph this run has executed, and how many.
    pub executed: Vec<bool>,
    pub executed_count: usize,
    /// The current thread may extend the graph.
    pub granted: bool,
    pub cells: Vec<Cell>,
    pub cells_used: usize,
    /// The ends of atomic objects, by location.
    pub freed: Vec<Option<Access>>,
    pub owners: Register,
    /// Threads that were spawned and have no coroutine yet: their bodies and stack sizes.
    pub bodies: Vec<(usize, (Body, usize))>,
    /// The run ended at waiting loops, and goes on from there.
    pub drain: Option<Drain>,
    pub lessons: Lessons,
    /// What the run has shown, and the exploration has to begin again with.
    pub learned: Option<Lesson>,
    /// A loop that runs with the same values again and again.
    pub probe: Option<Probe>,
    /// The loops for which that was done, by thread and hint: to its end in any run; in this one.
    pub probed: Vec<(usize, Place)>,
    pub probed_here: Vec<(usize, Place)>,
    /// Why the run cannot go on.
    pub fault: Option<Fault>,
}

/// Limits of a run.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub events: usize,
    pub threads: usize,
}

/// What became of an operation.
pub enum Step {
    Done(EventId),
    /// Another thread has to run first.
    Wait,
}

impl State {
    pub fn new(
        explorer: Explorer,
        limits: Limits,
        lessons: Lessons,
        random: Option<Random>,
        pulse: Arc<Pulse>,
    ) -> State {
        State {
            explorer,
            limits,
            random,
            pulse,
            run: 0,
            given_up: false,
            only_replays: false,
            in_order: false,
            held: Vec::new(),
            current: 0,
            threads: Vec::new(),
            executed: Vec::new(),
            executed_count: 0,
            granted: false,
            cells: Vec::new(),
            cells_used: 0,
            freed: Vec::new(),
            owners: Register::default(),
            bodies: Vec::new(),
            drain: None,
            lessons,
            learned: None,
            probe: None,
            probed: Vec::new(),
            probed_here: Vec::new(),
            fault: None,
        }
    }

    /// Begins a run of the explorer's graph.
    pub fn begin(&mut self, run: u64) {
        self.run = run;
        self.given_up = false;
        self.current = 0;
        self.threads.clear();
        self.executed.clear();
        self.executed.resize(self.explorer.graph().events.len(), false);
        self.executed_count = 0;
        self.cells_used = 0;
        self.freed.clear();
        self.owners.clear();
        self.bodies.clear();
        self.drain = None;
        self.probe = None;
        self.probed_here.clear();
        self.fault = None;
        self.granted = false;
        self.add_thread(0, EventId::NONE);
    }

    /// Remembers the first fault of the run, after which nothing is added to the graph: the run
    /// that explains it is to come to the same fault.
    pub fn note(&mut self, refusal: Refusal) -> Refusal {
        if let Refusal::Fault(fault) = &refusal {
            self.fault.get_or_insert_with(|| (**fault).clone());
            self.given_up = true;
        }
        refusal
    }

    /// Drains the run, because the exploration has to begin again with this in mind.
    pub fn learn(&mut self, lesson: Lesson) {
        self.lessons.learn(lesson.clone());
        self.learned.get_or_insert(lesson);
        self.begin_drain();
    }

    /// Whether everything that is recorded was executed: what comes now extends the graph.
    #[inline]
    pub fn extends(&self) -> bool {
        self.executed_count == self.executed.len()
    }

    #[inline]
    pub fn thread(&mut self) -> &mut ThreadState {
        &mut self.threads[self.current]
    }

    /// The last event of the current thread.
    #[inline]
    pub fn last_event(&self) -> Option<EventId> {
        let position = self.threads[self.current].position.checked_sub(1)?;
        Some(self.explorer.graph().threads[self.current][position])
    }

    /// The next thread to run; `None` if none can move.
    pub fn pick(&mut self) -> Option<usize> {
        let next = if self.random.is_some() && self.extends() {
            self.pick_by_chance()
        } else {
            self.candidates(true).next().or_else(|| self.candidates(false).next())
        };
        if let Some(thread) = next {
            self.current = thread;
            self.threads[thread].status = Status::Ready;
            self.granted = true;
        }
        next
    }

    fn pick_by_chance(&mut self) -> Option<usize> {
        let eager = self.candidates(true).next().is_some();
        let count = self.candidates(eager).count();
        let picked = self.random.as_mut().filter(|_| count > 0)?.below(count);
        self.candidates(eager).nth(picked)
    }

    /// The threads that can move, or those of them that are to move before others.
    fn candidates(&self, eager: bool) -> impl Iterator<Item = usize> + '_ {
        (0..self.threads.len())
            .filter(move |thread| self.can_move(*thread) && (!eager || self.is_eager(*thread)))
    }

    #[inline]
    fn can_move(&self, thread: usize) -> bool {
        match self.threads[thread].status {
            Status::Ready => self.extends() || !self.has_run_out(thread),
            Status::Event(event) => self.executed[event.index()],
            Status::End(other) => {
                self.extends() && self.threads[other as usize].status == Status::Finished
            }
            Status::Value => self.extends(),
            Status::Absent | Status::Blocked(_) | Status::Finished => false,
        }
    }

    /// Whether the thread has executed all that is recorded of it.
    #[inline]
    fn has_run_out(&self, thread: usize) -> bool {
        self.threads[thread].position >= self.explorer.graph().of_thread(thread).len()
    }

    /// Whether a thread is to move before others: not one whose wait is not over, or that waits in
    /// a loop, which looks when the others have done what they can.
    #[inline]
    fn is_eager(&self, thread: usize) -> bool {
        let state = &self.threads[thread];
        let waits = self.extends()
            && (state.waiting.is_some_and(|waiting| waiting.began == state.position)
                || state.pending.as_ref().is_some_and(|pending| !self.is_satisfied(pending)));
        !waits && !self.is_held(thread) && !self.is_early(thread)
    }

    /// Whether the newest value is one for which the operation waits.
    #[inline]
    fn is_satisfied(&self, request: &Request) -> bool {
        if !request.waits() {
            return true;
        }
        let graph = self.explorer.graph();
        let newest = graph.locations[request.location as usize].order.last();
        let newest = newest.map(|write| graph.event(*write).request.value);
        newest.is_some_and(|value| request.is_satisfied_by(value))
    }

    /// Whether a thread waits until nobody else can move.
    #[inline]
    pub fn is_held(&self, thread: usize) -> bool {
        let state = &self.threads[thread];
        state.held_from.is_some_and(|from| state.position >= from)
    }

    /// The current thread is about to do something, unless the run was given up.
    #[inline]
    pub fn begin_operation(&mut self) -> Result<(), Refusal> {
        if self.given_up {
            return Err(Refusal::GivenUp);
        }
        self.note_operation();
        Ok(())
    }

    /// Performs an operation of the current thread, or says that another one has to run first.
    #[inline]
    pub fn step(&mut self, request: &Request) -> Result<Step, Refusal> {
        self.begin_operation()?;
        if let Some(probe) = self.probe_of_current() {
            return self.step_in_probe(probe, request);
        }
        let position = self.threads[self.current].position;
        let recorded = self.explorer.graph().of_thread(self.current);
        let step = match recorded.get(position).copied() {
            Some(event) => self.replay(event, request)?,
            None => self.extend(*request)?,
        };
        if let Step::Done(event) = step {
            self.granted = false;
            self.pulse.beat(self.current, request.place);
            if request.accesses() {
                self.check_lifetime(event)?;
            }
        }
        Ok(step)
    }

    /// Lets others run until the status allows the current thread to go on.
    pub fn wait_for(&mut self, status: Status) -> Step {
        self.thread().status = status;
        Step::Wait
    }

    /// Adds an event to the graph, unless another thread has to run first.
    fn extend(&mut self, mut request: Request) -> Result<Step, Refusal> {
        if self.only_replays && self.extends() {
            return Err(Refusal::fault(Fault::NonDeterministic {
                recorded: None,
                now: Some(describe(self.current as u32, &request)),
            }));
        }
        if request.waits() {
            self.thread().pending = Some(request);
        }
        // std::thread::panicking is true of all threads while one unwinds: so that one goes on as
        // far as it can.
        let at_once = self.random.is_none() || is_unwinding();
        if !self.extends() || !(self.granted || at_once && self.is_eager(self.current)) {
            let waits = request.waits();
            return Ok(self.wait_for(if waits { Status::Value } else { Status::Ready }));
        }
        self.thread().pending = None;
        // What drains a run is no part of it.
        let drained = self.drain.as_ref().map_or(0, Drain::events);
        if self.executed.len() >= self.limits.events + drained {
            return Err(Refusal::fault(Fault::TooManyEvents { limit: self.limits.events }));
        }
        let thread = self.current as u32;
        let source = match request.kind {
            Kind::Begin => self.threads[self.current].spawn,
            Kind::Join => {
                let peer = request.peer as usize;
                if self.threads[peer].status != Status::Finished {
                    return Ok(self.wait_for(Status::End(request.peer)));
                }
                *self.explorer.graph().threads[peer].last().expect("a thread ends with its end")
            }
            _ => EventId::NONE,
        };
        match request.kind {
            Kind::Create => request.location = self.explorer.graph().locations.len() as u32,
            Kind::Spawn => request.peer = self.free_thread()?,
            _ => {}
        }
        let before = self.executed.len();
        let event = match request.kind {
            Kind::Read | Kind::ExclusiveRead => self.explorer.add_read(thread, request),
            Kind::Write => self.explorer.add_write(thread, request),
            Kind::Choice(_) => self.explorer.add_choice(thread, request),
            _ => self.explorer.add(thread, request, source),
        };
        let added = self.explorer.graph().events.len() - before;
        self.executed.resize(before + added, true);
        self.executed_count += added;
        self.thread().position += added;
        Ok(Step::Done(event))
    }

    /// The number of a thread that is not there yet.
    fn free_thread(&self) -> Result<u32, Refusal> {
        let absent = self.threads.iter().position(|thread| thread.status == Status::Absent);
        let free = absent.unwrap_or(self.threads.len());
        let limit = self.limits.threads;
        if free >= limit {
            return Err(Refusal::fault(Fault::TooManyThreads { limit }));
        }
        Ok(free as u32)
    }

    /// Adds a thread to the run.
    pub fn add_thread(&mut self, thread: usize, spawn: EventId) {
        let count = self.threads.len().max(thread + 1);
        self.threads.resize_with(count, ThreadState::absent);
        let held = self.held.iter().find(|(held, _)| *held == thread);
        let state = &mut self.threads[thread];
        (state.status, state.spawn) = (Status::Ready, spawn);
        state.held_from = held.map(|(_, from)| *from);
    }
}
