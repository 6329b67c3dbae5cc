//! The limit to the entries of all shards together, and the numbers of their runs.

use std::mem;

use super::super::swap::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use super::{BeginError, Token};

/// How many entries there are, and may be.
pub(super) struct Capacity {
    taken: AtomicUsize,
    limit: usize,
}

impl Capacity {
    pub(super) fn new(limit: usize) -> Self {
        Capacity { taken: AtomicUsize::new(0), limit }
    }

    /// Room for one more entry, if there is any.
    pub(super) fn reserve(&self) -> Option<Room<'_>> {
        let more = |taken: usize| (taken < self.limit).then(|| taken + 1);
        // N1 Relaxed: a count that each change reads as the last one left it, and that guards
        // nothing else; Relaxed for the first look, too.
        let before = self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        before.ok().map(|_| Room(self))
    }

    /// An entry is gone. Called under the lock under which it went, so that nobody finds the key
    /// absent and its place still taken.
    pub(super) fn give_back(&self) {
        // N2 Relaxed: as N1.
        let before = self.taken.fetch_sub(1, Ordering::Relaxed);
        debug_assert!(before > 0, "an entry is given back once");
    }

    /// The room that an entry has left behind, which still counts.
    pub(super) fn inherited(&self) -> Room<'_> {
        Room(self)
    }
}

/// Room for an entry. Dropped, it is there for others.
pub(super) struct Room<'t>(&'t Capacity);

impl Room<'_> {
    /// There is an entry in it now, which counts in its place.
    pub(super) fn fill(self) {
        mem::forget(self);
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        self.0.give_back();
    }
}

/// Gives out the numbers of runs.
pub(super) struct Tokens {
    last: AtomicU64,
}

impl Tokens {
    pub(super) fn after(last: u64) -> Self {
        Tokens { last: AtomicU64::new(last) }
    }

    /// The next token. Called under the lock of the key's shard, so that later runs of a key have
    /// greater ones.
    pub(super) fn issue(&self) -> Result<Token, BeginError> {
        let next = |last: u64| last.checked_add(1);
        // T1 Relaxed: a counter, whose changes have one order; that of a key's runs is the lock's.
        // Relaxed for the first look, too.
        let before = self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        let token = before.ok().and_then(next).and_then(Token::new);
        token.ok_or(BeginError::TokensExhausted)
    }
}
