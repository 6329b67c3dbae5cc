//! A map in which the newest event of each key decides, in whatever order events arrive; what was
//! removed stays removed.
//!
//! # Problem
//!
//! A shopping cart is filled by one event and deleted by the next. The first is delivered once
//! more, after the deletion, and the cart is back. A map that removes the key has removed the only
//! thing that could tell that the event is old: its stamp. So a removal has to leave something
//! behind, for how long has to be said, and it must not fill the memory.
//!
//! # Example
//!
//! ```
//! use selvedge::{Floors, Offer, Seq, SequencedMap, time::Duration};
//!
//! let carts = SequencedMap::builder(1_000, Floors::KeepFor(Duration::from_secs(3_600))).build()?;
//! assert!(carts.offer("ann", Seq(1), 3)?.is_applied());
//! assert!(carts.remove("ann", Seq(2))?.is_applied());
//!
//! // The first event once more.
//! assert_eq!(carts.offer("ann", Seq(1), 3)?, Offer::Stale { rejected: ("ann", 3) });
//! assert_eq!(carts.load("ann"), None);
//! assert_eq!(carts.stamp("ann"), Some(Seq(2)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Guarantee
//!
//! A key is *known* while it has a value or a *floor*: the stamp of its removal.
//!
//! * **G1** An offer or a removal is applied if and only if its stamp is greater than that of its
//!   key, or if its key is unknown, it is not below a watermark, and there is room. So the stamp of
//!   a key never goes down while it is known.
//! * **G2** What was removed stays removed: while the floor is kept, an offer with a smaller stamp
//!   is `Stale`, and one with the same stamp a `Conflict`.
//! * **G3** Replicas converge: maps to which the same events were offered show the same, whatever
//!   the order, however often, and by whichever threads, as long as no event came too late for the
//!   retention or the watermark, and none was refused for lack of room.
//! * **G4** A value and a stamp that are handed out together belong together.
//! * **G5** An event that is not applied changes nothing, and gives key and value back. Of several
//!   events of a key with one stamp at most one is applied while the key is known; the others are
//!   told whether they are its `Duplicate` or in `Conflict` with it, while it is the greatest.
//! * **G6** There are never more than `max_entries` keys, values and floors together. An event is
//!   refused as full only if at one moment of the call there were as many, not counting floors
//!   whose time had passed when the call began.
//! * **G7** With [`Floors::KeepFor`], a floor is kept for that time after its removal was called.
//!   No event, and no question for a stamp, that begins that long after its return meets it.
//! * **G8** After [`forget_below`](SequencedMap::forget_below) no floor with a smaller stamp is
//!   left, and still none of those keys comes back by an event below: to an unknown key it is
//!   `Stale`.
//! * **G9** Who learns of a stamp by any operation sees everything that happened before it was
//!   offered.
//! * **G10** `Drop` and `PartialEq` of the values, `Drop` and `Hash` of the keys, and the clock
//!   never run under a lock; they may use the map. `Eq` of the keys and the order of the stamps do
//!   run under it. Whichever panics, the map is whole, and its counts are exact.
//!
//! # Protocol
//!
//! ```text
//! an event                              another event, of any key
//!
//!    read the clock, hash the key,
//!    allocate the value
//! L1 lock the shard ◀─── L2 to L1 ────  L2 unlock the shard
//!    drop out floors whose time is over
//! C1 count down ─────── C1 to C2 ────▶  C2 count up, unless full
//!    find the key, compare the stamp
//! C2 count up, unless full: new key
//!    replace value and stamp
//! L2 unlock the shard
//!    drop what is old
//! ```
//!
//! A key's shard has it all: value, floor and watermark. A floor and the watermark that takes its
//! place are changed in one critical section, so that an event meets either. Only the count of
//! entries spans the shards. It is raised before an entry is added and lowered after one is
//! removed, both under the lock of the shard, so that it is never less than there are.
//!
//! Who finds no room drops out the floors of all shards whose time is over, one shard after the
//! other, and tries once more.
//!
//! # States
//!
//! | of a key | meaning | entered by | left by |
//! | --- | --- | --- | --- |
//! | unknown | no event, or forgotten | the floor's end | an event, unless below the watermark |
//! | value and stamp | the newest event was an offer | an offer | a newer event |
//! | floor | the newest event was a removal | a removal | a newer offer, its time, `forget_below` |
//!
//! A removal below the watermark needs no floor: its key is unknown at once.
//!
//! # Progress
//!
//! Operations of keys in different shards do not wait for each other. A shard's lock is held for a
//! look-up, and for the floors that drop out: all whose time is over, each once. `forget_below`
//! looks at all entries of a shard under its lock. An event that finds the map full takes each
//! shard's lock.
//!
//! # Cost
//!
//! An entry: the key, its stamp, a share of the value, and about 80 bytes; a floor that ends by
//! itself another 32 bytes, and the notes of floors that are gone twice as much at most. Memory is
//! reused, and not given back. An offer: one allocation, the hash of the key, lock, look-up,
//! unlock.
//!
//! # When not to use
//!
//! * For one value there is [`SequencedRegister`](super::sequenced_register::SequencedRegister),
//!   which refuses most stale offers without a lock.
//! * If each event counts, put the events in order instead.
//! * If nothing is known of how late an event can be, no retention is right: keep the floors in a
//!   database.
//! * A cache, which may forget values: here only floors are ever forgotten.
//!
//! # Checked by
//!
//! Scenarios of two threads, with one to two operations each, in `tests/sequenced_map.rs`:
//! `g1_no_stale_event_wins`, `g2_a_removed_value_stays_removed`, `g3_replicas_converge`,
//! `g4_value_and_stamp_belong_together`, `g5_one_of_two_removals_is_applied`,
//! `g5_an_offer_and_a_removal_conflict`, `g6_the_last_room_is_given_once`,
//! `g6_room_of_floors_is_used_again`, `g7_a_floor_is_kept_for_its_time`,
//! `g8_a_late_offer_meets_floor_or_watermark`,
//! `g8_a_removal_below_the_watermark_leaves_no_floor`, `g9_a_stamp_publishes_what_came_before`,
//! `g10_destructors_run_outside_the_lock`, `g10_forgotten_keys_are_dropped_outside_the_lock`. loom
//! runs them without a bound. The naive twin fails those of G2, G3 and G6.
//!
//! `tests/sequenced_map_properties.rs` compares sequences of events, with removals, retention,
//! watermarks and full maps, with a model; `tests/sequenced_map_replicas.rs` delivers events to
//! replicas in any order. The other tests of G7 and G10 are there and in
//! `tests/sequenced_map_hooks.rs`. Not checked by any of these: fairness, and for how long a lock
//! is held.
//!
//! # Source
//!
//! As the register's; RR-7506 has no removal with a bound. Floors are the tombstones of Cassandra,
//! whose `gc_grace_seconds` is their retention, and where data that is repaired later comes back.
//! The watermark is the stable cut of causal delivery: Wuu and Bernstein, *Efficient Solutions to
//! the Replicated Log and Dictionary Problems*, PODC 1984. It takes stamps that order the events of
//! all keys, hence [`ClockStamp`].

