//! From a scenario to its reports: which engines run it, how far, and what that means.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::environment::Environment;
use super::{
    Engine, Memory, Method, Report, ReportLine, Sampler, Scenario, Violation, ViolationKind,
    ViolationLine,
};
use crate::engines::{self, Attempt, Plan, Run, Subject};

/// What a scenario runs: an object, since otherwise each test compiles all of this for its closure.
pub(super) type Body<O> = Arc<dyn Fn() -> O + Send + Sync>;

impl Scenario {
    /// As [`run`](Scenario::run), of a body without outcomes: compiled once.
    pub(super) fn run_without_outcomes(
        self,
        method: Method,
        body: Body<()>,
    ) -> Result<(Report, Option<Violation>), Violation> {
        self.run(method, body)
    }

    /// Runs the engines. An `Err` is a violation that ends the run: the first one of a check, and
    /// whatever is no finding about the code under test.
    pub(super) fn run<O>(
        self,
        method: Method,
        body: Body<O>,
    ) -> Result<(Report<O>, Option<Violation>), Violation>
    where
        O: Ord + Debug + Send + 'static,
    {
        let environment = Environment::read().map_err(|message| self.misuse(message))?;
        let environment = self.without_replay_of_another(environment);
        if crate::swap::execution::current().is_some() {
            let message = "a scenario was started inside of a scenario; run them one after the other, outside \
                           of each other's closures";
            return Err(self.misuse(message.to_owned()));
        }
        let mut reports: Vec<Report<O>> = Vec::new();
        let mut found = None;
        for engine in self.engines(&environment)? {
            let proved = found.is_none()
                && reports.iter().any(|r| r.engine == Engine::Graph && r.coverage.is_complete());
            let plan = self.plan(engine, method, &environment, proved);
            let outcomes: Arc<Mutex<Outcomes<O>>> = Arc::default();
            let run = engines::run(&plan, &subject(Arc::clone(&body), Arc::clone(&outcomes)));
            let report = self.report(&plan, &run, &outcomes);
            let verdict = judge(method, engine, &report, run.violation);
            let violation = verdict.as_ref().map_or_else(Some, Option::as_ref);
            if let (Method::Refute, Some(violation), Some(_)) =
                (method, violation, &environment.replay)
            {
                // It is returned, and nobody would see it.
                eprintln!("{violation}");
            }
            self.write_line(&environment, method, &report, violation)?;
            found = found.or(verdict?);
            reports.push(report);
        }
        let mut reports = reports.into_iter();
        let Some(mut first) = reports.next() else {
            return Err(self.misuse("no engine was chosen".to_owned()));
        };
        first.others = reports.collect();
        Ok((first, found))
    }

    /// Runs as usual if the ticket is of another scenario, of which a test may have several.
    fn without_replay_of_another(&self, environment: Environment) -> Environment {
        let ticket = environment.replay.as_deref();
        let other = ticket.and_then(|ticket| engines::ticket_of_another(ticket, &self.name));
        let Some(other) = other else { return environment };
        let name = &self.name;
        let text =
            format!("selvedge: SELVEDGE_REPLAY is of {other:?}, so {name:?} runs as usual\n");
        // Past libtest's capture. Nothing is lost if it fails.
        let _ = std::io::stderr().write_all(text.as_bytes());
        Environment { replay: None, ..environment }
    }

    fn engines(&self, environment: &Environment) -> Result<Vec<Engine>, Violation> {
        if let Some(ticket) = &environment.replay {
            let engine = engines::ticket_engine(ticket).map_err(|message| self.misuse(message))?;
            return Ok(vec![engine]);
        }
        let mut engines = match (self.engine, &environment.engines) {
            (Some(engine), _) => return Ok(vec![engine]),
            (None, Some(engines)) => engines.clone(),
            (None, None) => Engine::defaults(),
        };
        engines.retain(|engine| !self.without.contains(engine));
        Ok(engines)
    }

    /// `proved`: another engine has shown already that the scenario holds.
    fn plan(
        &self,
        engine: Engine,
        method: Method,
        environment: &Environment,
        proved: bool,
    ) -> Plan {
        let default_executions = match engine {
            Engine::Graph => 10_000_000,
            Engine::Loom if proved => 5_000,
            Engine::Loom => 50_000,
            Engine::Shuttle(Sampler::Dfs) => 100_000,
            Engine::Shuttle(_) => 2_000,
            Engine::Threads => 2_000,
        };
        let max_duration = environment.max_duration.or(self.max_duration);
        Plan {
            scenario: Arc::clone(&self.name),
            engine,
            memory: environment.memory.unwrap_or(self.memory),
            budgets: self.budgets,
            workers: environment.workers.or(self.workers),
            probes: self.probes.clone(),
            stop_at_first: method != Method::Refute,
            max_executions: environment
                .max_executions
                .or(self.max_executions)
                .unwrap_or(default_executions),
            max_events: environment.max_events.unwrap_or(self.max_events),
            max_duration: match engine {
                Engine::Threads => Some(max_duration.unwrap_or(Duration::from_secs(1))),
                _ => max_duration,
            },
            preemption_bound: environment.preemption_bound.or(self.preemption_bound),
            seed: environment.seed.or(self.seed).unwrap_or_else(|| seed_of(&self.name)),
            input: None,
            replay: environment.replay.clone(),
            watchdog: self.watchdog,
            loom_search: self.loom_search,
            loom_seq_cst: self.loom_seq_cst,
        }
    }

