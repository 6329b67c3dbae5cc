//! The parts of consistency that are about cycles, looked for from the events that changed.
//!
//! A new event that reads the newest write, or writes the newest value, has no edge to an older
//! one, so it closes no cycle. Only alternatives and revisits are looked at.

use super::clock::Order;
use super::coherence::Model;
use super::event::{EventId, Kind, Request};
use super::execution_graph::Graph;

/// A walk along edges between events, until it returns to where it began.
struct Walk {
    start: EventId,
    returned: bool,
    /// A bit for each event: whether it was reached.
    reached: Vec<u64>,
    /// Reached events from which the walk did not go on yet.
    next: Vec<EventId>,
}

impl Walk {
    fn new(start: EventId, events: usize) -> Walk {
        let reached = vec![0; events.div_ceil(64)];
        Walk { start, returned: false, reached, next: vec![start] }
    }

    /// The next event to go on from; `None` at the walk's end.
    fn next(&mut self) -> Option<EventId> {
        if self.returned { None } else { self.next.pop() }
    }

    /// Notes that an edge leads to this event.
    fn reach(&mut self, event: EventId) {
        self.returned |= event == self.start;
        let (word, bit) = (event.index() / 64, 1 << (event.index() % 64));
        if self.reached[word] & bit == 0 {
            self.reached[word] |= bit;
            self.next.push(event);
        }
    }
}

impl Graph {
    /// Whether the model allows the graph, if it allowed it before these events got the sources or
    /// places that they have now. They have no event after them in their threads, but for a read
    /// the write half of its own read-modify-write.
    pub fn allows(&self, model: Model, changed: &[EventId]) -> bool {
        match model {
            Model::Sc => !changed.iter().any(|event| self.precedes_itself(*event)),
            Model::Rc11 => self.seq_cst_in_order(changed),
        }
    }

    /// Whether there is a cycle of program order, reads-from, modification order and from-read
    /// through the event: sequential consistency has none.
    fn precedes_itself(&self, event: EventId) -> bool {
        let mut walk = Walk::new(event, self.events.len());
        while let Some(later) = walk.next() {
            self.for_each_predecessor(later, |earlier| walk.reach(earlier));
        }
        walk.returned
    }

    fn for_each_predecessor(&self, event: EventId, mut found: impl FnMut(EventId)) {
        self.previous(event).into_iter().for_each(&mut found);
        let source = self.event(event).source;
        if source != EventId::NONE {
            found(source);
        }
        let request = self.event(event).request;
        if !matches!(request.kind, Kind::Write | Kind::UpdateWrite) {
            return;
        }
        let location = &self.locations[request.location as usize];
        // A write without a place yet has no predecessor there.
        let at = location.order.iter().rposition(|other| *other == event);
        let Some(before) = at.and_then(|at| at.checked_sub(1)) else { return };
        let before = location.order[before];
        found(before);
        location
            .reads
            .iter()
            .filter(|read| self.event(**read).source == before)
            .for_each(|r| found(*r));
    }

    /// Whether *psc* of RC11 is acyclic, with strongly-happens-before in the place of C++20:
    /// `scb = po ∪ po;hb;po ∪ hb|loc ∪ mo ∪ rb`,
    /// `psc_base = ([Esc] ∪ [Fsc];hb?); scb; ([Esc] ∪ hb?;[Fsc])`,
    /// `psc_F = [Fsc]; (hb ∪ hb;eco;hb); [Fsc]`.
    fn seq_cst_in_order(&self, changed: &[EventId]) -> bool {
        let mut all = self.seq_cst.iter().map(|id| self.event(*id));
        let Some(first) = all.next() else { return true };
        // Coherence orders the accesses of one location.
        if first.request.kind != Kind::Fence
            && all.all(|event| event.request.location == first.request.location)
        {
            return true;
        }
        // A new cycle goes through a changed event: it is a node itself, or the node is a fence
        // that happens before it.
        let through = |node: &EventId| {
            changed.contains(node)
                || self.event(*node).request.kind == Kind::Fence
                    && changed.iter().any(|event| self.happens_before(*node, *event))
        };
        !self.seq_cst.iter().copied().filter(|node| through(node)).any(|start| {
            let mut walk = Walk::new(start, self.events.len());
            while let Some(node) = walk.next() {
                self.psc_successors(node).into_iter().for_each(|successor| walk.reach(successor));
            }
            walk.returned
        })
    }

