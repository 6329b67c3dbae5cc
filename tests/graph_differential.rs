//! The graph engine against brute force: random programs, of which it must find each execution
//! that the memory model allows, no other, and none twice. It need not find all of those in which a
//! thread has waited in vain without having read the newest.
//!
//! `GRAPH_DIFFERENTIAL_PROGRAMS` is how many programs there are, and `GRAPH_DIFFERENTIAL_SEED`
//! chooses others. A difference is reported with the program's own seed, which finds it again as
//! the first of all.
#![cfg(any(loom, selvedge))]

#[path = "graph_differential/axioms.rs"]
mod axioms;
#[path = "graph_differential/distribution.rs"]
mod distribution;
#[path = "graph_differential/ends.rs"]
mod ends;
#[path = "graph_differential/enumerate.rs"]
mod enumerate;
#[path = "graph_differential/generate.rs"]
mod generate;
#[path = "graph_differential/graph.rs"]
mod graph;
#[path = "graph_differential/locks.rs"]
mod locks;
#[path = "graph_differential/notation.rs"]
mod notation;
#[path = "graph_differential/program.rs"]
mod program;
#[path = "graph_differential/progress.rs"]
mod progress;
#[path = "common/random.rs"]
mod random;
#[path = "graph_differential/relation.rs"]
mod relation;
#[path = "graph_differential/run.rs"]
mod run;
#[path = "graph_differential/tables.rs"]
mod tables;

use distribution::Distribution;
use ends::{Executions, Findings, count, difference};
use program::Program;
use random::Random;
use run::Way;
use selvedge::scenario::{GraphEnd, Memory};

/// Programs with more executions and beginnings than this are left out.
const MOST: usize = 10_000;

fn number_of_environment(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(value) => {
            value.parse().unwrap_or_else(|_| panic!("{name}={value:?} is not a number of 64 bits"))
        }
        Err(_) => default,
    }
}

#[test]
fn the_engine_finds_each_execution_once() {
    let programs = number_of_environment("GRAPH_DIFFERENTIAL_PROGRAMS", 300);
    let first = number_of_environment("GRAPH_DIFFERENTIAL_SEED", 1);
    let mut distribution = Distribution::default();
    for seed in (0..programs).map(|index| first.wrapping_add(index)) {
        compare(seed, &mut distribution);
    }
    println!("{distribution}");
    // The first difference would have ended the test.
    println!("the engine: 0 missing, 0 extra, 0 twice");
    if programs >= 100 {
        distribution.demand_variety();
    }
}

fn compare(seed: u64, distribution: &mut Distribution) {
    let mut random = Random::new(seed);
    let program = generate::program(&mut random);
    let expected = |memory| Some((memory, enumerate::executions(&program, memory, MOST)?));
    let (Some(sc), Some(rc11)) = (expected(Memory::Sc), expected(Memory::Rc11)) else {
        distribution.skipped += 1;
        return;
    };
    let expected = [sc, rc11];
    distribution.add(&program, &expected);
    for (memory, expected) in expected {
        let found = demand_equality(&program, memory, &expected, &mut random)
            .unwrap_or_else(|error| panic!("GRAPH_DIFFERENTIAL_SEED={seed}, {error}"));
        distribution.add_findings(&found);
    }
}

#[test]
fn the_engine_finds_each_execution_of_known_programs_once() {
    let mut random = Random::new(0);
    for (_, _, text) in tables::COUNTS.iter().chain(&tables::ENDS).chain(&tables::CHOICES) {
        let program: Program = text.parse().unwrap();
        for memory in [Memory::Sc, Memory::Rc11] {
            let expected = enumerate::executions(&program, memory, usize::MAX).unwrap();
            for _ in 0..4 {
                demand_equality(&program, memory, &expected, &mut random)
                    .unwrap_or_else(|error| panic!("{error}"));
            }
        }
    }
}

/// That the engine finds just these executions, in a random way. Returns what it finds.
fn demand_equality(
    program: &Program,
    memory: Memory,
    expected: &Executions,
    random: &mut Random,
) -> Result<Findings, String> {
    let way = Way { thread_order: random.next(), workers: 1 + random.below(2) as usize };
    let has_deadlocks = count(expected, GraphEnd::Deadlock) > 0;
    let found = run::executions(program, memory, way, has_deadlocks);
    let compared = found.and_then(|found| difference(expected, &found).map_or(Ok(found), Err));
    compared.map_err(|difference| {
        format!(
            "{memory}, {way:?}: the engine differs from brute force on\n{program}\n{difference}"
        )
    })
}
