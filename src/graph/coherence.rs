//! Coherence and atomicity: which writes a read may read from, and where a write may stand in
//! modification order, by what the thread has seen of the location.
//!
//! These are the parts of consistency that clocks decide. What remains is in
//! [`acyclicity`](super::acyclicity).

use super::clock::Order;
use super::event::{Contents, Event, EventId, Kind, Request};
use super::execution_graph::Graph;

/// The memory model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// RC11 with C++20's release sequences and strongly-happens-before.
    Rc11,
    /// Sequential consistency.
    Sc,
}

impl Model {
    /// The order in which what came before has to be seen.
    fn visibility(self) -> Order {
        match self {
            Model::Rc11 => Order::HappensBefore,
            Model::Sc => Order::Causal,
        }
    }
}

impl Graph {
    /// The place in modification order of the last write to the location that came before `seen`,
    /// or that was read before it. An access after `seen` may read from there on, and write
    /// further on. `seen` itself counts if it is a read that has its source.
    pub fn floor(&self, model: Model, seen: EventId, location: u32) -> usize {
        let location = &self.locations[location as usize];
        let order = match self.event(location.order[0]).request.contents {
            Contents::Clock => Order::Causal,
            _ => model.visibility(),
        };
        let writes = &location.order;
        let last = writes.iter().rposition(|write| self.comes_before(*write, order, seen));
        let mut floor = last.unwrap_or(0);
        for read in location.reads.iter().rev() {
            if floor + 1 >= writes.len() {
                break;
            }
            let source = self.event(*read).source;
            if source != EventId::NONE && self.comes_before(*read, order, seen) {
                let newer = writes[floor + 1..].iter().position(|write| *write == source);
                floor += newer.map_or(0, |further| further + 1);
            }
        }
        floor
    }

    /// The writes after which a write may stand in the modification order of its location, oldest
    /// first: from `floor` on, and not between a read-modify-write and what it read from. With
    /// `kept`, in the graph of the events that it keeps.
    pub fn places(
        &self,
        write: EventId,
        floor: usize,
        kept: impl Fn(EventId) -> bool,
        mut found: impl FnMut(EventId),
    ) {
        let order = &self.locations[self.event(write).request.location as usize].order;
        let only = self.update_read(write).map(|read| self.event(read).source);
        let kept = |id: EventId| id != write && kept(id);
        for (at, before) in order.iter().enumerate().skip(floor) {
            if !kept(*before) || only.is_some_and(|source| source != *before) {
                continue;
            }
            let next = order[at + 1..].iter().find(|id| kept(**id));
            if next.is_none_or(|next| !self.updates_from(*next, *before)) {
                found(*before);
            }
        }
    }

    /// Whether an event was *added maximally* (TruSt): an exploration that knows only the events up
    /// to it, and those before `write`, would have added it as it is by its default choice.
    pub fn is_maximal(&self, event: EventId, write: EventId) -> bool {
        let Event { request: Request { kind, location, .. }, choice, .. } = *self.event(event);
        if choice > 0 {
            return false;
        }
        let known =
            |other: EventId| other <= event || self.comes_before(other, Order::Causal, write);
        let chosen = if kind.is_read() {
            self.event(event).source
        } else if matches!(kind, Kind::Write | Kind::UpdateWrite) {
            event
        } else {
            return true;
        };
        let location = &self.locations[location as usize];
        if chosen == event {
            let read = location.reads.iter().any(|r| self.event(*r).source == event && known(*r));
            if read {
                return false;
            }
        }
        known(chosen) && location.order.iter().rev().find(|other| known(**other)) == Some(&chosen)
    }
}
