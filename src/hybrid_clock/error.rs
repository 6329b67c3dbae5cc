//! Why a hybrid clock refuses.

use std::error::Error;
use std::fmt;

use super::super::stamp::Hlc;
use super::super::swap::time::Duration;

/// An event that a [`HybridClock`](super::HybridClock) cannot count. The clock is unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TickError {
    /// All readings of a millisecond are used up, and the source does not show a later one. There
    /// are more when it does.
    LogicalOverflow {
        /// The latest time that was to be passed, in milliseconds since the Unix epoch.
        wall_ms: u64,
        /// What the source showed, likewise.
        source_ms: u64,
    },
    /// The source showed a time beyond [`Hlc::MAX_WALL_MS`].
    SourceOutOfRange {
        /// What the source showed, in milliseconds since the Unix epoch.
        source_ms: u64,
    },
    /// The system's clock shows a time before 1970.
    SourceBeforeEpoch,
}

impl fmt::Display for TickError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TickError::LogicalOverflow { wall_ms, source_ms } => write!(
                f,
                "hybrid clock has no reading left in millisecond {wall_ms}, its source shows \
                 {source_ms}"
            ),
            TickError::SourceOutOfRange { source_ms } => {
                write!(
                    f,
                    "source of a hybrid clock shows millisecond {source_ms}, beyond its range"
                )
            }
            TickError::SourceBeforeEpoch => {
                f.write_str("source of a hybrid clock shows a time before 1970")
            }
        }
    }
}

impl Error for TickError {}

/// A message whose receipt a [`HybridClock`](super::HybridClock) does not count. The clock is
/// unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ObserveError {
    /// The message's reading is too far ahead of the source: the sender's clock is wrong, or this
    /// one's source is.
    DriftExceeded {
        /// The reading.
        remote: Hlc,
        /// What the source showed, in milliseconds since the Unix epoch.
        source_ms: u64,
        /// The drift allowed.
        max_drift: Duration,
    },
    /// The message's reading is none that a clock gives out.
    RemoteOutOfRange {
        /// The reading.
        remote: Hlc,
    },
    /// The event cannot be counted, like one of this node.
    Tick(TickError),
}

impl fmt::Display for ObserveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ObserveError::DriftExceeded {
                remote: Hlc { wall_ms, node, .. },
                source_ms,
                max_drift,
            } => {
                let ahead = wall_ms.saturating_sub(*source_ms);
                write!(
                    f,
                    "reading of node {node} is {ahead} ms ahead of the source, more than \
                     {max_drift:?}"
                )
            }
            ObserveError::RemoteOutOfRange { remote: Hlc { wall_ms, node, .. } } => {
                write!(f, "reading of node {node} shows millisecond {wall_ms}, beyond its range")
            }
            ObserveError::Tick(error) => error.fmt(f),
        }
    }
}

impl Error for ObserveError {}

impl From<TickError> for ObserveError {
    fn from(error: TickError) -> Self {
        ObserveError::Tick(error)
    }
}

/// Settings of which no [`HybridClock`](super::HybridClock) can be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// No node was named.
    NodeMissing,
    /// The reading to resume from is beyond [`Hlc::MAX_WALL_MS`].
    FloorOutOfRange {
        /// The reading.
        last: Hlc,
    },
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BuildError::NodeMissing => f.write_str("hybrid clock without a node"),
            BuildError::FloorOutOfRange { last: Hlc { wall_ms, .. } } => {
                write!(f, "hybrid clock cannot resume from millisecond {wall_ms}, beyond its range")
            }
        }
    }
}

impl Error for BuildError {}
