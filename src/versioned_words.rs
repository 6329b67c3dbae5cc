//! A few machine words with one version, read without a lock: optimistic concurrency control for
//! small values.
//!
//! # Problem
//!
//! Two balances, a position, a pair of limits: values of several words that are read all the time
//! and changed now and then. With an atomic for each word a reader sees half of a change; with a
//! lock readers slow each other down; and with neither a writer learns that the value it computed
//! from has changed meanwhile.
//!
//! # Example
//!
//! ```
//! use selvedge::VersionedWords;
//!
//! // Cents on two accounts of one owner; money only moves.
//! let accounts = VersionedWords::new([900, 100]);
//! let seen = accounts.load();
//!
//! let moved = accounts.update(|&[giro, savings]| [giro - 50, savings + 50]);
//! assert_eq!((moved.value, moved.version.get()), ([850, 150], 2));
//!
//! // Computed from the value before: refused, and told why.
//! let conflict = accounts.compare_and_set(seen.version, [0, 1_000]).unwrap_err();
//! assert_eq!(conflict.rejected, [0, 1_000]);
//! assert_eq!(conflict.current, moved);
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
//! * **G4** All words of a value, and the version that is handed out with them, belong together.
//! * **G5** Each change raises the version by exactly one, also a change to an equal value. So a
//!   value that returns to what it was is no reason for a stale `compare_and_set` to succeed.
//! * **G6** `version` and `load` agree: after `version` returned v, a load shows v or a later one;
//!   after a load showed v, `version` returns v or a later one.
//! * **G7** Who learns of version v by any operation sees everything that happened before v was
//!   set.
//! * **G8** `try_load` and `try_read` never wait. They give nothing only if a change was under way.
//! * **G9** The caller's functions run while nothing is being written: they may use the same words,
//!   and if they panic the words stay usable.
//! * **G10** The version never wraps around. After version 2⁶³ − 1 a change panics, and changes
//!   nothing.
//!
//! # Protocol
//!
//! ```text
//! a change from version v                          a load
//!
//! W1 sequence 2v ─▶ 2v + 1                         R1 sequence = s; odd? again
//! W2 fence ───────── W2 to R3 ─────────┐           R2 words
//! W3 words ── if R2 reads one of these ┴─────────▶ R3 fence
//! W4 sequence = 2v + 2 ── W4 to R1, W4 to W1 ──▶   R4 sequence = s still? else again
//! ```
//!
//! Two cases, for a load that returns version v:
//!
//! * It cannot have read a word older than v: R1 read 2v, which W4 stored after those words, so
//!   that they happened before R2.
//! * It cannot have read a word newer than v: then R2 read what a W3 stored, the fences W2 and R3
//!   synchronize, and the W1 before W2 happened before R4. So R4 would have read 2v + 1 or more.
//!
//! # States
//!
//! The sequence word holds the version, and whether it is being replaced:
//!
//! | sequence | meaning | entered by | left by |
//! | --- | --- | --- | --- |
//! | 2v | version v, at rest | constructor, W4 | W1 |
//! | 2v + 1 | v being replaced by the thread that entered | W1 | W4, N stores later |
//! | 2⁶⁴ − 2 | the last version, at rest | constructor, W4 | nothing: changes panic |
//! | 0, 1, 2⁶⁴ − 1 | do not occur | | |
//!
//! # Progress
//!
//! Changes exclude each other, and loads wait for a change under way: N stores, without the
//! caller's code. But **a thread that is preempted within them holds up everybody until it runs
//! again**. `version`, `try_load` and `try_read` never wait. Of racing updates one always succeeds;
//! a particular one may be overtaken again and again, which [`Retry`] bounds. A load may be
//! overtaken, too; `try_load` bounds that.
//!
//! # Cost
//!
//! 8 + 8 N bytes, no padding, no allocation. A load: N + 2 loads and a fence. A change: one
//! compare-exchange, a fence and N + 1 stores; an update adds the load. The words are `u64` on
//! every target, so that values and versions mean the same everywhere; a target without 64-bit
//! atomics does not compile.
//!
//! # When not to use
//!
//! * Not between threads of different priorities, and not in signal handlers or interrupts: one
//!   that waits for a change can keep the thread that makes it from running.
//! * For large values, and for values with a destructor, there is `VersionedCell`.
//! * If most operations are changes, readers retry a lot: a lock is no slower then.
//!
//! # Checked by
//!
//! Scenarios of two threads, with one to three operations each, in `tests/versioned_words.rs`:
//! `g1_no_update_is_lost`, `g1_a_lost_try_update_changes_nothing`, `g2_one_of_two_writers_wins`,
//! `g2_given_versions_apply_in_order`, `g3_a_conflict_shows_the_current_value`,
//! `g4_value_and_version_belong_together`, `g4_changed_since_shows_one_moment`,
//! `g4_changed_since_never_shows_the_same_version`,
//! `g5_a_value_that_returns_is_a_change`, `g6_version_and_load_agree`,
//! `g7_a_version_publishes_what_came_before`, `g8_try_load_does_not_wait`,
//! `g8_every_answer_of_try_load_occurs`. The naive twin fails those of G1 to G5.
//!
//! `tests/versioned_words_properties.rs` compares sequences of operations with a sequential model
//! and has the tests of G9 and G10. Not checked by any of these: how long loads are held up.
//!
//! # Source
//!
//! Boehm, *Can Seqlocks Get Along with Programming Language Memory Models?*, MSPC 2012. The seqlock
//! crate reads the value by a volatile copy, which the memory model counts as a data race, and has
//! a lock for the writers beside the sequence; crossbeam's `AtomicCell` takes a sequence lock from
//! a global table for large values. Both keep the sequence to themselves. Here it is the version,
//! and the writers' lock.

