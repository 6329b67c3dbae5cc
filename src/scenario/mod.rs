//! Scenarios: one closure, run in every interleaving that an engine can reach.
//!
//! The closure creates everything that it shares, spawns threads with
//! [`selvedge::thread`](crate::thread), joins them, and asserts what must hold at the end. It runs
//! once per execution, so it must depend on nothing but its own interleaving: no statics, no clock,
//! no random numbers of its own.
//!
//! ```
//! use selvedge::scenario::Scenario;
//! use selvedge::sync::Arc;
//! use selvedge::sync::atomic::{AtomicU64, Ordering};
//! use selvedge::thread;
//!
//! Scenario::new("two increments").check(|| {
//!     let counter = Arc::new(AtomicU64::new(0));
//!     let threads: Vec<_> = (0..2)
//!         .map(|_| {
//!             let counter = Arc::clone(&counter);
//!             thread::spawn(move || counter.fetch_add(1, Ordering::Relaxed))
//!         })
//!         .collect();
//!     for thread in threads {
//!         thread.join().unwrap();
//!     }
//!     assert_eq!(counter.load(Ordering::Relaxed), 2);
//! });
//! ```
//!
//! Four ways to run it: [`check`](Scenario::check) panics on the first violation,
//! [`try_check`](Scenario::try_check) returns it, [`explore`](Scenario::explore) counts what the
//! closure returns, and [`refute`](Scenario::refute) demands that it fails. Which engines run it is
//! the build's choice, unless the scenario or the [environment] makes another:
//!
//! | build | engines |
//! | --- | --- |
//! | production | real threads |
//! | `--cfg loom` | the graph engine; loom |
//! | `--cfg shuttle` | Shuttle, random and PCT |
//! | `--cfg selvedge` | the graph engine; loom; Shuttle, random and PCT |
//!
//! `SELVEDGE_ENGINES` chooses others, in any build.

mod budgets;
mod choice;
mod engine;
pub mod environment;
pub mod line;
mod memory;
mod number;
mod probes;
mod report;
mod run;
mod steps;
mod violation;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

pub use budgets::{Budgets, BudgetsMet};
pub use choice::choose;
pub(crate) use choice::{describe, misuse, pick};
pub use engine::{Engine, ParseEngineError, Sampler};
pub use line::{Method, ParseLineError, ReportLine, ViolationLine};
pub use memory::Memory;
#[doc(hidden)] // For `cargo selvedge`, and this project's own tests.
pub use number::grouped;
#[doc(hidden)] // For this project's own tests.
pub use probes::{GraphEnd, GraphObserver, GraphProbes};
pub use report::{Bound, Coverage, Report};
pub use steps::steps;
pub use violation::{Violation, ViolationKind};

/// Which of loom's two searches run; see [the limits](crate::docs::limits).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum LoomSearch {
    /// Both, and the union of what they find.
    #[default]
    Both,
    /// loom as it is.
    Plain,
    /// With a probe beside each atomic.
    Probed,
}

/// How SeqCst accesses run under loom; see [the limits](crate::docs::limits).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoomSeqCst {
    /// As an acquire or release access and a SeqCst fence: slightly too strong in mixed code.
    #[default]
    Fences,
    /// As loom has them: too weak, like acquire and release accesses.
    Native,
}

/// A concurrent program to be explored, with the settings of its exploration.
#[derive(Clone, Debug)]
#[must_use = "a scenario does nothing until it is checked, explored or refuted"]
pub struct Scenario {
    name: Arc<str>,
    setting: Option<String>,
    instances: Option<u32>,
    engine: Option<Engine>,
    without: Vec<Engine>,
    memory: Memory,
    budgets: Budgets,
    workers: Option<usize>,
    probes: GraphProbes,
    max_executions: Option<u64>,
    max_events: usize,
    max_duration: Option<Duration>,
    preemption_bound: Option<Option<u8>>,
    seed: Option<u64>,
    watchdog: Duration,
    loom_search: LoomSearch,
    loom_seq_cst: LoomSeqCst,
}

impl Scenario {
    /// A scenario with the default settings.
    pub fn new(name: impl Into<String>) -> Self {
        Scenario {
            name: name.into().into(),
            setting: None,
            instances: None,
            engine: None,
            without: Vec::new(),
            memory: Memory::default(),
            budgets: Budgets::default(),
            workers: None,
            probes: GraphProbes::default(),
            max_executions: None,
            max_events: 10_000,
            max_duration: None,
            preemption_bound: None,
            seed: None,
            watchdog: Duration::from_secs(10),
            loom_search: LoomSearch::default(),
            loom_seq_cst: LoomSeqCst::default(),
        }
    }

    /// The setting from real life that this is a scenario of: a row of `cargo selvedge`'s matrix.
    pub fn setting(mut self, setting: impl Into<String>) -> Self {
        self.setting = Some(setting.into());
        self
    }

    /// How many instances change the same thing at the same time, for the matrix.
    pub fn instances(mut self, instances: u32) -> Self {
        self.instances = Some(instances);
        self
    }

    /// Runs under this engine only, instead of the build's.
    ///
    /// # Panics
    /// If it is PCT with a depth of 0.
    #[track_caller]
    pub fn engine(mut self, engine: Engine) -> Self {
        assert!(
            engine != Engine::Shuttle(Sampler::Pct { depth: 0 }),
            "PCT finds bugs of depth 1 and more"
        );
        self.engine = Some(engine);
        self
    }

    /// Leaves an engine out, when the build or the environment chooses: one that can do nothing
    /// with the scenario. One that does not have yet what the scenario uses is left out by itself.
    pub fn without(mut self, engine: Engine) -> Self {
        self.without.push(engine);
        self
    }

