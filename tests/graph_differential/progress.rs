//! How far a part of a program has come in a graph: what it does next, or what it waits for.

use super::graph::{Action, Graph, Place};
use super::program::{Operation, Program};

/// Where a part of the program stands after the events that it has.
pub struct Progress<'a> {
    pub state: State<'a>,
    /// What it has read last.
    pub last_read: u64,
    /// How many weak exchanges have failed although they read what they compare with.
    pub spurious_failures: u32,
}

#[derive(Clone, Copy)]
pub enum State<'a> {
    /// It does this next.
    Next(&'a Operation),
    /// It waits, having read this write of this location.
    Blocked {
        location: usize,
        from: Option<Place>,
    },
    Ended,
}

impl State<'_> {
    pub fn is_end(self) -> bool {
        matches!(self, State::Ended)
    }
}

/// Where each part of the program stands.
pub fn of_all<'a>(program: &'a Program, graph: &Graph) -> Vec<Progress<'a>> {
    let parts = program.parts();
    let mut all: Vec<_> = (0..parts.len()).map(|part| of_part(parts[part], graph, part)).collect();
    // Main is one thread in three parts, of which a later one goes on where the one before ended.
    let last = parts.len() - 1;
    let of_main: u32 = [0, 1, last].iter().map(|part| all[*part].spurious_failures).sum();
    [0, 1, last].iter().for_each(|part| all[*part].spurious_failures = of_main);
    all
}

fn of_part<'a>(operations: &'a [Operation], graph: &Graph, part: usize) -> Progress<'a> {
    let mut events = graph.parts[part].iter().peekable();
    let mut progress = Progress { state: State::Ended, last_read: 0, spurious_failures: 0 };
    let mut held = Vec::new();
    for operation in operations {
        let operation = match operation {
            Operation::IfAbove { bound, .. } if progress.last_read <= *bound => continue,
            Operation::IfAbove { then, .. } => then,
            Operation::Unlock { mutex } if !held.contains(mutex) => continue,
            other => other,
        };
        let Some(event) = events.next() else {
            progress.state = State::Next(operation);
            return progress;
        };
        // The second half of a read-modify-write comes with the first.
        let is_second = |action| matches!(action, Action::Write { is_update: true, .. });
        let has_written = events.next_if(|event| is_second(event.action)).is_some();
        match operation {
            Operation::Lock { mutex } | Operation::TryLock { mutex } if has_written => {
                held.push(*mutex);
            }
            Operation::Unlock { mutex } => held.retain(|held| held != mutex),
            _ => {}
        }
        let Action::Read { location, from } = event.action else { continue };
        let read = graph.value(from);
        match operation {
            waiting if !waiting.is_satisfied_by(read) => {
                progress.state = State::Blocked { location, from };
                return progress;
            }
            Operation::Lock { .. } => {}
            Operation::CompareExchange(exchange) if read == exchange.current && !has_written => {
                progress.spurious_failures += 1;
                progress.last_read = read;
            }
            _ => progress.last_read = read,
        }
    }
    assert!(held.is_empty(), "a part of a program ends with what it has locked: {operations:?}");
    progress
}
