//! What logical clocks and their naive twins have in common.

use crate::hybrid_clock::{ObserveError, TickError};
use crate::lamport_clock::CounterOverflow;
use crate::stamp::{Hlc, Lamport, Stamp};

/// A clock of events, shared by the threads of a node.
pub trait LogicalClock: Send + Sync + 'static {
    /// What it gives out.
    type Reading: Stamp + std::fmt::Debug;

    /// Why it refuses to count an event.
    type TickError: std::fmt::Debug;

    /// Why it refuses a reading of another clock.
    type ObserveError: std::fmt::Debug;

    /// Counts an event.
    ///
    /// # Errors
    /// If there is no reading for it.
    fn tick(&self) -> Result<Self::Reading, Self::TickError>;

    /// Counts the receipt of a message with a reading of another clock.
    ///
    /// # Errors
    /// If there is no reading for it, or the message's is refused.
    fn observe(&self, remote: Self::Reading) -> Result<Self::Reading, Self::ObserveError>;

    /// The latest reading.
    fn latest(&self) -> Self::Reading;
}

impl LogicalClock for crate::LamportClock {
    type Reading = Lamport;
    type TickError = CounterOverflow;
    type ObserveError = CounterOverflow;

    fn tick(&self) -> Result<Lamport, CounterOverflow> {
        self.tick()
    }

    fn observe(&self, remote: Lamport) -> Result<Lamport, CounterOverflow> {
        self.observe(remote)
    }

    fn latest(&self) -> Lamport {
        self.latest()
    }
}

impl LogicalClock for crate::HybridClock {
    type Reading = Hlc;
    type TickError = TickError;
    type ObserveError = ObserveError;

    fn tick(&self) -> Result<Hlc, TickError> {
        self.tick()
    }

    fn observe(&self, remote: Hlc) -> Result<Hlc, ObserveError> {
        self.observe(remote)
    }

    fn latest(&self) -> Hlc {
        self.latest()
    }
}
