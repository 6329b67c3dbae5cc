//! A program as a scenario, under the graph engine.

use std::collections::BTreeMap;
use std::sync::Mutex;

use selvedge::scenario::{Coverage, Engine, GraphProbes, Memory, Scenario};
use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU64, fence};
use selvedge::thread;

use super::program::{CompareExchange, Operation, Program};

/// How the engine is to go about it, which must make no difference.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    pub thread_order: u64,
    pub workers: usize,
}

/// The complete executions that the engine finds, and how many times each.
///
/// # Errors
/// What the engine says, if it did not explore all of the program.
pub fn executions(
    program: &Program,
    memory: Memory,
    way: Way,
) -> Result<BTreeMap<String, u64>, String> {
    let found = std::sync::Arc::new(Mutex::new(BTreeMap::new()));
    let observer = std::sync::Arc::clone(&found);
    let probes = GraphProbes {
        thread_order: Some(way.thread_order),
        observer: Some(std::sync::Arc::new(move |key: &str| {
            *observer.lock().unwrap().entry(key.to_owned()).or_insert(0) += 1;
        })),
    };
    let scenario = Scenario::new("a random program")
        .engine(Engine::Graph)
        .memory(memory)
        .workers(way.workers)
        .graph_probes(probes);
    let model = program.clone();
    let report = scenario.try_check(move || run(&model)).map_err(|violation| violation.to_string());
    let report = report?;
    let found = std::mem::take(&mut *found.lock().unwrap());
    if report.coverage != Coverage::Complete {
        return Err(format!("the exploration is {}", report.coverage));
    }
    if report.executions != found.values().sum::<u64>() {
        let observed = found.values().sum::<u64>();
        return Err(format!("{} executions, of which {observed} observed", report.executions));
    }
    Ok(found)
}

fn run(program: &Program) {
    let locations: Arc<Vec<AtomicU64>> =
        Arc::new((0..program.locations).map(|_| AtomicU64::new(0)).collect());
    perform(&program.before, &locations);
    let threads: Vec<_> = program
        .threads
        .iter()
        .map(|operations| {
            let (operations, locations) = (operations.clone(), Arc::clone(&locations));
            thread::spawn(move || perform(&operations, &locations))
        })
        .collect();
    perform(&program.beside, &locations);
    for thread in threads {
        thread.join().unwrap();
    }
    perform(&program.after, &locations);
}

fn perform(operations: &[Operation], locations: &[AtomicU64]) {
    let mut last = 0;
    for operation in operations {
        match operation {
            Operation::IfAbove { bound, then } if last > *bound => {
                last = step(then, locations, last);
            }
            Operation::IfAbove { .. } => {}
            other => last = step(other, locations, last),
        }
    }
}

/// Does one operation, and returns what has been read last then.
fn step(operation: &Operation, locations: &[AtomicU64], last: u64) -> u64 {
    match operation {
        Operation::Load { location, ordering } => locations[*location].load(*ordering),
        Operation::Store { location, ordering, value } => {
            locations[*location].store(value.of(last), *ordering);
            last
        }
        Operation::FetchAdd { location, ordering, addend } => {
            locations[*location].fetch_add(*addend, *ordering)
        }
        Operation::Swap { location, ordering, value } => {
            locations[*location].swap(value.of(last), *ordering)
        }
        Operation::CompareExchange(CompareExchange {
            location,
            success,
            failure,
            current,
            new,
        }) => {
            let exchanged =
                locations[*location].compare_exchange(*current, *new, *success, *failure);
            exchanged.unwrap_or_else(|read| read)
        }
        Operation::Fence { ordering } => {
            fence(*ordering);
            last
        }
        Operation::IfAbove { .. } => unreachable!("a branch has no branch in it"),
    }
}
