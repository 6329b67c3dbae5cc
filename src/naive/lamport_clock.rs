//! The twin of [`crate::LamportClock`]: an atomic counter that is loaded, raised and stored.
//!
//! The mistake: between the load and the store another thread does the same, and both give out one
//! reading.

use super::LogicalClock;
use crate::lamport_clock::CounterOverflow;
use crate::stamp::Lamport;
use crate::swap::sync::atomic::{AtomicU64, Ordering};

/// A counter of events.
#[derive(Debug)]
pub struct LamportClock {
    counter: AtomicU64,
    node: u64,
}

impl LamportClock {
    /// The clock of a node, which has seen no event.
    pub fn new(node: u64) -> Self {
        LamportClock { counter: AtomicU64::new(0), node }
    }

    fn count_after(&self, floor: u64) -> Result<Lamport, CounterOverflow> {
        let Lamport { counter, node } = self.latest();
        let Some(counter) = counter.max(floor).checked_add(1) else {
            return Err(CounterOverflow { node });
        };
        // W1 Release: publishes what came before; pairs with R1. No ordering would mend this.
        self.counter.store(counter, Ordering::Release);
        Ok(Lamport { counter, node })
    }
}

impl LogicalClock for LamportClock {
    type Reading = Lamport;
    type TickError = CounterOverflow;
    type ObserveError = CounterOverflow;

    fn tick(&self) -> Result<Lamport, CounterOverflow> {
        self.count_after(0)
    }

    fn observe(&self, remote: Lamport) -> Result<Lamport, CounterOverflow> {
        self.count_after(remote.counter)
    }

    fn latest(&self) -> Lamport {
        // R1 Acquire: pairs with W1.
        Lamport { counter: self.counter.load(Ordering::Acquire), node: self.node }
    }
}
