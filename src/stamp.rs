//! What orders the events of one thing, whatever the order in which they arrive: a number that its
//! only writer counts, or the reading of a logical clock.
//!
//! All stamps of one register, or of one key, come from one kind of source: a sequence that one
//! writer counts, or one family of clocks. Their order is total; where two sources can give out
//! the same reading, the number of the node decides, which is arbitrary, and the same everywhere.

/// A totally ordered mark of an event.
///
/// Two different events never have equal stamps; equal stamps mean the same event, delivered again.
pub trait Stamp: Copy + Ord + Send + Sync + 'static {
    /// The most significant part of the stamp: if `a <= b`, then `a.prefix() <= b.prefix()`.
    ///
    /// Stamps with different prefixes can be compared by one word, without the rest. A prefix that
    /// contradicts the order makes a register refuse what is newer.
    fn prefix(&self) -> u64;
}

/// A position in a sequence that has one writer: an entity's own event number, the offset in a
/// partition of a log, the fencing token of a lock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq(pub u64);

impl Stamp for Seq {
    fn prefix(&self) -> u64 {
        self.0
    }
}

/// A reading of a Lamport clock: if event a happened before event b, then a's reading is smaller.
///
/// The converse does not hold: a smaller reading may be that of a concurrent event.
///
/// Lamport, *Time, Clocks, and the Ordering of Events in a Distributed System*, CACM 21(7), 1978.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lamport {
    /// How many events the longest chain of causes had.
    pub counter: u64,
    /// The node whose clock it is: decides between equal counters.
    pub node: u64,
}

impl Stamp for Lamport {
    fn prefix(&self) -> u64 {
        self.counter
    }
}

/// A reading of a hybrid logical clock: ordered as a Lamport clock's, and close to wall-clock time.
///
/// Kulkarni, Demirbas, Madappa, Avva, Leone, *Logical Physical Clocks*, OPODIS 2014.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hlc {
    /// Milliseconds since the Unix epoch; below 2⁴⁸ in the readings of a clock, which lasts for
    /// 8,900 years.
    pub wall_ms: u64,
    /// Counts events within a millisecond.
    pub logical: u16,
    /// The node whose clock it is: decides between equal times.
    pub node: u64,
}

impl Hlc {
    /// The greatest wall-clock time of a reading, in milliseconds.
    pub const MAX_WALL_MS: u64 = (1 << 48) - 1;
}

impl Stamp for Hlc {
    /// Time and counter in one word; times beyond [`MAX_WALL_MS`](Hlc::MAX_WALL_MS) share one.
    fn prefix(&self) -> u64 {
        if self.wall_ms > Hlc::MAX_WALL_MS {
            return u64::MAX;
        }
        self.wall_ms << 16 | u64::from(self.logical)
    }
}

/// A stamp that orders the events of all things, and not only those of one: the reading of a
/// logical clock, but not a number that each thing counts for itself.
///
/// With it, "everything before this stamp has arrived" can be said of a whole map at once.
pub trait ClockStamp: Stamp {}

impl ClockStamp for Lamport {}

impl ClockStamp for Hlc {}

#[cfg(test)]
mod tests {
    use super::*;

    fn ascending<S: Stamp + std::fmt::Debug>(stamps: &[S]) {
        for (index, a) in stamps.iter().enumerate() {
            for b in &stamps[index + 1..] {
                assert!(a < b, "{a:?} < {b:?}");
                assert!(a.prefix() <= b.prefix(), "{a:?} and {b:?}");
            }
        }
    }

    #[test]
    fn prefixes_follow_the_order_of_stamps() {
        let hlc = |wall_ms, logical, node| Hlc { wall_ms, logical, node };
        ascending(&[Seq(0), Seq(1), Seq(u64::MAX)]);
        ascending(
            &[(0, 7), (1, 0), (1, 1), (u64::MAX, 0)]
                .map(|(counter, node)| Lamport { counter, node }),
        );
        ascending(&[
            hlc(0, 0, 9),
            hlc(0, 1, 0),
            hlc(1, 0, 0),
            hlc(1, u16::MAX, 0),
            hlc(2, 0, 0),
            hlc(Hlc::MAX_WALL_MS, u16::MAX, 0),
            hlc(Hlc::MAX_WALL_MS, u16::MAX, 1),
            hlc(Hlc::MAX_WALL_MS + 1, 0, 0),
            hlc(u64::MAX, 0, 0),
        ]);
    }
}
