//! Execution graphs: events in the order in which they were added, with program order, reads-from
//! and modification order.
//!
//! A graph grows at its end, is cut back at its end, and is copied without some events when a write
//! is found that an earlier read could have read.

use super::clock::{Clocks, Order};
use super::event::{Contents, Event, EventId, Kind, Request, Update};

/// An atomic object.
#[derive(Debug, Default)]
pub struct Location {
    /// Its writes in modification order; the first is its creation.
    pub order: Vec<EventId>,
    /// Its reads, oldest first.
    pub reads: Vec<EventId>,
}

impl Clone for Location {
    fn clone(&self) -> Self {
        let mut copy = Location::default();
        copy.clone_from(self);
        copy
    }

    fn clone_from(&mut self, other: &Self) {
        self.order.clone_from(&other.order);
        self.reads.clone_from(&other.reads);
    }
}

/// An execution graph.
#[derive(Debug, Default)]
pub struct Graph {
    pub events: Vec<Event>,
    pub clocks: Clocks,
    /// The events of each thread, in program order. A thread that was not spawned has none.
    pub threads: Vec<Vec<EventId>>,
    pub locations: Vec<Location>,
    /// The SeqCst accesses and fences, oldest first.
    pub seq_cst: Vec<EventId>,
    /// Locations that are gone, whose allocations are used again.
    spare: Vec<Location>,
}

impl Clone for Graph {
    fn clone(&self) -> Self {
        let mut copy = Graph::default();
        copy.clone_from(self);
        copy
    }

    fn clone_from(&mut self, other: &Self) {
        self.events.clone_from(&other.events);
        self.clocks.clone_from(&other.clocks);
        self.threads.clone_from(&other.threads);
        self.locations.clone_from(&other.locations);
        self.seq_cst.clone_from(&other.seq_cst);
    }
}

impl Graph {
    #[inline]
    pub fn event(&self, event: EventId) -> &Event {
        &self.events[event.index()]
    }

    #[inline]
    fn event_mut(&mut self, event: EventId) -> &mut Event {
        &mut self.events[event.index()]
    }

