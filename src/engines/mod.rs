//! The engines: each runs a closure many times, and tells what it covered.

#[cfg(any(loom, shuttle, selvedge))]
mod deadlock;
#[cfg(any(loom, shuttle, selvedge))]
mod determinism;
mod execution_end;
#[cfg(any(loom, shuttle, selvedge))]
mod graph;
mod hook;
#[cfg(any(loom, shuttle, selvedge))]
mod inputs;
#[cfg(any(loom, shuttle, selvedge))]
mod loom;
#[cfg(any(loom, shuttle, selvedge))]
mod progress;
#[cfg(any(loom, shuttle, selvedge))]
mod shuttle;
mod threads;
mod ticket;
#[cfg(any(loom, shuttle, selvedge))]
mod timeline;
#[cfg(any(loom, shuttle, selvedge))]
mod watchdog;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::scenario::{
    Bound, Budgets, Coverage, Engine, GraphProbes, LoomSearch, LoomSeqCst, Memory, Violation,
    ViolationKind,
};
use crate::swap::choices::{Choices, Script};

#[cfg(any(loom, shuttle, selvedge))]
use crate::swap::model::ModelSettings;
pub(crate) use ticket::{engine as ticket_engine, of_another as ticket_of_another};

/// What to run, and how far.
#[derive(Clone, Debug)]
// Real threads use a part of it.
#[cfg_attr(not(any(loom, shuttle, selvedge)), allow(dead_code))]
pub(crate) struct Plan {
    pub scenario: Arc<str>,
    pub engine: Engine,
    pub memory: Memory,
    pub budgets: Budgets,
    /// `None`: as many as there are processors.
    pub workers: Option<usize>,
    pub probes: GraphProbes,
    /// Stop at the first violation, or count them.
    pub stop_at_first: bool,
    pub max_executions: u64,
    pub max_events: usize,
    pub max_duration: Option<Duration>,
    /// `Some(None)`: all; `None`: the engine's default.
    pub preemption_bound: Option<Option<u8>>,
    pub seed: u64,
    /// The input of all executions. Without it, they take the inputs in turn, or by chance if there
    /// are too many.
    pub input: Option<Script>,
    pub replay: Option<String>,
    pub watchdog: Duration,
    pub loom_search: LoomSearch,
    pub loom_seq_cst: LoomSeqCst,
}

#[cfg(any(loom, shuttle, selvedge))]
impl Plan {
    /// How the swap treats an execution of it, on an engine that needs no help.
    fn model_settings(&self) -> ModelSettings {
        ModelSettings {
            probe: false,
            seq_cst_fences: false,
            max_events: self.max_events,
            standstill: self.watchdog * watchdog::TIMES,
        }
    }
}

/// A scenario's closure.
#[derive(Clone)]
// Real threads use a part of it.
#[cfg_attr(not(any(loom, shuttle, selvedge)), allow(dead_code))]
pub(crate) struct Subject {
    /// Runs it, and keeps its outcome.
    pub body: Arc<dyn Fn() + Send + Sync>,
    /// Counts the outcome, or drops it.
    pub commit: Arc<dyn Fn(bool) + Send + Sync>,
    /// Makes another one, which keeps its outcome elsewhere, for a second thread of an engine.
    pub fork: Arc<dyn Fn() -> Subject + Send + Sync>,
    /// Makes another one whose outcomes count only if they are kept.
    pub attempt: Arc<dyn Fn() -> Attempt + Send + Sync>,
}

/// A subject whose outcomes are not counted yet.
// Real threads do not attempt anything.
#[cfg_attr(not(any(loom, shuttle, selvedge)), allow(dead_code))]
pub(crate) struct Attempt {
    pub subject: Subject,
    /// Counts them.
    pub keep: Box<dyn FnOnce()>,
}

/// What an engine's run came to.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub executions: u64,
    pub blocked: u64,
    pub overlapped: Option<u64>,
    /// Inputs that were explored, or begun; 0 if the closure made no choice.
    pub inputs: u64,
    pub violating: u64,
    pub violation: Option<Violation>,
    pub coverage: Coverage,
    pub elapsed: Duration,
}

/// What the executions so far came to.
#[derive(Debug)]
pub(crate) struct Tally {
    began: Instant,
    executions: u64,
    /// Executions without a verdict.
    blocked: u64,
    overlapped: u64,
    /// Whether a second thread ran in any of them.
    threaded: bool,
    /// Whether any of them left owners of an `Arc` in one order, though another one could matter.
    one_order_of_owners: bool,
    /// Inputs of the closure so far; none if it made no choice.
    inputs: HashSet<Script>,
    /// The input of the last execution.
    input: Script,
    /// Whether inputs follow each other, and the last one was among them.
    all_inputs: bool,
    /// Whether inputs are drawn by chance, because there are more than executions.
    by_chance: bool,
    violating: u64,
    violation: Option<Violation>,
}

impl Tally {
    fn new() -> Self {
        Tally {
            began: Instant::now(),
            executions: 0,
            blocked: 0,
            overlapped: 0,
            threaded: false,
            one_order_of_owners: false,
            inputs: HashSet::new(),
            input: Script::default(),
            all_inputs: false,
            by_chance: false,
            violating: 0,
            violation: None,
        }
    }

