//! The graph engine: every execution under a memory model, each once. See [`crate::graph`].

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use parking_lot::Mutex;

use crate::graph::{
    self, End, Fault, Lessons, Limits, Met, Model, Program, Pulse, Run as RunOfGraph, operations,
};
use crate::scenario::{
    Bound, BudgetsMet, Coverage, GraphEnd, GraphObserver, Memory, ViolationKind,
};
use crate::swap::choices::{Choices, Script};
use crate::swap::execution::{Backend, Entered, Execution, FaultKind};
use crate::swap::model::{explain_fault, forget_locals, start_clock};

use super::deadlock::deadlock;
use super::determinism::NONDETERMINISTIC;
use super::execution_end::{judge, run_body};
use super::inputs::search_inputs;
use super::progress::Progress;
use super::{Attempt, Plan, Run, Subject, Tally, violation};

/// Threads of an execution at most.
const MAX_THREADS: usize = 64;

/// Workers at most; more than there are processors gain nothing.
const MAX_WORKERS: usize = 64;

/// Events of an execution at most, whatever the scenario asks for: clocks count in 16 bits.
const MAX_EVENTS: usize = 60_000;

/// Runs between two looks at whether it is time to tell how far the exploration has come.
const TOLD_EVERY: u64 = 1_024;

/// Runs the subject under the graph engine.
pub(super) fn run(plan: &Plan, subject: &Subject) -> Run {
    // One execution tells which inputs there are.
    let inputs = {
        let once = Plan {
            max_executions: 1,
            workers: Some(1),
            probes: Default::default(),
            ..plan.clone()
        };
        let unseen = (subject.attempt)().subject;
        search(&once, &unseen, &Whole::new(plan, 1)).0.input.inputs()
    };
    let whole = Whole::new(plan, inputs);
    let (mut tally, cut) = search_inputs(plan, inputs, |plan| search(plan, subject, &whole));
    if let Some(violation) = &mut tally.violation {
        violation.repeat = Some(
            "run the same test in the same build; the graph engine comes to every execution that there is"
                .to_owned(),
        );
    }
    let met = whole.met.into_inner();
    let named = |met: bool, budget: u32| met.then_some(budget);
    let met = BudgetsMet {
        spurious_failures: named(met.failures, plan.budgets.spurious_failures),
        // By default, as in production, waits do not end by themselves, and the clock stands still.
        spurious_wakeups: named(met.wake_ups, plan.budgets.spurious_wakeups).filter(|n| *n > 0),
        timeouts: named(met.timeouts, plan.budgets.timeouts).filter(|n| *n > 0),
    };
    tally.finish(plan, cut.map_or_else(|| Coverage::within(met), Coverage::Bounded))
}

/// What the workers of a search share.
struct Shared {
    tally: Mutex<Tally>,
    began: Instant,
    /// Executions that were begun.
    begun: AtomicU64,
    /// Executions that were blocked.
    blocked: AtomicU64,
    /// About which part of the whole was explored, by what workers have told.
    explored: Mutex<f64>,
    cut: Mutex<Option<Bound>>,
    progress: Arc<Progress>,
}

/// What the searches of all inputs share.
struct Whole {
    /// What was learned of the closure.
    lessons: Mutex<Lessons>,
    /// Which budgets kept alternatives out.
    met: Mutex<Met>,
    progress: Arc<Progress>,
}

impl Whole {
    fn new(plan: &Plan, inputs: u64) -> Whole {
        Whole {
            lessons: Mutex::default(),
            met: Mutex::default(),
            progress: Arc::new(Progress::new(plan, inputs)),
        }
    }
}

/// Explores one input, again and again until nothing is learned any more.
fn search(plan: &Plan, subject: &Subject, whole: &Whole) -> (Tally, Option<Bound>) {
    let began = Instant::now();
    loop {
        let Attempt { subject: attempted, keep } = (subject.attempt)();
        let lessons = whole.lessons.lock().clone();
        let (tally, cut, summary) = explore(plan, &attempted, began, lessons, &whole.progress);
        if summary.learned.is_empty() {
            keep();
            whole.progress.finish_part(tally.executions, tally.blocked);
            whole.met.lock().add(summary.met);
            return (tally, cut);
        }
        let mut lessons = whole.lessons.lock();
        summary.learned.into_iter().for_each(|lesson| lessons.learn(lesson));
    }
}

