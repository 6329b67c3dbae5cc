//! Scenarios: one closure, run in every interleaving that an engine can reach.
//!
//! The closure creates everything that it shares, spawns threads with
//! [`selvedge::thread`](crate::thread), joins them, and asserts what must hold at the end. It runs
//! once an execution, so it must depend on nothing but its own interleaving: no statics, no clock,
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
//! | `--cfg loom` | loom |
//! | `--cfg shuttle` | Shuttle, random and PCT |
//! | `--cfg selvedge` | what `SELVEDGE_ENGINES` says; loom and Shuttle without it |

mod engine;
pub mod environment;
pub mod line;
mod report;
mod violation;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

pub use engine::{Engine, ParseEngineError, Sampler};
pub use line::{CoverageLine, Method, ReportLine, ViolationLine};
pub use report::{Bound, Coverage, Report};
pub use violation::{Violation, ViolationKind};

use crate::engines::{self, Plan, Run, Subject};
use environment::Environment;

/// Which of loom's two searches run; see [the limits](crate::docs::limits).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoomProbe {
    /// Both, and the union of what they find. The default.
    Both,
    /// loom as it is.
    Off,
    /// With a probe beside each atomic.
    On,
}

/// How SeqCst accesses run under loom; see [the limits](crate::docs::limits).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoomSeqCst {
    /// As an acquire or release access and a SeqCst fence: slightly too strong in mixed code. The
    /// default.
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
    max_executions: Option<u64>,
    max_events: usize,
    max_duration: Option<Duration>,
    preemption_bound: Option<Option<usize>>,
    seed: Option<u64>,
    patience: Duration,
    loom_probe: LoomProbe,
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
            max_executions: None,
            max_events: 10_000,
            max_duration: None,
            preemption_bound: None,
            seed: None,
            patience: Duration::from_secs(10),
            loom_probe: LoomProbe::Both,
            loom_seq_cst: LoomSeqCst::Fences,
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
    pub fn engine(mut self, engine: Engine) -> Self {
        self.engine = Some(engine);
        self
    }

    /// Executions of one engine's run at most, exactly. Without it: 50,000 for each of loom's two
    /// searches, 100,000 for Shuttle's depth-first search, 2,000 for its samplers, and 5,000 for
    /// real threads.
    ///
    /// # Panics
    /// If it is 0.
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
    pub fn max_events(mut self, events: usize) -> Self {
        assert!(events > 0, "an execution of 0 operations tests nothing");
        self.max_events = events;
        self
    }

    /// Time of one engine's run at most, looked at between executions. Default: none, but 10
    /// seconds for real threads.
    ///
    /// # Panics
    /// If it is zero.
    pub fn max_duration(mut self, duration: Duration) -> Self {
        assert!(!duration.is_zero(), "a run of no time tests nothing");
        self.max_duration = Some(duration);
        self
    }

    /// loom: executions with this many preemptions at most; `None` for all. Without it, all in the
    /// plain search, and 2 in the probed one. Other engines do not look at it.
    pub fn preemption_bound(mut self, preemptions: impl Into<Option<usize>>) -> Self {
        self.preemption_bound = Some(preemptions.into());
        self
    }

    /// The seed of sampling engines. Default: derived from the name, so that a run can be repeated.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Real threads: how long a round may take before it counts as hung. Default: 10 seconds.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// loom: which of its two searches run.
    pub fn loom_probe(mut self, probe: LoomProbe) -> Self {
        self.loom_probe = probe;
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
        self.run(Method::Check, f).map(|(report, _)| report)
    }

    /// Explores the scenario to its end, and counts what the closure returns.
    ///
    /// # Panics
    /// With the first violation: an outcome is a value, not a panic.
    #[track_caller]
    pub fn explore<O, F>(self, f: F) -> Report<O>
    where
        O: Ord + Debug + Clone + Send + 'static,
        F: Fn() -> O + Send + Sync + 'static,
    {
        match self.run(Method::Explore, f) {
            Ok((report, _)) => report,
            Err(violation) => panic!("{violation}"),
        }
    }

    /// Explores the scenario, which must fail, to its end where that is possible, so that the
    /// report tells the share of executions that fail. Returns the first violation.
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
        match self.run(Method::Refute, f) {
            Ok((_, Some(violation))) => violation,
            Ok((report, None)) => {
                panic!("{report}\nno execution failed, but the scenario was to be refuted")
            }
            Err(violation) => panic!("{violation}"),
        }
    }

    /// Runs the engines. An `Err` is a violation that ends the run: the first one of a check, and
    /// whatever is no finding about the code under test.
    fn run<O, F>(self, method: Method, f: F) -> Result<(Report<O>, Option<Violation>), Violation>
    where
        O: Ord + Debug + Clone + Send + 'static,
        F: Fn() -> O + Send + Sync + 'static,
    {
        let environment = Environment::read().map_err(|message| self.misuse(message))?;
        if crate::swap::execution::current().is_some() {
            let message = "a scenario was started inside of a scenario; run them one after the other, outside \
                           of each other's closures";
            return Err(self.misuse(message.to_owned()));
        }
        let f = Arc::new(f);
        let mut reports: Vec<Report<O>> = Vec::new();
        let mut found = None;
        for engine in self.engines(&environment)? {
            let plan = self.plan(engine, method, &environment);
            let outcomes: Arc<Mutex<Outcomes<O>>> = Arc::default();
            let run = engines::run(&plan, &subject(Arc::clone(&f), Arc::clone(&outcomes)));
            let report = self.report(engine, &run, &outcomes);
            let verdict = judge(method, engine, &report, run.violation);
            self.write_line(
                &environment,
                method,
                &report,
                verdict.as_ref().err().or(verdict.as_ref().ok().and_then(Option::as_ref)),
            )?;
            found = found.or(verdict?);
            reports.push(report);
        }
        let mut reports = reports.into_iter();
        let Some(mut first) = reports.next() else {
            return Err(self.misuse("no engine was chosen".to_owned()));
        };
        first.others = reports.collect();
        if method == Method::Refute && found.is_none() {
            found = Some(Violation {
                kind: ViolationKind::NotObserved,
                message: format!(
                    "none of {} executions on real threads failed, which proves nothing; a model build finds it",
                    first.executions
                ),
                engine: Some(first.engine),
                ..self.misuse(String::new())
            });
        }
        Ok((first, found))
    }

    fn engines(&self, environment: &Environment) -> Result<Vec<Engine>, Violation> {
        if let Some(ticket) = &environment.replay {
            let engine = engines::ticket_engine(ticket).map_err(|message| self.misuse(message))?;
            return Ok(vec![engine]);
        }
        Ok(match (self.engine, &environment.engines) {
            (Some(engine), _) => vec![engine],
            (None, Some(engines)) => engines.clone(),
            (None, None) => Engine::defaults(),
        })
    }

    fn plan(&self, engine: Engine, method: Method, environment: &Environment) -> Plan {
        let default_executions = match engine {
            Engine::Loom => 50_000,
            Engine::Shuttle(Sampler::Dfs) => 100_000,
            Engine::Shuttle(_) => 2_000,
            Engine::Threads => 5_000,
        };
        let max_duration = environment.max_duration.or(self.max_duration);
        Plan {
            scenario: Arc::clone(&self.name),
            engine,
            stop_at_first: method != Method::Refute,
            max_executions: environment
                .max_executions
                .or(self.max_executions)
                .unwrap_or(default_executions),
            max_events: environment.max_events.unwrap_or(self.max_events),
            max_duration: match engine {
                Engine::Threads => Some(max_duration.unwrap_or(Duration::from_secs(10))),
                _ => max_duration,
            },
            preemption_bound: environment.preemption_bound.or(self.preemption_bound),
            seed: environment.seed.or(self.seed).unwrap_or_else(|| seed_of(&self.name)),
            replay: environment.replay.clone(),
            patience: self.patience,
            loom_probe: self.loom_probe,
            loom_seq_cst: self.loom_seq_cst,
        }
    }

    fn report<O: Clone>(
        &self,
        engine: Engine,
        run: &Run,
        outcomes: &Mutex<Outcomes<O>>,
    ) -> Report<O>
    where
        O: Ord,
    {
        Report {
            name: self.name.to_string(),
            engine,
            executions: run.executions,
            blocked: 0,
            overlapped: run.overlapped,
            violating: run.violating,
            outcomes: std::mem::take(&mut outcomes.lock().counts),
            coverage: run.coverage.clone(),
            elapsed: run.elapsed,
            others: Vec::new(),
        }
    }

    fn write_line<O: Debug>(
        &self,
        environment: &Environment,
        method: Method,
        report: &Report<O>,
        violation: Option<&Violation>,
    ) -> Result<(), Violation> {
        let line = ReportLine {
            schema: ReportLine::SCHEMA,
            scenario: report.name.clone(),
            setting: self.setting.clone(),
            instances: self.instances,
            method,
            engine: report.engine.to_string(),
            memory_model: report.engine.memory_model().to_owned(),
            executions: report.executions,
            blocked: report.blocked,
            overlapped: report.overlapped,
            violating: report.violating,
            outcomes: report.outcomes.iter().map(|(o, count)| (format!("{o:?}"), *count)).collect(),
            coverage: CoverageLine::from(&report.coverage),
            violation: violation.map(|violation| ViolationLine {
                kind: violation.kind.to_string(),
                message: violation.message.clone(),
                text: violation.to_string(),
            }),
            seconds: report.elapsed.as_secs_f64(),
            test: std::thread::current().name().map(str::to_owned),
            package: std::env::var("CARGO_PKG_NAME").ok(),
            parent: parent_process(),
        };
        let Some(path) = &environment.report else { return Ok(()) };
        line.append(path).map_err(|error| {
            self.misuse(format!("SELVEDGE_REPORT: cannot write to {}: {error}", path.display()))
        })
    }

    fn misuse(&self, message: String) -> Violation {
        Violation {
            kind: ViolationKind::Misuse,
            scenario: self.name.to_string(),
            engine: None,
            execution: 0,
            message,
            timeline: String::new(),
            ticket: None,
        }
    }
}

