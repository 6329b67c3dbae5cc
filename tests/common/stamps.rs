//! Stamps of each kind, the extremes among them.

use proptest::prelude::*;
use selvedge::{Hlc, Lamport, Seq};

/// A few small numbers, which meet often, and the extremes.
fn number() -> impl Strategy<Value = u64> + Clone {
    prop_oneof![4 => 0..4_u64, 1 => Just(u64::MAX), 1 => Just(u64::MAX - 1)]
}

/// A position in a sequence.
pub fn seq() -> impl Strategy<Value = Seq> + Clone {
    prop_oneof![number(), any::<u64>()].prop_map(Seq)
}

/// A reading of a Lamport clock.
pub fn lamport() -> impl Strategy<Value = Lamport> + Clone {
    (number(), number()).prop_map(|(counter, node)| Lamport { counter, node })
}

/// A reading of a hybrid clock, and times that no clock shows.
pub fn hlc() -> impl Strategy<Value = Hlc> + Clone {
    let wall = prop_oneof![number(), Hlc::MAX_WALL_MS - 1..Hlc::MAX_WALL_MS + 2];
    let logical = prop_oneof![0..2_u16, Just(u16::MAX)];
    (wall, logical, number()).prop_map(|(wall_ms, logical, node)| Hlc { wall_ms, logical, node })
}