    /// The graph engine: which memory model. Default: [`Memory::Rc11`].
    pub fn memory(mut self, memory: Memory) -> Self {
        self.memory = memory;
        self
    }

    /// The graph engine: how many operating-system threads explore. Default: as many as this
    /// process may use processors, and never more than 64. What is found does not depend on it.
    ///
    /// # Panics
    /// If it is 0.
    #[track_caller]
    pub fn workers(mut self, workers: usize) -> Self {
        assert!(workers > 0, "somebody has to explore");
        self.workers = Some(workers);
        self
    }

    /// For the tests of the graph engine.
    #[doc(hidden)]
    pub fn graph_probes(mut self, probes: GraphProbes) -> Self {
        self.probes = probes;
        self
    }

    /// Executions of one search at most, exactly; loom has two searches, so up to twice as many.
    /// All inputs of a scenario that [chooses](choose) share them. loom and Shuttle run the closure
    /// three times more, uncounted, to see that it is deterministic.
    ///
    /// Default: 10,000,000 for the graph engine, blocked executions among them; 50,000 for each of
    /// loom's two searches, or 5,000 if the graph engine has explored all before; 100,000 for
    /// Shuttle's depth-first search, and 2,000 for what samples, Shuttle's other schedulers and
    /// real threads.
    ///
    /// # Panics
    /// If it is 0.
    #[track_caller]
    pub fn max_executions(mut self, executions: u64) -> Self {
        assert!(executions > 0, "a run of 0 executions tests nothing");
        self.max_executions = Some(executions);
        self
    }

    /// Operations of one execution at most; more are a suspected livelock. Default: 10,000. Not
    /// for real threads, which a watchdog guards.
    ///
    /// # Panics
    /// If it is 0.
    #[track_caller]
    pub fn max_events(mut self, events: usize) -> Self {
        assert!(events > 0, "an execution of 0 operations tests nothing");
        self.max_events = events;
        self
    }

    /// Time of one search at most, looked at between executions. Default: none, but one
    /// second for real threads.
    ///
    /// # Panics
    /// If it is zero.
    #[track_caller]
    pub fn max_duration(mut self, duration: Duration) -> Self {
        assert!(!duration.is_zero(), "a run of no time tests nothing");
        self.max_duration = Some(duration);
        self
    }

    /// loom: executions with this many preemptions at most; `None` for all. Without it, all in the
    /// plain search, and 2 in the probed one. Other engines do not look at it.
    pub fn preemption_bound(mut self, preemptions: impl Into<Option<u8>>) -> Self {
        self.preemption_bound = Some(preemptions.into());
        self
    }

    /// The seed of sampling engines. Default: derived from the name, so that a run can be repeated.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Real threads: how long a round may take before it counts as hung. Default: 10 seconds.
    ///
    /// Under loom and Shuttle, an execution that stands still for six times as long ends the
    /// process with the reason, because nothing can interrupt it.
    ///
    /// # Panics
    /// If it is zero.
    #[track_caller]
    pub fn watchdog(mut self, watchdog: Duration) -> Self {
        assert!(!watchdog.is_zero(), "a watchdog of no time lets no round end");
        self.watchdog = watchdog;
        self
    }

    /// loom: which of its two searches run.
    pub fn loom_search(mut self, search: LoomSearch) -> Self {
        self.loom_search = search;
        self
    }

    /// loom: how SeqCst accesses run.
    pub fn loom_seq_cst(mut self, seq_cst: LoomSeqCst) -> Self {
        self.loom_seq_cst = seq_cst;
        self
    }

    /// Explores the scenario, which must hold.
    ///
    /// # Panics
    /// With the first violation, and its whole explanation.
    #[track_caller]
    pub fn check<F>(self, f: F) -> Report
    where
        F: Fn() + Send + Sync + 'static,
    {
        match self.try_check(f) {
            Ok(report) => report,
            Err(violation) => panic!("{violation}"),
        }
    }

    /// Explores the scenario up to the first violation.
    ///
    /// # Errors
    /// The violation.
    pub fn try_check<F>(self, f: F) -> Result<Report, Violation>
    where
        F: Fn() + Send + Sync + 'static,
    {
        self.run_without_outcomes(Method::Check, Arc::new(f)).map(|(report, _)| report)
    }

    /// Explores the scenario to its end, and counts what the closure returns.
    ///
    /// # Panics
    /// With the first violation: an outcome is a value, not a panic.
    #[track_caller]
    pub fn explore<O, F>(self, f: F) -> Report<O>
    where
        O: Ord + Debug + Send + 'static,
        F: Fn() -> O + Send + Sync + 'static,
    {
        match self.run(Method::Explore, Arc::new(f)) {
            Ok((report, _)) => report,
            Err(violation) => panic!("{violation}"),
        }
    }

    /// Explores the scenario, which must fail, to its end where that is possible, so that the
    /// report line tells the share of executions that fail. Returns the first violation.
    ///
    /// Real threads find what they find: if they alone run and no execution fails, the violation
    /// is of the kind [`NotObserved`](ViolationKind::NotObserved).
    ///
    /// # Panics
    /// If an engine other than real threads finds no failing execution, or if the scenario could
    /// not be run as asked.
    #[track_caller]
    pub fn refute<F>(self, f: F) -> Violation
    where
        F: Fn() + Send + Sync + 'static,
    {
        match self.run_without_outcomes(Method::Refute, Arc::new(f)) {
            Ok((_, Some(violation))) => violation,
            Ok((report, None)) => Violation::of_run(
                ViolationKind::NotObserved,
                &report.name,
                Some(report.engine),
                format!(
                    "none of {} executions on real threads failed, which proves nothing; a model build finds it",
                    report.executions
                ),
            ),
            Err(violation) => panic!("{violation}"),
        }
    }
}
