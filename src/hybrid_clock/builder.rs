//! What a hybrid clock is built from.

use std::fmt;

use super::super::stamp::Hlc;
use super::super::swap::sync::CachePadded;
use super::super::swap::sync::atomic::AtomicU64;
use super::super::swap::time::Duration;
use super::{BuildError, HybridClock, Source, Time};

/// Builds a [`HybridClock`].
#[must_use = "a builder does nothing until it builds"]
pub struct HybridClockBuilder {
    node: Option<u64>,
    max_drift: Duration,
    source: Source,
    floor: Option<Hlc>,
}

impl HybridClockBuilder {
    pub(super) fn new() -> Self {
        HybridClockBuilder {
            node: None,
            max_drift: Duration::from_millis(500),
            source: Source::System,
            floor: None,
        }
    }

    /// The node whose clock it is. No two clocks have the same node at the same time; who gives
    /// out the numbers sees to that.
    pub fn node(mut self, node: u64) -> Self {
        self.node = Some(node);
        self
    }

    /// How far a remote reading may be ahead of the source; [`Duration::MAX`] for any distance.
    ///
    /// More than the difference between the wall clocks of healthy nodes, and no more than may pass
    /// for the truth.
    pub fn max_drift(mut self, max_drift: Duration) -> Self {
        self.max_drift = max_drift;
        self
    }

    /// A wall clock in place of the system's: milliseconds since the Unix epoch. It may stand still
    /// and go back.
    pub fn source(mut self, source: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        self.source = Source::Given(Box::new(source));
        self
    }

    /// A reading that all readings of the clock are to be greater than: the last one that was
    /// persisted, or a bound on those given out. It may be another node's.
    pub fn resume_from(mut self, last: Hlc) -> Self {
        self.floor = Some(last);
        self
    }

    /// The clock.
    ///
    /// # Errors
    /// If no node was named, or the reading to resume from is none that a clock gives out.
    pub fn build(self) -> Result<HybridClock, BuildError> {
        let HybridClockBuilder { node, max_drift, source, floor } = self;
        let node = node.ok_or(BuildError::NodeMissing)?;
        let time = match floor {
            None => Time(0),
            Some(last) if last.wall_ms > Hlc::MAX_WALL_MS => {
                return Err(BuildError::FloorOutOfRange { last });
            }
            Some(last) => Time::of(last),
        };
        Ok(HybridClock { time: CachePadded::new(AtomicU64::new(time.0)), node, max_drift, source })
    }
}

impl fmt::Debug for HybridClockBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HybridClockBuilder")
            .field("node", &self.node)
            .field("max_drift", &self.max_drift)
            .field("floor", &self.floor)
            .finish_non_exhaustive()
    }
}
