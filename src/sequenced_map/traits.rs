//! What a map is to others: how it prints, and what a panic leaves of it.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

use super::super::stamp::Stamp;
use super::SequencedMap;

// Wherever code of the caller's panics, the clock among it, the map is whole.
impl<K, T, S: Stamp> UnwindSafe for SequencedMap<K, T, S>
where
    K: RefUnwindSafe,
    T: RefUnwindSafe,
{
}

impl<K, T, S: Stamp> RefUnwindSafe for SequencedMap<K, T, S>
where
    K: RefUnwindSafe,
    T: RefUnwindSafe,
{
}

impl<K, T, S: Stamp> fmt::Debug for SequencedMap<K, T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SequencedMap")
            .field("len", &self.len())
            .field("max_entries", &self.max_entries)
            .finish_non_exhaustive()
    }
}
