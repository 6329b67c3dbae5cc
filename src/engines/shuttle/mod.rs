//! Shuttle: the closure under its schedulers, one execution a schedule.
//!
//! Nothing fails inside of Shuttle: panics are caught in the threads, and a deadlock shows as the
//! *sentinel*, a task that is always runnable and that the scheduler picks only when no other is.
//! So Shuttle prints nothing, and an execution that failed is stopped by its scheduler.

mod source;

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use shuttle::scheduler::{DfsScheduler, Schedule, Scheduler, Task, TaskId};
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};

use crate::scenario::{Bound, Coverage, Sampler, Violation, ViolationKind};
use crate::swap::execution::{self, Backend, Entered, Execution, FaultKind};
use crate::swap::model::{forget_locals, start_clock};

use super::deadlock::deadlock;
use super::determinism;
use super::execution_end::{judge, run_body};
use super::hook::text_of;
use super::inputs::search_inputs;
use super::ticket::Ticket;
use super::{Plan, Run, Subject, Tally, violation};
use source::{Choice, Source};

/// The first task that the closure's task spawns.
const SENTINEL: usize = 1;

/// Steps of Shuttle's, of which an operation takes a few, for each operation that an execution may
/// have. Reading the scenario's clock is a step, but no operation.
const STEPS_PER_EVENT: usize = 100;

/// Gets Shuttle's installation of its panic hook over with.
pub(super) fn run_nothing() {
    Runner::new(DfsScheduler::new(Some(1), false), config()).run(|| {});
}

fn config() -> Config {
    let mut config = Config::new();
    // 256 KiB: assertion messages and proptest values need more than Shuttle's 60 KiB.
    config.stack_size = 1 << 18;
    config.failure_persistence = FailurePersistence::None;
    config.max_steps = MaxSteps::None;
    config.silence_warnings = true;
    config
}

/// What the scheduler and the closure share.
struct Shared {
    plan: Plan,
    subject: Subject,
    state: Arc<Mutex<State>>,
}

struct State {
    tally: Tally,
    current: Option<Current>,
    cut: Option<Bound>,
    /// Whether the schedule that is replayed did not fit.
    stale: bool,
    /// Whether the sentinel was chosen because no other task is runnable.
    deadlocked: bool,
    /// Whether there ever was a choice between two tasks.
    had_choice: bool,
    /// Whether a task ever waited in a loop.
    had_yield: bool,
}

/// The execution that runs.
struct Current {
    execution: Arc<Execution>,
    entered: Entered,
    returned: bool,
    steps: Vec<usize>,
}

/// Runs the subject under one of Shuttle's schedulers.
pub(super) fn run(plan: &Plan, subject: &Subject, sampler: Sampler) -> Run {
    let replay = plan.replay.as_deref().map(Ticket::read).transpose();
    let replay = match replay {
        Ok(ticket) => ticket,
        Err(message) => {
            let mut tally = Tally::new();
            tally.violation = Some(violation(plan, ViolationKind::Misuse, message));
            return tally.finish(plan, Coverage::Bounded(Bound::default()));
        }
    };
    let first = || {
        determinism::first(plan, subject, |plan, subject| {
            explore(plan, subject, Source::new(plan, sampler)).tally
        })
    };
    let before = [first(), first()];
    let inputs = before[0].input.inputs();
    let waited = Cell::new(false);
    let search = |plan: &Plan| {
        let explored = explore(plan, subject, Source::new(plan, sampler));
        waited.set(waited.get() || explored.waited);
        (explored.tally, explored.cut)
    };
    let replays = replay.is_some();
    let (mut tally, cut) = match (replay, sampler) {
        (Some(Ticket { input, steps }), _) => {
            let plan = Plan { input: Some(input.clone()), ..plan.clone() };
            let mut tally = explore(&plan, subject, Source::replay(steps)).tally;
            // A schedule of another input may well hold.
            if tally.input != input {
                tally.violation = Some(stale_ticket(&plan));
            }
            (tally, None)
        }
        (None, Sampler::Dfs) => search_inputs(plan, inputs, search),
        (None, _) => search(plan),
    };
    let waited = waited.get();
    let [a, b] = before;
    determinism::demand_equal(&mut tally, plan, [a, b, first()]);
    let coverage = match (sampler, cut) {
        _ if replays => Coverage::Bounded(Bound { executions: Some(1), ..Bound::default() }),
        (Sampler::Dfs, None) if !waited => Coverage::Complete,
        (Sampler::Dfs, cut) => Coverage::Bounded(Bound { fair: waited, ..cut.unwrap_or_default() }),
        _ => Coverage::Sampled { seed: Some(plan.seed) },
    };
    tally.finish(plan, coverage)
}