    /// The SeqCst events that come after one in psc.
    fn psc_successors(&self, node: EventId) -> Vec<EventId> {
        let event = self.event(node);
        let (thread, index) = (event.thread as usize, event.index);
        let fence = event.request.kind == Kind::Fence;
        let mut reach =
            Reach { suffixes: vec![u32::MAX; self.threads.len()], points: vec![], eco: vec![] };
        // For each thread, its first event that happens after the fence, or after the event that
        // follows an access.
        let seen = if fence { index } else { index + 1 };
        for (other, events) in self.threads.iter().enumerate() {
            let first = if other == thread {
                if fence { index + 1 } else { index }
            } else {
                let sees = |id: &EventId| {
                    let clock = self.clocks.component(id.index(), Order::HappensBefore, thread);
                    u32::from(clock) > seen
                };
                match events.iter().position(sees) {
                    Some(first) => first as u32,
                    None => continue,
                }
            };
            // po after the node itself, and after what happens after it.
            reach.suffixes[other] = if other == thread { index + 1 } else { first + 1 };
            if fence {
                let after = events.iter().skip(first as usize);
                after.for_each(|id| self.reach_by_location(*id, true, &mut reach));
            }
        }
        if !fence {
            self.reach_by_location(node, false, &mut reach);
        }
        let reached = |id: &EventId| {
            let event = self.event(*id);
            let suffix = reach.suffixes[event.thread as usize];
            if event.index >= suffix || reach.points.contains(id) {
                return true;
            }
            if event.request.kind != Kind::Fence {
                return false;
            }
            // hb? before a fence; and hb alone, which is psc_F.
            let clock = self.clocks.get(id.index(), Order::HappensBefore);
            let past = |(clock, first): (&u16, &u32)| u32::from(*clock) > *first;
            clock.iter().zip(&reach.suffixes).any(past)
                || fence && *id != node && self.happens_before(node, *id)
                || reach
                    .points
                    .iter()
                    .chain(&reach.eco)
                    .any(|point| self.happens_before(*point, *id))
        };
        self.seq_cst.iter().copied().filter(reached).collect()
    }

    /// Where scb leads from an access by its location; and where eco does, if it starts at a fence.
    fn reach_by_location(&self, access: EventId, eco: bool, reach: &mut Reach) {
        let request = self.event(access).request;
        if request.location == Request::NO_LOCATION {
            return;
        }
        let location = &self.locations[request.location as usize];
        let same = location.order.iter().chain(&location.reads);
        reach
            .points
            .extend(same.filter(|other| **other != access && self.happens_before(access, **other)));
        let reads = request.kind.is_read();
        let write = if reads { self.event(access).source } else { access };
        let Some(at) = location.order.iter().rposition(|other| *other == write) else { return };
        let newer = &location.order[at + 1..];
        reach.points.extend(newer);
        if eco {
            let from = if reads { newer } else { &location.order[at..] };
            let readers = location.reads.iter().filter(|r| from.contains(&self.event(**r).source));
            reach.eco.extend(readers);
        }
    }

    /// Whether an event happens before another one, or is the same.
    fn happens_before(&self, first: EventId, second: EventId) -> bool {
        self.comes_before(first, Order::HappensBefore, second)
    }
}

/// What a first part of a psc edge reaches.
struct Reach {
    /// For each thread, the index from which on all of its events are reached.
    suffixes: Vec<u32>,
    /// Further events that are reached by scb.
    points: Vec<EventId>,
    /// Reads that are reached by eco.
    eco: Vec<EventId>,
}
