//! How large a program can be for each engine.

use std::time::Duration;

use selvedge::scenario::{Coverage, Engine, Report, Sampler, ViolationKind};

use super::program::{Program, mixed_program};

/// Threads and operations of each.
const SIZES: [(usize, usize); 5] = [(2, 1), (2, 2), (2, 3), (3, 1), (3, 2)];

/// Engines, and the seconds that each has for a program.
const ENGINES: [(Engine, u64); 3] =
    [(Engine::Graph, 60), (Engine::Loom, 20), (Engine::Shuttle(Sampler::Dfs), 20)];

pub fn print_heading() {
    print!("{:26} {:>5}", "primitive", "size");
    for (engine, _) in ENGINES {
        print!("{}", cells(&engine.to_string(), "blocked", "s", "coverage"));
    }
    println!();
}

/// A row for each size. An engine whose time was not enough is not asked for larger programs.
pub fn print_rows<P: Program>() {
    let mut too_large: [Vec<(usize, usize)>; 3] = Default::default();
    for (threads, length) in SIZES {
        let mut row = format!("{:26} {:>5}", P::NAME, format!("{threads}×{length}"));
        for ((engine, seconds), too_large) in ENGINES.into_iter().zip(&mut too_large) {
            let is_larger = |&(t, l): &(usize, usize)| t <= threads && l <= length;
            let cells = if too_large.iter().any(is_larger) {
                cells("", "", "", "-")
            } else {
                let limit = Duration::from_secs(seconds);
                let (cells, is_cut) = explore::<P>(engine, limit, threads, length);
                too_large.extend(is_cut.then_some((threads, length)));
                cells
            };
            row += &cells;
        }
        println!("{row}");
    }
}

fn cells(executions: &str, blocked: &str, seconds: &str, coverage: &str) -> String {
    format!(" | {executions:>12} {blocked:>9} {seconds:>6} {coverage:8}")
}

/// What an engine makes of a program, and whether its time was not enough.
fn explore<P: Program>(
    engine: Engine,
    limit: Duration,
    threads: usize,
    length: usize,
) -> (String, bool) {
    let (scenario, program) = mixed_program::<P>(threads, length);
    match scenario.engine(engine).max_duration(limit).try_check(program) {
        Ok(report) => {
            let Report { executions, blocked, elapsed, coverage, .. } = report;
            let word = word(&coverage);
            let seconds = format!("{:.1}", elapsed.as_secs_f64());
            let cells = cells(&executions.to_string(), &blocked.to_string(), &seconds, word);
            (cells, word == "cut")
        }
        // It says nothing about the primitive: within its time it has not come to an end once.
        Err(violation) if violation.kind == ViolationKind::Untested => {
            (cells("0", "", &limit.as_secs().to_string(), "cut"), true)
        }
        Err(violation) => panic!("{violation}"),
    }
}

/// How much was covered, in a word.
fn word(coverage: &Coverage) -> &'static str {
    match coverage {
        Coverage::Complete | Coverage::Within(_) => "complete",
        Coverage::Bounded(bound) if bound.is_cut() => "cut",
        Coverage::Bounded(_) => "bounded",
        Coverage::Sampled { .. } => "sampled",
    }
}
