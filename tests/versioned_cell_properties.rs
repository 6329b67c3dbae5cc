//! `VersionedCell` on one thread: against a model, and with values that misbehave.

#[path = "common/sequential.rs"]
mod sequential;

use std::cell::Cell;
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use selvedge::sync::Arc;
use selvedge::time::Instant;
use selvedge::{CachedReader, Retry, Snapshot, UpdateError, Version, Versioned, VersionedCell};
use sequential::{Pair, Subject, agrees_with_the_model, first_version, operations};

impl Subject for VersionedCell<Pair> {
    fn with_version(value: Pair, version: Version) -> Self {
        VersionedCell::with_version(value, version)
    }

    fn read(&self) -> Snapshot<Pair> {
        self.read(|&value, version| Snapshot { value, version })
    }

    fn changed_since(&self, version: Version) -> Option<Snapshot<Pair>> {
        let news = self.changed_since(version)?;
        Some(Snapshot { value: *news.value, version: news.version })
    }

    fn try_update(
        &self,
        retry: &Retry,
        f: impl FnMut(&Pair) -> Result<Pair, u64>,
    ) -> Result<Snapshot<Pair>, UpdateError<u64>> {
        let updated = self.try_update(retry, f)?;
        Ok(Snapshot { value: *updated.value, version: updated.version })
    }

