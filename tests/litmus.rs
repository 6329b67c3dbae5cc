//! Litmus tables: small concurrent programs with the exact number of executions that each has under
//! sequential consistency and under RC11, and the graph engine that must find as many, none twice,
//! with any number of workers and in any order of threads.
//!
//! `cargo test --test litmus` reads the tables in `tests/litmus/`; `SELVEDGE_LITMUS` names others,
//! separated by colons, and `ci/litmus FILE…` is the short form. It prints a line a mismatch, and
//! at last `N passed, M failed`, where a row counts once for each memory model. It fails if
//! anything failed, and if nothing was run. `SELVEDGE_MEMORY` leaves the other model out.
//!
//! # Tables
//!
//! A line a row, with a tab between its columns: name, executions under sequential consistency,
//! executions under RC11, program. Lines that begin with `#` are comments. Two executions are the
//! same when they have the same operations, each of which reads from the same write, and the same
//! order of writes to each location. What cannot be read is a complaint with its file and line, and
//! a row that failed; the other rows go on.
//!
//! # Programs
//!
//! Threads are separated by `||`, a thread's operations by `;`. The main thread creates the
//! locations, spawns the threads, in their order, and joins them. Locations are atomic 64-bit
//! integers that begin with 0, and arithmetic wraps.
//!
//! | operation | meaning | suffixes |
//! | --- | --- | --- |
//! | `R.acq x`, `r = R.acq x` | load of `x`, into register `r` | `rlx` `acq` `sc` |
//! | `W.rel x 1` | store of 1 to `x` | `rlx` `rel` `sc` |
//! | `FAA.ar x 1` | `fetch_add` of 1 | all |
//! | `XCHG.rlx x 3` | `swap` for 3 | all |
//! | `CAS.acq x 0 42` | `compare_exchange` of 0 for 42; on failure, the suffix without its release part | all |
//! | `F.sc` | `fence` | `acq` `rel` `ar` `sc` |
//!
//! Suffixes are `rlx` for Relaxed, `acq` for Acquire, `rel` for Release, `ar` for AcqRel, and `sc`
//! for SeqCst. A value is an integer, a register of the same thread that was set before, or such a
//! register plus or minus an integer, in one word: `r+1`. `FAA`, `XCHG` and `CAS` can set a
//! register too, to what they read.

#[path = "litmus/found.rs"]
mod found;
#[path = "litmus/notation.rs"]
mod notation;
#[path = "litmus/program.rs"]
mod program;
#[path = "litmus/table.rs"]
mod table;
#[path = "litmus/trial.rs"]
mod trial;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use selvedge::scenario::Memory;

/// The project's own tables.
const TABLES: [&str; 2] = ["tests/litmus/litmus.tsv", "tests/litmus/scaled.tsv"];

/// Arguments of libtest's that have a value, which is no filter.
const WITH_VALUE: [&str; 6] =
    ["--color", "--format", "--logfile", "--shuffle-seed", "--skip", "--test-threads"];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--list") {
        println!("litmus: test");
        return ExitCode::SUCCESS;
    }
    if is_left_out(&arguments) {
        println!("\nlitmus: left out by the arguments\n");
        return ExitCode::SUCCESS;
    }
    if cfg!(not(any(loom, selvedge))) {
        println!("\nlitmus: runs in builds with --cfg loom or --cfg selvedge\n");
        // No scenario runs here that would see that a flag did not reach rustc.
        let is_expected = cfg!(not(shuttle)) && std::env::var_os("SELVEDGE_EXPECT").is_some();
        return if is_expected { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    }
    println!();
    let count = run();
    println!("{} passed, {} failed\n", count.passed, count.failed);
    if count.failed == 0 && count.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether a filter is for other tests.
fn is_left_out(arguments: &[String]) -> bool {
    let mut filters = Vec::new();
    let mut arguments = arguments.iter().map(String::as_str);
    while let Some(argument) = arguments.next() {
        if WITH_VALUE.contains(&argument) {
            arguments.next();
        } else if !argument.starts_with('-') {
            filters.push(argument);
        }
    }
    !filters.is_empty() && !filters.iter().any(|filter| "litmus".contains(filter))
}

/// Rows, once for each memory model.
#[derive(Default)]
struct Count {
    passed: u64,
    failed: u64,
}

fn run() -> Count {
    let mut count = Count::default();
    let memories = match memories() {
        Ok(memories) => memories,
        Err(complaint) => {
            println!("{complaint}");
            count.failed += 1;
            return count;
        }
    };
    let files = tables();
    if files.is_empty() {
        println!("SELVEDGE_LITMUS names no table");
        count.failed += 1;
    }
    for file in files {
        let name = file.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(&file).display();
        match std::fs::read_to_string(&file) {
            Ok(text) => run_table(&name.to_string(), &text, &memories, &mut count),
            Err(error) => {
                println!("{name}: cannot be read: {error}");
                count.failed += 1;
            }
        }
    }
    count
}

/// The memory models to run: both, unless the environment puts one in the place of all scenarios'.
fn memories() -> Result<Vec<Memory>, String> {
    let Ok(memory) = std::env::var("SELVEDGE_MEMORY") else {
        return Ok(vec![Memory::Sc, Memory::Rc11]);
    };
    let memory = memory.parse().map_err(|error| format!("SELVEDGE_MEMORY: {error}"))?;
    Ok(vec![memory])
}

/// The tables to run.
fn tables() -> Vec<PathBuf> {
    match std::env::var_os("SELVEDGE_LITMUS") {
        Some(files) => {
            std::env::split_paths(&files).filter(|file| !file.as_os_str().is_empty()).collect()
        }
        None => TABLES.map(|file| Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).to_vec(),
    }
}

fn run_table(file: &str, text: &str, memories: &[Memory], count: &mut Count) {
    let mut is_empty = true;
    for (line, row) in table::rows(text) {
        is_empty = false;
        let row = match row {
            Ok(row) => row,
            Err(complaint) => {
                println!("{file}:{line}: {complaint}");
                count.failed += memories.len() as u64;
                continue;
            }
        };
        let program = Arc::new(row.program);
        for memory in memories {
            let expected = if *memory == Memory::Sc { row.sc } else { row.rc11 };
            match trial::check(&row.name, &program, *memory, expected) {
                Ok(()) => count.passed += 1,
                Err(wrong) => {
                    println!("{file}:{line}: {} under {memory}: {wrong}", row.name);
                    count.failed += 1;
                }
            }
        }
    }
    if is_empty {
        println!("{file}: has no row");
        count.failed += 1;
    }
}
