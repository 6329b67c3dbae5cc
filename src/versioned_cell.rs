//! A shared value of any type with a version: a write can demand that the version it was computed
//! from is still the current one. Optimistic concurrency control, inside of a process.
//!
//! # Problem
//!
//! Two editors load the same document, both change it, both save. The second save destroys the
//! first change, and nobody is told. Each load and each save was atomic; the workflow was not.
//! Databases and protocols solve this with a version that the writer has to name: DynamoDB's
//! conditional writes, etcd's transactions on `mod_revision`, HTTP's `ETag` and `If-Match`, JPA's
//! `@Version`. This is the same contract for a value in memory.
//!
//! # Example
//!
//! ```
//! use selvedge::VersionedCell;
//!
//! let title = VersionedCell::new(String::from("Draft"));
//! let seen = title.load();
//!
//! // Another editor is faster.
//! title.set(String::from("Proposal"));
//!
//! let conflict = title.compare_and_set(seen.version, String::from("Draft 2")).unwrap_err();
//! assert_eq!(conflict.rejected, "Draft 2");
//! assert_eq!(*conflict.current.value, "Proposal");
//!
//! // What can be computed again needs no such dialogue: `update` tries until it wins.
//! let signed = title.update(|title| format!("{title}, signed"));
//! assert_eq!(*signed.value, "Proposal, signed");
//! assert_eq!(signed.version.get(), 3);
//! ```
//!
//! # Guarantee
//!
//! * **G1** No update is lost: `update` and `try_update` store what the caller's function computed
//!   from exactly the value that it replaces. An update that returns an error changed nothing.
//! * **G2** `compare_and_set` stores its value only if the expected version is the current one. Of
//!   several that expect the same version, one succeeds.
//! * **G3** A conflict changes nothing, gives the rejected value back, and shows the value and the
//!   version that were current at one moment of the call. That version is not the expected one.
//! * **G4** A value and a version that are handed out together belong together.
//! * **G5** Each change raises the version by exactly one, also a change to an equal value. So a
//!   value that returns to what it was is no reason for a stale `compare_and_set` to succeed.
//! * **G6** `version` and `load` agree: after `version` returned v, a load shows v or a later one;
//!   after a load showed v, `version` returns v or a later one.
//! * **G7** Who learns of version v by any operation sees everything that happened before v was
//!   set.
//! * **G8** A [`CachedReader`] is never behind what its thread has learned by other means, and what
//!   it shows belongs together as in G4.
//! * **G9** The caller's functions, and `Drop`, `Clone` and `Debug` of the value, never run under
//!   the internal lock. They may use the cell, and if they panic the cell stays usable.
//! * **G10** The version never wraps around. After version 2⁶⁴ − 1 a change panics, and changes
//!   nothing.
//!
//! # Protocol
//!
//! ```text
//! a change                              a look at the version      a load
//!
//!    allocate the new value
//! L1 lock
//!    compare the version
//!    replace value and version
//! W1 store the mirror ── W1 to R1 ────▶ R1 load the mirror
//! L2 unlock ──────────── L2 to L1 ───────────────────────────────▶ L1 lock
//!    drop the old value                                               share the value
//!                                                                  L2 unlock
//! ```
//!
//! The lock alone decides. The mirror tells the version without the lock; it is stored inside of
//! it, so that mirrors follow each other in the order of the changes, and neither runs ahead of the
//! value for somebody who loads next, nor lags behind it for somebody who has loaded.
//!
//! # States
//!
//! | version | meaning | entered by | left by |
//! | --- | --- | --- | --- |
//! | v | the value of version v, at rest | constructor, a change | a change |
//! | 2⁶⁴ − 1 | the last value | constructor, a change | nothing: changes panic |
//! | 0 | does not occur | | |
//!
//! # Progress
//!
//! The lock is held for a comparison, two moves and a store, or for a reference count; never for
//! the caller's code. A thread that is preempted in there blocks the others until it runs again,
//! except those that only look at the version. Of racing updates one always succeeds; a particular
//! one may be overtaken again and again, which [`Retry`] bounds. `CachedReader::load`,
//! `changed_since` and `version` take one load if nothing changed.
//!
//! # Cost
//!
//! 256 bytes on x86-64 (two cache lines and their neighbors, so that a look at the version does
//! not meet the lock), and the value in an `Arc`. A load: lock, reference count, unlock. A change:
//! one allocation, lock, unlock, and the drop of the old value if nobody holds it; an update adds
//! the load. A refused `compare_and_set` has allocated for nothing.
//!
//! # When not to use
//!
//! * For a few machine words there is `VersionedWords`, which reads without a lock and changes
//!   without an allocation.
//! * If each change takes long to compute and races are frequent, most work is thrown away: take a
//!   lock for the whole change, or give the state to one thread.
//! * If changes must not get lost *and* cannot be computed again, the caller needs a queue.
//! * For two cells that change together: one version guards one value. Put both into one cell.
//! * A value of many megabytes is copied with each update; use a persistent data structure in it.
//! * Values that are held on to by a snapshot or a cached reader live as long as their holder.
//!
//! # Checked by
//!
//! Scenarios of two threads, with one to four operations each, in `tests/versioned_cell.rs`:
//! `g1_no_update_is_lost`, `g1_a_lost_try_update_changes_nothing`, `g2_one_of_two_writers_wins`,
//! `g2_given_versions_apply_in_order`, `g3_a_conflict_shows_the_current_value`,
//! `g4_value_and_version_belong_together`, `g4_changed_since_shows_one_moment`,
//! `g4_changed_since_never_shows_the_same_version`,
//! `g5_a_value_that_returns_is_a_change`, `g6_version_and_load_agree`,
//! `g7_a_version_publishes_what_came_before`, `g8_a_cached_reader_shows_one_moment`,
//! `g8_a_cached_reader_is_not_behind`, `g9_destructors_run_outside_the_lock`. The naive twin fails
//! those of G1 to G5.
//!
//! `tests/versioned_cell_properties.rs` compares sequences of operations with a sequential model
//! and has the other tests of G9, and that of G10. Not checked by any of these: fairness, and for
//! how long the lock is held.
//!
//! # Source
//!
//! Kung and Robinson, *On Optimistic Methods for Concurrency Control*, ACM TODS 6(2), 1981; and
//! RFC 9110, section 13, for the dialogue of `ETag` and `If-Match`. arc-swap reads without a lock,
//! but has no version, and so no answer to a value that returns (ABA across a client's think
//! time); crossbeam's `AtomicCell` and the seqlock crate load `Copy` values only, without a
//! version; tokio's `watch` counts versions, and keeps them to itself. A lock around two words
//! needs no unsafe code and no deferred reclamation.