    fn also_shows(&self, expected: &Snapshot<Pair>) {
        let mut reader = self.reader();
        assert_eq!(
            (*reader.load().value, reader.load().version),
            (expected.value, expected.version)
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_cell_agrees_with_the_model(first in first_version(u64::MAX), operations in operations()) {
        agrees_with_the_model::<VersionedCell<Pair>>(first, &operations);
    }

    /// A reader that lives through all changes copies each at most once.
    #[test]
    fn a_reader_agrees_with_the_cell(steps in prop::collection::vec(any::<(bool, u8)>(), 1..32)) {
        let cell = Arc::new(VersionedCell::new(0));
        let mut reader = CachedReader::new(Arc::clone(&cell));
        let mut held = cell.load();
        for (change, value) in steps {
            if change {
                cell.set(value);
            }
            let current = cell.load();
            let seen = reader.load();
            prop_assert_eq!(seen, &current);
            prop_assert!(Arc::ptr_eq(&seen.value, &current.value));
            prop_assert_eq!(change, !Arc::ptr_eq(&seen.value, &held.value));
            held = current;
        }
    }

    /// Every value is dropped once, and as soon as nobody holds it.
    #[test]
    fn values_are_dropped_once(steps in prop::collection::vec(0..6_u8, 0..32)) {
        let alive = Rc::new(Cell::new(0));
        let fresh = |_: &Counted| Counted::new(&alive);
        let cell = VersionedCell::new(Counted::new(&alive));
        let mut held: Option<Versioned<Counted>> = None;
        for step in steps {
            match step {
                0 => {
                    cell.set(Counted::new(&alive));
                }
                1 => {
                    cell.compare_and_set(cell.version(), Counted::new(&alive)).unwrap();
                }
                2 => {
                    let before = alive.get();
                    let stale = Version::new(cell.version().get() + 1).unwrap();
                    let refused = cell.compare_and_set(stale, Counted::new(&alive));
                    prop_assert_eq!(alive.get(), before + 1);
                    drop(refused);
                }
                3 => {
                    cell.update(fresh);
                }
                4 => {
                    let overtaken = cell.try_update(&Retry::attempts(2), |value| {
                        cell.set(fresh(value));
                        Ok::<_, ()>(fresh(value))
                    });
                    prop_assert!(overtaken.is_err());
                }
                _ => held = Some(cell.load()),
            }
            let outdated = held.as_ref().is_some_and(|held| held.version != cell.version());
            prop_assert_eq!(alive.get(), 1 + i32::from(outdated));
        }
        drop((cell, held));
        prop_assert_eq!(alive.get(), 0);
    }
}

/// Counts the values that are alive.
#[derive(Debug)]
struct Counted(Rc<Cell<i32>>);

impl Counted {
    fn new(alive: &Rc<Cell<i32>>) -> Self {
        alive.set(alive.get() + 1);
        Counted(Rc::clone(alive))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// A value whose destructor and `Debug` use the cell in which it was.
struct Nosy {
    cell: Arc<VersionedCell<Option<Nosy>>>,
    seen: Arc<AtomicU32>,
}

impl Nosy {
    fn look(&self) {
        let version = self.cell.version();
        assert!(self.cell.load().version == version && self.cell.changed_since(version).is_none());
        // Relaxed: one thread.
        self.seen.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Nosy {
    fn drop(&mut self) {
        self.look();
        self.cell.set(None);
    }
}

impl std::fmt::Debug for Nosy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.look();
        f.write_str("Nosy")
    }
}

#[test]
fn g9_user_code_runs_outside_the_lock() {
    let cell = Arc::new(VersionedCell::new(None));
    let seen = Arc::new(AtomicU32::new(0));
    let nosy = || Some(Nosy { cell: Arc::clone(&cell), seen: Arc::clone(&seen) });
    // Relaxed: one thread.
    let seen_so_far = || seen.load(Ordering::Relaxed);

    cell.set(nosy());
    assert!(format!("{cell:?}").contains("Nosy"));
    assert_eq!(seen_so_far(), 1, "Debug");
    cell.set(None);
    assert_eq!(seen_so_far(), 2, "the value that set replaced");
    cell.set(nosy());
    cell.update(|_| None);
    assert_eq!(seen_so_far(), 3, "the value that update replaced");
    cell.set(nosy());
    cell.compare_and_set(cell.version(), None).unwrap();
    assert_eq!(seen_so_far(), 4, "the value that compare_and_set replaced");
    drop(cell.compare_and_set(Version::FIRST, nosy()).unwrap_err());
    assert_eq!(seen_so_far(), 5, "the value that was rejected");
    let _ = cell.try_update(&Retry::attempts(1), |_| {
        cell.set(None);
        Ok::<_, ()>(nosy())
    });
    assert_eq!(seen_so_far(), 6, "the value that came too late");
    let mut reader = cell.reader();
    cell.set(nosy());
    reader.load();
    cell.set(None);
    assert_eq!(seen_so_far(), 6, "the reader holds it");
    reader.load();
    assert_eq!(seen_so_far(), 7, "the value that the reader let go");
}

/// A value whose destructor panics once it is armed.
struct Explosive(Arc<AtomicU32>);

impl Drop for Explosive {
    fn drop(&mut self) {
        // Relaxed: one thread.
        if self.0.swap(0, Ordering::Relaxed) == 1 {
            resume_unwind(Box::new("the destructor's panic"));
        }
    }
}

#[test]
fn g9_a_panic_in_a_destructor_leaves_the_cell_usable() {
    let armed = Arc::new(AtomicU32::new(0));
    let explosive = || Explosive(Arc::clone(&armed));
    let explodes = |f: &mut dyn FnMut()| {
        // Relaxed: one thread.
        armed.store(1, Ordering::Relaxed);
        let panic = catch_unwind(AssertUnwindSafe(f)).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"the destructor's panic"));
    };
    let cell = VersionedCell::new(explosive());
    let mut reader = cell.reader();

    cell.set(explosive());
    explodes(&mut || {
        reader.load();
    });
    assert_eq!(reader.load().version.get(), 2, "the reader is whole");
    drop(reader);
    explodes(&mut || {
        cell.set(explosive());
    });
    assert_eq!(cell.load().version.get(), 3, "the change is done");
    explodes(&mut || {
        cell.update(|_| explosive());
    });
    assert_eq!(cell.load().version.get(), 4, "the change is done");
    explodes(&mut || {
        let _ = cell.compare_and_set(Version::FIRST, explosive());
    });
    assert_eq!(cell.load().version.get(), 4, "a conflict changes nothing");
}

#[test]
fn g9_a_cell_may_be_used_after_a_panic_without_further_ado() {
    let cell = VersionedCell::new(1);
    let panicked = catch_unwind(|| cell.update(|_| resume_unwind(Box::new(()))));
    assert!(panicked.is_err());
    assert_eq!(cell.load(), Snapshot { value: Arc::new(1), version: Version::FIRST });
}

#[test]
fn g10_the_version_never_wraps() {
    let last = Version::new(u64::MAX).unwrap();
    let cell = VersionedCell::with_version('a', Version::new(u64::MAX - 1).unwrap());
    assert_eq!(cell.set('b'), last);
    let changes: [&dyn Fn() -> Version; 3] =
        [&|| cell.set('c'), &|| cell.compare_and_set(last, 'c').unwrap(), &|| {
            cell.update(|_| 'c').version
        }];
    for change in changes {
        let panic = catch_unwind(AssertUnwindSafe(change)).unwrap_err();
        assert!(panic.downcast_ref::<&str>().unwrap().contains("last version"));
        assert_eq!((*cell.load().value, cell.version()), ('b', last));
    }
    let conflict = cell.compare_and_set(Version::FIRST, 'c').unwrap_err();
    assert_eq!((conflict.current.version, conflict.rejected), (last, 'c'));
}

#[test]
fn a_cell_that_takes_the_place_of_another_goes_on_from_its_version() {
    let before = VersionedCell::new("stored");
    let seen = before.load().version;
    before.set("stored later");
    let Snapshot { value, version } = before.load();
    drop(before);

    let after = VersionedCell::with_version(*value, version);
    assert_eq!(after.version().get(), 2);
    let conflict = after.compare_and_set(seen, "computed from the older one").unwrap_err();
    assert_eq!(conflict.current.version, version);
    assert_eq!(after.set("new"), Version::new(3).unwrap());
}

#[test]
fn a_deadline_is_a_point_in_time() {
    let cell = VersionedCell::new(0);
    let far = Instant::now().checked_add(Duration::from_secs(3_600)).unwrap();
    let add = |value: &i32| Ok::<_, ()>(value + 1);
    assert!(cell.try_update(&Retry::unlimited().deadline(far), add).is_ok());
    assert!(cell.try_update(&Retry::unlimited().timeout(Duration::MAX), add).is_ok());
    let passed = Retry::attempts(3).deadline(Instant::now());
    assert_eq!(cell.try_update(&passed, add), Err(UpdateError::Deadline));
    let both = passed.timeout(Duration::from_secs(3_600));
    assert_eq!(cell.try_update(&both, add), Err(UpdateError::Deadline));
    assert_eq!(*cell.load().value, 2);
}

#[test]
#[should_panic(expected = "an update needs at least one attempt")]
fn a_policy_without_an_attempt_is_refused() {
    let _ = Retry::attempts(0);
}

#[test]
fn errors_stand_alone_in_a_log() {
    let aborted = UpdateError::Aborted(std::io::Error::other("insufficient funds"));
    assert_eq!(aborted.to_string(), "update aborted: insufficient funds");
    assert!(aborted.source().is_none());
    let exhausted = UpdateError::<std::io::Error>::Exhausted { attempts: 3, last: Version::FIRST };
    assert_eq!(
        exhausted.to_string(),
        "update overtaken in each of 3 attempts, version 1 seen last"
    );
    let deadline = UpdateError::<std::io::Error>::Deadline;
    assert_eq!(deadline.to_string(), "update not applied before its deadline");
}

#[test]
fn cells_are_made_in_the_usual_ways() {
    assert_eq!(*VersionedCell::<i32>::default().load().value, 0);
    assert_eq!(VersionedCell::from("a").version(), Version::FIRST);
    fn shared<T: Send + Sync + std::panic::UnwindSafe + std::panic::RefUnwindSafe>() {}
    shared::<VersionedCell<String>>();
}

#[test]
#[cfg(all(target_arch = "x86_64", not(any(loom, shuttle, selvedge))))]
fn a_cell_takes_as_many_bytes_as_its_page_says() {
    assert_eq!(size_of::<VersionedCell<[u64; 100]>>(), 256);
}
