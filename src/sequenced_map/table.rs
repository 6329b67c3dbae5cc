//! The entries of one shard, without a lock: a slab of slots, an index from hashes to slots, and
//! the floors in the order in which they were set. A key's `Eq` runs in [`Table::find`] alone.

use std::borrow::Borrow;
use std::collections::VecDeque;

use super::super::hash_index::HashIndex;
use super::super::offer::Stamped;
use super::super::swap::sync::Arc;
use super::super::swap::time::{Duration, Instant};

/// What a map shows of a key: the value, or `None` for a floor, and the stamp.
pub(super) type Shown<T, S> = Stamped<Option<Arc<T>>, S>;

/// A key and what is known of it.
pub(super) struct Entry<K, T, S> {
    key: K,
    hash: u64,
    shown: Shown<T, S>,
    /// Which of the table's floors it is, if it is one that ends by itself.
    floor: Option<u64>,
}

/// A floor that ends by itself.
struct Floor {
    set: Instant,
    slot: usize,
    number: u64,
}

/// The entries of one shard.
pub(super) struct Table<K, T, S> {
    index: HashIndex,
    slots: Vec<Option<Entry<K, T, S>>>,
    free: Vec<usize>,
    /// From the oldest to the newest. Some may be gone: the entry in the slot has another number.
    floors: VecDeque<Floor>,
    floors_set: u64,
    values: usize,
}

impl<K, T, S: Copy> Table<K, T, S> {
    pub fn new() -> Self {
        Table {
            index: HashIndex::default(),
            slots: Vec::new(),
            free: Vec::new(),
            floors: VecDeque::new(),
            floors_set: 0,
            values: 0,
        }
    }

    /// How many keys have a value.
    pub fn values(&self) -> usize {
        self.values
    }

    /// How many keys have a floor.
    pub fn floors(&self) -> usize {
        self.slots.len() - self.free.len() - self.values
    }

    /// The slot of a key. The key's `Eq` may panic: nothing is changed here.
    pub fn find<Q: Eq + ?Sized>(&self, hash: u64, key: &Q) -> Option<usize>
    where
        K: Borrow<Q>,
    {
        self.index.find(hash, |at| self.entry(at).key.borrow() == key)
    }

    /// What is known of a key.
    pub fn get<Q: Eq + ?Sized>(&self, hash: u64, key: &Q) -> Option<&Shown<T, S>>
    where
        K: Borrow<Q>,
    {
        self.find(hash, key).map(|at| self.shown(at))
    }

    /// What is in a slot that is in use.
    pub fn shown(&self, at: usize) -> &Shown<T, S> {
        &self.entry(at).shown
    }

    /// Adds a key that the table does not have. A floor with a time ends by itself.
    pub fn insert(&mut self, hash: u64, key: K, shown: Shown<T, S>, set: Option<Instant>) {
        let at = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        self.index.insert(hash, at);
        self.values += usize::from(shown.value.is_some());
        let floor = self.note_floor(at, &shown, set);
        self.slots[at] = Some(Entry { key, hash, shown, floor });
    }

    /// Replaces what is in a slot, and returns it.
    pub fn replace(&mut self, at: usize, shown: Shown<T, S>, set: Option<Instant>) -> Shown<T, S> {
        self.values += usize::from(shown.value.is_some());
        let floor = self.note_floor(at, &shown, set);
        let entry = self.slots[at].as_mut().expect("found");
        entry.floor = floor;
        let replaced = std::mem::replace(&mut entry.shown, shown);
        self.values -= usize::from(replaced.value.is_some());
        self.forget_old_notes();
        replaced
    }

    /// Removes a key. The caller drops the entry, outside of its lock.
    pub fn evict(&mut self, at: usize) -> Entry<K, T, S> {
        let entry = self.slots[at].take().expect("found");
        self.index.remove(entry.hash, at);
        self.free.push(at);
        self.values -= usize::from(entry.shown.value.is_some());
        self.forget_old_notes();
        entry
    }

    /// Removes the floors that were set so long before `now`.
    pub fn expire(&mut self, now: Instant, retention: Duration) -> Vec<Entry<K, T, S>> {
        let mut gone = Vec::new();
        while let Some(oldest) = self.floors.front() {
            if now.saturating_duration_since(oldest.set) < retention {
                break;
            }
            let Some(Floor { slot, number, .. }) = self.floors.pop_front() else { break };
            if self.is_floor(slot, number) {
                gone.push(self.evict(slot));
            }
        }
        gone
    }

    /// Removes the floors whose stamp `is_below`, which may panic: all are asked first.
    pub fn evict_floors(&mut self, is_below: impl Fn(S) -> bool) -> Vec<Entry<K, T, S>> {
        let below =
            |entry: &Entry<K, T, S>| entry.shown.value.is_none() && is_below(entry.shown.stamp);
        let slots = self.slots.iter().enumerate();
        let below: Vec<usize> =
            slots.filter(|(_, slot)| slot.as_ref().is_some_and(below)).map(|(at, _)| at).collect();
        below.into_iter().map(|at| self.evict(at)).collect()
    }

    fn entry(&self, at: usize) -> &Entry<K, T, S> {
        self.slots[at].as_ref().expect("an index leads to slots in use")
    }

    fn is_floor(&self, slot: usize, number: u64) -> bool {
        self.slots[slot].as_ref().is_some_and(|entry| entry.floor == Some(number))
    }

    /// Remembers when a floor ends.
    fn note_floor(
        &mut self,
        slot: usize,
        shown: &Shown<T, S>,
        set: Option<Instant>,
    ) -> Option<u64> {
        let set = set.filter(|_| shown.value.is_none())?;
        let number = self.floors_set;
        self.floors_set = number.checked_add(1).expect("no table lives for 2⁶⁴ removals");
        self.floors.push_back(Floor { set, slot, number });
        Some(number)
    }

    /// Keeps the notes of floors that are gone from growing without bound.
    fn forget_old_notes(&mut self) {
        if self.floors.len() > 2 * self.floors() + 16 {
            let mut floors = std::mem::take(&mut self.floors);
            floors.retain(|floor| self.is_floor(floor.slot, floor.number));
            self.floors = floors;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: Option<u32>, stamp: u64) -> Shown<u32, u64> {
        Stamped { value: value.map(Arc::new), stamp }
    }

    #[test]
    fn notes_of_floors_that_are_gone_do_not_pile_up() {
        let mut table = Table::new();
        let now = Instant::now();
        table.insert(1, "a", shown(None, 0), Some(now));
        for stamp in 1..10_000 {
            let value = (stamp % 2 == 1).then_some(7);
            table.replace(0, shown(value, stamp), Some(now));
            assert!(table.floors.len() <= 2 * table.floors() + 16);
        }
        assert_eq!((table.values(), table.floors()), (1, 0));
    }

    #[test]
    fn keys_with_one_hash_are_a_chain_that_any_of_them_may_leave() {
        for leaves in ["a", "b", "c"] {
            let mut table = Table::new();
            for key in ["a", "b", "c"] {
                table.insert(1, key, shown(Some(7), 0), None);
            }
            let at = table.find(1, leaves).expect("is there");
            table.evict(at);
            for key in ["a", "b", "c"] {
                assert_eq!(table.find(1, key).is_some(), key != leaves);
            }
            table.insert(2, "d", shown(None, 1), None);
            assert_eq!((table.find(1, "d"), table.find(2, "d")), (None, Some(at)), "reused");
        }
    }
}
