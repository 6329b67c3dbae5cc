//! The primitives beside the swap that is copied out with them: they compile with it, and work.

// A test uses less of a primitive than its page promises.
#![allow(dead_code, unused_imports)]

#[path = "../copy-out/swap.rs"]
mod swap;
// A module of several files finds its parts only below a folder, which is a module here.
#[path = "../src"]
mod parts {
    use super::swap;

    pub mod idempotency_table;
}
#[path = "../src/version.rs"]
mod version;
#[path = "../src/versioned_cell.rs"]
mod versioned_cell;
#[path = "../src/versioned_words.rs"]
mod versioned_words;

use parts::idempotency_table::{Claim, Fingerprint, IdempotencyTable, Outcome};
use swap::time::Duration;
use version::{Retry, Version};
use versioned_cell::VersionedCell;
use versioned_words::VersionedWords;

#[test]
fn a_copied_cell_works() {
    let cell = VersionedCell::new(String::from("a"));
    let seen = cell.load().version;
    cell.update(|value| format!("{value}b"));
    assert!(cell.compare_and_set(seen, String::from("c")).is_err());
    assert_eq!(*cell.reader().load().value, "ab");
    let retry = Retry::attempts(3).timeout(Duration::from_secs(60));
    assert!(cell.try_update(&retry, |value| Ok::<_, ()>(value.clone())).is_ok());
}

#[test]
fn a_copied_table_runs_an_effect_once_and_wakes_who_waits() {
    let table = IdempotencyTable::<String, u64>::builder().build().unwrap();
    let fingerprint = Fingerprint::of("pay");
    let Ok(Claim::Owned(run)) = table.begin("a", fingerprint) else { panic!("it is empty") };
    let Ok(Claim::InFlight(waiter)) = table.begin("a", fingerprint) else { panic!("it runs") };
    let Ok(Claim::InFlight(waiter)) = waiter.wait_for(Duration::from_millis(1)) else {
        panic!("it still runs")
    };
    std::thread::scope(|scope| {
        scope.spawn(move || match waiter.wait() {
            Ok(Claim::Replayed { value, .. }) => assert_eq!(*value, 7),
            other => panic!("{other:?}"),
        });
        run.complete(7).unwrap();
    });
    let again = table.execute("a", fingerprint, |_| Err(()));
    assert_eq!(again.map(Outcome::into_value), Ok(7));
}

#[test]
fn copied_words_work() {
    let words = VersionedWords::new([1, 2]);
    words.update(|&[a, b]| [a + 1, b + 1]);
    assert!(words.compare_and_set(Version::FIRST, [0, 0]).is_err());
    assert_eq!(words.load().value, [2, 3]);
}

#[test]
fn copied_words_do_not_lose_updates_of_real_threads() {
    let words = VersionedWords::new([0, 0]);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..10_000 {
                    words.update(|&[a, b]| [a + 1, b + 1]);
                }
            });
        }
    });
    assert_eq!(words.load().value, [20_000, 20_000]);
}
