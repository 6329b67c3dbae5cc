//! What a table has done, in numbers.

/// What happened in a table since it was built, and what it holds.
///
/// Each shard is counted at one moment, and one after the other. Counts of events stand still at
/// 2⁶⁴ − 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct IdempotencyStats {
    /// Runs that were completed.
    pub fresh: u64,
    /// Results that were handed out again.
    pub replayed: u64,
    /// Runs that failed, panicked or were dropped, and that no other run had taken over.
    pub failed: u64,
    /// Runs whose key another one took over after the end of the lease.
    pub taken_over: u64,
    /// Results that came after that, and were refused.
    pub lease_lost: u64,
    /// Claims that were refused for their fingerprint.
    pub mismatched: u64,
    /// Claims that were refused because the table was full.
    pub refused: u64,
    /// Results that were removed because their time to live was over.
    pub expired: u64,
    /// Results that were removed before that, to make room.
    pub evicted: u64,
    /// Results that were removed by [`forget`](super::IdempotencyTable::forget).
    pub forgotten: u64,
    /// Entries now, of those that count toward the maximum: running, completed, and failed ones
    /// that a waiter is about to take over.
    pub entries: usize,
    /// Entries that are running now.
    pub in_flight: usize,
    /// Entries that are completed now, expired ones that nobody has removed yet among them.
    pub completed: usize,
}

impl IdempotencyStats {
    /// Adds those of another shard.
    pub(super) fn add(&mut self, other: &IdempotencyStats) {
        for (sum, part) in [
            (&mut self.fresh, other.fresh),
            (&mut self.replayed, other.replayed),
            (&mut self.failed, other.failed),
            (&mut self.taken_over, other.taken_over),
            (&mut self.lease_lost, other.lease_lost),
            (&mut self.mismatched, other.mismatched),
            (&mut self.refused, other.refused),
            (&mut self.expired, other.expired),
            (&mut self.evicted, other.evicted),
            (&mut self.forgotten, other.forgotten),
        ] {
            *sum = sum.saturating_add(part);
        }
        self.entries += other.entries;
        self.in_flight += other.in_flight;
        self.completed += other.completed;
    }
}

/// Counts an event.
pub(super) fn count(event: &mut u64) {
    *event = event.saturating_add(1);
}
