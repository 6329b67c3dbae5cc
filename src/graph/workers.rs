//! Several workers explore at once. They share nothing but what is left to do: a worker that has
//! nothing gets an alternative of another one's, with its graph.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parking_lot::{Condvar, Mutex};

use super::budgets::{Budgets, Met};
use super::coherence::Model;
use super::current;
use super::explorer::{Explorer, Frame};
use super::fault::Fault;
use super::fibers::{End, Fibers, Run};
use super::lessons::{Lesson, Lessons};
use super::pulse::Pulse;
use super::quarantine;
use super::state::{Limits, State};
use crate::random::Random;

/// Is called with each execution that is complete, blocked or a deadlock, as text.
pub type Observer = Arc<dyn Fn(End, &str) + Send + Sync>;

/// How a program is explored.
#[derive(Clone)]
pub struct Settings {
    pub model: Model,
    pub workers: usize,
    pub limits: Limits,
    pub budgets: Budgets,
    /// What is known of the program.
    pub lessons: Lessons,
    /// The seed of a random order of threads.
    pub thread_order: Option<u64>,
    pub observer: Option<Observer>,
}

/// A worker's view of the program.
pub trait Program: Run {
    /// A sign of life of this worker.
    fn pulse(&self) -> Arc<Pulse>;
    /// Begins a run, and returns a number that no other run in the process has, not 0, and what
    /// runs as thread 0. `in_detail`: it is told what happened.
    fn begin(&mut self, in_detail: bool) -> (u64, Arc<dyn Fn() + Send + Sync>);
    /// A run is over. Returns whether it was as it should be. `counts`: its outcome is one of the
    /// program's.
    fn end(&mut self, end: End, counts: bool) -> bool;
    /// The last run was not as it should be; this one repeated it in detail.
    fn explain(&mut self);
    /// Whether there may be another run that counts: asked before each. `explored` is about which
    /// part of the whole this worker has explored.
    fn admits_another(&mut self, explored: f64) -> bool;
    /// Whether to go on after a run that was not as it should be.
    fn goes_on_after_violation(&mut self) -> bool;
}

/// What an exploration came to.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Executions that ran to their end, or to a violation.
    pub executions: u64,
    /// Executions that ended at a waiting loop.
    pub blocked: u64,
    pub violating: u64,
    /// Executions in which two threads were at one location at the same time.
    pub overlapped: u64,
    /// Budgets that kept alternatives out.
    pub met: Met,
    /// What was learned: the exploration was given up, and is to begin again.
    pub learned: Vec<Lesson>,
}

impl Summary {
    fn add(&mut self, other: Summary) {
        self.executions += other.executions;
        self.blocked += other.blocked;
        self.violating += other.violating;
        self.overlapped += other.overlapped;
        self.met.add(other.met);
        self.learned.extend(other.learned);
    }
}

/// What is left to do, and who has nothing to do.
struct Pool {
    left: Mutex<Left>,
    changed: Condvar,
    /// Workers that wait for a frame.
    idle: AtomicUsize,
    stop: AtomicBool,
}

struct Left {
    frames: Vec<Frame>,
    /// Workers that may still give something away.
    busy: usize,
}

impl Pool {
    /// The next frame; `None` when all is done.
    fn take(&self) -> Option<Frame> {
        let mut left = self.left.lock();
        left.busy -= 1;
        // Relaxed, here and below: a hint that somebody would take a frame.
        self.idle.fetch_add(1, Ordering::Relaxed);
        loop {
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            if let Some(frame) = left.frames.pop() {
                left.busy += 1;
                self.idle.fetch_sub(1, Ordering::Relaxed);
                return Some(frame);
            }
            if left.busy == 0 {
                break;
            }
            self.changed.wait(&mut left);
        }
        self.changed.notify_all();
        None
    }

    fn give(&self, frame: Frame) {
        self.left.lock().frames.push(frame);
        self.changed.notify_one();
    }