/// Explores one input, as far as it goes without learning something.
fn explore(
    plan: &Plan,
    subject: &Subject,
    began: Instant,
    lessons: Lessons,
    progress: &Arc<Progress>,
) -> (Tally, Option<Bound>, graph::Summary) {
    let shared = Arc::new(Shared {
        tally: Mutex::new(Tally::new()),
        began,
        begun: AtomicU64::new(0),
        blocked: AtomicU64::new(0),
        explored: Mutex::new(0.0),
        cut: Mutex::new(None),
        progress: Arc::clone(progress),
    });
    let settings = graph::Settings {
        model: match plan.memory {
            Memory::Rc11 => Model::Rc11,
            Memory::Sc => Model::Sc,
        },
        workers: plan.workers.unwrap_or_else(processors).min(MAX_WORKERS),
        limits: Limits { events: plan.max_events.min(MAX_EVENTS), threads: MAX_THREADS },
        budgets: graph::Budgets {
            failures: plan.budgets.spurious_failures,
            wake_ups: plan.budgets.spurious_wakeups,
            timeouts: plan.budgets.timeouts,
        },
        lessons: lessons.clone(),
        thread_order: plan.probes.thread_order,
        observer: plan.probes.observer.clone().map(observing),
    };
    let explored = catch_unwind(AssertUnwindSafe(|| {
        graph::explore(&settings, || Worker::new(plan, (subject.fork)(), &shared, lessons.clock))
    }));
    let mut tally = std::mem::replace(&mut *shared.tally.lock(), Tally::new());
    let found = explored.unwrap_or_else(|payload| {
        let said = payload.downcast_ref::<String>().map(String::as_str);
        let said = said.or(payload.downcast_ref::<&str>().copied()).unwrap_or("nothing");
        let message = format!("the graph engine failed, which is an error in selvedge: {said}");
        tally.violation = Some(violation(plan, ViolationKind::Misuse, message));
        graph::Summary::default()
    });
    tally.executions = found.executions;
    tally.blocked = found.blocked;
    tally.overlapped = found.overlapped;
    tally.violating = found.violating;
    let cut = *shared.cut.lock();
    (tally, cut, found)
}

