//! A program under the graph engine, in several ways, each of which must find the same.

use std::fmt;
use std::sync::{Arc, Mutex};

use selvedge::scenario::{Engine, GraphEnd, GraphProbes, Memory, Scenario};

use crate::found::{Found, Observed};
use crate::program::Program;

/// Programs with more executions than this are explored once.
const MANY: u64 = 20_000;

/// How the engine explores.
#[derive(Clone, Copy)]
struct Trial {
    workers: usize,
    /// The seed of a random order of threads.
    thread_order: Option<u64>,
}

const TRIALS: [Trial; 4] = [
    Trial { workers: 1, thread_order: None },
    Trial { workers: 2, thread_order: None },
    Trial { workers: 1, thread_order: Some(1) },
    Trial { workers: 2, thread_order: Some(2) },
];

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.workers == 1 { "" } else { "s" };
        write!(f, "with {} worker{plural}", self.workers)?;
        match self.thread_order {
            Some(seed) => write!(f, " and the thread order {seed}"),
            None => Ok(()),
        }
    }
}

/// Demands that the program has exactly this number of executions, each of which is met once.
///
/// # Errors
/// What differs, in one line, of the first trial in which something does.
pub fn check(
    name: &str,
    program: &Arc<Program>,
    memory: Memory,
    expected: u64,
) -> Result<(), String> {
    // The last trial is the one that can go wrong in every way.
    let trials = if expected > MANY { &TRIALS[TRIALS.len() - 1..] } else { &TRIALS[..] };
    for trial in trials {
        let wrong = explore(name, program, memory, expected, *trial);
        wrong.map_err(|wrong| format!("{wrong}, {trial}"))?;
    }
    Ok(())
}

fn explore(
    name: &str,
    program: &Arc<Program>,
    memory: Memory,
    expected: u64,
    trial: Trial,
) -> Result<(), String> {
    let observed: Arc<Mutex<Observed>> = Arc::default();
    let observer = Arc::clone(&observed);
    let probes = GraphProbes {
        thread_order: trial.thread_order,
        observer: Some(Arc::new(move |end, execution: &str| {
            if end == GraphEnd::Complete {
                observer.lock().unwrap().add(execution);
            }
        })),
    };
    let program = Arc::clone(program);
    let report = Scenario::new(format!("litmus: {name} under {memory}"))
        .engine(Engine::Graph)
        .memory(memory)
        .workers(trial.workers)
        .graph_probes(probes)
        // An engine that goes on and on is cut; one that is wrong by a little tells by how much.
        .max_executions(expected.saturating_mul(2).saturating_add(1_000))
        .try_check(move || {
            Program::run(&program);
        })
        .map_err(|violation| {
            let first = violation.message.lines().next().unwrap_or_default();
            format!("expected {expected}, found a violation: {first}")
        })?;
    let found = Found {
        executions: report.executions,
        blocked: report.blocked,
        coverage: report.coverage,
        observed: std::mem::take(&mut *observed.lock().unwrap()),
    };
    found.compare(expected)
}
