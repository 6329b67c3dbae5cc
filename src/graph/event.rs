//! Events: what an execution graph is made of.

use std::sync::atomic::Ordering;

use super::Place;
use super::budgets::Unusual;

/// An event's number in its graph: its stamp, since events are numbered as they are added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventId(pub u32);

impl EventId {
    /// No event.
    pub const NONE: EventId = EventId(u32::MAX);

    #[inline]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Creates a location, and writes its initial value.
    Create,
    /// Reads a location; with an [`Update`], the first half of a read-modify-write.
    Read,
    /// Reads a location through exclusive access, which finds the newest value only.
    ExclusiveRead,
    Write,
    /// The second half of a read-modify-write: right after the first in its thread, but maybe not
    /// in the graph, where a revisit of the first adds it at the end.
    UpdateWrite,
    Fence,
    Spawn,
    Begin,
    End,
    Join,
    /// Chooses whether a wait is going to end in a way that is not the usual.
    Choice(Unusual),
}

impl Kind {
    #[inline]
    pub fn is_read(self) -> bool {
        matches!(self, Kind::Read | Kind::ExclusiveRead)
    }

    #[inline]
    pub fn is_write(self) -> bool {
        matches!(self, Kind::Write | Kind::UpdateWrite | Kind::Create)
    }

    /// The operation's name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Create => "a creation",
            Kind::Read => "a read",
            Kind::ExclusiveRead => "an exclusive read",
            Kind::Write => "a write",
            Kind::UpdateWrite => "the write of a read-modify-write",
            Kind::Fence => "a fence",
            Kind::Spawn => "a spawn",
            Kind::Begin => "the begin of a thread",
            Kind::End => "the end of a thread",
            Kind::Join => "a join",
            Kind::Choice(_) => "the choice of how a wait ends",
        }
    }
}

/// How a read-modify-write computes what it writes.
#[derive(Clone, Copy, Debug)]
pub enum Update {
    /// A plain read.
    None,
    Swap(u64),
    /// `weak`: it may fail although it finds what it expects.
    Exchange {
        current: u64,
        new: u64,
        weak: bool,
    },
    Compute {
        compute: fn(u64, u64) -> u64,
        operand: u64,
    },
    /// As `Compute`, if there is something to be written.
    Attempt {
        attempt: fn(u64, u64) -> Option<u64>,
        operand: u64,
    },
    /// Takes one of the bits that are set out of the word; which one is a choice.
    TakeBit,
}

impl Update {
    /// What is written after `old` was read and this alternative was chosen; `None` if nothing is.
    #[inline]
    pub fn apply(&self, old: u64, choice: u32) -> Option<u64> {
        match *self {
            Update::None => None,
            Update::Swap(new) => Some(new),
            Update::Exchange { current, new, .. } => (old == current && choice == 0).then_some(new),
            Update::Compute { compute, operand } => Some(compute(old, operand)),
            Update::Attempt { attempt, operand } => attempt(old, operand),
            Update::TakeBit => (old != 0).then(|| old & !set_bit(old, choice)),
        }
    }

    /// How many alternatives there are after `old` was read.
    #[inline]
    pub fn alternatives(&self, old: u64) -> u32 {
        match *self {
            Update::Exchange { current, weak: true, .. } if old == current => 2,
            Update::TakeBit => old.count_ones().max(1),
            _ => 1,
        }
    }

    /// Whether another update is of the same kind, with the same operands if values are compared.
    /// Functions are not compared, since their addresses say nothing.
    #[inline]
    pub fn agrees_with(&self, other: &Update, values: bool) -> bool {
        match (*self, *other) {
            (Update::None, Update::None) => true,
            (Update::Swap(a), Update::Swap(b)) => !values || a == b,
            (
                Update::Exchange { current, new, weak },
                Update::Exchange { current: c, new: n, weak: w },
            ) => weak == w && (!values || (current, new) == (c, n)),
            (Update::Compute { operand: a, .. }, Update::Compute { operand: b, .. })
            | (Update::Attempt { operand: a, .. }, Update::Attempt { operand: b, .. }) => a == b,
            (Update::TakeBit, Update::TakeBit) => true,
            _ => false,
        }
    }
}