mod builder;
mod shard;
mod table;
mod traits;

use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash};

use super::offer::{Offer, Stamped};
use super::stamp::{ClockStamp, Stamp};
use super::swap::hash::RandomState;
use super::swap::sync::atomic::{AtomicU64, Ordering};
use super::swap::sync::{Arc, CachePadded, Mutex};
use super::swap::time::{Duration, Instant};
use builder::Clock;
pub use builder::{BuildError, Floors, FullError, SequencedMapBuilder};
use shard::{Event, Replaced, Shard, Why};
use table::Entry;

/// What becomes of an event of a key: `R` is what the caller brought. A value of `None` is a floor.
pub type MapOffer<R, T, S> = Result<Offer<R, Stamped<Option<Arc<T>>, S>>, FullError<R>>;

/// A bounded map of registers that knows removals. See the [module](self) for the contract.
pub struct SequencedMap<K, T, S: Stamp> {
    shards: Box<[Locked<K, T, S>]>,
    /// How many keys are known, over all shards; never fewer than there are.
    entries: CachePadded<AtomicU64>,
    max_entries: usize,
    /// How long floors are kept, if they end by themselves.
    retention: Option<Duration>,
    clock: Clock,
    hasher: RandomState,
}

/// A shard and its lock.
type Locked<K, T, S> = CachePadded<Mutex<Shard<K, T, S>>>;

