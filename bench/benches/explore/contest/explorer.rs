//! An engine, set to explore all of a program, and a run of it.

use std::fmt;
use std::time::{Duration, Instant};

use selvedge::scenario::{Coverage, Engine, LoomSearch, Memory, Report, Sampler, Scenario};

use super::programs::Program;

/// loom has five threads at most, and the one that spawns the others is among them.
const LOOM_THREADS: usize = 4;

/// Explorations shorter than this are repeated.
const SHORT: Duration = Duration::from_millis(100);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Explorer {
    Graph { workers: usize },
    Loom,
    Shuttle,
}

/// How far to explore.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub memory: Memory,
    pub executions: u64,
    pub duration: Duration,
}

/// What explorations of one program by one engine came to, in a round.
#[derive(Clone, Debug)]
pub struct Explored {
    pub executions: u64,
    pub blocked: u64,
    pub complete: bool,
    /// Of one exploration.
    pub seconds: f64,
}

impl Explored {
    /// Executions a second, complete and blocked.
    pub fn rate(&self) -> f64 {
        (self.executions + self.blocked) as f64 / self.seconds
    }
}

impl Explorer {
    /// Why this engine does not explore the program, if it does not.
    pub fn passes(self, program: &Program) -> Option<String> {
        let threads = program.family.threads;
        let passes = self == Explorer::Loom && threads > LOOM_THREADS;
        passes.then(|| format!("has {LOOM_THREADS} threads beside the first, and not {threads}"))
    }

    /// Explores the program, several times if it takes no time.
    ///
    /// # Errors
    /// If it comes to a violation, or to a number that cannot be.
    pub fn explore(self, program: &Program, limits: Limits) -> Result<Explored, String> {
        let begin = Instant::now();
        let mut times = 0;
        loop {
            let report = self.once(program, limits)?;
            times += 1;
            let elapsed = begin.elapsed();
            let complete = is_complete(&report);
            if complete && elapsed < SHORT {
                continue;
            }
            let explored = Explored {
                executions: report.executions,
                blocked: report.blocked,
                complete,
                seconds: elapsed.as_secs_f64() / f64::from(times),
            };
            self.demand(program.executions(limits.memory), &explored)?;
            return Ok(explored);
        }
    }

    fn once(self, program: &Program, limits: Limits) -> Result<Report, String> {
        let engine = match self {
            Explorer::Graph { .. } => Engine::Graph,
            Explorer::Loom => Engine::Loom,
            Explorer::Shuttle => Engine::Shuttle(Sampler::Dfs),
        };
        let workers = if let Explorer::Graph { workers } = self { workers } else { 1 };
        Scenario::new(program.family.to_string())
            .engine(engine)
            .memory(limits.memory)
            .workers(workers)
            // As loom is when it is used alone.
            .loom_search(LoomSearch::Plain)
            .preemption_bound(None)
            .max_executions(limits.executions)
            .max_duration(limits.duration)
            .try_check(program.family.closure())
            .map_err(|violation| violation.message)
    }

    /// Each execution is met, and met once, under the graph engine.
    fn demand(self, known: u64, explored: &Explored) -> Result<(), String> {
        let Explored { executions, complete, .. } = *explored;
        let wrong = if complete { executions != known } else { executions > known };
        if matches!(self, Explorer::Graph { .. }) && wrong {
            let all = if complete { "all" } else { "the first" };
            return Err(format!("{all} {executions} executions, of which there are {known}"));
        }
        Ok(())
    }
}

/// Whether the search came to its end; loom's without its other search.
fn is_complete(report: &Report) -> bool {
    match &report.coverage {
        Coverage::Complete | Coverage::Within(_) => true,
        Coverage::Bounded(bound) => !bound.is_cut(),
        Coverage::Sampled { .. } => false,
    }
}

impl fmt::Display for Explorer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Explorer::Graph { workers: 1 } => f.pad("graph, 1 worker"),
            Explorer::Graph { workers } => f.pad(&format!("graph, {workers} workers")),
            Explorer::Loom => f.pad("loom"),
            Explorer::Shuttle => f.pad("Shuttle, depth-first"),
        }
    }
}
