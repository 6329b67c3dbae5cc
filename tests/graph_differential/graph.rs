//! Execution graphs: what happened, what each read read, and in which order each location was
//! written.

use std::fmt::Write;

use selvedge::sync::atomic::Ordering;

/// An event: of which part of the program, and which of its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    pub part: usize,
    pub index: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    Read {
        location: usize,
        /// The write that it reads from; `None` is the initial value.
        from: Option<Place>,
    },
    Write {
        location: usize,
        value: u64,
        /// Whether it is the second half of a read-modify-write, of which the event before is the
        /// first.
        is_update: bool,
    },
    Fence,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Event {
    pub action: Action,
    pub ordering: Ordering,
}

/// An execution, or its beginning. Two of them are equal if they have the same events, read the
/// same, and are written in the same order; how they came about is no part of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Graph {
    /// The events of each [part](super::program::Program::parts) of the program.
    pub parts: Vec<Vec<Event>>,
    /// The writes of each location, without the initial one, which is before them.
    pub modification_order: Vec<Vec<Place>>,
}

impl Graph {
    pub fn new(parts: usize, locations: usize) -> Graph {
        Graph { parts: vec![Vec::new(); parts], modification_order: vec![Vec::new(); locations] }
    }

    /// The value that a write wrote.
    pub fn value(&self, write: Option<Place>) -> u64 {
        let Some(Place { part, index }) = write else { return 0 };
        match self.parts[part][index].action {
            Action::Write { value, .. } => value,
            other => panic!("{other:?} is no write"),
        }
    }

    /// The engine's notation of a complete execution.
    pub fn key(&self) -> String {
        let parts = self.parts.len();
        let beside = self.parts[0].len();
        let after = beside + self.parts[1].len();
        // Main is thread 0, in three parts; the others are numbered as they are spawned.
        let name = |place: Place| match place {
            Place { part: 0, index } => (0, index),
            Place { part: 1, index } => (0, beside + index),
            Place { part, index } if part == parts - 1 => (0, after + index),
            Place { part, index } => (part - 1, index),
        };
        let main = [0, 1, parts - 1].into_iter().flat_map(|part| &self.parts[part]);
        let mut threads: Vec<Vec<&Event>> = vec![main.collect()];
        threads.extend(self.parts[2..parts - 1].iter().map(|part| part.iter().collect()));
        let mut key = String::new();
        for (number, events) in threads.iter().enumerate().filter(|(_, thread)| !thread.is_empty())
        {
            let events: Vec<String> = events
                .iter()
                .map(|event| match event.action {
                    Action::Read { location, from: None } => format!("R{location}=i"),
                    Action::Read { location, from: Some(write) } => {
                        let (thread, index) = name(write);
                        format!("R{location}={thread}.{index}")
                    }
                    Action::Write { location, .. } => format!("W{location}"),
                    Action::Fence => "F".to_owned(),
                })
                .collect();
            let _ = write!(key, "{number}:{};", events.join(" "));
        }
        key.push('|');
        for (location, writes) in self.modification_order.iter().enumerate() {
            let writes: Vec<String> = writes
                .iter()
                .map(|write| {
                    let (thread, index) = name(*write);
                    format!("{thread}.{index}")
                })
                .collect();
            if !writes.is_empty() {
                let _ = write!(key, "{location}:{};", writes.join(" "));
            }
        }
        key
    }
}
