//! What a map is built from, and what may be wrong with it.

use std::error::Error;
use std::fmt;
use std::marker::PhantomData;

use super::super::stamp::Stamp;
use super::super::swap::time::{Duration, Instant};
use super::SequencedMap;

/// How long the floor of a removed key is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Floors {
    /// For this long after the removal, by the map's clock. An event that arrives later, and is
    /// older than the removal, brings the key back: choose more than the longest time that an event
    /// can be under way, with all its repetitions. A removal that is delivered again does not
    /// prolong it.
    KeepFor(Duration),
    /// Until [`SequencedMap::forget_below`] drops it; for stamps that are no clock's, forever. The
    /// floors count as entries, and may fill the map.
    Keep,
}

/// Builds a [`SequencedMap`]; see [`SequencedMap::builder`].
#[must_use = "a builder builds nothing until it is told to"]
pub struct SequencedMapBuilder<K, T, S> {
    pub(super) max_entries: usize,
    pub(super) floors: Floors,
    pub(super) shards: usize,
    pub(super) clock: Clock,
    map: PhantomData<(K, T, S)>,
}

/// Where a map reads the time.
pub(super) type Clock = Box<dyn Fn() -> Instant + Send + Sync>;

impl<K, T, S: Stamp> SequencedMapBuilder<K, T, S> {
    pub(super) fn new(max_entries: usize, floors: Floors) -> Self {
        let clock = Box::new(Instant::now);
        SequencedMapBuilder { max_entries, floors, shards: 16, clock, map: PhantomData }
    }

    /// Over how many locks the keys are spread. Default: 16.
    pub fn shards(mut self, shards: usize) -> Self {
        self.shards = shards;
        self
    }

    /// Where the map reads the time, for [`Floors::KeepFor`]; never under a lock. Default:
    /// `Instant::now`. It should not go back: a floor that was made while it was behind ends early
    /// by as much, once it has recovered.
    pub fn clock(mut self, clock: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// The map.
    ///
    /// # Errors
    /// If a number or a time is zero that must not be.
    pub fn build(self) -> Result<SequencedMap<K, T, S>, BuildError> {
        if self.max_entries == 0 {
            return Err(BuildError::NothingFits);
        }
        if self.shards == 0 {
            return Err(BuildError::NoShards);
        }
        if self.floors == Floors::KeepFor(Duration::ZERO) {
            return Err(BuildError::ForgetsAtOnce);
        }
        Ok(SequencedMap::from_builder(self))
    }
}

impl<K, T, S> fmt::Debug for SequencedMapBuilder<K, T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SequencedMapBuilder")
            .field("max_entries", &self.max_entries)
            .field("floors", &self.floors)
            .field("shards", &self.shards)
            .finish_non_exhaustive()
    }
}

/// Why a map cannot be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// It would have room for no entry.
    NothingFits,
    /// It would have no shard.
    NoShards,
    /// It would forget a removal at once.
    ForgetsAtOnce,
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BuildError::NothingFits => "a sequenced map needs room for at least one entry",
            BuildError::NoShards => "a sequenced map needs at least one shard",
            BuildError::ForgetsAtOnce => "a sequenced map cannot keep floors for no time",
        })
    }
}

impl Error for BuildError {}

/// An event that was refused because the map has no room for another key. Nothing has changed.
///
/// `R` is what the caller brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FullError<R> {
    /// The key, and the value if there was one, given back.
    pub rejected: R,
    /// How many entries there may be.
    pub max_entries: usize,
}

impl<R> fmt::Display for FullError<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sequenced map full: {} values and floors", self.max_entries)
    }
}

impl<R: fmt::Debug> Error for FullError<R> {}
