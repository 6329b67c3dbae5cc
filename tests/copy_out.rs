//! The primitives beside the swap that is copied out with them: they compile with it, and work.

// A test uses less of a primitive than its page promises.
#![allow(dead_code)]

#[path = "../src/offer.rs"]
mod offer;
#[path = "../src/sequenced_register.rs"]
mod sequenced_register;
#[path = "../src/stamp.rs"]
mod stamp;
#[path = "../copy-out/swap.rs"]
mod swap;
#[path = "../src/version.rs"]
mod version;
#[path = "../src/versioned_cell.rs"]
mod versioned_cell;
#[path = "../src/versioned_words.rs"]
mod versioned_words;

use offer::Offer;
use sequenced_register::SequencedRegister;
use stamp::Seq;
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

#[test]
fn a_copied_register_works() {
    let register = SequencedRegister::new();
    assert!(register.offer(Seq(2), String::from("b")).is_applied());
    let stale = register.offer(Seq(1), String::from("a"));
    assert_eq!(stale, Offer::Stale { rejected: String::from("a") });
    assert_eq!(register.stamp(), Some(Seq(2)));
}
