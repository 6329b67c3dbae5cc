//! loom: the closure under its systematic search, or rather two of them.
//!
//! loom 0.7 forgets that a thread read an atomic once the thread also wrote it, and so misses
//! executions of load-then-store code. A *probe* beside each atomic brings them back, but hides
//! races of code with fences. So there is a plain search and a probed one, and what they find is
//! united.

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::Arc;

use parking_lot::Mutex;

use crate::scenario::{Bound, Coverage, LoomSearch, LoomSeqCst, ViolationKind};
use crate::swap::execution::{Abandon, Backend, Entered, Execution, FaultKind};
use crate::swap::model::{ModelSettings, forget_deferred, forget_locals, start_clock};

use super::deadlock::deadlock;
use super::determinism;
use super::execution_end::{judge, run_body};
use super::inputs::search_inputs;
use super::{Plan, Run, Subject, Tally, violation};

/// loom's own limit; the closure's thread is one of them.
const MAX_THREADS: usize = 5;

/// Preemptions of the probed search, which is up to thousands of times larger than the plain one.
const PROBED_PREEMPTIONS: u8 = 2;

/// Runs the subject under loom.
pub(super) fn run(plan: &Plan, subject: &Subject) -> Run {
    let mut tally = Tally::new();
    let probes: &[bool] = match plan.loom_search {
        LoomSearch::Both => &[false, true],
        LoomSearch::Plain => &[false],
        LoomSearch::Probed => &[true],
    };
    let first = || {
        determinism::first(plan, subject, |plan, subject| Search::new(plan, subject, false).run().0)
    };
    let before = [first(), first()];
    let inputs = before[0].input.inputs();
    // One search alone has a blind spot, which is a bound too.
    let mut bound = Bound { search: plan.loom_search, ..Bound::default() };
    for &probe in probes {
        // Each search has the whole budget.
        let (found, cut) =
            search_inputs(plan, inputs, |plan| Search::new(plan, subject, probe).run());
        tally.absorb(found);
        bound = unite(bound, cut, preemptions(plan, probe));
        if tally.violation.as_ref().is_some_and(|v| plan.stop_at_first || !v.kind.is_finding()) {
            break;
        }
    }
    if let Some(violation) = &mut tally.violation {
        // What a search comes to within a time is another execution every time.
        let counted = violation.execution.filter(|_| plan.max_duration.is_none());
        violation.repeat = counted.map(|execution| {
            format!(
                "run the same test in the same build; loom searches in a fixed order, and comes to this as \
                 execution {execution}"
            )
        });
    }
    let [a, b] = before;
    determinism::demand_equal(&mut tally, plan, [a, b, first()]);
    let complete = bound == Bound::default();
    tally.finish(plan, if complete { Coverage::Complete } else { Coverage::Bounded(bound) })
}

/// The smaller of what two searches covered.
fn unite(bound: Bound, cut: Option<Bound>, preemptions: Option<u8>) -> Bound {
    let cut = cut.unwrap_or_default();
    let least = |a: Option<u64>, b: Option<u64>| a.into_iter().chain(b).min();
    Bound {
        preemptions: bound.preemptions.into_iter().chain(preemptions).min(),
        executions: least(bound.executions, cut.executions),
        duration: bound.duration.into_iter().chain(cut.duration).min(),
        violation: bound.violation || cut.violation,
        search: bound.search,
        fair: false,
        one_order_of_owners: false,
    }
}

/// The bound of a search.
fn preemptions(plan: &Plan, probe: bool) -> Option<u8> {
    plan.preemption_bound.unwrap_or(probe.then_some(PROBED_PREEMPTIONS))
}

/// One of loom's searches.
#[derive(Clone)]
struct Search {
    plan: Plan,
    subject: Subject,
    probe: bool,
    state: Arc<Mutex<State>>,
}

struct State {
    tally: Tally,
    current: Option<Current>,
    /// Why the search was left before its end.
    cut: Option<Bound>,
}

/// The execution that runs.
struct Current {
    execution: Arc<Execution>,
    entered: Entered,
    returned: bool,
}

