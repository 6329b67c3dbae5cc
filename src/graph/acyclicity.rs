//! The parts of consistency that are about cycles, looked for from the events that changed.
//!
//! A new event that reads the newest write, or writes the newest value, has no edge to an older
//! one, so it closes no cycle. Only alternatives and revisits are looked at.

use super::clock::Order;
use super::coherence::Model;
use super::event::{EventId, Kind, Request};
use super::execution_graph::Graph;

/// A set of events.
struct Seen(Vec<u64>);

impl Seen {
    fn new(events: usize) -> Seen {
        Seen(vec![0; events.div_ceil(64)])
    }

    /// Adds an event, and returns whether it was new.
    fn add(&mut self, event: EventId) -> bool {
        let (word, bit) = (event.index() / 64, 1 << (event.index() % 64));
        let new = self.0[word] & bit == 0;
        self.0[word] |= bit;
        new
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
        let mut seen = Seen::new(self.events.len());
        let mut next = vec![event];
        let mut found = false;
        while let Some(later) = next.pop() {
            self.for_each_predecessor(later, |earlier| {
                found |= earlier == event;
                if seen.add(earlier) {
                    next.push(earlier);
                }
            });
            if found {
                return true;
            }
        }
        false
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
            let mut seen = Seen::new(self.events.len());
            let mut next = vec![start];
            let mut found = false;
            while let Some(node) = next.pop() {
                for successor in self.psc_successors(node) {
                    found |= successor == start;
                    if seen.add(successor) {
                        next.push(successor);
                    }
                }
                if found {
                    return true;
                }
            }
            false
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
        let after = |id: EventId, first: u32| self.event(id).index >= first;
        let reached = |id: &EventId| {
            let event = self.event(*id);
            let suffix = reach.suffixes[event.thread as usize];
            if after(*id, suffix) || reach.points.contains(id) {
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
