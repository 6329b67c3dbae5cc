//! A shared value that the newest event decides, in whatever order, how often, and by whichever
//! threads the events are delivered: the last writer wins, by stamp and not by arrival.
//!
//! # Problem
//!
//! A price changes to 10 and then to 12. The two messages take different ways, or one of them is
//! sent again after a timeout, and 10 arrives last. Who stores what arrives shows 10 from then on,
//! and another replica, to which they came in order, shows 12. To compare the wall-clock times of
//! the writers instead mends it only as long as their clocks agree; to compare in one step and
//! store in another mends it only as long as messages come one at a time. This register compares
//! the [stamps](super::stamp) of the events, and stores, in one step.
//!
//! # Example
//!
//! ```
//! use selvedge::{Offer, Seq, SequencedRegister};
//!
//! let price = SequencedRegister::new();
//! assert!(price.offer(Seq(2), 12).is_applied());
//!
//! // The older event arrives late, and the newer one once more.
//! assert_eq!(price.offer(Seq(1), 10), Offer::Stale { rejected: 10 });
//! assert_eq!(price.offer(Seq(2), 12), Offer::Duplicate { rejected: 12 });
//!
//! let shown = price.load().unwrap();
//! assert_eq!((*shown.value, shown.stamp), (12, Seq(2)));
//! ```
//!
//! # Guarantee
//!
//! * **G1** An offer is applied if and only if its stamp is greater than the current one, or if
//!   the register is empty. So the stamp never goes down, and a value stays until an event with a
//!   greater stamp replaces it.
//! * **G2** Replicas converge: registers to which the same events were offered show the same value
//!   and stamp, whatever the order, however often each was offered, and by whichever threads.
//! * **G3** A value and a stamp that are handed out together belong together.
//! * **G4** An offer that is not applied changes nothing, and gives its value back. `Stale` means
//!   that a greater stamp was there at one moment of the call.
//! * **G5** Of several offers with one stamp at most one is applied. `Duplicate` and `Conflict`
//!   tell apart whether the value that was there with this stamp at one moment of the call equals
//!   the offered one; a conflict shows it.
//! * **G6** Who learns of a stamp by any operation, also by a refusal, sees everything that
//!   happened before it was offered; and whatever it loads afterwards has that stamp or a greater
//!   one.
//! * **G7** `Drop`, `PartialEq` and `Debug` of the value never run under the internal lock. They
//!   may use the register, and if they panic it stays usable. Nor does [`Stamp::prefix`] run under
//!   it; the order of the stamps does, and may panic without harm.
//!
//! G2 is for events with different stamps. Two events with one stamp are a fault of their source:
//! the register keeps the one that came first, which another replica may not, and says `Conflict`
//! to the other, unless a greater stamp has come first.
//!
//! # Protocol
//!
//! ```text
//! an offer that is applied            an offer that is refused       a load
//!
//! R1 load the mirror: not greater
//!    allocate the value
//! L1 lock
//!    compare the whole stamp
//!    replace value and stamp
//! W1 store the mirror ── W1 to R1 ──▶ R1 load the mirror: greater
//! L2 unlock ──────────── L2 to L1 ─▶                                 L1 lock
//!    drop the old value                                                 share the value
//!                                                                    L2 unlock
//! ```
//!
//! The lock alone decides that an offer is applied. The mirror holds the
//! [prefix](Stamp::prefix) of the current stamp, and may only refuse: it never goes down, so a
//! prefix that is smaller than it has been is that of a stamp which is stale, now and forever. A
//! prefix that is equal or greater says nothing; the whole stamp is compared under the lock. In an
//! empty register the mirror is 0, and refuses nobody.
//!
//! Equal stamps are told apart outside of the lock, on a share of the value that was taken inside:
//! what a stamp stands for never changes, so the answer is right even if a greater stamp has
//! replaced both meanwhile.
//!
//! # States
//!
//! | current | mirror | meaning | entered by | left by |
//! | --- | --- | --- | --- | --- |
//! | none | 0 | nothing was offered | `new` | the first offer |
//! | a value and stamp s | prefix of s | s is the greatest stamp so far | `with_value`, an offer of s | an offer of a greater stamp |
//! | the greatest stamp | its prefix | nothing is newer | an offer of it | nothing |
//!
//! # Progress
//!
//! An offer with a smaller prefix is refused without the lock and without an allocation. All else
//! takes the lock, which is held for a comparison of stamps, two moves and a store, or for a
//! reference count. A thread that is preempted in there blocks the others until it runs again. No
//! operation is repeated: an offer is one attempt, and its answer is final.
//!
//! # Cost
//!
//! 256 bytes on x86-64 if the stamp has 64 bits, and the value in an `Arc`. An offer that is
//! applied: one load, one allocation, lock, unlock, and the drop of the old value if nobody holds
//! it. One that is refused by its prefix: one load. One that is refused by the whole stamp has
//! allocated for nothing.
//!
//! # When not to use
//!
//! * If each event counts, and not only the newest (a deposit, a line of a log), then an event that
//!   comes late must still be applied: put the events in order instead of dropping the stale ones.
//! * If a new value is computed from the old one, the computation is lost with its stale stamp:
//!   that is for [`VersionedCell`](super::versioned_cell::VersionedCell).
//! * If concurrent events must both survive, the last writer should not win: keep both, and merge.
//! * Values that do not equal themselves, such as a NaN, make their own duplicates a conflict.
//! * For many keys there is [`SequencedMap`](super::sequenced_map::SequencedMap), which also knows
//!   removals.
//!
//! # Checked by
//!
//! Scenarios of two threads, with one to two operations each, in `tests/sequenced_register.rs`:
//! `g1_no_stale_value_wins`, `g1_clocks_that_differ_do_not_matter`,
//! `g1_the_node_decides_between_equal_counters`, `g1_the_first_stamp_may_be_the_smallest`,
//! `g2_replicas_converge`, `g3_value_and_stamp_belong_together`,
//! `g4_a_stale_offer_changes_nothing`, `g5_one_of_two_duplicates_is_applied`,
//! `g5_a_conflict_shows_the_first_comer`, `g6_a_refusal_publishes_what_came_before`,
//! `g6_what_was_learned_is_loaded`, `g7_destructors_run_outside_the_lock`. The naive twins fail
//! those of G1, G2, G4 and G5.
//!
//! `tests/sequenced_register_properties.rs` delivers events to replicas in any order, compares
//! with the greatest of them for stamps of each kind, and has the other tests of G7. Not checked by
//! any of these: fairness, and for how long the lock is held.
//!
//! # Source
//!
//! Thomas, *A Majority Consensus Approach to Concurrency Control for Multiple Copy Databases*, ACM
//! TODS 4(2), 1979: a write whose timestamp is older than that of the data is ignored. Shapiro,
//! Preguiça, Baquero, Zawirski, *A comprehensive study of Convergent and Commutative Replicated
//! Data Types*, INRIA RR-7506, 2011, has it as the LWW-Register, which is a maximum: commutative,
//! associative and idempotent. Both leave open what equal timestamps of different events mean; here
//! they are reported.