/// The bit that is set after so many others that are.
pub fn set_bit(word: u64, after: u32) -> u64 {
    let rest = (0..after).fold(word, |rest, _| rest & rest.wrapping_sub(1));
    rest & rest.wrapping_neg()
}

/// What an operation waits for before it goes on.
#[derive(Clone, Copy, Debug)]
pub enum Wait {
    /// Nothing.
    None,
    /// A value for which its update has something to write.
    Update,
    /// A value for which this holds, with an operand.
    Value(fn(u64, u64) -> bool, u64),
}

/// What the values of a location are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contents {
    Words,
    /// Addresses, which differ from run to run.
    Addresses,
    /// The engine's own state, whose creation nobody has to know of.
    Internal,
    /// The time. Nothing that depends on a reading reads an older one, whatever the orderings.
    Clock,
}

/// What an operation asks for, from which its event is made.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    pub kind: Kind,
    /// The location of an access.
    pub location: u32,
    /// On success, and on failure of a compare-exchange.
    pub orderings: [Ordering; 2],
    /// What a write writes.
    pub value: u64,
    pub update: Update,
    pub wait: Wait,
    /// What a created location holds.
    pub contents: Contents,
    /// The other thread of a spawn or a join.
    pub peer: u32,
    pub place: Place,
}

impl Request {
    pub const NO_LOCATION: u32 = u32::MAX;

    #[inline]
    pub fn new(kind: Kind, place: Place) -> Request {
        Request {
            kind,
            location: Request::NO_LOCATION,
            orderings: [Ordering::Relaxed; 2],
            value: 0,
            update: Update::None,
            wait: Wait::None,
            contents: Contents::Words,
            peer: 0,
            place,
        }
    }

    /// Whether the operation accesses a location.
    #[inline]
    pub fn accesses(&self) -> bool {
        self.location != Request::NO_LOCATION
    }

    /// Whether the operation may have to wait.
    #[inline]
    pub fn waits(&self) -> bool {
        !matches!(self.wait, Wait::None)
    }

    /// Whether it goes on after it has read this value.
    #[inline]
    pub fn is_satisfied_by(&self, value: u64) -> bool {
        match self.wait {
            Wait::None => true,
            Wait::Update => self.update.apply(value, 0).is_some(),
            Wait::Value(holds, operand) => holds(value, operand),
        }
    }
}

/// An event of a graph.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    pub request: Request,
    pub thread: u32,
    /// The index in its thread.
    pub index: u32,
    /// The ordering in effect: which of two it is depends on what a compare-exchange reads.
    pub ordering: Ordering,
    /// The event that has to come before it, besides those of its thread: the write that a read
    /// reads from, the spawn of a begin, the end of a join.
    pub source: EventId,
    /// The last event before it in its thread that is a release fence.
    pub release_fence: EventId,
    /// Which of its alternatives was chosen.
    pub choice: u32,
}

impl Event {
    #[inline]
    pub fn is_seq_cst(&self) -> bool {
        self.ordering == Ordering::SeqCst
    }

    /// Which budget counts it, if one does.
    pub fn counts_as(&self) -> Option<Unusual> {
        match (self.request.kind, self.request.update) {
            _ if self.choice == 0 => None,
            (Kind::Choice(unusual), _) => Some(unusual),
            (Kind::Read, Update::Exchange { .. }) => Some(Unusual::Failure),
            _ => None,
        }
    }

    #[inline]
    pub fn acquires(&self) -> bool {
        acquires(self.ordering)
    }

    #[inline]
    pub fn releases(&self) -> bool {
        releases(self.ordering)
    }
}

pub fn acquires(ordering: Ordering) -> bool {
    matches!(ordering, Ordering::Acquire | Ordering::AcqRel | Ordering::SeqCst)
}

pub fn releases(ordering: Ordering) -> bool {
    matches!(ordering, Ordering::Release | Ordering::AcqRel | Ordering::SeqCst)
}