use std::array;
use std::fmt;

use super::swap::hint;
use super::swap::sync::atomic::{AtomicU64, Ordering, fence};
use super::version::{Attempts, Conflict, Retry, Snapshot, UpdateError, Version};

/// `N` words with one version. See the [module](self) for the contract.
///
/// There is no value of no words:
///
/// ```compile_fail
/// let nothing = selvedge::VersionedWords::new([]);
/// ```
pub struct VersionedWords<const N: usize> {
    /// A [`Sequence`].
    sequence: AtomicU64,
    /// The value; written by the thread that made the sequence odd.
    words: [AtomicU64; N],
}

/// A value of the sequence word: twice the version, plus 1 while the version is being replaced.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Sequence(u64);

impl Sequence {
    /// The last version whose sequence fits.
    const LAST: u64 = u64::MAX / 2;

    fn at_rest(version: Version) -> Sequence {
        debug_assert!(version.get() <= Sequence::LAST);
        Sequence(version.get() * 2)
    }

    fn being_replaced(self) -> Sequence {
        debug_assert!(!self.is_being_replaced());
        Sequence(self.0 + 1)
    }

    fn is_being_replaced(self) -> bool {
        self.0 % 2 == 1
    }

    /// The newest complete version.
    fn version(self) -> Version {
        Version::new(self.0 / 2).expect("the sequence starts at 2")
    }
}

impl fmt::Debug for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.is_being_replaced() { "being replaced" } else { "at rest" };
        write!(f, "{} {state}", self.version())
    }
}

impl<const N: usize> VersionedWords<N> {
    /// The words of `value` as [`Version::FIRST`].
    pub fn new(value: [u64; N]) -> Self {
        VersionedWords::with_version(value, Version::FIRST)
    }

    /// Words that go on from `version`, so that those who hold an earlier one meet a conflict: for
    /// a value that was stored with its version, or that takes the place of another object's.
    ///
    /// # Panics
    /// If `version` is above 2⁶³ − 1.
    pub fn with_version(value: [u64; N], version: Version) -> Self {
        const { assert!(N > 0, "a value has at least one word") };
        assert!(version.get() <= Sequence::LAST, "version {version} is above 2^63 - 1");
        VersionedWords {
            sequence: AtomicU64::new(Sequence::at_rest(version).0),
            words: value.map(AtomicU64::new),
        }
    }

    /// The current value and its version. Waits for a change that is under way.
    pub fn load(&self) -> Snapshot<[u64; N]> {
        match self.try_load() {
            Some(snapshot) => snapshot,
            None => wait_for(|| self.try_load()),
        }
    }

    /// The current value and its version; `None` if a change was under way. Never waits.
    pub fn try_load(&self) -> Option<Snapshot<[u64; N]>> {
        // R1 Acquire: sees the words of this version, and what happened before it was set; pairs
        // with W4 in write.
        let before = Sequence(self.sequence.load(Ordering::Acquire));
        if before.is_being_replaced() {
            return None;
        }
        // R2 Relaxed: R1 keeps it from older words, R3 and R4 from newer ones.
        let value = array::from_fn(|word| self.words[word].load(Ordering::Relaxed));
        // R3 Acquire fence: if R2 read a word of a newer version, R4 sees that it was begun; pairs
        // with W2 in write.
        fence(Ordering::Acquire);
        // R4 Relaxed: the fence before it orders it.
        let after = Sequence(self.sequence.load(Ordering::Relaxed));
        (before == after).then(|| Snapshot { value, version: before.version() })
    }

    /// The current version. Never waits.
    pub fn version(&self) -> Version {
        // R5 Acquire: sees what happened before the version was set; pairs with W4 in write, also
        // if it reads the W1 that followed, which continues W4's release sequence.
        Sequence(self.sequence.load(Ordering::Acquire)).version()
    }

    /// Calls `f` with the current value and its version. Changes do not wait for `f`.
    pub fn read<R>(&self, f: impl FnOnce(&[u64; N], Version) -> R) -> R {
        let snapshot = self.load();
        f(&snapshot.value, snapshot.version)
    }

    /// As [`read`](Self::read); `None` if a change was under way. Never waits.
    pub fn try_read<R>(&self, f: impl FnOnce(&[u64; N], Version) -> R) -> Option<R> {
        self.try_load().map(|snapshot| f(&snapshot.value, snapshot.version))
    }