    fn report<O: Ord>(&self, plan: &Plan, run: &Run, outcomes: &Mutex<Outcomes<O>>) -> Report<O> {
        Report {
            name: self.name.to_string(),
            engine: plan.engine,
            memory: (plan.engine == Engine::Graph).then_some(plan.memory),
            executions: run.executions,
            blocked: run.blocked,
            overlapped: run.overlapped,
            inputs: (run.inputs > 0).then_some(run.inputs),
            violating: run.violating,
            outcomes: std::mem::take(&mut *outcomes.lock()),
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
        let Some(path) = &environment.report else { return Ok(()) };
        let line = ReportLine {
            schema: ReportLine::SCHEMA,
            scenario: report.name.clone(),
            setting: self.setting.clone(),
            instances: self.instances,
            method,
            engine: report.engine,
            memory_model: report
                .memory
                .map_or(report.engine.memory_model(), Memory::name)
                .to_owned(),
            inputs: report.inputs,
            executions: report.executions,
            blocked: report.blocked,
            overlapped: report.overlapped,
            violating: report.violating,
            outcomes: report.outcomes.iter().map(|(o, count)| (format!("{o:?}"), *count)).collect(),
            coverage: report.coverage.clone(),
            violation: violation.map(|violation| ViolationLine {
                kind: violation.kind,
                message: violation.message.clone(),
                ticket: violation.ticket.clone(),
                repeat: violation.repeat.clone(),
                text: violation.to_string(),
            }),
            seconds: report.elapsed.as_secs_f64(),
            test: std::thread::current().name().map(str::to_owned),
            package: std::env::var("CARGO_PKG_NAME").ok(),
            parent: parent_process(),
        };
        line.append(path).map_err(|error| {
            self.misuse(format!("SELVEDGE_REPORT: cannot write to {}: {error}", path.display()))
        })
    }

    fn misuse(&self, message: String) -> Violation {
        Violation::of_run(ViolationKind::Misuse, &self.name, None, message)
    }
}

/// What the finished executions returned, and how often.
type Outcomes<O> = BTreeMap<O, u64>;

/// The body as engines see it: without its outcomes.
fn subject<O>(body: Body<O>, outcomes: Arc<Mutex<Outcomes<O>>>) -> Subject
where
    O: Ord + Send + 'static,
{
    // What the execution that runs returned.
    let pending: Arc<Mutex<Option<O>>> = Arc::default();
    let (run, returned) = (Arc::clone(&body), Arc::clone(&pending));
    let counts = Arc::clone(&outcomes);
    Subject {
        body: Arc::new(move || {
            let outcome = run();
            *returned.lock() = Some(outcome);
        }),
        commit: Arc::new(move |counted| {
            let outcome = pending.lock().take();
            if let Some(outcome) = outcome.filter(|_| counted) {
                *counts.lock().entry(outcome).or_default() += 1;
            }
        }),
        attempt: Arc::new({
            let (body, outcomes) = (Arc::clone(&body), Arc::clone(&outcomes));
            move || {
                let attempted: Arc<Mutex<Outcomes<O>>> = Arc::default();
                let subject = subject(Arc::clone(&body), Arc::clone(&attempted));
                let outcomes = Arc::clone(&outcomes);
                let keep = move || {
                    let mut kept = outcomes.lock();
                    for (outcome, count) in std::mem::take(&mut *attempted.lock()) {
                        *kept.entry(outcome).or_default() += count;
                    }
                };
                Attempt { subject, keep: Box::new(keep) }
            }
        }),
        fork: Arc::new(move || subject(Arc::clone(&body), Arc::clone(&outcomes))),
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
        (Method::Refute, None) => Err(Violation::of_run(
            ViolationKind::NotObserved,
            &report.name,
            Some(engine),
            format!(
                "the scenario was to be refuted, but none of {} executions failed ({}){}",
                report.executions,
                report.coverage,
                match engine {
                    Engine::Shuttle(_) => "; a wrong memory ordering is invisible to Shuttle",
                    _ => "",
                }
            ),
        )),
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
