//! The exploration: which graph comes next.
//!
//! The algorithm is TruSt's (Kokologiannakis, Marmanis, Gladstein, Vafeiadis: *Truly Stateless,
//! Optimal Dynamic Partial Order Reduction*, POPL 2022). A new event gets its default choice, the
//! newest write to read from or the end of the modification order, and its alternatives become
//! items. A new write also becomes the alternative of reads that came before it, in a graph without
//! what followed them, if all that is deleted was added maximally: so each graph is met once.
//!
//! An item is applied in place, to a graph that is cut back to it; only a revisit makes a copy.

use super::alternatives::{Alternatives, Item};
use super::budgets::{Budgets, Met};
use super::clock::Order;
use super::coherence::Model;
use super::event::{Event, EventId, Kind, Request, Update, Wait};
use super::execution_graph::Graph;

/// A graph that is explored in place, and what is still to be explored of it.
#[derive(Debug, Default)]
pub struct Frame {
    graph: Graph,
    alternatives: Alternatives,
}

/// The state of an exploration.
#[derive(Debug)]
pub struct Explorer {
    model: Model,
    /// The frame that is explored now, if there is one.
    frame: Frame,
    has_frame: bool,
    /// The frames that follow, the next one last.
    below: Vec<Frame>,
    /// Frames to be used again.
    spare: Vec<Frame>,
    /// Whether new events leave alternatives.
    records: bool,
    pub(super) budgets: Budgets,
    pub(super) met: Met,
    /// The share of the graph that is run.
    share: f64,
    /// The shares of what was explored.
    explored: f64,
}

impl Explorer {
    /// An exploration that begins with the empty graph.
    pub fn new(model: Model, budgets: Budgets) -> Explorer {
        Explorer {
            model,
            budgets,
            met: Met::default(),
            share: 1.0,
            explored: 0.0,
            frame: Frame::default(),
            has_frame: true,
            below: Vec::new(),
            spare: Vec::new(),
            records: true,
        }
    }

    /// An exploration that has nothing to do until it gets a frame.
    pub fn idle(model: Model, budgets: Budgets) -> Explorer {
        Explorer { has_frame: false, share: 0.0, ..Explorer::new(model, budgets) }
    }

    /// About which part of the whole exploration this one has explored.
    pub fn explored(&self) -> f64 {
        self.explored
    }

    /// Which budgets kept alternatives out.
    pub fn met(&self) -> Met {
        self.met
    }

    /// The graph that is explored now.
    #[inline]
    pub fn graph(&self) -> &Graph {
        &self.frame.graph
    }

    /// Whether there is a graph to be run.
    pub fn has_frame(&self) -> bool {
        self.has_frame
    }

    #[inline]
    pub(super) fn graph_mut(&mut self) -> &mut Graph {
        &mut self.frame.graph
    }

    pub(super) fn remember(&mut self, item: Item) {
        if self.records {
            self.frame.alternatives.add(item);
        }
    }

    /// What a recorded write writes in this run, and with which operands.
    #[inline]
    pub fn refresh(&mut self, event: EventId, value: u64, update: Update) {
        let request = &mut self.graph_mut().events[event.index()].request;
        request.value = value;
        request.update = update;
    }

    /// Whether new events leave alternatives.
    pub fn records(&self) -> bool {
        self.records
    }

    /// Says whether new events leave alternatives.
    pub fn set_records(&mut self, records: bool) {
        self.records = records;
    }

    /// Forgets the events from this number on, which left no alternatives.
    pub fn forget(&mut self, events: u32) {
        self.frame.graph.cut(events);
    }

    /// Goes on with a copy of the graph that leaves no alternatives.
    pub fn begin_aside(&mut self) {
        let mut aside = self.spare.pop().unwrap_or_default();
        aside.alternatives.clear();
        aside.graph.clone_from(self.graph());
        self.begin_frame(aside);
        self.records = false;
    }

    /// Returns to the graph before [`begin_aside`](Self::begin_aside).
    pub fn end_aside(&mut self) {
        self.end_frame();
        self.records = true;
    }

    fn begin_frame(&mut self, frame: Frame) {
        let left = std::mem::replace(&mut self.frame, frame);
        if std::mem::replace(&mut self.has_frame, true) {
            self.below.push(left);
        } else {
            self.spare.push(left);
        }
    }