use std::fmt;
use std::mem;
use std::ops::Deref;
use std::panic::RefUnwindSafe;

use super::swap::sync::atomic::{AtomicU64, Ordering};
use super::swap::sync::{Arc, CachePadded, Mutex};
use super::version::{Attempts, Conflict, Retry, Snapshot, UpdateError, Version};

/// What a [`VersionedCell`] hands out: a share of the value, and its version.
pub type Versioned<T> = Snapshot<Arc<T>>;

/// A shared value with a version. See the [module](self) for the contract.
pub struct VersionedCell<T> {
    /// The number of the current version, for those who do not need the value.
    mirror: CachePadded<AtomicU64>,
    /// The truth.
    current: Mutex<Versioned<T>>,
}

impl<T> VersionedCell<T> {
    /// A cell with `value` as [`Version::FIRST`].
    pub fn new(value: T) -> Self {
        VersionedCell::with_version(value, Version::FIRST)
    }

    /// A cell that goes on from `version`, so that those who hold an earlier one meet a conflict:
    /// for a value that was stored with its version, or that takes the place of another object's.
    pub fn with_version(value: T, version: Version) -> Self {
        VersionedCell {
            mirror: CachePadded::new(AtomicU64::new(version.get())),
            current: Mutex::new(Snapshot { value: Arc::new(value), version }),
        }
    }

    /// The current value and its version.
    pub fn load(&self) -> Versioned<T> {
        // L1 lock: sees the last change whole; pairs with L2 in replace.
        self.current.lock().clone()
    }

    /// The current version, without the lock.
    pub fn version(&self) -> Version {
        Version::new(self.mirror()).expect("the mirror holds the numbers of versions only")
    }

    /// Calls `f` with the current value and its version. Changes do not wait for `f`.
    pub fn read<R>(&self, f: impl FnOnce(&T, Version) -> R) -> R {
        let snapshot = self.load();
        f(&snapshot.value, snapshot.version)
    }

    /// The current value and version, unless the version is `version`: then what the caller has
    /// seen is still current.
    ///
    /// A version that this cell has not reached is a different one too.
    pub fn changed_since(&self, version: Version) -> Option<Versioned<T>> {
        if self.mirror() == version.get() {
            return None;
        }
        // A version from elsewhere may have been reached meanwhile: only what was loaded counts.
        Some(self.load()).filter(|current| current.version != version)
    }

    /// Replaces the value, whatever it is, and returns the version of the new one.
    ///
    /// # Panics
    /// After version 2⁶⁴ − 1, changing nothing. If `Drop` of the old value panics, the change is
    /// done.
    pub fn set(&self, value: T) -> Version {
        match self.replace(None, Arc::new(value)) {
            Ok(version) => version,
            Err(_) => unreachable!("without an expected version there is no conflict"),
        }
    }

    /// Replaces the value if its version is `expected`, and returns the version of the new one.
    ///
    /// # Errors
    /// The current value and version, and `value`, if the version is another one.
    ///
    /// # Panics
    /// As [`set`](Self::set).
    pub fn compare_and_set(&self, expected: Version, value: T) -> Result<Version, Conflict<T>> {
        self.replace(Some(expected), Arc::new(value)).map_err(|(rejected, current)| {
            let rejected = Arc::into_inner(rejected).expect("a rejected value was never shared");
            Conflict { expected, current, rejected }
        })
    }

