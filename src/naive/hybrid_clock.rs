//! The twin of [`crate::HybridClock`]: the wall clock, and nothing else.
//!
//! The mistake: it takes the time of day for an order of events. Two events of one millisecond have
//! one reading, readings go back with their source, and an answer is older than its question if the
//! clock of who answers is behind.

use std::convert::Infallible;

use super::LogicalClock;
use crate::stamp::Hlc;

/// A wall clock: milliseconds since the Unix epoch, from its source.
pub struct HybridClock {
    node: u64,
    source: Box<dyn Fn() -> u64 + Send + Sync>,
}

impl HybridClock {
    /// The wall clock of a node.
    pub fn new(node: u64, source: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        HybridClock { node, source: Box::new(source) }
    }
}

impl LogicalClock for HybridClock {
    type Reading = Hlc;
    type TickError = Infallible;
    type ObserveError = Infallible;

    fn tick(&self) -> Result<Hlc, Infallible> {
        Ok(self.latest())
    }

    fn observe(&self, _remote: Hlc) -> Result<Hlc, Infallible> {
        Ok(self.latest())
    }

    fn latest(&self) -> Hlc {
        Hlc { wall_ms: (self.source)(), logical: 0, node: self.node }
    }
}