fn stale_ticket(plan: &Plan) -> Violation {
    let message = "the ticket does not fit: the code, or the scenario, has changed since it was printed, or a part \
         of it is missing";
    violation(plan, ViolationKind::Misuse, message)
}

/// What a number of executions came to.
struct Explored {
    tally: Tally,
    cut: Option<Bound>,
    /// Whether a thread waited in a loop.
    waited: bool,
}

/// Runs executions until the source or the plan has enough.
fn explore(plan: &Plan, subject: &Subject, source: Source) -> Explored {
    let state = State {
        tally: Tally::new(),
        current: None,
        cut: None,
        stale: false,
        deadlocked: false,
        had_choice: false,
        had_yield: false,
    };
    let shared = Arc::new(Shared {
        plan: plan.clone(),
        subject: subject.clone(),
        state: Arc::new(Mutex::new(state)),
    });
    let watch = Watch { source, shared: Arc::clone(&shared) };
    let closure = Arc::clone(&shared);
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        Runner::new(watch, config()).run(move || closure.run_closure());
    }));
    shared.end_execution();
    let mut state = shared.state.lock();
    if state.stale {
        state.tally.violation = Some(stale_ticket(plan));
    } else if let (Err(payload), None) = (&outcome, &state.tally.violation) {
        let text = text_of(&**payload).unwrap_or_default();
        // A scheduler gives up when the threads it chose before are not there again.
        let message = format!("{} (Shuttle: {text})", determinism::NONDETERMINISTIC);
        state.tally.violation = Some(violation(plan, ViolationKind::NonDeterministic, message));
    }
    let State { cut, had_yield, .. } = *state;
    Explored { tally: std::mem::replace(&mut state.tally, Tally::new()), cut, waited: had_yield }
}

impl Shared {
    /// The closure's task.
    fn run_closure(&self) {
        let execution = execution::current().expect("the scheduler entered the execution");
        // A future, because Shuttle ends an execution although a detached future has not finished.
        let state = Arc::clone(&self.state);
        drop(shuttle::future::spawn(async move {
            while !state.lock().deadlocked {
                shuttle::thread::yield_now();
            }
            let deadlocked = execution::current().expect("the execution is left after its tasks");
            deadlocked.fail(FaultKind::Deadlock, deadlock(&deadlocked, &[]));
            execution::leave();
        }));
        start_clock(&execution);
        let returned = run_body(&execution, &self.subject);
        if let Some(current) = &mut self.state.lock().current {
            current.returned = returned;
        }
    }

    /// Judges the execution that ran, if one did, and leaves it.
    fn end_execution(&self) {
        let Some(current) = self.state.lock().current.take() else { return };
        let Current { execution, entered, returned, steps } = current;
        // What is dropped from here on, outcomes among it, finds no engine.
        execution.dismantle();
        let is_first = self.state.lock().tally.violation.is_none();
        let mut ended = judge(&self.plan, &self.subject, &execution, returned, is_first);
        forget_locals(&execution);
        drop(entered);
        if let Some(violation) = ended.violation.as_mut().filter(|v| v.kind.is_finding()) {
            let ticket = Ticket { input: ended.input.clone(), steps };
            let ticket = ticket.write(&self.plan.scenario);
            violation.repeat = Some(repeat_command(&ticket));
            violation.ticket = Some(ticket);
        }
        self.state.lock().tally.add(ended);
    }
}