    fn end_frame(&mut self) {
        match self.below.pop() {
            Some(next) => self.spare.push(std::mem::replace(&mut self.frame, next)),
            None => self.has_frame = false,
        }
    }

    /// Adds a read, which reads the newest write; and the write of its read-modify-write, if it
    /// succeeds.
    pub fn add_read(&mut self, thread: u32, request: Request) -> EventId {
        let graph = self.graph_mut();
        let read = graph.push(thread, request, EventId::NONE);
        let newest = *graph.locations[request.location as usize].order.last().expect("created");
        if request.kind == Kind::Read {
            let floor = self.graph().floor(self.model, read, request.location);
            let last = self.graph().locations[request.location as usize].order.len() - 1;
            for at in floor..last {
                let source = self.graph().locations[request.location as usize].order[at];
                // A wait that reads in vain is no alternative: others lead to what follows.
                let value = self.graph().event(source).request.value;
                if request.is_satisfied_by(value) {
                    self.remember(Item::Read { read, source });
                }
            }
        }
        self.graph_mut().set_source(read, newest, 0);
        let settled = self.settle(read, &[]);
        debug_assert!(settled, "no read-modify-write read the newest write before");
        read
    }

    /// Adds a write at the end of the modification order.
    pub fn add_write(&mut self, thread: u32, request: Request) -> EventId {
        let write = self.graph_mut().push(thread, request, EventId::NONE);
        self.remember_revisits(write);
        let placed = self.place_by_default(write);
        debug_assert!(placed, "a write that updates nothing has a place");
        write
    }

    /// Adds an event without alternatives.
    pub fn add(&mut self, thread: u32, request: Request, source: EventId) -> EventId {
        self.graph_mut().push(thread, request, source)
    }

    /// Adds the write half of a read-modify-write, if the read succeeds. Returns whether the graph
    /// is to be explored: not if the model forbids what has changed, or another one has updated the
    /// same write.
    fn settle(&mut self, read: EventId, changed: &[EventId]) -> bool {
        let graph = self.graph_mut();
        let event = *graph.event(read);
        let old = graph.value_read(read);
        if event.choice == 0 {
            // Before it is known whether this one is allowed: a failure may have another ordering.
            self.remember_choices(&event, read, old);
        }
        if !(changed.is_empty() || self.graph().allows(self.model, changed)) {
            return false;
        }
        let Some(value) = event.request.update.apply(old, event.choice) else { return true };
        let request = Request {
            kind: Kind::UpdateWrite,
            value,
            update: Update::None,
            wait: Wait::None,
            ..event.request
        };
        let write = self.graph_mut().push(event.thread, request, EventId::NONE);
        self.remember_revisits(write);
        self.place_by_default(write)
    }

    /// Places a new write as late as possible, and remembers its other places. Returns whether it
    /// has a place.
    fn place_by_default(&mut self, write: EventId) -> bool {
        let location = self.graph().event(write).request.location;
        let floor = self.graph().floor(self.model, write, location);
        let mut last = None;
        let mut others = Vec::new();
        self.graph().places(write, floor, |_| true, |after| others.extend(last.replace(after)));
        for after in others {
            self.remember(Item::Place { write, after });
        }
        let Some(after) = last else { return false };
        self.graph_mut().place_after(write, after);
        // The end is allowed by construction, but an update of an older write is not at the end.
        let newest = self.graph().locations[location as usize].order.last() == Some(&write);
        newest || self.graph().allows(self.model, &[write])
    }

    /// Remembers the reads that could have read the new write.
    fn remember_revisits(&mut self, write: EventId) {
        if !self.records {
            return;
        }
        let Frame { graph, alternatives } = &mut self.frame;
        let location = graph.event(write).request.location;
        // Mostly all reads of the location came before.
        let mut reads = graph.locations[location as usize].reads.iter();
        let oldest = reads.find(|read| !graph.comes_before(**read, Order::Causal, write));
        let Some(oldest) = oldest.copied() else { return };
        let mut floor = None;
        for event in (oldest.0..write.0).rev().map(EventId) {
            if graph.comes_before(event, Order::Causal, write) {
                continue;
            }
            // What is deleted for an older read is deleted for this one too.
            if !graph.is_maximal(event, write) {
                break;
            }
            let request = graph.event(event).request;
            if request.kind != Kind::Read || request.location != location {
                continue;
            }
            let floor = *floor.get_or_insert_with(|| graph.floor(self.model, write, location));
            let seen = graph.previous(event).expect("a thread begins with its begin");
            let floor = floor.max(graph.floor(self.model, seen, location));
            let kept = |id| id <= event || graph.comes_before(id, Order::Causal, write);
            graph.places(write, floor, kept, |after| {
                alternatives.add(Item::Revisit { read: event, write, after });
            });
        }
    }

