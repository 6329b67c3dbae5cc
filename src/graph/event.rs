//! Events: what an execution graph is made of.

use std::panic::Location as Place;
use std::sync::atomic::Ordering;

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
        }
    }
}

/// How a read-modify-write computes what it writes.
#[derive(Clone, Copy, Debug)]
pub enum Update {
    /// A plain read.
    None,
    Swap(u64),
    Exchange {
        current: u64,
        new: u64,
    },
    Compute {
        compute: fn(u64, u64) -> u64,
        operand: u64,
    },
}

impl Update {
    /// What is written after `old` was read; `None` if nothing is.
    #[inline]
    pub fn apply(&self, old: u64) -> Option<u64> {
        match *self {
            Update::None => None,
            Update::Swap(new) => Some(new),
            Update::Exchange { current, new } => (old == current).then_some(new),
            Update::Compute { compute, operand } => Some(compute(old, operand)),
        }
    }

    /// Whether another update is of the same kind, with the same operands if values are compared.
    #[inline]
    pub fn agrees_with(&self, other: &Update, values: bool) -> bool {
        match (*self, *other) {
            (Update::None, Update::None) => true,
            (Update::Swap(a), Update::Swap(b)) => !values || a == b,
            (Update::Exchange { current, new }, Update::Exchange { current: c, new: n }) => {
                !values || (current, new) == (c, n)
            }
            (Update::Compute { operand: a, .. }, Update::Compute { operand: b, .. }) => a == b,
            _ => false,
        }
    }
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
    /// Whether a created location holds addresses.
    pub pointer: bool,
    /// The other thread of a spawn or a join.
    pub peer: u32,
    pub place: &'static Place<'static>,
}

impl Request {
    pub const NO_LOCATION: u32 = u32::MAX;

    #[inline]
    pub fn new(kind: Kind, place: &'static Place<'static>) -> Request {
        Request {
            kind,
            location: Request::NO_LOCATION,
            orderings: [Ordering::Relaxed; 2],
            value: 0,
            update: Update::None,
            pointer: false,
            peer: 0,
            place,
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
    /// Whether the thread unwinds.
    pub unwinding: bool,
}

impl Event {
    #[inline]
    pub fn is_seq_cst(&self) -> bool {
        self.ordering == Ordering::SeqCst
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