/// The command that replays a ticket: the test by its target and name, in a build of the same flag.
fn repeat_command(ticket: &str) -> String {
    let flag = if cfg!(shuttle) {
        "shuttle"
    } else if cfg!(loom) {
        "loom"
    } else {
        "selvedge"
    };
    let command = format!(
        "SELVEDGE_REPLAY={ticket} RUSTFLAGS=\"--cfg {flag}\" cargo test{}",
        target().unwrap_or_default()
    );
    match std::thread::current().name() {
        Some(test) if test != "main" => format!("{command} {test} -- --exact --nocapture"),
        _ => command,
    }
}

/// The option of cargo that says which tests this program has, if it is one of `tests/`.
fn target() -> Option<String> {
    let program = std::env::current_exe().ok()?;
    let (name, _) = program.file_stem()?.to_str()?.rsplit_once('-')?;
    let is_there = |path: String| Path::new(&path).exists();
    // Unit tests have the name of their crate.
    let package = std::env::var("CARGO_PKG_NAME").unwrap_or_default().replace('-', "_");
    let found = name != package && is_there(format!("tests/{name}.rs"));
    found.then(|| format!(" --test {name}"))
}

fn too_many_steps(steps: usize) -> String {
    format!(
        "an execution of {steps} scheduling steps: a loop that waits for another thread, or for time to pass, \
         without hint::spin_loop or thread::yield_now, or a scenario larger than max_events"
    )
}

/// A scheduler that records what a source chooses, and stops it when the plan says so.
struct Watch {
    source: Source,
    shared: Arc<Shared>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.source.stop();
    }
}

impl Scheduler for Watch {
    fn new_execution(&mut self) -> Option<Schedule> {
        self.shared.end_execution();
        let plan = &self.shared.plan;
        let mut state = self.shared.state.lock();
        let schedule = self.source.begin(plan, &state.tally, state.had_choice);
        // A cut that comes when there was nothing left is none.
        state.cut = schedule.as_ref().and_then(|_| state.tally.cut(plan));
        if state.cut.is_some() || schedule.is_none() {
            self.source.stop();
            return None;
        }
        let settings = plan.model_settings();
        let choices = state.tally.next_choices(plan);
        let execution =
            Execution::new(Arc::clone(&plan.scenario), Backend::Shuttle, choices, settings);
        let entered = execution.enter(0);
        state.current = Some(Current { execution, entered, returned: false, steps: Vec::new() });
        schedule
    }

    fn next_task(
        &mut self,
        runnable: &[&Task],
        current: Option<TaskId>,
        is_yielding: bool,
    ) -> Option<TaskId> {
        let mut state = self.shared.state.lock();
        let State { current: running, stale, deadlocked, had_choice, had_yield, .. } = &mut *state;
        let running = running.as_mut()?;
        if running.execution.is_abandoned() {
            running.execution.dismantle();
            return None;
        }
        if running.steps.len() >= self.shared.plan.max_events.saturating_mul(STEPS_PER_EVENT) {
            running.execution.fail(FaultKind::Livelock, too_many_steps(running.steps.len()));
            running.execution.dismantle();
            return None;
        }
        let sentinel = TaskId::from(SENTINEL);
        let others: Vec<&Task> =
            runnable.iter().copied().filter(|task| task.id() != sentinel).collect();
        *had_choice |= others.len() > 1;
        *had_yield |= is_yielding;
        *deadlocked = others.is_empty();
        let choice = if *deadlocked {
            Choice::Task(sentinel)
        } else {
            self.source.choose(runnable, &others, current, is_yielding)
        };
        match choice {
            Choice::Task(task) => {
                running.steps.push(usize::from(task));
                Some(task)
            }
            Choice::Stop => None,
            Choice::Stale => {
                *stale = true;
                running.execution.dismantle();
                None
            }
        }
    }

    fn next_u64(&mut self) -> u64 {
        self.source.next_u64()
    }
}

/// Called by the panic hook: a scheduler that panics did not find again what it chose among before.
pub(super) fn note_panic(execution: &Execution, message: &str) {
    let message = format!("{} (Shuttle: {message})", determinism::NONDETERMINISTIC);
    execution.fail(FaultKind::NonDeterministic, message);
}