impl<K, T, S: Stamp> SequencedMap<K, T, S> {
    /// Begins a map that keeps `max_entries` keys at most, those of removed values among them, for
    /// as long as `floors` says.
    pub fn builder(max_entries: usize, floors: Floors) -> SequencedMapBuilder<K, T, S> {
        SequencedMapBuilder::new(max_entries, floors)
    }

    fn from_builder(builder: SequencedMapBuilder<K, T, S>) -> Self {
        let SequencedMapBuilder { max_entries, floors, shards, clock, .. } = builder;
        let retention = match floors {
            Floors::KeepFor(duration) => Some(duration),
            Floors::Keep => None,
        };
        SequencedMap {
            shards: (0..shards).map(|_| CachePadded::new(Mutex::new(Shard::new()))).collect(),
            entries: CachePadded::new(AtomicU64::new(0)),
            max_entries,
            retention,
            clock,
            hasher: RandomState::new(),
        }
    }

    /// How many keys have a value. Each shard is counted at another moment.
    pub fn len(&self) -> usize {
        // L1 lock: sees the last change whole; pairs with L2 in attempt.
        self.shards.iter().map(|shard| shard.lock().table().values()).sum()
    }

    /// Whether no key has a value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many keys have a floor whose time is not over. Each shard is counted at another moment.
    pub fn floors(&self) -> usize {
        self.purge();
        // L1 lock: sees the last change whole; pairs with L2 in attempt.
        self.shards.iter().map(|shard| shard.lock().table().floors()).sum()
    }

    /// Drops the floors whose time is over, and returns how many. Those in the way drop out anyway.
    ///
    /// # Panics
    /// If `Drop` of a key does. The walk ends there; to call it again is safe.
    pub fn purge(&self) -> usize {
        self.purge_at(self.now())
    }

    /// Drops all floors with smaller stamps, and returns how many. From then on, events below
    /// `stamp` are stale to keys that are unknown.
    ///
    /// To be called with a stamp before which everything has arrived. If something was under way
    /// nevertheless, it is lost if its key is unknown; but it never brings a removed key back. A
    /// stamp that is smaller than that of an earlier call changes nothing.
    ///
    /// # Panics
    /// As [`purge`](Self::purge).
    pub fn forget_below(&self, stamp: S) -> usize
    where
        S: ClockStamp,
    {
        let forget = |shard: &Locked<K, T, S>| {
            // L1 lock: sees the last change whole; pairs with L2 in attempt.
            let mut shard = shard.lock();
            let gone = shard.forget_below(stamp);
            self.count_down(gone.len());
            gone
        };
        self.shards.iter().map(|shard| forget(shard).len()).sum()
    }

    /// The time, if floors end by themselves. Not to be called under a lock.
    fn now(&self) -> Option<Instant> {
        self.retention.map(|_| (self.clock)())
    }

    fn purge_at(&self, now: Option<Instant>) -> usize {
        // The lock is free again when what has dropped out is dropped.
        // L1 lock: sees the last change whole; pairs with L2 in attempt.
        let purge = |shard: &Locked<K, T, S>| self.expire(&mut shard.lock(), now);
        self.shards.iter().map(|shard| purge(shard).len()).sum()
    }

    /// Takes out the floors whose time is over, for the caller to drop outside of the lock.
    fn expire(&self, shard: &mut Shard<K, T, S>, now: Option<Instant>) -> Vec<Entry<K, T, S>> {
        let gone = shard.expire(now, self.retention);
        self.count_down(gone.len());
        gone
    }

    fn count_up(&self) -> bool {
        // C2 Relaxed: counts, and orders nothing; a read-modify-write, so that none is missed.
        let added = self.entries.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |entries| {
            (entries < self.max_entries as u64).then(|| entries + 1)
        });
        added.is_ok()
    }

    fn count_down(&self, by: usize) {
        if by > 0 {
            // C1 Relaxed: as C2.
            self.entries.fetch_sub(by as u64, Ordering::Relaxed);
        }
    }
}