/// What the workers call.
fn observing(observer: GraphObserver) -> graph::Observer {
    Arc::new(move |end, execution| {
        let end = match end {
            End::Complete => GraphEnd::Complete,
            End::Blocked => GraphEnd::Blocked,
            End::Deadlock => GraphEnd::Deadlock,
            End::Diverged | End::GivenUp => return,
        };
        observer(end, execution);
    })
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// One worker's view of a scenario.
struct Worker {
    plan: Plan,
    subject: Subject,
    shared: Arc<Shared>,
    /// Used by one run after the other.
    execution: Arc<Execution>,
    _entered: Entered,
    body: Arc<dyn Fn() + Send + Sync>,
    /// Whether the closure returned.
    returned: Arc<AtomicBool>,
    /// What showed that the closure is not deterministic: the next run may show nothing.
    nondeterminism: Option<String>,
    /// What the others know already: whether a second thread ran, and the input.
    noted: Option<(bool, Script)>,
    /// The part of the whole that this worker has explored, as far as it was told.
    explored: f64,
}

impl Worker {
    fn new(plan: &Plan, subject: Subject, shared: &Arc<Shared>, clock: bool) -> Worker {
        let execution = Execution::new(
            Arc::clone(&plan.scenario),
            Backend::Graph,
            Choices::default(),
            plan.model_settings(),
        );
        let returned = Arc::new(AtomicBool::new(false));
        let body = {
            let (execution, subject) = (Arc::clone(&execution), subject.clone());
            let returned = Arc::clone(&returned);
            Arc::new(move || {
                if clock {
                    start_clock(&execution);
                }
                // Relaxed: it is read on this operating-system thread.
                returned.store(run_body(&execution, &subject), Ordering::Relaxed);
            })
        };
        let _entered = execution.enter(0);
        Worker {
            plan: plan.clone(),
            subject,
            shared: Arc::clone(shared),
            execution,
            _entered,
            body,
            returned,
            nondeterminism: None,
            noted: None,
            explored: 0.0,
        }
    }

    fn script(&self) -> Script {
        self.plan.input.clone().unwrap_or_default()
    }

    fn deadlock(&self) -> String {
        // Runs without a trace are repeated with one, before anybody sees their message.
        let loops = operations::blocked().into_iter();
        let loops: Vec<_> = loops.map(|(thread, place)| (thread as u32, place)).collect();
        deadlock(&self.execution, &loops)
    }

    /// Ends a run without a verdict.
    fn discard(&self) {
        (self.subject.commit)(false);
        forget_locals(&self.execution);
    }

    /// Notes whether a second thread ran, and what was chosen.
    fn note(&mut self, threaded: bool, made: Script) {
        let noted = self.noted.as_ref();
        if noted.is_some_and(|(before, input)| *before >= threaded && *input == made) {
            return;
        }
        self.noted = Some((threaded, made.clone()));
        let mut tally = self.shared.tally.lock();
        tally.threaded |= threaded;
        if !made.0.is_empty() && tally.input != made {
            tally.inputs.insert(made.clone());
            tally.input = made;
        }
    }
}

impl RunOfGraph for Worker {
    fn is_given_up(&self) -> bool {
        self.execution.is_abandoned()
    }

    fn fail(&self, fault: &Fault) {
        let (kind, message) = explain_fault(fault);
        self.execution.fail(kind, message);
    }

    fn give_up(&self, end: End) {
        match end {
            End::Deadlock => self.execution.fail(FaultKind::Deadlock, self.deadlock()),
            End::Diverged => {
                self.execution.fail(FaultKind::NonDeterministic, NONDETERMINISTIC.to_owned());
            }
            End::Complete | End::Blocked | End::GivenUp => self.execution.give_up(),
        }
    }

    fn dismantle(&self) {
        self.execution.dismantle();
    }
}

impl Program for Worker {
    fn pulse(&self) -> Arc<Pulse> {
        Arc::clone(&self.execution.pulse)
    }

    fn begin(&mut self, in_detail: bool) -> (u64, Arc<dyn Fn() + Send + Sync>) {
        self.execution.restart(Choices::following(self.script()), in_detail);
        self.returned.store(false, Ordering::Relaxed);
        (self.execution.id(), Arc::clone(&self.body))
    }

    fn end(&mut self, end: End, counts: bool) -> bool {
        let threaded = {
            let progress = self.execution.progress.lock();
            let fault = progress.fault.as_ref();
            let fault = fault.filter(|fault| fault.kind == FaultKind::NonDeterministic);
            self.nondeterminism = fault.map(|fault| fault.message.clone());
            progress.threads.len() > 1
        };
        let mut fine = end == End::Blocked;
        if end == End::Blocked && counts {
            // Relaxed: a number for a person.
            self.shared.blocked.fetch_add(1, Ordering::Relaxed);
        }
        if end == End::Complete {
            let made = self.execution.choices.lock().end();
            fine = made.is_ok() && self.returned.load(Ordering::Relaxed);
            if counts && (threaded || made.as_ref().is_ok_and(|made| !made.0.is_empty())) {
                self.note(threaded, made.unwrap_or_default());
            }
        }
        (self.subject.commit)(fine && counts && end == End::Complete);
        if end != End::Complete {
            forget_locals(&self.execution);
        }
        fine
    }

    fn explain(&mut self) {
        let mut tally = self.shared.tally.lock();
        if tally.violation.is_some() {
            drop(tally);
            return self.discard();
        }
        let returned = self.returned.load(Ordering::Relaxed);
        let ended = judge(&self.plan, &self.subject, &self.execution, returned, true);
        forget_locals(&self.execution);
        let mut found = ended.violation.unwrap_or_else(|| {
            let shown = self.nondeterminism.take();
            let message = shown.unwrap_or_else(|| NONDETERMINISTIC.to_owned());
            violation(&self.plan, ViolationKind::NonDeterministic, message)
        });
        // Relaxed: a number for a person.
        found.execution = Some(self.shared.begun.load(Ordering::Relaxed));
        tally.threaded |= ended.threaded;
        tally.input = ended.input;
        tally.violation = Some(found);
    }

    fn admits_another(&mut self, explored: f64) -> bool {
        let cut = |bound: Bound| {
            self.shared.cut.lock().get_or_insert(bound);
            false
        };
        let most = self.plan.max_executions;
        // Relaxed: a counter.
        let begun = self.shared.begun.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |begun| {
            (begun < most).then_some(begun + 1)
        });
        if begun.is_err() {
            return cut(Bound { executions: Some(most), ..Bound::default() });
        }
        if let Some(begun) = begun.ok().filter(|begun| begun % TOLD_EVERY == 0) {
            let blocked = self.shared.blocked.load(Ordering::Relaxed);
            let mut whole = self.shared.explored.lock();
            *whole += explored - std::mem::replace(&mut self.explored, explored);
            self.shared.progress.tell(begun.saturating_sub(blocked), blocked, Some(*whole));
        }
        let Some(limit) = self.plan.max_duration else { return true };
        if begun != Ok(0) && self.shared.began.elapsed() >= limit {
            return cut(Bound { duration: Some(limit), ..Bound::default() });
        }
        true
    }

    fn goes_on_after_violation(&mut self) -> bool {
        let tally = self.shared.tally.lock();
        let finding = tally.violation.as_ref().is_none_or(|v| v.kind.is_finding());
        let goes_on = finding && !self.plan.stop_at_first;
        if !goes_on {
            let bound = Bound { violation: true, ..Bound::default() };
            self.shared.cut.lock().get_or_insert(bound);
        }
        goes_on
    }
}
