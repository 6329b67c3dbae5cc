//! The rounds, and what they come to.

mod arguments;
mod explorer;
mod programs;
mod table;

use std::process::ExitCode;
use std::time::Duration;

use arguments::Arguments;
use explorer::{Explored, Explorer, Limits};
use programs::Program;
use selvedge_bench::Spread;

/// Executions of `--quick`.
const FEW: u64 = 20;

/// What all rounds of a program came to under one engine.
struct Standing {
    explorer: Explorer,
    result: Outcome,
}

enum Outcome {
    Measured(Medians),
    Passed(String),
    Failed(String),
}

/// Medians of the rounds.
struct Medians {
    executions: f64,
    blocked: f64,
    /// Whether no round was cut.
    complete: bool,
    seconds: f64,
    rate: f64,
    /// The rate, as a multiple of that of the first engine in the same round.
    ratio: Option<f64>,
}

/// Measures as the command line says, and prints a table for each program, and one for all.
pub fn run() -> ExitCode {
    let arguments = Arguments::from_command_line();
    let mut programs = programs::all();
    programs.retain(|program| program.family.to_string().contains(&arguments.filter));
    assert!(!programs.is_empty(), "no program has {:?} in its name", arguments.filter);
    if !arguments.quick {
        selvedge_bench::refuse_debug_assertions();
        println!("{}\n{}", selvedge_bench::head("ci/bench-explore"), table::legend(&arguments));
    }
    let mut failed = false;
    let mut measured = Vec::new();
    for program in programs {
        let standings = measure(&program, &arguments);
        for Standing { explorer, result } in &standings {
            if let Outcome::Failed(message) = result {
                eprintln!("{}: {explorer}: {message}", program.family);
                failed = true;
            }
        }
        if !arguments.quick {
            println!("\n{}", table::of_program(&program, &standings, arguments.memory));
        }
        measured.push((program, standings));
    }
    if arguments.quick {
        println!("explore: {} programs run", measured.len());
    } else {
        println!("\n{}", table::of_all(&measured, arguments.memory));
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// The engines; ratios are to the first one.
fn explorers() -> Vec<Explorer> {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    let mut explorers = vec![Explorer::Graph { workers: 1 }];
    if cores > 1 {
        explorers.push(Explorer::Graph { workers: cores });
    }
    explorers.extend([Explorer::Loom, Explorer::Shuttle]);
    explorers
}

/// Does the rounds of a program, every second one backwards.
fn measure(program: &Program, arguments: &Arguments) -> Vec<Standing> {
    let (rounds, limits) = plan(arguments);
    let explorers = explorers();
    let mut explored: Vec<Result<Vec<Explored>, String>> = vec![Ok(Vec::new()); explorers.len()];
    for round in 0..rounds {
        let mut order: Vec<_> = (0..explorers.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for index in order {
            if explorers[index].passes(program).is_some() {
                continue;
            }
            // What failed once fails again.
            if let Ok(rounds) = &mut explored[index] {
                match explorers[index].explore(program, limits) {
                    Ok(round) => rounds.push(round),
                    Err(message) => explored[index] = Err(message),
                }
            }
        }
    }
    let first = explored[0].clone().unwrap_or_default();
    let standing = |(explorer, explored): (Explorer, Result<Vec<Explored>, String>)| {
        let result = match (explorer.passes(program), explored) {
            (Some(reason), _) => Outcome::Passed(reason),
            (None, Ok(rounds)) => Outcome::Measured(medians(&rounds, &first)),
            (None, Err(message)) => Outcome::Failed(message),
        };
        Standing { explorer, result }
    };
    explorers.into_iter().zip(explored).map(standing).collect()
}

fn plan(arguments: &Arguments) -> (u32, Limits) {
    let Arguments { memory, seconds, rounds, .. } = *arguments;
    if arguments.quick {
        (1, Limits { memory, executions: FEW, duration: Duration::from_secs(1) })
    } else {
        (rounds, Limits { memory, executions: u64::MAX, duration: seconds })
    }
}

/// `first` has the rounds of the first engine, or none if it failed.
fn medians(rounds: &[Explored], first: &[Explored]) -> Medians {
    let median =
        |value: &dyn Fn(&Explored) -> f64| Spread::of(rounds.iter().map(value).collect()).median;
    let ratios: Vec<_> =
        rounds.iter().zip(first).map(|(round, first)| round.rate() / first.rate()).collect();
    Medians {
        executions: median(&|round| round.executions as f64),
        blocked: median(&|round| round.blocked as f64),
        complete: rounds.iter().all(|round| round.complete),
        seconds: median(&|round| round.seconds),
        rate: median(&Explored::rate),
        ratio: (!ratios.is_empty()).then(|| Spread::of(ratios).median),
    }
}
