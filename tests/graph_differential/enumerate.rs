//! All executions of a program, by brute force: from the empty execution on, whatever any part of
//! the program can do next is added in every way, and what the memory model does not allow is
//! dropped.
//!
//! That is all of them, because each execution can be built in an order that follows program order
//! and reads-from, which have no cycle, and because the beginnings of an allowed execution in such
//! an order are allowed, too.
//!
//! An operation that waits may read any write. If that does not satisfy it, its thread stops there,
//! and the read is the last of its events.

use std::collections::HashSet;

use selvedge::scenario::{GraphEnd, Memory};
use selvedge::sync::atomic::Ordering;

use super::axioms::is_consistent;
use super::ends::Executions;
use super::graph::{Action, Event, Graph, Place};
use super::program::{FREE, LOCKED, Operation, Program, of_read, of_write};
use super::progress::{self, Progress, State};
use super::relation::EVENTS;

/// How many weak exchanges of a thread may fail although they read what they compare with: the
/// first that do.
pub const SPURIOUS_FAILURES: u32 = 1;

/// The executions that the memory model allows; `None` if there are more than so many executions
/// and beginnings, or too many events.
pub fn executions(program: &Program, memory: Memory, most: usize) -> Option<Executions> {
    if program.events() > EVENTS {
        return None;
    }
    let mut ended = Executions::new();
    let mut seen = HashSet::new();
    let parts = program.parts().len();
    let mut open = vec![Graph::new(parts, program.locations + program.mutexes)];
    while let Some(graph) = open.pop() {
        let progress = progress::of_all(program, &graph);
        let steps = steps(&progress);
        if steps.is_empty() {
            ended.insert((end(&progress, &graph), graph.key()));
        }
        for (part, operation) in steps {
            for longer in extensions(program, &graph, part, operation, &progress[part]) {
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
    Some(ended)
}

/// What the parts of the program can do next: the first before all others, and the last after them.
fn steps<'a>(progress: &[Progress<'a>]) -> Vec<(usize, &'a Operation)> {
    let last = progress.len() - 1;
    let have_ended = |parts: &[Progress]| parts.iter().all(|part| part.state.is_end());
    let steps = progress.iter().enumerate().filter_map(|(part, Progress { state, .. })| {
        let is_begun = part == 0 || have_ended(&progress[..1]);
        let is_joined = part < last || have_ended(&progress[..last]);
        match *state {
            State::Next(operation) if is_begun && is_joined => Some((part, operation)),
            _ => None,
        }
    });
    steps.collect()
}

/// How an execution ends, of which nothing can go on.
fn end(progress: &[Progress], graph: &Graph) -> GraphEnd {
    if progress.iter().all(|part| part.state.is_end()) {
        return GraphEnd::Complete;
    }
    let has_read_the_newest = |part: &Progress| match part.state {
        State::Blocked { location, from } => {
            graph.modification_order[location].last().copied() == from
        }
        State::Next(_) | State::Ended => true,
    };
    if progress.iter().all(has_read_the_newest) { GraphEnd::Deadlock } else { GraphEnd::Blocked }
}

/// The graph with the operation added in every way, allowed or not.
fn extensions(
    program: &Program,
    graph: &Graph,
    part: usize,
    operation: &Operation,
    progress: &Progress,
) -> Vec<Graph> {
    let last_read = progress.last_read;
    match operation {
        Operation::Fence { ordering } => {
            let mut longer = graph.clone();
            longer.parts[part].push(Event { action: Action::Fence, ordering: *ordering });
            vec![longer]
        }
        Operation::Store { location, ordering, value } => {
            with_write(graph, part, *location, value.of(last_read), false, *ordering)
        }
        Operation::Load { location, ordering }
        | Operation::WaitUntil { location, ordering, .. } => {
            with_read(graph, part, *location, |_| vec![Outcome::read(*ordering)])
        }
        Operation::FetchAdd { location, ordering, addend } => {
            with_read(graph, part, *location, |read| {
                vec![Outcome::update(*ordering, read.wrapping_add(*addend))]
            })
        }
        Operation::Swap { location, ordering, value } => {
            let new = value.of(last_read);
            with_read(graph, part, *location, |_| vec![Outcome::update(*ordering, new)])
        }
        Operation::CompareExchange(exchange) => {
            let may_fail = exchange.is_weak && progress.spurious_failures < SPURIOUS_FAILURES;
            with_read(graph, part, exchange.location, |read| {
                let failure = Outcome::read(exchange.failure);
                let success = Outcome::update(exchange.success, exchange.new);
                match read == exchange.current {
                    false => vec![failure],
                    true if may_fail => vec![success, failure],
                    true => vec![success],
                }
            })
        }
        Operation::Lock { mutex } | Operation::TryLock { mutex } => {
            with_read(graph, part, program.location_of(*mutex), |read| match read {
                FREE => vec![Outcome::update(Ordering::Acquire, LOCKED)],
                _ => vec![Outcome::read(Ordering::Relaxed)],
            })
        }
        Operation::Unlock { mutex } => {
            let location = program.location_of(*mutex);
            with_write(graph, part, location, FREE, false, Ordering::Release)
        }
        Operation::IfAbove { .. } => unreachable!("a branch is followed before"),
    }
}

/// What an operation that has read a value may be.
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
    outcomes: impl Fn(u64) -> Vec<Outcome>,
) -> Vec<Graph> {
    let writes = graph.modification_order[location].iter().copied().map(Some);
    let mut extended = Vec::new();
    for from in std::iter::once(None).chain(writes) {
        for Outcome { read, write } in outcomes(graph.value(from)) {
            let mut longer = graph.clone();
            let action = Action::Read { location, from };
            longer.parts[part].push(Event { action, ordering: read });
            match write {
                Some((ordering, new)) => {
                    extended.extend(with_write(&longer, part, location, new, true, ordering));
                }
                None => extended.push(longer),
            }
        }
    }
    extended
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