    /// Whether a worker waits, and no frame is there for it.
    fn wants(&self) -> bool {
        self.idle.load(Ordering::Relaxed) > 0 && self.left.lock().frames.is_empty()
    }

    fn stop(&self) {
        let _left = self.left.lock();
        self.stop.store(true, Ordering::Relaxed);
        self.changed.notify_all();
    }
}

/// Explores a program. `program` makes the view of one worker, on the worker's thread.
pub fn explore<P: Program>(settings: &Settings, program: impl Fn() -> P + Sync) -> Summary {
    let pool = Pool {
        left: Mutex::new(Left { frames: Vec::new(), busy: settings.workers }),
        changed: Condvar::new(),
        idle: AtomicUsize::new(0),
        stop: AtomicBool::new(false),
    };
    let name = std::thread::current().name().map(str::to_owned);
    let (pool, program) = (&pool, &program);
    let work = move |number: usize| {
        // A panic of the engine itself must not let the others wait for this worker.
        let ran =
            catch_unwind(AssertUnwindSafe(|| Worker::new(settings, pool, program(), number).run()));
        ran.unwrap_or_else(|payload| {
            pool.stop();
            resume_unwind(payload)
        })
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..settings.workers)
            .map(|number| {
                let mut thread = std::thread::Builder::new();
                if let Some(name) = &name {
                    thread = thread.name(name.clone());
                }
                let spawned = thread.spawn_scoped(scope, move || work(number));
                spawned.expect("the operating system has a thread to give")
            })
            .collect();
        let mut summary = work(0);
        for other in others {
            match other.join() {
                Ok(found) => summary.add(found),
                Err(payload) => resume_unwind(payload),
            }
        }
        summary
    })
}

/// A run beside the exploration.
#[derive(Clone, Copy, Default)]
struct Aside<'a> {
    in_detail: bool,
    /// Threads that wait at a position until nobody else can move.
    held: &'a [(usize, usize)],
    /// It must not go beyond what is recorded.
    only_replays: bool,
    in_order: bool,
}

struct Worker<'a, P> {
    settings: &'a Settings,
    pool: &'a Pool,
    program: P,
    fibers: Fibers,
    summary: Summary,
    /// Whether it stops before its end.
    stopped: bool,
    _entered: current::Entered,
}

impl<'a, P: Program> Worker<'a, P> {
    fn new(settings: &'a Settings, pool: &'a Pool, program: P, number: usize) -> Self {
        let explorer = match number {
            0 => Explorer::new(settings.model, settings.budgets),
            _ => Explorer::idle(settings.model, settings.budgets),
        };
        let seed = settings.thread_order.map(|seed| Random(seed.wrapping_add(number as u64)));
        let state =
            State::new(explorer, settings.limits, settings.lessons.clone(), seed, program.pulse());
        Worker {
            settings,
            pool,
            program,
            fibers: Fibers::default(),
            summary: Summary::default(),
            stopped: false,
            _entered: current::enter(state),
        }
    }

    fn with<R>(&self, f: impl FnOnce(&mut State) -> R) -> R {
        current::with(f).expect("a worker has its state")
    }

    fn run(mut self) -> Summary {
        let mut has_graph = self.with(|state| state.explorer.has_frame());
        loop {
            if !has_graph {
                let pulse = self.program.pulse();
                pulse.rest(true);
                let taken = self.pool.take();
                pulse.rest(false);
                let Some(frame) = taken else { break };
                self.with(|state| state.explorer.take_over(frame));
                has_graph = self.with(|state| state.explorer.advance());
                continue;
            }
            if self.program.admits_another(self.with(|state| state.explorer.explored())) {
                self.run_graph();
            } else {
                self.stopped = true;
            }
            if self.stopped || self.pool.stop.load(Ordering::Relaxed) {
                self.stopped = true;
                self.pool.stop();
                break;
            }
            if self.pool.wants() && self.with(|state| state.explorer.can_split()) {
                let frame = self.with(|state| state.explorer.split());
                frame.into_iter().for_each(|frame| self.pool.give(frame));
            }
            has_graph = self.with(|state| state.explorer.advance());
        }
        self.summary.met = self.with(|state| state.explorer.met());
        self.summary
    }

