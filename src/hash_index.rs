//! An index from hashes to the slots of a slab, which hold the keys: for tables behind a lock.
//!
//! It has hashes and no keys, so that no code of the caller's runs while a table is changed: a
//! key's `Hash` runs before the lock is taken, and its `Eq` in [`HashIndex::find`] alone, which
//! changes nothing.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Which slots have which hash.
#[derive(Default)]
pub(super) struct HashIndex {
    /// The first slot of each hash.
    first: HashMap<u64, usize, BuildHasherDefault<Hashed>>,
    /// The slot that follows a slot, of those with its hash.
    next: Vec<Option<usize>>,
}

impl HashIndex {
    /// The slot with this hash of which `is_it` holds, which may panic.
    pub(super) fn find(&self, hash: u64, mut is_it: impl FnMut(usize) -> bool) -> Option<usize> {
        let mut at = self.first.get(&hash).copied();
        while let Some(slot) = at {
            if is_it(slot) {
                break;
            }
            at = self.next[slot];
        }
        at
    }

    /// Adds a slot that is not in it.
    pub(super) fn insert(&mut self, hash: u64, slot: usize) {
        if slot >= self.next.len() {
            self.next.resize(slot + 1, None);
        }
        self.next[slot] = self.first.insert(hash, slot);
    }

    /// Removes a slot that was added with this hash.
    pub(super) fn remove(&mut self, hash: u64, slot: usize) {
        let next = self.next[slot].take();
        if self.first[&hash] != slot {
            let before = self.find(hash, |before| self.next[before] == Some(slot));
            self.next[before.expect("a slot in use is indexed")] = next;
        } else if let Some(next) = next {
            self.first.insert(hash, next);
        } else {
            self.first.remove(&hash);
        }
    }
}

/// The hasher of what is a hash already.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("hashes are of 64 bits");
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
