//! Objects of a run: whether they exist when they are accessed, and whether accesses race.

use super::Place;
use super::clock::Order;
use super::event::{Contents, Event, EventId};
use super::fault::{Fault, Refusal};
use super::races::{Access, Cell};
use super::state::{State, Step};
use super::thread::Status;

impl State {
    /// Whether an atomic object exists when it is accessed.
    #[inline]
    pub fn check_lifetime(&self, id: EventId) -> Result<(), Refusal> {
        let graph = self.explorer.graph();
        let event = graph.event(id);
        // What happens before an event changes only with its source, which leaves it the last one
        // of its thread, but for the write half of its own read-modify-write.
        let thread = &graph.threads[event.thread as usize];
        if self.freed.is_empty() && (event.index as usize) + 2 < thread.len() {
            return Ok(());
        }
        let access = Access {
            thread: event.thread,
            epoch: event.index + 1,
            writes: event.request.kind.is_write() || graph.update_write(id).is_some(),
            place: event.request.place,
        };
        let location = event.request.location as usize;
        if let Some(Some(freed)) = self.freed.get(location) {
            return Err(Refusal::fault(Fault::UseAfterFree { freed: *freed, access }));
        }
        let created = graph.locations[location].order[0];
        // What drains a run may use a clock that it began itself.
        let internal =
            self.drain.is_some() || graph.event(created).request.contents == Contents::Internal;
        if internal || graph.comes_before(created, Order::HappensBefore, id) {
            return Ok(());
        }
        let Event { thread: creator, request, .. } = *graph.event(created);
        Err(Refusal::fault(Fault::UnorderedCreation { created: request.place, creator, access }))
    }

    /// Notes the end of an atomic object.
    pub fn free(&mut self, location: u32) {
        let Some(freed) = self.end_here() else { return };
        if self.freed.len() <= location as usize {
            self.freed.resize(location as usize + 1, None);
        }
        self.freed[location as usize].get_or_insert(freed);
    }

    /// The end of an object, for which the last operation of its thread tells the place.
    fn end_here(&self) -> Option<Access> {
        let place = self.explorer.graph().event(self.last_event()?).request.place;
        Some(self.access_here(true, place))
    }

    fn access_here(&self, writes: bool, place: Place) -> Access {
        let position = self.threads[self.current].position as u32;
        Access { thread: self.current as u32, epoch: position + 1, writes, place }
    }

    /// Adds a cell that the current thread creates, and returns its number.
    pub fn create_cell(&mut self, place: Place) -> u32 {
        let created = self.access_here(true, place);
        if self.cells.len() == self.cells_used {
            self.cells.push(Cell::default());
        }
        self.cells[self.cells_used].reset(created);
        self.cells_used += 1;
        (self.cells_used - 1) as u32
    }

    /// Accesses a cell.
    pub fn access_cell(&mut self, cell: u32, writes: bool, place: Place) -> Result<Step, Refusal> {
        self.begin_operation()?;
        let access = self.access_here(writes, place);
        let last = self.last_event().expect("a thread begins with its begin");
        if self.is_held(self.current) && !self.granted {
            return Ok(self.wait_for(Status::Ready));
        }
        self.granted = false;
        self.pulse.beat(self.current, place);
        let State { explorer, cells, .. } = self;
        let cell = &mut cells[cell as usize];
        if let Some(freed) = cell.freed() {
            return Err(Refusal::fault(Fault::UseAfterFree { freed, access }));
        }
        let clock = explorer.graph().clocks.get(last.index(), Order::HappensBefore);
        match cell.access(access, clock) {
            Ok(()) => Ok(Step::Done(last)),
            Err(other) => Err(Refusal::fault(Fault::Race([other, access]))),
        }
    }

    /// Notes the end of a cell.
    pub fn free_cell(&mut self, cell: u32) {
        let Some(freed) = self.end_here() else { return };
        self.cells[cell as usize].free(freed);
    }

    /// Where objects were freed though accesses to them were not over by what the freeing thread
    /// had seen. For each such place: which threads to hold back, and from which position on, so
    /// that their accesses come afterwards, if they can.
    pub fn suspicions(&self) -> Vec<Vec<(usize, usize)>> {
        let graph = self.explorer.graph();
        let mut found: Vec<(Access, Vec<(usize, usize)>)> = Vec::new();
        let last_before =
            |freed: Access| graph.threads[freed.thread as usize][freed.epoch as usize - 2];
        // Mostly an object ends when all threads that knew it have.
        let seen_all = |freed: Access| {
            let seen = graph.clocks.get(last_before(freed).index(), Order::Causal);
            graph.threads.iter().zip(seen).enumerate().all(|(thread, (events, seen))| {
                thread == freed.thread as usize || events.len() == usize::from(*seen)
            })
        };
        let mut suspect = |freed: Access, thread: u32, position: u32| {
            let last = last_before(freed);
            let seen = graph.clocks.component(last.index(), Order::Causal, thread as usize);
            if thread == freed.thread || u32::from(seen) > position {
                return;
            }
            let place = (freed.thread, freed.epoch);
            let held = match found.iter().position(|(f, _)| (f.thread, f.epoch) == place) {
                Some(at) => &mut found[at].1,
                None => {
                    found.push((freed, Vec::new()));
                    &mut found.last_mut().expect("it was added").1
                }
            };
            let (thread, position) = (thread as usize, position as usize);
            match held.iter_mut().find(|(held, _)| *held == thread) {
                Some((_, from)) => *from = position.min(*from),
                None => held.push((thread, position)),
            }
        };
        for (location, freed) in self.freed.iter().enumerate() {
            let Some(freed) = freed.filter(|freed| !seen_all(*freed)) else { continue };
            let location = &graph.locations[location];
            for id in location.order.iter().skip(1).chain(&location.reads) {
                let event = graph.event(*id);
                suspect(freed, event.thread, event.index);
            }
        }
        for cell in &self.cells[..self.cells_used] {
            let Some(freed) = cell.freed().filter(|freed| !seen_all(*freed)) else { continue };
            for access in cell.accesses() {
                suspect(freed, access.thread, access.epoch - 1);
            }
        }
        found.into_iter().map(|(_, held)| held).collect()
    }
}