/// What the executions returned: the one that runs, and the finished ones.
struct Outcomes<O> {
    pending: Option<O>,
    counts: std::collections::BTreeMap<O, u64>,
}

impl<O> Default for Outcomes<O> {
    fn default() -> Self {
        Outcomes { pending: None, counts: std::collections::BTreeMap::new() }
    }
}

/// The closure as engines see it: without its outcomes.
fn subject<O, F>(f: Arc<F>, outcomes: Arc<Mutex<Outcomes<O>>>) -> Subject
where
    O: Ord + Send + 'static,
    F: Fn() -> O + Send + Sync + 'static,
{
    let pending = Arc::clone(&outcomes);
    Subject {
        body: Arc::new(move || {
            let outcome = f();
            pending.lock().pending = Some(outcome);
        }),
        commit: Arc::new(move |counts| {
            let mut outcomes = outcomes.lock();
            if let Some(outcome) = outcomes.pending.take().filter(|_| counts) {
                *outcomes.counts.entry(outcome).or_default() += 1;
            }
        }),
    }
}

/// What a run of one engine means for the method. `Err` ends the run of the scenario.
fn judge<O>(
    method: Method,
    engine: Engine,
    report: &Report<O>,
    violation: Option<Violation>,
) -> Result<Option<Violation>, Violation> {
    match (method, violation) {
        (Method::Check | Method::Explore, Some(violation)) => Err(violation),
        (Method::Check | Method::Explore, None) => Ok(None),
        (Method::Refute, Some(violation)) if violation.kind.is_finding() => Ok(Some(violation)),
        (Method::Refute, Some(violation)) => Err(violation),
        (Method::Refute, None) if engine == Engine::Threads => Ok(None),
        (Method::Refute, None) => Err(Violation {
            kind: ViolationKind::NotObserved,
            scenario: report.name.clone(),
            engine: Some(engine),
            execution: 0,
            message: format!(
                "the scenario was to be refuted, but none of {} executions failed ({})",
                report.executions, report.coverage
            ),
            timeline: String::new(),
            ticket: None,
        }),
    }
}

/// The process that runs this one: one `cargo test` has one for all of its test binaries.
fn parent_process() -> Option<u32> {
    #[cfg(unix)]
    return Some(std::os::unix::process::parent_id());
    #[cfg(not(unix))]
    None
}

/// A seed that depends on nothing but the name (FNV-1a).
fn seed_of(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