    /// The current value and version, unless the version is `version`: then what the caller has
    /// seen is still current.
    ///
    /// A version that these words have not reached is a different one too.
    pub fn changed_since(&self, version: Version) -> Option<Snapshot<[u64; N]>> {
        if self.version() == version {
            return None;
        }
        // A version from elsewhere may have been reached meanwhile: only what was loaded counts.
        Some(self.load()).filter(|current| current.version != version)
    }

    /// Replaces the value, whatever it is, and returns the version of the new one.
    ///
    /// # Panics
    /// After version 2⁶³ − 1, changing nothing.
    pub fn set(&self, value: [u64; N]) -> Version {
        let next = wait_for(|| {
            // W0 Relaxed: only a guess at what W1 will find.
            let seen = Sequence(self.sequence.load(Ordering::Relaxed));
            if seen.is_being_replaced() { None } else { self.claim(seen.version()) }
        });
        self.write(next, value);
        next
    }

    /// Replaces the value if its version is `expected`, and returns the version of the new one.
    ///
    /// # Errors
    /// The current value and version, and `value`, if the version is another one. To show the
    /// current value, it waits for a change that is under way.
    ///
    /// # Panics
    /// As [`set`](Self::set).
    pub fn compare_and_set(
        &self,
        expected: Version,
        value: [u64; N],
    ) -> Result<Version, Conflict<[u64; N], [u64; N]>> {
        loop {
            if let Some(next) = self.claim(expected) {
                self.write(next, value);
                return Ok(next);
            }
            let current = self.load();
            if current.version != expected {
                return Err(Conflict { expected, current, rejected: value });
            }
            // A version from elsewhere, reached between the claim and the load: the second claim
            // decides, as versions do not come back.
        }
    }

    /// Replaces the value by `f` of it, and returns the new one with its version.
    ///
    /// `f` is called again, with the newer value, when another change came first.
    ///
    /// # Panics
    /// If `f` does, changing nothing; and as [`set`](Self::set).
    pub fn update(&self, mut f: impl FnMut(&[u64; N]) -> [u64; N]) -> Snapshot<[u64; N]> {
        match self.try_update(&Retry::unlimited(), |value| Ok::<_, ()>(f(value))) {
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
        mut f: impl FnMut(&[u64; N]) -> Result<[u64; N], E>,
    ) -> Result<Snapshot<[u64; N]>, UpdateError<E>> {
        let mut attempts = Attempts::begin(retry)?;
        loop {
            let seen = self.load();
            let value = f(&seen.value).map_err(UpdateError::Aborted)?;
            if let Some(next) = self.claim(seen.version) {
                self.write(next, value);
                return Ok(Snapshot { value, version: next });
            }
            attempts.lost(self.version())?;
        }
    }

    /// Begins to replace `version`: gives the caller, and nobody else, the right and the duty to
    /// [`write`](Self::write) the version that is returned. `None` if `version` is not current, or
    /// is being replaced.
    fn claim(&self, version: Version) -> Option<Version> {
        if version.get() >= Sequence::LAST {
            assert!(
                version != self.version(),
                "VersionedWords have reached their last version; their value is unchanged"
            );
            return None;
        }
        let rest = Sequence::at_rest(version);
        let odd = rest.being_replaced();
        // W1 Acquire: puts these words after those of the version before, also for a caller who has
        // that version from elsewhere; pairs with W4 in write.
        // W5 Relaxed, on failure: nothing is read on the strength of it.
        let claimed =
            self.sequence.compare_exchange(rest.0, odd.0, Ordering::Acquire, Ordering::Relaxed);
        claimed.ok().and(version.next())
    }

    /// Writes the value of the version that [`claim`](Self::claim) returned. Nothing in here can
    /// panic, and none of it is the caller's code: it runs with the sequence odd.
    fn write(&self, next: Version, value: [u64; N]) {
        // W2 Release fence: who reads one of the words below sees W1; pairs with R3 in try_load.
        fence(Ordering::Release);
        for (word, value) in self.words.iter().zip(value) {
            // W3 Relaxed: W2 and W4 order it.
            word.store(value, Ordering::Relaxed);
        }
        // W4 Release: publishes the words and what happened before; pairs with R1, R5 and W1.
        self.sequence.store(Sequence::at_rest(next).0, Ordering::Release);
    }
}

/// Waits until `attempt` gives something.
fn wait_for<R>(mut attempt: impl FnMut() -> Option<R>) -> R {
    let mut found = None;
    loop {
        hint::wait_until(|| {
            found = attempt();
            found.is_some()
        });
        if let Some(found) = found {
            return found;
        }
    }
}

impl<const N: usize> Default for VersionedWords<N> {
    /// Words of 0.
    fn default() -> Self {
        VersionedWords::new([0; N])
    }
}

impl<const N: usize> From<[u64; N]> for VersionedWords<N> {
    fn from(value: [u64; N]) -> Self {
        VersionedWords::new(value)
    }
}

impl<const N: usize> fmt::Debug for VersionedWords<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = f.debug_struct("VersionedWords");
        // R6 Relaxed: for a person to look at.
        words.field("sequence", &Sequence(self.sequence.load(Ordering::Relaxed)));
        words.field("snapshot", &self.try_load()).finish()
    }
}