    /// Runs the program along the current graph, and judges the run.
    fn run_graph(&mut self) {
        let end = self.run_once(false);
        if let Some(lesson) = self.with(|state| state.learned.take()) {
            self.program.end(end, false);
            self.summary.learned.push(lesson);
            self.stopped = true;
            return;
        }
        let mut fine = self.program.end(end, true);
        if end == End::Blocked {
            self.summary.blocked += 1;
        } else {
            self.summary.executions += 1;
        }
        if let Some(observer) = &self.settings.observer {
            observer(end, &self.with(|state| state.explorer.graph().key()));
        }
        let (mut held, mut only_replays) = (Vec::new(), false);
        if fine && end == End::Complete {
            self.summary.overlapped += u64::from(self.with(|s| s.explorer.graph().overlaps()));
            held = self.use_after_free().unwrap_or_default();
            only_replays = held.is_empty() && !self.repeats();
            fine = held.is_empty() && !only_replays;
        }
        if !fine {
            self.summary.violating += 1;
            // A fault may be one in the order in which it was found only.
            let in_order =
                held.is_empty() && !only_replays && self.with(|state| state.fault.is_none());
            if !in_order || !self.explain_in_order(end) {
                let explain = |worker: &mut Self, _| worker.program.explain();
                let aside = Aside { in_detail: true, held: &held, only_replays, in_order: false };
                self.aside(aside, explain);
            }
            self.stopped = !self.program.goes_on_after_violation();
        }
    }

    /// Explains a run that ended in this way by one in order, if that ends alike.
    fn explain_in_order(&mut self, end: End) -> bool {
        let aside = Aside { in_detail: true, in_order: true, ..Aside::default() };
        self.aside(aside, |worker, again| {
            let alike = again == end && worker.with(|state| state.fault.is_none());
            if alike {
                worker.program.explain();
            } else {
                worker.program.end(again, false);
            }
            alike
        })
    }

    fn run_once(&mut self, in_detail: bool) -> End {
        let (run, body) = self.program.begin(in_detail);
        self.with(|state| state.begin(run));
        let quarantined = quarantine::begin();
        let end = self.fibers.run(body, &self.program);
        drop(quarantined);
        self.with(|state| state.run = 0);
        end
    }

    /// Runs a copy of the current graph, which leaves no alternatives, with some threads held.
    fn aside<R>(&mut self, aside: Aside<'_>, judge: impl FnOnce(&mut Self, End) -> R) -> R {
        self.with(|state| {
            state.explorer.begin_aside();
            state.held = aside.held.to_vec();
            state.only_replays = aside.only_replays;
            state.in_order = aside.in_order;
        });
        let end = self.run_once(aside.in_detail);
        let judged = judge(self, end);
        self.with(|state| {
            state.held.clear();
            state.only_replays = false;
            state.in_order = false;
            state.explorer.end_aside();
        });
        judged
    }

    /// Whether an object that was freed is accessed afterwards in another order of the same
    /// execution. Returns which threads to hold back, and where, so that it is.
    fn use_after_free(&mut self) -> Option<Vec<(usize, usize)>> {
        let suspicions = self.with(|state| state.suspicions());
        suspicions.into_iter().find(|held| {
            self.aside(Aside { held, ..Aside::default() }, |worker, end| {
                worker.program.end(end, false);
                let fault = worker.with(|state| state.fault.take());
                matches!(fault, Some(Fault::UseAfterFree { .. }))
            })
        })
    }

    /// Whether a finished graph can be run again, with nothing more and nothing less. Asked of a
    /// sample, since it is what shows state that outlives a run.
    fn repeats(&mut self) -> bool {
        if !self.summary.executions.is_power_of_two() {
            return true;
        }
        let aside = Aside { only_replays: true, ..Aside::default() };
        self.aside(aside, |worker, end| worker.program.end(end, false) && end == End::Complete)
    }
}
