//! Choices of a thread, and budgets: how often it may choose what seldom happens.

use super::alternatives::Item;
use super::event::{Event, EventId, Kind, Request, Update};
use super::explorer::Explorer;

/// How often a thread may choose what is not the usual, at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budgets {
    /// Weak exchanges that fail although they find what they expect.
    pub failures: u32,
    /// Waits that end for no reason.
    pub wake_ups: u32,
    /// Waits that end by their timeout, though nobody lets the time pass.
    pub timeouts: u32,
}

/// Which budgets were met: one more choice would have been possible.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Met {
    pub failures: bool,
    pub wake_ups: bool,
    pub timeouts: bool,
}

impl Budgets {
    /// The budget of choices of this kind; a read stands for weak exchanges.
    pub fn of(&self, kind: Kind) -> u32 {
        match kind {
            Kind::Read => self.failures,
            Kind::Wake => self.wake_ups,
            Kind::TimeOut => self.timeouts,
            other => unreachable!("{} has no budget", other.name()),
        }
    }
}

impl Met {
    /// Notes whether the budget of this kind kept an alternative out.
    pub fn note(&mut self, kind: Kind, met: bool) {
        match kind {
            Kind::Read => self.failures |= met,
            Kind::Wake => self.wake_ups |= met,
            Kind::TimeOut => self.timeouts |= met,
            other => unreachable!("{} has no budget", other.name()),
        }
    }

    /// Adds what another part of the exploration met.
    pub fn add(&mut self, other: Met) {
        self.failures |= other.failures;
        self.wake_ups |= other.wake_ups;
        self.timeouts |= other.timeouts;
    }
}

impl Explorer {
    /// Adds a choice between two alternatives, of which the first is chosen.
    pub fn add_choice(&mut self, thread: u32, request: Request) -> EventId {
        let event = self.graph_mut().push(thread, request, EventId::NONE);
        self.remember(Item::Choice { event, choice: 1, events: event.0 + 1 });
        event
    }

    /// Whether a thread may choose once more, at this position, what its budget is for.
    pub fn offers(&mut self, thread: usize, position: usize, kind: Kind) -> bool {
        let graph = self.graph();
        let events = graph.threads[thread][..position].iter().map(|id| graph.event(*id));
        let taken = events.filter(|event| event.choice > 0 && event.is_budgeted_as(kind)).count();
        let offers = taken < self.budgets.of(kind) as usize;
        self.met.note(kind, !offers);
        offers
    }

    /// Whether waits may end by their timeout though nobody lets the time pass.
    pub fn may_time_out(&self) -> bool {
        self.budgets.timeouts > 0
    }

    /// Remembers what else a read-modify-write could do with the value that it read.
    pub fn remember_choices(&mut self, event: &Event, read: EventId, old: u64) {
        let update = &event.request.update;
        let mut alternatives = update.alternatives(old);
        let fails = matches!(update, Update::Exchange { .. });
        let (thread, position) = (event.thread as usize, event.index as usize);
        if alternatives > 1 && fails && !self.offers(thread, position, Kind::Read) {
            alternatives = 1;
        }
        // A read that is revisited is not the last event of the graph.
        let events = self.graph().events.len() as u32;
        for choice in 1..alternatives {
            self.remember(Item::Choice { event: read, choice, events });
        }
    }
}
