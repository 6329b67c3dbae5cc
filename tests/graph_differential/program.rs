//! The programs: what each thread does with a few atomic integers.

use selvedge::sync::atomic::Ordering;

/// What a store writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    Constant(u64),
    /// One more than what the thread read last.
    LastAndOne,
}

/// One operation of a thread. What it reads, if it reads, is what the thread has *read last*; this
/// is 0 before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    Load {
        location: usize,
        ordering: Ordering,
    },
    Store {
        location: usize,
        ordering: Ordering,
        value: Value,
    },
    FetchAdd {
        location: usize,
        ordering: Ordering,
        addend: u64,
    },
    Swap {
        location: usize,
        ordering: Ordering,
        value: Value,
    },
    CompareExchange(CompareExchange),
    Fence {
        ordering: Ordering,
    },
    /// Does the operation if more than this was read last.
    IfAbove {
        bound: u64,
        then: Box<Operation>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompareExchange {
    pub location: usize,
    pub success: Ordering,
    pub failure: Ordering,
    pub current: u64,
    pub new: u64,
}

/// What main and the threads that it spawns do. Main creates the locations, all 0, and keeps them
/// until everything has ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    pub locations: usize,
    /// Main, before it spawns the threads.
    pub before: Vec<Operation>,
    /// Main, between spawning and joining them.
    pub beside: Vec<Operation>,
    /// The threads, in the order of their spawning and joining.
    pub threads: Vec<Vec<Operation>>,
    /// Main, after it has joined them.
    pub after: Vec<Operation>,
}

impl Program {
    /// The sequences of operations, each begun with 0 as what was read last. The first is before
    /// all others, and the last after all others.
    pub fn parts(&self) -> Vec<&[Operation]> {
        let mut parts = vec![self.before.as_slice(), &self.beside];
        parts.extend(self.threads.iter().map(Vec::as_slice));
        parts.push(&self.after);
        parts
    }
}

impl Value {
    pub fn of(self, last: u64) -> u64 {
        match self {
            Value::Constant(value) => value,
            Value::LastAndOne => last.wrapping_add(1),
        }
    }
}

/// What an ordering means for the read of a read-modify-write.
pub fn of_read(ordering: Ordering) -> Ordering {
    match ordering {
        Ordering::AcqRel => Ordering::Acquire,
        Ordering::Release => Ordering::Relaxed,
        other => other,
    }
}

/// What an ordering means for the write of a read-modify-write.
pub fn of_write(ordering: Ordering) -> Ordering {
    match ordering {
        Ordering::AcqRel => Ordering::Release,
        Ordering::Acquire => Ordering::Relaxed,
        other => other,
    }
}
