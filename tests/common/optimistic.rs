//! Scenarios of optimistic concurrency control, forevery type that offers it: the cell, the words,
//! and their naive twins.
//!
//! The value is a pair of words, so that a half of a change shows. Where it matters, the value that
//! belongs to version v is the pair of v − 1.

#[path = "race.rs"]
mod race;

use selvedge::naive::Optimistic;
use selvedge::sync::atomic::{AtomicU64, Ordering};
use selvedge::{Snapshot, Version};

pub use race::race;

/// The value.
pub type Pair = [u64; 2];

/// Version 1, 2 or 3.
pub fn version(number: u64) -> Version {
    Version::new(number).expect("versions start at 1")
}

/// The value that belongs to a version.
pub fn of(version: Version) -> Pair {
    [version.get() - 1; 2]
}

fn increment(&[a, b]: &Pair) -> Pair {
    [a + 1, b + 1]
}

/// Two threads update once each: both count.
pub fn no_update_is_lost<R: Optimistic<Value = Pair>>() {
    let (register, first, second) = race(
        R::new([0, 0]),
        |register| register.update(increment),
        |register| register.update(increment),
    );
    let end = register.load();
    assert_eq!(end.value, [2, 2], "an update was lost");
    assert_eq!(end.version, version(3));
    let mut versions = [first.version, second.version];
    versions.sort();
    assert_eq!(versions, [version(2), version(3)], "two updates made one version");
    assert_eq!([first.value, second.value], [of(first.version), of(second.version)]);
}

/// Two threads expect the first version: one succeeds, and its value stays.
pub fn one_of_two_writers_wins<R: Optimistic<Value = Pair>>() {
    let (register, first, second) = race(
        R::new([0, 0]),
        |register| register.compare_and_set(Version::FIRST, [1, 1]),
        |register| register.compare_and_set(Version::FIRST, [2, 2]),
    );
    let end = register.load();
    match (first, second) {
        (Ok(won), Err(conflict)) | (Err(conflict), Ok(won)) => {
            assert_eq!(won, version(2));
            assert_eq!(conflict.expected, Version::FIRST);
            assert_eq!(conflict.current, end, "the conflict does not show the winner");
            assert_eq!(end.version, version(2), "the loser changed something");
            assert_ne!(conflict.rejected, end.value, "the loser's value was stored");
        }
        (Ok(_), Ok(_)) => panic!("both writers succeeded: one of them overwrote the other"),
        (Err(_), Err(_)) => panic!("neither writer succeeded"),
    }
}

/// Two threads know versions that they did not load: the second version is the first one's.
pub fn given_versions_apply_in_order<R: Optimistic<Value = Pair>>() {
    let (register, first, second) = race(
        R::new([0, 0]),
        |register| register.compare_and_set(version(1), of(version(2))),
        |register| register.compare_and_set(version(2), of(version(3))),
    );
    assert_eq!(first, Ok(version(2)), "version 1 was current, and nobody else expected it");
    let end = register.load();
    assert_eq!(end.value, of(end.version), "words of two values");
    match second {
        Ok(changed) => assert_eq!((changed, end.version), (version(3), version(3))),
        Err(conflict) => {
            assert_eq!(end.version, version(2));
            assert_eq!(conflict.current, Snapshot { value: of(version(1)), version: version(1) });
            assert_eq!(conflict.rejected, of(version(3)));
        }
    }
}

/// One thread changes the value while another expects the first version.
pub fn a_conflict_shows_the_current_value<R: Optimistic<Value = Pair>>() {
    let (register, set, attempt) = race(
        R::new([0, 0]),
        |register| register.set([1, 1]),
        |register| register.compare_and_set(Version::FIRST, [2, 2]),
    );
    let end = register.load();
    match attempt {
        Ok(changed) => {
            assert_eq!((changed, set), (version(2), version(3)), "stored for another version");
            assert_eq!(end, Snapshot { value: [1, 1], version: version(3) });
        }
        Err(conflict) => {
            assert_eq!(set, version(2));
            assert_eq!(
                end,
                Snapshot { value: [1, 1], version: version(2) },
                "a conflict changed it"
            );
            assert_eq!(conflict.current, end, "not what was current when it was refused");
            assert_eq!(conflict.expected, Version::FIRST);
            assert_eq!(conflict.rejected, [2, 2]);
        }
    }
}

/// One thread changes the value while another loads it twice.
pub fn value_and_version_belong_together<R: Optimistic<Value = Pair>>() {
    let (_, _, [earlier, later]) = race(
        R::new(of(version(1))),
        |register| register.set(of(version(2))),
        |register| [register.load(), register.load()],
    );
    for seen in [earlier, later] {
        assert_eq!(seen.value, of(seen.version), "a value with the version of another");
    }
    assert!(earlier.version <= later.version, "time ran backwards");
}

/// One thread changes the value and changes it back while another computes from what it was.
pub fn a_value_that_returns_is_a_change<R: Optimistic<Value = Pair>>() {
    let (register, _, (seen, attempt)) = race(
        R::new([0, 0]),
        |register| [register.set([1, 1]), register.set([0, 0])],
        |register| {
            let seen = register.load().version;
            (seen, register.compare_and_set(seen, [7, 7]))
        },
    );
    let end = register.load();
    if let Ok(changed) = attempt {
        assert_eq!(changed.get(), seen.get() + 1, "a change in between was not noticed");
    }
    let changes = 2 + u64::from(attempt.is_ok());
    assert_eq!(end.version.get(), 1 + changes, "versions are not one a change");
}

/// One thread changes the value while another asks for the version before and after it loads.
pub fn version_and_load_agree<R: Optimistic<Value = Pair>>() {
    race(
        R::new(of(version(1))),
        |register| register.set(of(version(2))),
        |register| {
            let before = register.version();
            let seen = register.load();
            let after = register.version();
            assert!(before <= seen.version, "saw version {before}, then loaded {}", seen.version);
            assert!(seen.version <= after, "loaded version {}, then saw {after}", seen.version);
        },
    );
}

/// One thread prepares something and sets version 2; who learns of version 2 sees it prepared.
pub fn a_version_publishes_what_came_before<R: Optimistic<Value = Pair>>() {
    race(
        (R::new([0, 0]), AtomicU64::new(0)),
        |(register, prepared)| {
            // Relaxed: that the register orders it is what is tested.
            prepared.store(1, Ordering::Relaxed);
            register.set([1, 1]);
        },
        |(register, prepared)| {
            if register.version() > Version::FIRST {
                // Relaxed: as above.
                assert_eq!(prepared.load(Ordering::Relaxed), 1, "the version came first");
            }
        },
    );
}