use std::cmp::Ordering::{Equal, Greater, Less};
use std::fmt;
use std::panic::RefUnwindSafe;

use super::offer::{Offer, Stamped};
use super::stamp::Stamp;
use super::swap::sync::atomic::{AtomicU64, Ordering};
use super::swap::sync::{Arc, CachePadded, Mutex};

/// A shared value that the event with the greatest stamp decides. See the [module](self) for the
/// contract.
pub struct SequencedRegister<T, S: Stamp> {
    /// The prefix of the current stamp, for offers that are stale at first sight; 0 without one.
    mirror: CachePadded<AtomicU64>,
    /// The truth.
    current: Mutex<Current<T, S>>,
}

/// What a register holds.
type Current<T, S> = Option<Stamped<Arc<T>, S>>;

/// A value that is given back, and what is there if its stamp is the same.
type Refused<T, S> = (Arc<T>, Current<T, S>);

impl<T, S: Stamp> SequencedRegister<T, S> {
    /// An empty register: any stamp is greater than none.
    pub fn new() -> Self {
        SequencedRegister { mirror: CachePadded::new(AtomicU64::new(0)), current: Mutex::new(None) }
    }

    /// A register with a first value, as if it had been offered: for one that was stored with its
    /// stamp, or that another replica has.
    pub fn with_value(stamp: S, value: T) -> Self {
        SequencedRegister {
            mirror: CachePadded::new(AtomicU64::new(stamp.prefix())),
            current: Mutex::new(Some(Stamped { value: Arc::new(value), stamp })),
        }
    }

