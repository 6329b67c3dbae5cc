//! The graph engine against brute force: random programs, of which it must find each execution
//! that the memory model allows, no other, and none twice.
//!
//! `GRAPH_DIFFERENTIAL_PROGRAMS` is how many programs there are, and `GRAPH_DIFFERENTIAL_SEED`
//! chooses others. A difference is reported with the program's own seed, which finds it again as
//! the first of all.
#![cfg(any(loom, selvedge))]

#[path = "graph_differential/axioms.rs"]
mod axioms;
#[path = "graph_differential/enumerate.rs"]
mod enumerate;
#[path = "graph_differential/generate.rs"]
mod generate;
#[path = "graph_differential/graph.rs"]
mod graph;
#[path = "graph_differential/notation.rs"]
mod notation;
#[path = "graph_differential/program.rs"]
mod program;
#[path = "common/random.rs"]
mod random;
#[path = "graph_differential/relation.rs"]
mod relation;
#[path = "graph_differential/run.rs"]
mod run;
#[path = "graph_differential/tables.rs"]
mod tables;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use program::Program;
use random::Random;
use run::Way;
use selvedge::scenario::Memory;

/// Programs with more executions and beginnings than this are left out.
const MOST: usize = 10_000;

/// What the programs came to.
#[derive(Default)]
struct Distribution {
    programs: u64,
    skipped: u64,
    executions: usize,
    /// Programs with more than one execution.
    racing: u64,
    /// Programs of which RC11 allows more than sequential consistency.
    relaxed: u64,
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = |part: u64| 100.0 * part as f64 / self.programs as f64;
        write!(
            f,
            "{} programs, and {} left out as too large; {} executions; {:.0} % have more than one, \
             {:.0} % have others under RC11 than under sequential consistency",
            self.programs,
            self.skipped,
            self.executions,
            share(self.racing),
            share(self.relaxed)
        )
    }
}

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
    if programs >= 100 {
        let Distribution { programs, racing, relaxed, .. } = distribution;
        assert!(racing * 2 >= programs, "too few programs race");
        assert!(relaxed * 4 >= programs, "too few programs tell the memory models apart");
    }
}

fn compare(seed: u64, distribution: &mut Distribution) {
    let mut random = Random::new(seed);
    let program = generate::program(&mut random);
    let mut expected = Vec::new();
    for memory in [Memory::Sc, Memory::Rc11] {
        match enumerate::executions(&program, memory, MOST) {
            Some(executions) => expected.push((memory, executions)),
            None => {
                distribution.skipped += 1;
                return;
            }
        }
    }
    distribution.programs += 1;
    distribution.executions +=
        expected.iter().map(|(_, executions)| executions.len()).sum::<usize>();
    distribution.racing += u64::from(expected.iter().all(|(_, executions)| executions.len() > 1));
    distribution.relaxed += u64::from(expected[0].1 != expected[1].1);
    for (memory, expected) in expected {
        demand_equality(&program, memory, &expected, &mut random)
            .unwrap_or_else(|error| panic!("GRAPH_DIFFERENTIAL_SEED={seed}, {error}"));
    }
}

#[test]
fn the_engine_finds_each_execution_of_known_programs_once() {
    let mut random = Random::new(0);
    for (_, _, text) in tables::COUNTS {
        let program: Program = text.parse().unwrap();
        for memory in [Memory::Sc, Memory::Rc11] {
            let expected = enumerate::executions(&program, memory, usize::MAX).unwrap();
            for _ in 0..4 {
                let equality = demand_equality(&program, memory, &expected, &mut random);
                equality.unwrap_or_else(|error| panic!("{error}"));
            }
        }
    }
}

/// That the engine finds just these executions, in a random way.
fn demand_equality(
    program: &Program,
    memory: Memory,
    expected: &BTreeSet<String>,
    random: &mut Random,
) -> Result<(), String> {
    let way = Way { thread_order: random.next(), workers: 1 + random.below(2) as usize };
    let difference = match run::executions(program, memory, way) {
        Ok(found) => difference(expected, &found),
        Err(error) => Some(error),
    };
    difference.map_or(Ok(()), |difference| {
        Err(format!(
            "{memory}, {way:?}: the engine differs from brute force on\n{program}\n{difference}"
        ))
    })
}

/// What the engine has missed, invented or repeated.
fn difference(expected: &BTreeSet<String>, found: &BTreeMap<String, u64>) -> Option<String> {
    let missing = expected.iter().filter(|key| !found.contains_key(*key));
    let extra = found.keys().filter(|key| !expected.contains(*key));
    let repeated = found.iter().filter(|(_, times)| **times > 1);
    let mut lines: Vec<String> = missing.map(|key| format!("missing: {key}")).collect();
    lines.extend(extra.map(|key| format!("extra: {key}")));
    lines.extend(repeated.map(|(key, times)| format!("{times} times: {key}")));
    (!lines.is_empty()).then(|| lines.join("\n"))
}

#[test]
fn differences_are_told_apart() {
    let expected = BTreeSet::from(["a", "b"].map(str::to_owned));
    let found = [("b", 2), ("c", 1)].map(|(key, times)| (key.to_owned(), times));
    let difference = difference(&expected, &found.into());
    assert_eq!(difference.as_deref(), Some("missing: a\nextra: c\n2 times: b"));
}