    fn add(&mut self, ended: execution_end::Ended) {
        self.executions += 1;
        self.overlapped += u64::from(ended.overlapped);
        self.threaded |= ended.threaded;
        self.one_order_of_owners |= ended.one_order_of_owners;
        if ended.input != self.input && !self.all_inputs {
            self.inputs.insert(ended.input.clone());
        }
        self.all_inputs |= !self.by_chance && ended.input.after().is_none();
        self.input = ended.input;
        if let Some(mut violation) = ended.violation {
            self.violating += 1;
            violation.execution = Some(self.executions);
            self.violation.get_or_insert(violation);
        }
    }

    /// Adds what another search came to.
    #[cfg(any(loom, shuttle, selvedge))]
    fn absorb(&mut self, found: Tally) {
        if let (None, Some(mut violation)) = (&self.violation, found.violation) {
            violation.execution = violation.execution.map(|number| self.executions + number);
            self.violation = Some(violation);
        }
        self.executions += found.executions;
        self.blocked += found.blocked;
        self.overlapped += found.overlapped;
        self.threaded |= found.threaded;
        self.one_order_of_owners |= found.one_order_of_owners;
        self.inputs.extend(found.inputs);
        self.violating += found.violating;
    }

    /// The choices of the next execution.
    fn next_choices(&mut self, plan: &Plan) -> Choices {
        self.by_chance = plan.input.is_none() && self.input.inputs() > plan.max_executions;
        Choices::following(match &plan.input {
            // Once the closure has chosen, what it chooses in addition is a part of the input.
            Some(_) if self.executions > 0 => self.input.clone(),
            Some(fixed) => fixed.clone(),
            // In turn, the last ones would never be met.
            None if self.by_chance => {
                return Choices::by_chance(plan.seed.wrapping_add(self.executions));
            }
            None => self.input.after().unwrap_or_default(),
        })
    }

    /// Why no further execution is to begin, if none is.
    fn cut(&self, plan: &Plan) -> Option<Bound> {
        let fatal =
            self.violation.as_ref().is_some_and(|v| plan.stop_at_first || !v.kind.is_finding());
        // Between executions: however little time there is, one is begun.
        let late =
            plan.max_duration.filter(|limit| self.executions > 0 && self.began.elapsed() >= *limit);
        if fatal {
            Some(Bound { violation: true, ..Bound::default() })
        } else if self.executions >= plan.max_executions {
            Some(Bound { executions: Some(self.executions), ..Bound::default() })
        } else {
            late.map(|limit| Bound { duration: Some(limit), ..Bound::default() })
        }
    }

    fn finish(self, plan: &Plan, coverage: Coverage) -> Run {
        let untested = if self.violation.is_some() {
            None
        } else if self.executions == 0 {
            Some(
                "no execution came to its end, so nothing was tested: every one ended at a waiting loop",
            )
        } else if !self.threaded {
            Some(
                "no execution had a second thread, so nothing concurrent was tested; spawn threads with \
                 selvedge::thread inside of the closure",
            )
        } else {
            None
        };
        let untested =
            untested.map(|message| violation(plan, ViolationKind::Untested, message.to_owned()));
        let coverage = match coverage {
            Coverage::Complete if self.one_order_of_owners => {
                Coverage::Bounded(Bound { one_order_of_owners: true, ..Bound::default() })
            }
            Coverage::Bounded(bound) => {
                let one_order_of_owners = self.one_order_of_owners;
                Coverage::Bounded(Bound { one_order_of_owners, ..bound })
            }
            other => other,
        };
        Run {
            executions: self.executions,
            blocked: self.blocked,
            overlapped: cfg!(any(loom, shuttle, selvedge)).then_some(self.overlapped),
            inputs: self.inputs.len() as u64,
            violating: self.violating,
            violation: self.violation.or(untested),
            coverage,
            elapsed: self.began.elapsed(),
        }
    }
}

/// A violation that is no single execution's.
fn violation(plan: &Plan, kind: ViolationKind, message: impl Into<String>) -> Violation {
    Violation::of_run(kind, &plan.scenario, Some(plan.engine), message)
}

/// Runs the subject under the plan's engine.
pub(crate) fn run(plan: &Plan, subject: &Subject) -> Run {
    hook::install();
    #[cfg(any(loom, shuttle, selvedge))]
    watchdog::start();
    match plan.engine {
        Engine::Threads => threads::run(plan, subject),
        #[cfg(any(loom, shuttle, selvedge))]
        Engine::Graph => graph::run(plan, subject),
        #[cfg(any(loom, shuttle, selvedge))]
        Engine::Loom => loom::run(plan, subject),
        #[cfg(any(loom, shuttle, selvedge))]
        Engine::Shuttle(sampler) => shuttle::run(plan, subject, sampler),
        #[cfg(not(any(loom, shuttle, selvedge)))]
        Engine::Graph | Engine::Loom | Engine::Shuttle(_) => {
            let message = format!(
                "the engine {} is not in this build; compile with RUSTFLAGS=\"--cfg selvedge\" (or --cfg loom, \
                 or --cfg shuttle)",
                plan.engine
            );
            let mut tally = Tally::new();
            tally.violation = Some(violation(plan, ViolationKind::Misuse, message));
            tally.finish(plan, Coverage::Bounded(Bound::default()))
        }
    }
}
