//! A program as a scenario, under the graph engine.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex as PlainMutex;

use selvedge::hint::wait_until;
use selvedge::scenario::{
    Coverage, Engine, GraphEnd, GraphProbes, Memory, Scenario, ViolationKind,
};
use selvedge::sync::atomic::{AtomicU64, fence};
use selvedge::sync::{Arc, Mutex, MutexGuard};
use selvedge::thread;

use super::ends::Findings;
use super::enumerate::SPURIOUS_FAILURES;
use super::program::{CompareExchange, FREE, LOCKED, Operation, Program};

/// How the engine is to go about it, which must make no difference.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    pub thread_order: u64,
    pub workers: usize,
}

/// The executions that the engine finds, and how many times each. A deadlock is a violation, after
/// which only a refutation goes on.
///
/// # Errors
/// What the engine says, if it did not explore all of the program, or finds anything wrong other
/// than the deadlocks that are to be there.
pub fn executions(
    program: &Program,
    memory: Memory,
    way: Way,
    has_deadlocks: bool,
) -> Result<Findings, String> {
    let found = std::sync::Arc::new(PlainMutex::new(Findings::new()));
    let observer = std::sync::Arc::clone(&found);
    let probes = GraphProbes {
        thread_order: Some(way.thread_order),
        observer: Some(std::sync::Arc::new(move |end, key: &str| {
            *observer.lock().unwrap().entry((end, key.to_owned())).or_insert(0) += 1;
        })),
    };
    let scenario = Scenario::new("a random program")
        .engine(Engine::Graph)
        .memory(memory)
        .workers(way.workers)
        .spurious_failures(SPURIOUS_FAILURES)
        .graph_probes(probes);
    let model = program.clone();
    if has_deadlocks {
        refute(scenario, model)?;
        return Ok(std::mem::take(&mut *found.lock().unwrap()));
    }
    let report = scenario.try_check(move || run(&model)).map_err(|violation| violation.to_string());
    let report = report?;
    let found = std::mem::take(&mut *found.lock().unwrap());
    let is_whole = match report.coverage {
        Coverage::Complete => true,
        // All with so many spurious failures, of which there could be more.
        Coverage::Within(_) => program.has(Operation::is_choice),
        _ => false,
    };
    if !is_whole {
        return Err(format!("the exploration is {}", report.coverage));
    }
    for (end, reported) in
        [(GraphEnd::Complete, report.executions), (GraphEnd::Blocked, report.blocked)]
    {
        let of_end = found.iter().filter(|((other, _), _)| *other == end);
        let observed: u64 = of_end.map(|(_, times)| times).sum();
        if reported != observed {
            return Err(format!("{reported} executions are {end:?}, of which {observed} observed"));
        }
    }
    Ok(found)
}

/// Explores a program that has deadlocks.
fn refute(scenario: Scenario, model: Program) -> Result<(), String> {
    let refuted = catch_unwind(AssertUnwindSafe(|| scenario.refute(move || run(&model))));
    match refuted {
        Ok(violation) if violation.kind == ViolationKind::Deadlock => Ok(()),
        Ok(violation) => Err(violation.to_string()),
        Err(payload) => {
            let said = payload.downcast_ref::<String>();
            Err(said.map_or("the engine panicked", String::as_str).to_owned())
        }
    }
}

/// What the threads share.
struct Objects {
    locations: Vec<AtomicU64>,
    mutexes: Vec<Mutex<()>>,
}

fn run(program: &Program) {
    let objects = Arc::new(Objects {
        locations: (0..program.locations).map(|_| AtomicU64::new(0)).collect(),
        mutexes: (0..program.mutexes).map(|_| Mutex::new(())).collect(),
    });
    perform(&program.before, &objects);
    let threads: Vec<_> = program
        .threads
        .iter()
        .map(|operations| {
            let (operations, objects) = (operations.clone(), Arc::clone(&objects));
            thread::spawn(move || perform(&operations, &objects))
        })
        .collect();
    perform(&program.beside, &objects);
    for thread in threads {
        thread.join().unwrap();
    }
    perform(&program.after, &objects);
}

fn perform(operations: &[Operation], objects: &Objects) {
    let guards = objects.mutexes.iter().map(|_| None).collect();
    let mut part = Part { objects, guards, last: 0 };
    for operation in operations {
        match operation {
            Operation::IfAbove { bound, then } if part.last > *bound => part.step(then),
            Operation::IfAbove { .. } => {}
            other => part.step(other),
        }
    }
}

/// A part of the program that runs.
struct Part<'a> {
    objects: &'a Objects,
    /// For each mutex, whether it holds it.
    guards: Vec<Option<MutexGuard<'a, ()>>>,
    /// What it has read last.
    last: u64,
}

impl Part<'_> {
    fn step(&mut self, operation: &Operation) {
        let Objects { locations, mutexes } = self.objects;
        match operation {
            Operation::Load { location, ordering } => {
                self.last = locations[*location].load(*ordering);
            }
            Operation::Store { location, ordering, value } => {
                locations[*location].store(value.of(self.last), *ordering);
            }
            Operation::FetchAdd { location, ordering, addend } => {
                self.last = locations[*location].fetch_add(*addend, *ordering);
            }
            Operation::Swap { location, ordering, value } => {
                self.last = locations[*location].swap(value.of(self.last), *ordering);
            }
            Operation::CompareExchange(exchange) => {
                let CompareExchange { success, failure, current, new, .. } = *exchange;
                let location = &locations[exchange.location];
                let exchanged = if exchange.is_weak {
                    location.compare_exchange_weak(current, new, success, failure)
                } else {
                    location.compare_exchange(current, new, success, failure)
                };
                self.last = exchanged.unwrap_or_else(|read| read);
            }
            Operation::Fence { ordering } => fence(*ordering),
            Operation::WaitUntil { location, ordering, above } => {
                wait_until(|| {
                    self.last = locations[*location].load(*ordering);
                    self.last > *above
                });
            }
            Operation::Lock { mutex } => self.guards[*mutex] = Some(mutexes[*mutex].lock()),
            Operation::TryLock { mutex } => {
                self.guards[*mutex] = mutexes[*mutex].try_lock();
                self.last = if self.guards[*mutex].is_some() { FREE } else { LOCKED };
            }
            Operation::Unlock { mutex } => self.guards[*mutex] = None,
            Operation::IfAbove { .. } => unreachable!("a branch has no branch in it"),
        }
    }
}
