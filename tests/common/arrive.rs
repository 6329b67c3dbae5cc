//! What scenarios of the sequenced primitives share: two threads, and stamps with the values that
//! belong to them.

#[path = "race.rs"]
mod race;

use selvedge::Lamport;

pub use race::race;

/// A value: two words, so that a half of it would show.
pub type Pair = [u64; 2];

/// A stamp. Equal counters have equal prefixes.
pub const fn at(counter: u64, node: u64) -> Lamport {
    Lamport { counter, node }
}

/// The value that belongs to a stamp.
pub fn of(stamp: Lamport) -> Pair {
    [stamp.counter, stamp.node]
}
