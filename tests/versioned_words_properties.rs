//! `VersionedWords` on one thread: against a model, and at the end of its versions.

#[path = "common/sequential.rs"]
mod sequential;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use proptest::prelude::*;
use selvedge::{Retry, Snapshot, UpdateError, Version, VersionedWords};
use sequential::{Pair, Subject, agrees_with_the_model, first_version, operations};

/// The last version of words.
const LAST: u64 = u64::MAX / 2;

impl Subject for VersionedWords<2> {
    fn with_version(value: Pair, version: Version) -> Self {
        VersionedWords::with_version(value, version)
    }

    fn read(&self) -> Snapshot<Pair> {
        self.read(|&value, version| Snapshot { value, version })
    }

    fn changed_since(&self, version: Version) -> Option<Snapshot<Pair>> {
        self.changed_since(version)
    }

    fn try_update(
        &self,
        retry: &Retry,
        f: impl FnMut(&Pair) -> Result<Pair, u64>,
    ) -> Result<Snapshot<Pair>, UpdateError<u64>> {
        self.try_update(retry, f)
    }

    fn also_shows(&self, expected: &Snapshot<Pair>) {
        assert_eq!(self.try_load(), Some(*expected));
        let read = self.try_read(|&value, version| Snapshot { value, version });
        assert_eq!(read, Some(*expected));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn words_agree_with_the_model(first in first_version(LAST), operations in operations()) {
        agrees_with_the_model::<VersionedWords<2>>(first, &operations);
    }
}

#[test]
fn g9_the_callers_function_may_use_the_words() {
    let words = VersionedWords::new([1, 2, 3]);
    let mut calls = 0;
    let updated = words.update(|&[a, b, c]| {
        calls += 1;
        if calls == 1 {
            // In the middle of a change a load would wait forever.
            assert!(words.try_load().is_some(), "called in the middle of a change");
            assert_eq!(words.load().value, [1, 2, 3]);
            words.set([4, 5, 6]);
        }
        [a + 1, b + 1, c + 1]
    });
    assert_eq!((updated.value, updated.version.get(), calls), ([5, 6, 7], 3, 2));
}

#[test]
fn g9_words_may_be_used_after_a_panic_without_further_ado() {
    let words = VersionedWords::new([1]);
    let panicked = catch_unwind(|| words.update(|_| resume_unwind(Box::new(()))));
    assert!(panicked.is_err());
    assert_eq!(words.try_load(), Some(Snapshot { value: [1], version: Version::FIRST }));
}

#[test]
fn g10_the_version_never_wraps() {
    let last = Version::new(LAST).unwrap();
    let words = VersionedWords::with_version([1], Version::new(LAST - 1).unwrap());
    assert_eq!(words.set([2]), last);
    let changes: [&dyn Fn() -> Version; 3] =
        [&|| words.set([3]), &|| words.compare_and_set(last, [3]).unwrap(), &|| {
            words.update(|_| [3]).version
        }];
    for change in changes {
        let panic = catch_unwind(AssertUnwindSafe(change)).unwrap_err();
        assert!(panic.downcast_ref::<&str>().unwrap().contains("last version"));
        assert_eq!(words.try_load(), Some(Snapshot { value: [2], version: last }));
    }
}

#[test]
fn a_version_beyond_the_last_is_never_current() {
    // Twice such a version, cut to 64 bits, is the sequence of another one.
    let words = VersionedWords::new([1]);
    for number in [LAST + 1, LAST + 2, u64::MAX - 1, u64::MAX] {
        let expected = Version::new(number).unwrap();
        let conflict = words.compare_and_set(expected, [2]).unwrap_err();
        assert_eq!((conflict.current.version, conflict.rejected), (Version::FIRST, [2]));
        assert_eq!(words.changed_since(expected), words.try_load());
    }
}

#[test]
#[should_panic(expected = "is above 2^63 - 1")]
fn words_do_not_begin_beyond_the_last_version() {
    let _ = VersionedWords::with_version([1], Version::new(LAST + 1).unwrap());
}

#[test]
fn words_that_take_the_place_of_others_go_on_from_their_version() {
    let before = VersionedWords::new([1, 1]);
    let seen = before.load().version;
    before.set([2, 2]);
    let Snapshot { value, version } = before.load();

    let after = VersionedWords::with_version(value, version);
    let conflict = after.compare_and_set(seen, [3, 3]).unwrap_err();
    assert_eq!(conflict.current, Snapshot { value: [2, 2], version });
    assert_eq!(after.set([3, 3]).get(), 3);
}

#[test]
fn words_are_made_in_the_usual_ways() {
    assert_eq!(VersionedWords::<3>::default().load().value, [0; 3]);
    assert_eq!(VersionedWords::from([1, 2]).version(), Version::FIRST);
    fn shared<T: Send + Sync + std::panic::UnwindSafe + std::panic::RefUnwindSafe>() {}
    shared::<VersionedWords<2>>();
}

#[test]
#[cfg(not(any(loom, shuttle, selvedge)))]
fn words_take_as_many_bytes_as_their_page_says() {
    assert_eq!(size_of::<VersionedWords<7>>(), 64);
}