    /// All events, oldest first.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = EventId> + use<> {
        (0..self.events.len() as u32).map(EventId)
    }

    /// The events of a thread, in program order.
    #[inline]
    pub fn of_thread(&self, thread: usize) -> &[EventId] {
        self.threads.get(thread).map_or(&[], Vec::as_slice)
    }

    /// The event before it in its thread.
    #[inline]
    pub fn previous(&self, event: EventId) -> Option<EventId> {
        let Event { thread, index, .. } = *self.event(event);
        index.checked_sub(1).map(|index| self.threads[thread as usize][index as usize])
    }

    /// Whether an event comes before another one, or is the same, in the order of the clock.
    #[inline]
    pub fn comes_before(&self, first: EventId, order: Order, second: EventId) -> bool {
        let Event { thread, index, .. } = *self.event(first);
        u32::from(self.clocks.component(second.index(), order, thread as usize)) > index
    }

    /// The value that a read reads.
    #[inline]
    pub fn value_read(&self, read: EventId) -> u64 {
        self.event(self.event(read).source).request.value
    }

    /// Whether the values of a location are addresses, which differ from run to run.
    #[inline]
    pub fn holds_pointers(&self, location: u32) -> bool {
        let created = self.locations[location as usize].order[0];
        self.event(created).request.contents == Contents::Addresses
    }

    /// The write half of a read-modify-write that succeeded.
    #[inline]
    pub fn update_write(&self, read: EventId) -> Option<EventId> {
        let Event { thread, index, .. } = *self.event(read);
        let next = *self.threads[thread as usize].get(index as usize + 1)?;
        (self.event(next).request.kind == Kind::UpdateWrite).then_some(next)
    }

    /// The read half of a read-modify-write, by its write.
    #[inline]
    pub fn update_read(&self, write: EventId) -> Option<EventId> {
        let updates = self.event(write).request.kind == Kind::UpdateWrite;
        self.previous(write).filter(|_| updates)
    }

    /// Whether a write is that of a read-modify-write which read from `source`.
    pub fn updates_from(&self, write: EventId, source: EventId) -> bool {
        self.update_read(write).is_some_and(|read| self.event(read).source == source)
    }

    /// Adds an event to the end of a thread. A read gets its source, a write its place in the
    /// modification order, afterwards.
    pub fn push(&mut self, thread: u32, request: Request, source: EventId) -> EventId {
        let id = EventId(self.events.len() as u32);
        let row = thread as usize;
        while self.threads.len() <= row {
            self.threads.push(Vec::new());
        }
        self.clocks.widen(row);
        let index = self.threads[row].len() as u32;
        let previous = self.threads[row].last().copied();
        let release_fence = previous.map_or(EventId::NONE, |id| self.event(id).release_fence);
        self.events.push(Event {
            request,
            thread,
            index,
            ordering: request.orderings[0],
            source,
            release_fence,
            choice: 0,
        });
        self.clocks.push();
        self.threads[row].push(id);
        self.inherit(id);
        match request.kind {
            Kind::Begin | Kind::Join if source != EventId::NONE => {
                self.clocks.join(
                    id.index(),
                    Order::HappensBefore,
                    source.index(),
                    Order::HappensBefore,
                );
                self.clocks.join(id.index(), Order::Causal, source.index(), Order::Causal);
            }
            Kind::Fence => self.synchronize_fence(id),
            Kind::Create => {
                let location = request.location as usize;
                let added = self.add_location();
                debug_assert_eq!(added, request.location);
                self.locations[location].order.push(id);
            }
            Kind::Read | Kind::ExclusiveRead => {
                self.locations[request.location as usize].reads.push(id);
            }
            Kind::Write | Kind::UpdateWrite => self.release(id),
            Kind::Spawn | Kind::Begin | Kind::End | Kind::Join | Kind::Choice(_) => {}
        }
        if self.event(id).is_seq_cst() {
            self.seq_cst.push(id);
        }
        id
    }

    /// Gives an event the clocks of its predecessor, and its own component.
    #[inline]
    fn inherit(&mut self, id: EventId) {
        let Event { thread, index, .. } = *self.event(id);
        for order in [Order::HappensBefore, Order::Causal] {
            // The first event of a thread is new, and its clocks are zero.
            if let Some(previous) = self.previous(id) {
                self.clocks.copy(id.index(), order, previous.index(), order);
            }
            self.clocks.set(id.index(), order, thread as usize, index as u16 + 1);
        }
    }

    /// A release fence releases with later writes of its thread; an acquire fence acquires from
    /// what earlier reads read from, back to the acquire fence before it.
    fn synchronize_fence(&mut self, id: EventId) {
        let fence = *self.event(id);
        if fence.acquires() {
            for at in (0..fence.index as usize).rev() {
                let earlier = self.threads[fence.thread as usize][at];
                let Event { request, source, .. } = *self.event(earlier);
                if request.kind == Kind::Fence && self.event(earlier).acquires() {
                    break;
                }
                if request.kind == Kind::Read {
                    let into = id.index();
                    self.clocks.join(into, Order::HappensBefore, source.index(), Order::Released);
                }
            }
        }
        if fence.releases() {
            self.event_mut(id).release_fence = id;
        }
    }

    /// What a read that acquires from this write gets to know. The write continues the release
    /// sequence of what its read-modify-write read from (C++20: no other write does).
    fn release(&mut self, write: EventId) {
        let event = *self.event(write);
        if event.releases() {
            self.clocks.copy(write.index(), Order::Released, write.index(), Order::HappensBefore);
        } else if event.release_fence != EventId::NONE {
            let fence = event.release_fence.index();
            self.clocks.copy(write.index(), Order::Released, fence, Order::HappensBefore);
        }
        if let Some(read) = self.update_read(write) {
            let source = self.event(read).source;
            self.clocks.join(write.index(), Order::Released, source.index(), Order::Released);
        }
    }

    /// Lets a read read from a write, and choose one of its alternatives. It has no event after it
    /// in its thread.
    pub fn set_source(&mut self, read: EventId, write: EventId, choice: u32) {
        self.inherit(read);
        let value = self.event(write).request.value;
        let event = self.event_mut(read);
        event.source = write;
        event.choice = choice;
        let fails = !matches!(event.request.update, Update::None)
            && event.request.update.apply(value, choice).is_none();
        let ordering = event.request.orderings[usize::from(fails)];
        let changed = std::mem::replace(&mut event.ordering, ordering) != ordering;
        let event = *event;
        if changed {
            self.seq_cst.retain(|other| *other != read);
            if event.is_seq_cst() {
                let after = self.seq_cst.partition_point(|other| *other < read);
                self.seq_cst.insert(after, read);
            }
        }
        let into = read.index();
        if event.acquires() {
            self.clocks.join(into, Order::HappensBefore, write.index(), Order::Released);
        }
        self.clocks.join(into, Order::Causal, write.index(), Order::Causal);
    }

    /// Chooses one of an event's alternatives.
    pub fn choose(&mut self, event: EventId, choice: u32) {
        self.event_mut(event).choice = choice;
    }

    /// Places a write right after another one in modification order.
    pub fn place_after(&mut self, write: EventId, before: EventId) {
        let order = &mut self.locations[self.events[write.index()].request.location as usize].order;
        let at = order.iter().rposition(|other| *other == before).expect("a write has its place");
        order.insert(at + 1, write);
    }

    /// Takes a write out of the modification order.
    pub fn displace(&mut self, write: EventId) {
        let location = self.event(write).request.location as usize;
        self.locations[location].order.retain(|other| *other != write);
    }

    /// Forgets the events from this number on.
    pub fn cut(&mut self, events: u32) {
        for index in (events as usize..self.events.len()).rev() {
            let Event { request, thread, .. } = self.events[index];
            self.threads[thread as usize].pop();
            match request.kind {
                Kind::Create => {
                    self.spare.extend(self.locations.pop());
                }
                Kind::Read | Kind::ExclusiveRead => {
                    self.locations[request.location as usize].reads.pop();
                }
                Kind::Write | Kind::UpdateWrite => {
                    let order = &mut self.locations[request.location as usize].order;
                    if let Some(at) = order.iter().rposition(|other| other.index() == index) {
                        order.remove(at);
                    }
                }
                _ => {}
            }
        }
        self.events.truncate(events as usize);
        self.clocks.truncate(events as usize);
        while self.seq_cst.last().is_some_and(|event| event.0 >= events) {
            self.seq_cst.pop();
        }
    }

    /// Makes `into` a copy with the events up to a read, and those that the newest write depends
    /// on. The write has no place in the copy's modification order. Returns in the copy the read,
    /// the write, and another event.
    pub fn restrict(&self, [read, write, other]: [EventId; 3], into: &mut Graph) -> [EventId; 3] {
        into.clear_for(self);
        // What becomes of events and locations.
        let mut renamed = Vec::with_capacity(write.index() + 1);
        let mut moved = vec![Request::NO_LOCATION; self.locations.len()];
        for id in self.ids().take(write.index() + 1) {
            if id > read && !self.comes_before(id, Order::Causal, write) {
                renamed.push(EventId::NONE);
                continue;
            }
            let new = EventId(into.events.len() as u32);
            renamed.push(new);
            let mut event = *self.event(id);
            if event.release_fence != EventId::NONE {
                event.release_fence = renamed[event.release_fence.index()];
            }
            let location = &mut event.request.location;
            if event.request.kind == Kind::Create {
                moved[*location as usize] = into.add_location();
            }
            if *location != Request::NO_LOCATION {
                *location = moved[*location as usize];
            }
            if event.request.kind.is_read() {
                into.locations[event.request.location as usize].reads.push(new);
            }
            if event.is_seq_cst() {
                into.seq_cst.push(new);
            }
            into.threads[event.thread as usize].push(new);
            into.events.push(event);
            into.clocks.push_from(&self.clocks, id.index());
        }
        // A read that was revisited may be older than what it reads from. That of `read` is set
        // anew, and may be gone.
        for event in into.events.iter_mut().filter(|event| event.source != EventId::NONE) {
            event.source = renamed.get(event.source.index()).copied().unwrap_or(EventId::NONE);
        }
        for (old, location) in self.locations.iter().enumerate() {
            if moved[old] == Request::NO_LOCATION {
                continue;
            }
            let kept = location.order.iter().filter(|id| id.0 <= write.0 && **id != write);
            let kept = kept.map(|id| renamed[id.index()]).filter(|id| *id != EventId::NONE);
            into.locations[moved[old] as usize].order.extend(kept);
        }
        [read, write, other].map(|id| renamed[id.index()])
    }

    /// Empties the graph, keeping its allocations.
    fn clear_for(&mut self, other: &Graph) {
        self.events.clear();
        self.clocks.clear_for(&other.clocks);
        self.seq_cst.clear();
        self.threads.iter_mut().for_each(Vec::clear);
        self.threads.resize_with(other.threads.len(), Vec::new);
        self.spare.append(&mut self.locations);
    }

    fn add_location(&mut self) -> u32 {
        let mut location = self.spare.pop().unwrap_or_default();
        location.order.clear();
        location.reads.clear();
        self.locations.push(location);
        (self.locations.len() - 1) as u32
    }
}