    /// Gives away the oldest alternative, which is likely the largest part of what is left.
    pub fn split(&mut self) -> Option<Frame> {
        self.divide(true);
        let current = self.has_frame.then_some(&mut self.frame);
        let mut frames = self.below.iter_mut().chain(current);
        let frame = frames.find(|frame| frame.alternatives.len() > 0)?;
        let alternatives = Alternatives::of(frame.alternatives.take_oldest());
        Some(Frame { alternatives, graph: frame.graph.clone() })
    }

    /// Whether there is more than one alternative left.
    pub fn can_split(&self) -> bool {
        let below: usize = self.below.iter().map(|frame| frame.alternatives.len()).sum();
        below + self.frame.alternatives.len() > 1
    }

    /// Takes over what another exploration gave away.
    pub fn take_over(&mut self, frame: Frame) {
        self.begin_frame(frame);
    }

    /// Goes on to the next graph to be run. `false` if there is none.
    pub fn advance(&mut self) -> bool {
        self.divide(true);
        while self.has_frame {
            let Some((item, share)) = self.frame.alternatives.take_newest() else {
                self.end_frame();
                continue;
            };
            self.share = share;
            if self.apply(item) {
                return true;
            }
            self.divide(false);
        }
        false
    }

    /// Divides the share of the current graph among the alternatives that it has left, and itself
    /// if it was run.
    fn divide(&mut self, ran: bool) {
        let share = std::mem::take(&mut self.share);
        self.explored += self.frame.alternatives.divide(share, ran);
    }

    /// Changes the graph to an alternative. Returns whether it is to be run.
    fn apply(&mut self, item: Item) -> bool {
        let model = self.model;
        match item {
            Item::Read { read, source } => {
                let graph = self.graph_mut();
                graph.cut(read.0 + 1);
                graph.set_source(read, source, 0);
                self.settle(read, &[read])
            }
            Item::Place { write, after } => {
                let graph = self.graph_mut();
                graph.cut(write.0 + 1);
                graph.displace(write);
                graph.place_after(write, after);
                graph.allows(model, &[write])
            }
            Item::Choice { event, choice, events } => {
                let graph = self.graph_mut();
                graph.cut(events);
                let Event { source, request, .. } = *graph.event(event);
                if !request.kind.is_read() {
                    graph.choose(event, choice);
                    return true;
                }
                graph.set_source(event, source, choice);
                self.settle(event, &[source, event])
            }
            Item::Revisit { read, write, after } => {
                let mut copy = self.spare.pop().unwrap_or_default();
                copy.alternatives.clear();
                let [read, write, after] =
                    self.graph().restrict([read, write, after], &mut copy.graph);
                copy.graph.place_after(write, after);
                copy.graph.set_source(read, write, 0);
                self.begin_frame(copy);
                self.settle(read, &[write, read])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::Location;

    use super::*;

    fn write(explorer: &mut Explorer, thread: u32) {
        let place = Location::caller();
        let request = Request { location: 0, ..Request::new(Kind::Write, place) };
        explorer.add_write(thread, request);
    }

    #[test]
    fn the_shares_of_all_graphs_are_the_whole() {
        let mut explorer = Explorer::new(Model::Rc11, Budgets::default());
        let place = Location::caller();
        let (mut runs, mut explored) = (0, vec![explorer.explored()]);
        loop {
            // Two threads that write twice each, one after the other.
            if explorer.graph().events.is_empty() {
                explorer.add(
                    0,
                    Request { location: 0, ..Request::new(Kind::Create, place) },
                    EventId::NONE,
                );
            }
            for thread in 1..=2 {
                let events = explorer.graph().threads.get(thread as usize).map_or(0, Vec::len);
                (events..2).for_each(|_| write(&mut explorer, thread));
            }
            runs += 1;
            let goes_on = explorer.advance();
            explored.push(explorer.explored());
            if !goes_on {
                break;
            }
        }
        assert_eq!(runs, 6);
        assert!(explored.is_sorted(), "{explored:?}");
        assert!((explored[6] - 1.0).abs() < 1e-9, "{explored:?}");
    }
}
