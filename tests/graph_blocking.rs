//! What blocks, under the graph engine: how many executions there are, which of them deadlock, and
//! that each outcome is met.
#![cfg(any(loom, selvedge))]

#[path = "graph_blocking/budgets.rs"]
mod budgets;
#[path = "graph_blocking/conditions.rs"]
mod conditions;
#[path = "graph_blocking/groups.rs"]
mod groups;
#[path = "graph_blocking/initializers.rs"]
mod initializers;
#[path = "graph_blocking/locks.rs"]
mod locks;
#[path = "graph_blocking/loops.rs"]
mod loops;
#[path = "common/plain_memory.rs"]
mod plain_memory;
#[path = "graph_blocking/probes.rs"]
mod probes;
#[path = "graph_blocking/sharing.rs"]
mod sharing;
#[path = "graph_blocking/time.rs"]
mod time;
#[path = "graph_blocking/tokens.rs"]
mod tokens;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use plain_memory::Shared;
use selvedge::scenario::{
    Coverage, Engine, GraphEnd, GraphObserver, GraphProbes, Memory, Report, Scenario, Violation,
    ViolationKind,
};

const MEMORIES: [Memory; 2] = [Memory::Sc, Memory::Rc11];

fn scenario(name: &str, memory: Memory, workers: usize) -> Scenario {
    Scenario::new(name).engine(Engine::Graph).memory(memory).workers(workers)
}

/// Explores a program under one memory model, with one worker and with two: they come to the same.
fn explored_under<O: Ord + Debug + Send + 'static>(
    memory: Memory,
    name: &str,
    program: impl Fn() -> O + Clone + Send + Sync + 'static,
) -> Report<O> {
    let one = scenario(name, memory, 1).explore(program.clone());
    assert_eq!(one.coverage, Coverage::Complete, "{one}");
    let two = scenario(name, memory, 2).explore(program);
    assert_eq!(two.coverage, Coverage::Complete, "{two}");
    assert_eq!(one.executions, two.executions, "{one}\n{two}");
    assert_eq!(one.outcomes, two.outcomes, "{one}\n{two}");
    one
}

/// Explores a program of which both memory models have the same executions.
fn explored<O: Ord + Debug + Send + 'static>(
    name: &str,
    program: impl Fn() -> O + Clone + Send + Sync + 'static,
) -> Report<O> {
    let [sc, rc11] = MEMORIES.map(|memory| explored_under(memory, name, program.clone()));
    assert_eq!(sc.executions, rc11.executions, "{sc}\n{rc11}");
    assert_eq!(sc.outcomes, rc11.outcomes, "{sc}\n{rc11}");
    sc
}

/// What a program returns, and how often.
fn outcomes<O: Ord + Debug + Send + 'static>(
    name: &str,
    program: impl Fn() -> O + Clone + Send + Sync + 'static,
) -> Vec<(O, u64)> {
    Vec::from_iter(explored(name, program).outcomes)
}

/// How the executions of a program end some of which deadlock: so many are complete, so many are
/// deadlocks. And the first of these.
fn deadlocks(
    name: &str,
    program: impl Fn() + Clone + Send + Sync + 'static,
) -> ([u64; 2], Violation) {
    let ends = |memory, workers| {
        let ends: Arc<Mutex<BTreeMap<GraphEnd, u64>>> = Arc::default();
        let counted = Arc::clone(&ends);
        let observer: GraphObserver =
            Arc::new(move |end, _| *counted.lock().unwrap().entry(end).or_default() += 1);
        let probes = GraphProbes { observer: Some(observer), ..GraphProbes::default() };
        let found = scenario(name, memory, workers).graph_probes(probes).refute(program.clone());
        assert_eq!(found.kind, ViolationKind::Deadlock, "{found}");
        let ends = ends.lock().unwrap();
        let count = |end| ends.get(&end).copied().unwrap_or_default();
        ([count(GraphEnd::Complete), count(GraphEnd::Deadlock)], found)
    };
    let (counts, found) = ends(Memory::Rc11, 1);
    for (memory, workers) in [(Memory::Rc11, 2), (Memory::Sc, 1), (Memory::Sc, 2)] {
        assert_eq!(ends(memory, workers).0, counts, "{memory}, {workers} workers");
    }
    (counts, found)
}