impl Search {
    fn new(plan: &Plan, subject: &Subject, probe: bool) -> Search {
        let state = State { tally: Tally::new(), current: None, cut: None };
        Search {
            plan: plan.clone(),
            subject: subject.clone(),
            probe,
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Runs it on an operating-system thread of its own: when loom gives up while a modeled thread
    /// unwinds, `std::thread::panicking` stays true there for good.
    fn run(&self) -> (Tally, Option<Bound>) {
        let search = self.clone();
        let mut thread = std::thread::Builder::new();
        if let Some(name) = std::thread::current().name() {
            thread = thread.name(name.to_owned());
        }
        let ran = thread.spawn(move || search.run_here()).map(std::thread::JoinHandle::join);
        let message = match ran {
            Ok(Ok(result)) => return result,
            Ok(Err(_)) => "the thread that runs the search ended by itself".to_owned(),
            Err(error) => format!("the operating system has no thread to give: {error}"),
        };
        let mut tally = Tally::new();
        tally.violation = Some(violation(&self.plan, ViolationKind::Misuse, message));
        (tally, None)
    }

    fn run_here(&self) -> (Tally, Option<Bound>) {
        let mut builder = loom::model::Builder::new();
        builder.max_threads = MAX_THREADS;
        builder.max_branches = max_branches(self.plan.max_events);
        builder.preemption_bound = preemptions(&self.plan, self.probe).map(usize::from);
        // Budgets are kept in the closure, exactly.
        builder.max_permutations = None;
        builder.max_duration = None;
        builder.checkpoint_file = None;
        builder.location = false;
        builder.log = false;
        let closure = self.clone();
        let outcome =
            catch_unwind(AssertUnwindSafe(|| builder.check(move || closure.run_closure())));
        if outcome.is_err() {
            self.explain_end();
        }
        self.end_execution();
        forget_deferred();
        let mut state = self.state.lock();
        if outcome.is_err() && state.cut.is_none() {
            // The execution could not be continued, and the search ends with it.
            state.cut = Some(Bound { violation: true, ..Bound::default() });
            state.tally.violation.get_or_insert_with(|| {
                let message =
                    "loom ended its search with a panic after an execution that went well";
                violation(&self.plan, ViolationKind::Misuse, message.to_owned())
            });
        }
        let cut = state.cut;
        (std::mem::replace(&mut state.tally, Tally::new()), cut)
    }

    /// Gives an execution that did not end by its own panic the fault that is left.
    fn explain_end(&self) {
        let state = self.state.lock();
        let Some(Current { execution, returned: false, .. }) = &state.current else { return };
        let progress = execution.progress.lock();
        let unexplained = progress.fault.is_none() && progress.panics.is_empty();
        drop(progress);
        if unexplained {
            let message = "the execution ended without a panic: a stack overflow, probably. Under loom, the \
                 closure itself has 32 KiB of stack, and threads have 256 KiB, or what \
                 thread::Builder::stack_size says; do what needs more in a thread";
            execution.fail(FaultKind::Misuse, message.to_owned());
        }
    }

    /// One execution, on loom's first thread.
    fn run_closure(&self) {
        self.end_execution();
        let cut = self.state.lock().tally.cut(&self.plan);
        if let Some(bound) = cut {
            self.state.lock().cut = Some(bound);
            // No other thread exists yet, so leaving by a panic is clean.
            panic_any(Abandon);
        }
        let settings = ModelSettings {
            probe: self.probe,
            seq_cst_fences: self.plan.loom_seq_cst == LoomSeqCst::Fences,
            ..self.plan.model_settings()
        };
        let choices = self.state.lock().tally.next_choices(&self.plan);
        let scenario = Arc::clone(&self.plan.scenario);
        let execution = Execution::new(scenario, Backend::Loom, choices, settings);
        let entered = execution.enter(0);
        self.state.lock().current =
            Some(Current { execution: Arc::clone(&execution), entered, returned: false });
        start_clock(&execution);
        let returned = run_body(&execution, &self.subject);
        if let Some(current) = &mut self.state.lock().current {
            current.returned = returned;
        }
        if execution.is_abandoned() {
            panic_any(Abandon);
        }
    }

    /// Judges the execution that ran, if one did, and leaves it.
    fn end_execution(&self) {
        let Some(current) = self.state.lock().current.take() else { return };
        let Current { execution, entered, returned } = current;
        // What is dropped from here on, outcomes among it, finds no engine.
        execution.dismantle();
        let is_first = self.state.lock().tally.violation.is_none();
        let ended = judge(&self.plan, &self.subject, &execution, returned, is_first);
        forget_locals(&execution);
        drop(entered);
        self.state.lock().tally.add(ended);
    }
}

/// loom's limit for an execution of so many operations. Branches are switches and loads; each
/// operation is a few. loom allocates all of them beforehand.
fn max_branches(max_events: usize) -> usize {
    max_events.saturating_mul(4).clamp(1_000, 10_000_000)
}

/// Called by the panic hook: takes loom's own panics for what they mean.
pub(super) fn note_panic(execution: &Execution, message: &str) {
    if message.starts_with("deadlock; threads =") {
        execution.fail(FaultKind::Deadlock, deadlock(execution, &[]));
    } else if let Some(detail) = message.strip_prefix("Causality violation: ") {
        let first_line = detail.lines().next().unwrap_or(detail);
        execution.fail(FaultKind::DataRace, format!("{first_line} {}", last_operation(execution)));
    } else if message.starts_with("Model exceeded maximum number of branches") {
        execution.fail(
            FaultKind::Livelock,
            format!(
                "loom exceeded {} branches in one execution: a loop that waits for another thread without \
                 hint::spin_loop or thread::yield_now, threads that keep each other busy, or a scenario larger \
                 than max_events",
                max_branches(execution.settings.max_events)
            ),
        );
    } else if message.starts_with("Reached unexpected exploration state")
        || message.starts_with("[loom internal bug]")
    {
        execution.fail(
            FaultKind::NonDeterministic,
            format!("{} (loom: {message})", determinism::NONDETERMINISTIC),
        );
    }
}

/// Where a data race was found.
fn last_operation(execution: &Execution) -> String {
    let trace = execution.trace.lock();
    trace
        .events
        .last()
        .map(|event| format!("Found by {event} at {}.", event.place))
        .unwrap_or_default()
}