impl<K: Hash + Eq, T, S: Stamp> SequencedMap<K, T, S> {
    /// The value of a key and its stamp; `None` if it is unknown or was removed.
    pub fn load<Q>(&self, key: &Q) -> Option<Stamped<Arc<T>, S>>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let hash = self.hasher.hash_one(key);
        // L1 lock: sees the last change whole; pairs with L2 in attempt.
        let shard = self.shard(hash).lock();
        let Stamped { value, stamp } = shard.table().get(hash, key)?;
        Some(Stamped { value: Arc::clone(value.as_ref()?), stamp: *stamp })
    }

    /// The stamp of a key, be it that of its value or of its floor; `None` if it is unknown.
    pub fn stamp<Q>(&self, key: &Q) -> Option<S>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let (now, hash) = (self.now(), self.hasher.hash_one(key));
        // Declared before the lock, to be dropped after it.
        let _gone;
        // L1 lock: sees the last change whole; pairs with L2 in attempt.
        let mut shard = self.shard(hash).lock();
        _gone = self.expire(&mut shard, now);
        Some(shard.table().get(hash, key)?.stamp)
    }

    /// Gives the key this value if `stamp` is greater than the key's.
    ///
    /// # Errors
    /// If the key is unknown and there is no room for it.
    ///
    /// # Panics
    /// If `Hash` or `Eq` of the keys, `PartialEq` of the values, the order of the stamps or the
    /// clock does: nothing has changed then. If `Drop` of a key or value does: it may be applied.
    pub fn offer(&self, key: K, stamp: S, value: T) -> MapOffer<(K, T), T, S>
    where
        T: PartialEq,
    {
        let mut event = Event { key: Some(key), value: Some(Arc::new(value)), stamp };
        let why = match self.apply(&mut event) {
            Ok(Replaced { shown: replaced, .. }) => return Ok(Offer::Applied { replaced }),
            Err(why) => why,
        };
        let same = matches!(&why, Why::SameStamp(current) if current.value == event.value);
        let value = event.value.and_then(Arc::into_inner).expect("was never shared");
        self.answer(why, same, (event.key.expect("was not stored"), value))
    }

    /// Removes the value of the key, and leaves a floor, if `stamp` is greater than the key's. Also
    /// for a key that is unknown: its offer may be under way.
    ///
    /// # Errors
    /// If the key is unknown and there is no room for its floor.
    ///
    /// # Panics
    /// As [`offer`](Self::offer).
    pub fn remove(&self, key: K, stamp: S) -> MapOffer<K, T, S> {
        let mut event = Event { key: Some(key), value: None, stamp };
        let why = match self.apply(&mut event) {
            Ok(Replaced { shown: replaced, .. }) => return Ok(Offer::Applied { replaced }),
            Err(why) => why,
        };
        let same = matches!(&why, Why::SameStamp(current) if current.value.is_none());
        self.answer(why, same, event.key.expect("was not stored"))
    }

    fn answer<R>(&self, why: Why<T, S>, same: bool, rejected: R) -> MapOffer<R, T, S> {
        match why {
            Why::Stale => Ok(Offer::Stale { rejected }),
            Why::SameStamp(_) if same => Ok(Offer::Duplicate { rejected }),
            Why::SameStamp(current) => Ok(Offer::Conflict { current, rejected }),
            Why::Full => Err(FullError { rejected, max_entries: self.max_entries }),
        }
    }

    /// Applies an event, or leaves it as it is.
    fn apply(&self, event: &mut Event<K, T, S>) -> Result<Replaced<K, T, S>, Why<T, S>> {
        let (now, hash) = (self.now(), event.hash(&self.hasher));
        match self.attempt(hash, event, now) {
            Err(Why::Full) if now.is_some() => {
                self.purge_at(now);
                self.attempt(hash, event, now)
            }
            answer => answer,
        }
    }

    fn attempt(
        &self,
        hash: u64,
        event: &mut Event<K, T, S>,
        now: Option<Instant>,
    ) -> Result<Replaced<K, T, S>, Why<T, S>> {
        // Declared before the lock, to be dropped after it.
        let _gone;
        // L1 lock: sees the last change whole; pairs with L2 below.
        let mut shard = self.shard(hash).lock();
        _gone = self.expire(&mut shard, now);
        let replaced = shard.apply(hash, event, || self.count_up())?;
        self.count_down(usize::from(replaced.forgotten.is_some()));
        // L2 unlock: hands on the entry, its stamp and the watermark; pairs with L1.
        Ok(replaced)
    }

    fn shard(&self, hash: u64) -> &Mutex<Shard<K, T, S>> {
        // The table uses the lowest and the highest bits.
        &self.shards[(hash >> 24) as u32 as usize % self.shards.len()]
    }
}