    /// The current value and its stamp; `None` if nothing was offered yet.
    pub fn load(&self) -> Option<Stamped<Arc<T>, S>> {
        // L1 lock: sees the last change whole; pairs with L2 in replace.
        self.current.lock().clone()
    }

    /// The current stamp; `None` if nothing was offered yet.
    pub fn stamp(&self) -> Option<S> {
        // L1 lock: as in load; pairs with L2 in replace.
        self.current.lock().as_ref().map(|current| current.stamp)
    }

    /// Whether an offer with `stamp` would be refused as stale; if so, it stays so. A question to
    /// ask before a value is fetched or decoded at great cost.
    pub fn is_stale(&self, stamp: S) -> bool {
        self.is_stale_at_first_sight(stamp) || self.stamp().is_some_and(|current| stamp < current)
    }

    /// Replaces the value if `stamp` is greater than the current one.
    ///
    /// # Panics
    /// If `PartialEq` of the values, or the order of the stamps, does; or if `Drop` of a value does
    /// that another thread has replaced while it was compared. Nothing has changed then.
    pub fn offer(&self, stamp: S, value: T) -> Offer<T, Stamped<Arc<T>, S>>
    where
        T: PartialEq,
    {
        if self.is_stale_at_first_sight(stamp) {
            return Offer::Stale { rejected: value };
        }
        match self.replace(stamp, Arc::new(value)) {
            Ok(replaced) => Offer::Applied { replaced },
            Err((rejected, current)) => {
                let same = current.as_ref().map(|current| *current.value == *rejected);
                let rejected = Arc::into_inner(rejected).expect("a refused value was never shared");
                match (same, current) {
                    (Some(true), _) => Offer::Duplicate { rejected },
                    (Some(false), Some(current)) => Offer::Conflict { current, rejected },
                    _ => Offer::Stale { rejected },
                }
            }
        }
    }

    /// Whether the prefix alone shows that a greater stamp is there.
    fn is_stale_at_first_sight(&self, stamp: S) -> bool {
        // R1 Acquire: sees what happened before the stamp was offered; pairs with W1 in replace.
        stamp.prefix() < self.mirror.load(Ordering::Acquire)
    }

    /// Replaces the value, and returns the old one, if `stamp` is greater than the current one.
    /// Otherwise gives the value back, with the current one if the stamps are equal.
    fn replace(&self, stamp: S, value: Arc<T>) -> Result<Current<T, S>, Refused<T, S>> {
        let prefix = stamp.prefix();
        // L1 lock: sees the last change whole; pairs with L2 below.
        let mut current = self.current.lock();
        match current.as_ref().map_or(Greater, |current| stamp.cmp(&current.stamp)) {
            Less => Err((value, None)),
            Equal => Err((value, current.clone())),
            Greater => {
                let replaced = current.replace(Stamped { value, stamp });
                // W1 Release: shows who is refused what happened before; pairs with R1. Under the
                // lock, so that the mirror never goes down.
                self.mirror.store(prefix, Ordering::Release);
                // L2 unlock: hands on value, stamp and mirror; pairs with L1. The caller drops the
                // old value.
                Ok(replaced)
            }
        }
    }
}

// Between two changes the register is whole, and no code of the caller's runs during one.
impl<T: RefUnwindSafe, S: Stamp + RefUnwindSafe> RefUnwindSafe for SequencedRegister<T, S> {}

impl<T, S: Stamp> Default for SequencedRegister<T, S> {
    fn default() -> Self {
        SequencedRegister::new()
    }
}

impl<T: fmt::Debug, S: Stamp + fmt::Debug> fmt::Debug for SequencedRegister<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SequencedRegister").field("current", &self.load()).finish()
    }
}