    /// Replaces the value by `f` of it, and returns the new one with its version.
    ///
    /// `f` is called again, with the newer value, when another change came first.
    ///
    /// # Panics
    /// If `f` does, changing nothing; and as [`set`](Self::set).
    pub fn update(&self, mut f: impl FnMut(&T) -> T) -> Versioned<T> {
        match self.try_update(&Retry::unlimited(), |value| Ok::<T, ()>(f(value))) {
            Ok(updated) => updated,
            Err(_) => unreachable!("an unlimited update whose function does not fail succeeds"),
        }
    }

    /// As [`update`](Self::update), with a function that may refuse, and a limit to the attempts.
    ///
    /// # Errors
    /// That of `f`; or the limit of `retry` that was reached. The update has changed nothing then.
    ///
    /// # Panics
    /// As [`update`](Self::update).
    pub fn try_update<E>(
        &self,
        retry: &Retry,
        mut f: impl FnMut(&T) -> Result<T, E>,
    ) -> Result<Versioned<T>, UpdateError<E>> {
        let mut attempts = Attempts::begin(retry)?;
        loop {
            let seen = self.load();
            let value = Arc::new(f(&seen.value).map_err(UpdateError::Aborted)?);
            match self.replace(Some(seen.version), Arc::clone(&value)) {
                Ok(version) => return Ok(Snapshot { value, version }),
                Err((_, current)) => attempts.lost(current.version)?,
            }
        }
    }

    /// A reader that keeps the value it has seen, and looks at the version only while that is
    /// current.
    pub fn reader(&self) -> CachedReader<T, &VersionedCell<T>> {
        CachedReader::new(self)
    }

    fn mirror(&self) -> u64 {
        // R1 Acquire: sees what happened before the version was set; pairs with W1 in replace.
        self.mirror.load(Ordering::Acquire)
    }

    /// Replaces the value, if its version is the expected one, or if none is expected. Otherwise
    /// gives the value back, with the current one.
    fn replace(
        &self,
        expected: Option<Version>,
        value: Arc<T>,
    ) -> Result<Version, (Arc<T>, Versioned<T>)> {
        // L1 lock: sees the last change whole; pairs with L2 below.
        let mut current = self.current.lock();
        if expected.is_some_and(|expected| expected != current.version) {
            let current = current.clone();
            return Err((value, current));
        }
        let Some(version) = current.version.next() else {
            // Hooks for panics are code of the caller's, too.
            drop(current);
            panic!("a VersionedCell has reached its last version; its value is unchanged");
        };
        let replaced = mem::replace(&mut *current, Snapshot { value, version });
        // W1 Release: shows who learns of the version what happened before; pairs with R1.
        self.mirror.store(version.get(), Ordering::Release);
        // L2 unlock: hands on value, version and mirror; pairs with L1.
        drop(current);
        drop(replaced);
        Ok(version)
    }
}

// Between two changes the cell is whole, and no code of the caller's runs during one.
impl<T: RefUnwindSafe> RefUnwindSafe for VersionedCell<T> {}

impl<T: Default> Default for VersionedCell<T> {
    fn default() -> Self {
        VersionedCell::new(T::default())
    }
}

impl<T> From<T> for VersionedCell<T> {
    fn from(value: T) -> Self {
        VersionedCell::new(value)
    }
}

impl<T: fmt::Debug> fmt::Debug for VersionedCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Snapshot { value, version } = self.load();
        f.debug_struct("VersionedCell").field("version", &version).field("value", &value).finish()
    }
}

/// Reads a [`VersionedCell`] for one thread, with one load as long as nothing changes.
///
/// It keeps the value that it has seen last alive, until it is asked again or dropped.
///
/// `C` is how it refers to the cell: `&VersionedCell<T>` as [`VersionedCell::reader`] makes it, or
/// an `Arc` for a reader that lives on its own.
///
/// ```
/// use selvedge::{CachedReader, VersionedCell, sync::Arc};
///
/// let limits = Arc::new(VersionedCell::new([10, 20]));
/// let mut reader = CachedReader::new(Arc::clone(&limits));
/// assert_eq!(*reader.load().value, [10, 20]);
/// limits.set([30, 40]);
/// assert_eq!(*reader.load().value, [30, 40]);
/// ```
pub struct CachedReader<T, C = Arc<VersionedCell<T>>> {
    cell: C,
    seen: Versioned<T>,
}

impl<T, C: Deref<Target = VersionedCell<T>>> CachedReader<T, C> {
    /// A reader of `cell`.
    pub fn new(cell: C) -> Self {
        let seen = cell.load();
        CachedReader { cell, seen }
    }

    /// The current value and its version.
    pub fn load(&mut self) -> &Versioned<T> {
        if self.cell.mirror() != self.seen.version.get() {
            self.load_slow();
        }
        &self.seen
    }

    #[cold]
    fn load_slow(&mut self) {
        let current = self.cell.load();
        debug_assert!(current.version >= self.seen.version);
        // Taken out first, so that a `Drop` that panics finds the reader whole.
        drop(mem::replace(&mut self.seen, current));
    }
}

impl<T: fmt::Debug, C> fmt::Debug for CachedReader<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedReader").field("seen", &self.seen).finish_non_exhaustive()
    }
}
