//! Choices of a thread, and budgets: how often it may choose what seldom happens.

use super::alternatives::Item;
use super::event::{Event, EventId, Request, Update};
use super::explorer::Explorer;

/// What seldom happens, and a thread may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusual {
    /// A weak exchange fails although it finds what it expects.
    Failure,
    /// A wait ends for no reason.
    WakeUp,
    /// A wait ends by its timeout, though nobody lets the time pass.
    TimeOut,
}

/// How often a thread may choose each, at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budgets {
    pub spurious_failures: u32,
    pub spurious_wakeups: u32,
    pub timeouts: u32,
}

/// Which budgets were met: one more choice would have been possible.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Met {
    pub spurious_failures: bool,
    pub spurious_wakeups: bool,
    pub timeouts: bool,
}

impl Budgets {
    fn of(&self, unusual: Unusual) -> u32 {
        match unusual {
            Unusual::Failure => self.spurious_failures,
            Unusual::WakeUp => self.spurious_wakeups,
            Unusual::TimeOut => self.timeouts,
        }
    }
}

impl Met {
    /// Notes whether a budget kept an alternative out.
    fn note(&mut self, unusual: Unusual, met: bool) {
        match unusual {
            Unusual::Failure => self.spurious_failures |= met,
            Unusual::WakeUp => self.spurious_wakeups |= met,
            Unusual::TimeOut => self.timeouts |= met,
        }
    }

    /// Adds what another part of the exploration met.
    pub fn add(&mut self, other: Met) {
        self.spurious_failures |= other.spurious_failures;
        self.spurious_wakeups |= other.spurious_wakeups;
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

    /// Whether a thread may choose this once more, at this position; if not, notes that its budget
    /// was met.
    pub fn may_choose(&mut self, thread: usize, position: usize, unusual: Unusual) -> bool {
        let graph = self.graph();
        let events = graph.threads[thread][..position].iter().map(|id| graph.event(*id));
        let taken = events.filter(|event| event.counts_as() == Some(unusual)).count();
        let may = taken < self.budgets.of(unusual) as usize;
        self.met.note(unusual, !may);
        may
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
        if alternatives > 1 && fails && !self.may_choose(thread, position, Unusual::Failure) {
            alternatives = 1;
        }
        // What came later stays: a read that is revisited is not the last event of the graph.
        let events = self.graph().events.len() as u32;
        for choice in 1..alternatives {
            self.remember(Item::Choice { event: read, choice, events });
        }
    }
}
