//! All executions of a program, by brute force: from the empty execution on, whatever any part of
//! the program can do next is added in every way, and what the memory model does not allow is
//! dropped.
//!
//! That is all of them, because each execution can be built in an order that follows program order
//! and reads-from, which have no cycle, and because the beginnings of an allowed execution in such
//! an order are allowed, too.

use std::collections::{BTreeSet, HashSet};

use selvedge::scenario::Memory;
use selvedge::sync::atomic::Ordering;

use super::axioms::is_consistent;
use super::graph::{Action, Event, Graph, Place};
use super::program::{Operation, Program, of_read, of_write};

/// The complete executions that the memory model allows, in the engine's notation; `None` if there
/// are more than so many executions and beginnings.
pub fn executions(program: &Program, memory: Memory, most: usize) -> Option<BTreeSet<String>> {
    let parts = program.parts();
    let mut complete = BTreeSet::new();
    let mut seen = HashSet::new();
    let mut open = vec![Graph::new(parts.len(), program.locations)];
    while let Some(graph) = open.pop() {
        let steps: Vec<_> = (0..parts.len())
            .map(|part| next_operation(parts[part], &graph, part).map(|next| (part, next)))
            .collect();
        let has_ended = |part: usize| steps[part].is_none();
        if (0..parts.len()).all(has_ended) {
            complete.insert(graph.key());
        }
        let last = parts.len() - 1;
        for (part, (operation, last_read)) in steps.iter().flatten() {
            let is_enabled = *part == 0 || has_ended(0);
            let is_joined = *part < last || (0..last).all(has_ended);
            if !(is_enabled && is_joined) {
                continue;
            }
            for longer in extensions(&graph, *part, operation, *last_read) {
                // Seldom met for the first time, and the axioms take longer to ask.
                if seen.insert(longer.clone()) && is_consistent(&longer, memory) {
                    open.push(longer);
                }
            }
        }
        if seen.len() > most {
            return None;
        }
    }
    Some(complete)
}

/// What a part of the program does after the events that it has, and what it has read last.
fn next_operation<'a>(
    operations: &'a [Operation],
    graph: &Graph,
    part: usize,
) -> Option<(&'a Operation, u64)> {
    let mut events = graph.parts[part].iter().peekable();
    let mut last_read = 0;
    for operation in operations {
        let operation = match operation {
            Operation::IfAbove { bound, .. } if last_read <= *bound => continue,
            Operation::IfAbove { then, .. } => then,
            other => other,
        };
        let Some(event) = events.next() else { return Some((operation, last_read)) };
        if let Action::Read { from, .. } = event.action {
            last_read = graph.value(from);
        }
        // The second half of a read-modify-write comes with the first.
        events.next_if(|event| matches!(event.action, Action::Write { is_update: true, .. }));
    }
    None
}

/// The graph with the operation added in every way, allowed or not.
fn extensions(graph: &Graph, part: usize, operation: &Operation, last_read: u64) -> Vec<Graph> {
    match operation {
        Operation::Fence { ordering } => {
            let mut longer = graph.clone();
            longer.parts[part].push(Event { action: Action::Fence, ordering: *ordering });
            vec![longer]
        }
        Operation::Store { location, ordering, value } => {
            with_write(graph, part, *location, value.of(last_read), false, *ordering)
        }
        Operation::Load { location, ordering } => {
            with_read(graph, part, *location, |_| Outcome::read(*ordering))
        }
        Operation::FetchAdd { location, ordering, addend } => {
            with_read(graph, part, *location, |read| {
                Outcome::update(*ordering, read.wrapping_add(*addend))
            })
        }
        Operation::Swap { location, ordering, value } => {
            let new = value.of(last_read);
            with_read(graph, part, *location, |_| Outcome::update(*ordering, new))
        }
        Operation::CompareExchange(operation) => {
            with_read(graph, part, operation.location, |read| {
                if read == operation.current {
                    Outcome::update(operation.success, operation.new)
                } else {
                    Outcome::read(operation.failure)
                }
            })
        }
        Operation::IfAbove { .. } => unreachable!("a branch is followed before"),
    }
}

/// What an operation that has read a value is.
struct Outcome {
    read: Ordering,
    /// What it writes then, if it is a read-modify-write.
    write: Option<(Ordering, u64)>,
}

impl Outcome {
    fn read(ordering: Ordering) -> Outcome {
        Outcome { read: ordering, write: None }
    }

    fn update(ordering: Ordering, new: u64) -> Outcome {
        Outcome { read: of_read(ordering), write: Some((of_write(ordering), new)) }
    }
}

/// Reading each write of the location, and if it is a read-modify-write, writing in each place of
/// the modification order.
fn with_read(
    graph: &Graph,
    part: usize,
    location: usize,
    outcome: impl Fn(u64) -> Outcome,
) -> Vec<Graph> {
    let writes = graph.modification_order[location].iter().copied().map(Some);
    let sources = std::iter::once(None).chain(writes);
    let extended = sources.flat_map(|from| {
        let Outcome { read, write } = outcome(graph.value(from));
        let mut longer = graph.clone();
        let action = Action::Read { location, from };
        longer.parts[part].push(Event { action, ordering: read });
        match write {
            Some((ordering, new)) => with_write(&longer, part, location, new, true, ordering),
            None => vec![longer],
        }
    });
    extended.collect()
}

/// Writing in each place of the modification order.
fn with_write(
    graph: &Graph,
    part: usize,
    location: usize,
    value: u64,
    is_update: bool,
    ordering: Ordering,
) -> Vec<Graph> {
    let written = Place { part, index: graph.parts[part].len() };
    let positions = 0..=graph.modification_order[location].len();
    let extended = positions.map(|position| {
        let mut longer = graph.clone();
        let action = Action::Write { location, value, is_update };
        longer.parts[part].push(Event { action, ordering });
        longer.modification_order[location].insert(position, written);
        longer
    });
    extended.collect()
}
