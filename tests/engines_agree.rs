//! What the engines find of the same scenarios, so that none is taken at its word: outcome by
//! outcome, by the rules of `engines_agree/rules.rs`. What is known to differ is a list, with
//! reasons, and what no longer differs has to leave it.
//!
//! `cargo test --test engines_agree -- --nocapture` prints how many scenarios were compared, and
//! how many by each rule. It is for the build that is made for all engines, `--cfg selvedge`.
#![cfg(selvedge)]

#[path = "engines_agree/collect.rs"]
mod collect;
#[path = "engines_agree/compare.rs"]
mod compare;
#[path = "engines_agree/findings.rs"]
mod findings;
#[path = "engines_agree/gaps.rs"]
mod gaps;
#[path = "engines_agree/generate.rs"]
mod generate;
#[path = "engines_agree/generate_blocking.rs"]
mod generate_blocking;
#[path = "engines_agree/litmus_rows.rs"]
mod litmus_rows;
#[path = "engines_agree/lock_rows.rs"]
mod lock_rows;
#[path = "litmus/notation.rs"]
mod notation;
#[path = "engines_agree/pair.rs"]
mod pair;
#[path = "engines_agree/primitive_rows.rs"]
mod primitive_rows;
#[path = "litmus/program.rs"]
mod program;
#[path = "common/race.rs"]
mod race;
#[path = "common/random.rs"]
mod random;
#[path = "engines_agree/rules.rs"]
mod rules;
#[path = "engines_agree/samples.rs"]
mod samples;
#[path = "engines_agree/thread_rows.rs"]
mod thread_rows;
#[path = "engines_agree/time_rows.rs"]
mod time_rows;

use collect::Row;
use compare::{Comparison, Gap};
use rules::Rule;

/// How many scenarios Shuttle and loom have to be complete for, so that a bound, or an operation
/// that became longer, does not leave the comparison empty.
struct Least {
    shuttle: usize,
    loom: usize,
}

/// Compares the engines by these scenarios.
fn agree(what: &str, rows: &[Row], gaps: &[Gap], least: Least) {
    let mut comparison = Comparison::new(gaps);
    for row in rows {
        comparison.add(&row.findings());
    }
    finish(what, comparison, least);
}

fn finish(what: &str, mut comparison: Comparison, least: Least) {
    comparison.demand(Rule::ShuttleIsSc, least.shuttle);
    comparison.demand(Rule::ScWithinLoom, least.loom);
    println!("{}", comparison.summary(what));
    let complaints = comparison.complaints();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn engines_agree_about_atomics() {
    let least = Least { shuttle: 55, loom: 45 };
    agree("atomics", &litmus_rows::rows(), gaps::LITMUS, least);
}

#[test]
fn engines_agree_about_threads() {
    agree("threads", &thread_rows::rows(), gaps::THREADS, Least { shuttle: 14, loom: 13 });
}

#[test]
fn engines_agree_about_locks() {
    agree("locks", &lock_rows::rows(), gaps::LOCKS, Least { shuttle: 15, loom: 14 });
}

#[test]
fn engines_agree_about_time() {
    agree("time", &time_rows::rows(), gaps::TIME, Least { shuttle: 2, loom: 2 });
}

#[test]
fn engines_agree_about_primitives() {
    let least = Least { shuttle: 12, loom: 8 };
    agree("primitives", &primitive_rows::rows(), gaps::PRIMITIVES, least);
}

/// Compares the engines by so many programs that have enough outcomes, out of generated ones.
fn agree_about(what: &str, count: usize, row: fn(u64) -> Row, gaps: &[Gap], least: Least) {
    let mut comparison = Comparison::new(gaps);
    let mut seeds = 1..=2 * count as u64;
    while comparison.compared() < count {
        let seed = seeds.next().expect("half of the programs have enough outcomes");
        comparison.try_add(&row(seed).findings());
    }
    finish(what, comparison, least);
}

#[test]
fn engines_agree_about_generated_programs() {
    let least = Least { shuttle: 60, loom: 50 };
    agree_about("generated programs", 60, generate::row, gaps::GENERATED, least);
}

#[test]
fn engines_agree_about_generated_programs_that_block() {
    let least = Least { shuttle: 7, loom: 5 };
    agree_about("generated programs that block", 24, generate_blocking::row, gaps::BLOCKING, least);
}
