//! The programs: what each thread does with a few atomic integers and mutexes.

use selvedge::sync::atomic::Ordering;

/// The value of a mutex that nobody holds.
pub const FREE: u64 = 0;

/// The value of a mutex that a thread holds.
pub const LOCKED: u64 = 1;

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
    /// Loads until more than this is read.
    WaitUntil {
        location: usize,
        ordering: Ordering,
        above: u64,
    },
    /// Locks a mutex that the thread does not hold. The program does not see what that reads.
    Lock {
        mutex: usize,
    },
    /// Reads 0 if it locks the mutex, and 1 if it does not.
    TryLock {
        mutex: usize,
    },
    /// Unlocks the mutex, if the thread holds it.
    Unlock {
        mutex: usize,
    },
    /// Does the operation if more than this was read last.
    IfAbove {
        bound: u64,
        then: Box<Operation>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompareExchange {
    /// Whether it may fail although it reads what it compares with, once in a thread.
    pub is_weak: bool,
    pub location: usize,
    pub success: Ordering,
    pub failure: Ordering,
    pub current: u64,
    pub new: u64,
}

impl Operation {
    /// Whether a thread goes on after the operation has read this; if not, it is blocked.
    pub fn is_satisfied_by(&self, read: u64) -> bool {
        match self {
            Operation::WaitUntil { above, .. } => read > *above,
            Operation::Lock { .. } => read == FREE,
            _ => true,
        }
    }

    /// Whether there is more that it may do than what it reads says: a weak exchange may fail.
    pub fn is_choice(&self) -> bool {
        matches!(self, Operation::CompareExchange(CompareExchange { is_weak: true, .. }))
    }

    /// How many events it is at most.
    fn events(&self) -> usize {
        match self {
            Operation::Load { .. }
            | Operation::Store { .. }
            | Operation::Fence { .. }
            | Operation::WaitUntil { .. }
            | Operation::Unlock { .. } => 1,
            Operation::FetchAdd { .. }
            | Operation::Swap { .. }
            | Operation::CompareExchange(_)
            | Operation::Lock { .. }
            | Operation::TryLock { .. } => 2,
            Operation::IfAbove { then, .. } => then.events(),
        }
    }
}

/// What main and the threads that it spawns do. Main creates the locations, all 0, and the mutexes
/// after them, and keeps them until everything has ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    pub locations: usize,
    pub mutexes: usize,
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

    /// The number of a mutex among the locations: it is one whose value is [`FREE`] or [`LOCKED`].
    pub fn location_of(&self, mutex: usize) -> usize {
        self.locations + mutex
    }

    /// How many events an execution has at most, with the initial writes.
    pub fn events(&self) -> usize {
        let operations = self.parts().concat();
        let done: usize = operations.iter().map(Operation::events).sum();
        self.locations + self.mutexes + done
    }

    /// Whether there is such an operation, behind a condition or not.
    pub fn has(&self, is_wanted: impl Fn(&Operation) -> bool) -> bool {
        self.parts().concat().iter().any(|operation| match operation {
            Operation::IfAbove { then, .. } => is_wanted(then),
            other => is_wanted(other),
        })
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
