//! The graph engine: every execution under a memory model, each once. See [`crate::graph`].

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use parking_lot::Mutex;

use crate::graph::{
    self, End, Fault, Limits, Model, Program, Pulse, Run as RunOfGraph, operations,
};
use crate::scenario::{Bound, Coverage, Memory, ViolationKind};
use crate::swap::choices::{Choices, Script};
use crate::swap::execution::{Backend, Entered, Execution, FaultKind};
use crate::swap::model::{explain_fault, forget_locals};

use super::determinism::NONDETERMINISTIC;
use super::execution_end::{judge, run_body};
use super::inputs::search_inputs;
use super::{Plan, Run, Subject, Tally, violation};

/// Threads of an execution at most.
const MAX_THREADS: usize = 64;

/// Workers at most; more than there are processors gain nothing.
const MAX_WORKERS: usize = 64;

/// Events of an execution at most, whatever the scenario asks for: clocks count in 16 bits.
const MAX_EVENTS: usize = 60_000;

/// Runs the subject under the graph engine.
pub(super) fn run(plan: &Plan, subject: &Subject) -> Run {
    // One execution tells which inputs there are.
    let inputs = {
        let fork = Arc::clone(&subject.fork);
        let unseen = Subject { fork: Arc::new(move || discarding(fork())), ..subject.clone() };
        let once = Plan {
            max_executions: 1,
            workers: Some(1),
            probes: Default::default(),
            ..plan.clone()
        };
        search(&once, &unseen).0.input.inputs()
    };
    let (mut tally, cut) = search_inputs(plan, inputs, |plan| search(plan, subject));
    if let Some(violation) = &mut tally.violation {
        violation.repeat = Some(
            "run the same test in the same build; the graph engine comes to every execution that there is"
                .to_owned(),
        );
    }
    tally.finish(plan, cut.map_or(Coverage::Complete, Coverage::Bounded))
}

/// The same closure, whose outcomes nobody counts.
fn discarding(subject: Subject) -> Subject {
    let commit = Arc::clone(&subject.commit);
    Subject { commit: Arc::new(move |_| commit(false)), ..subject }
}

/// What the workers of a search share.
struct Shared {
    tally: Mutex<Tally>,
    began: Instant,
    /// Executions that were begun.
    begun: AtomicU64,
    cut: Mutex<Option<Bound>>,
}

/// Explores one input.
fn search(plan: &Plan, subject: &Subject) -> (Tally, Option<Bound>) {
    let shared = Arc::new(Shared {
        tally: Mutex::new(Tally::new()),
        began: Instant::now(),
        begun: AtomicU64::new(0),
        cut: Mutex::new(None),
    });
    let settings = graph::Settings {
        model: match plan.memory {
            Memory::Rc11 => Model::Rc11,
            Memory::Sc => Model::Sc,
        },
        workers: plan.workers.unwrap_or_else(processors).min(MAX_WORKERS),
        limits: Limits { events: plan.max_events.min(MAX_EVENTS), threads: MAX_THREADS },
        thread_order: plan.probes.thread_order,
        observer: plan.probes.observer.clone(),
    };
    let explored = catch_unwind(AssertUnwindSafe(|| {
        graph::explore(&settings, || Worker::new(plan, (subject.fork)(), &shared))
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
    if tally.violation.as_ref().is_some_and(|v| v.kind == ViolationKind::Unsupported) {
        // Nothing was explored.
        (tally.executions, tally.violating, tally.blocked, tally.overlapped) = (0, 0, 0, 0);
    }
    let cut = *shared.cut.lock();
    (tally, cut)
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
}

impl Worker {
    fn new(plan: &Plan, subject: Subject, shared: &Arc<Shared>) -> Worker {
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
        }
    }

    fn script(&self) -> Script {
        self.plan.input.clone().unwrap_or_default()
    }

    fn deadlock(&self) -> String {
        let waits: Vec<String> = operations::blocked()
            .into_iter()
            .map(|(thread, place)| {
                let name = self.execution.thread_name(thread as u32);
                format!("{name} waits at {place} for what no thread will do")
            })
            .collect();
        format!("no thread can go on: {}", waits.join("; "))
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
            End::Diverged if operations::unwinds() => {
                let message = "destructors that run during panics of two threads, and each reads what the other wrote";
                self.execution.fail(FaultKind::Unsupported, message.to_owned());
            }
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

    fn admits_another(&mut self) -> bool {
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
