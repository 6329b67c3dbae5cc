//! The primitives beside the swap that is copied out with them: they compile with it, and work.

// A test uses less of a primitive than its page promises.
#![allow(dead_code)]

/// Their folder, as a module of this crate.
#[path = "../src"]
mod copied {
    pub mod offer;
    pub mod sequenced_map;
    pub mod sequenced_register;
    pub mod stamp;
    #[path = "../copy-out/swap.rs"]
    pub mod swap;
    pub mod version;
    pub mod versioned_cell;
    pub mod versioned_words;
}

use copied::offer::Offer;
use copied::sequenced_map::{BuildError, Floors, SequencedMap};
use copied::sequenced_register::SequencedRegister;
use copied::stamp::Seq;
use copied::swap::time::Duration;
use copied::version::{Retry, Version};
use copied::versioned_cell::VersionedCell;
use copied::versioned_words::VersionedWords;

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

#[test]
fn a_copied_map_works() {
    let map = SequencedMap::builder(2, Floors::KeepFor(Duration::from_secs(60))).build().unwrap();
    assert!(map.offer("a", Seq(1), 7).unwrap().is_applied());
    assert!(map.remove("a", Seq(2)).unwrap().is_applied());
    assert_eq!(map.offer("a", Seq(1), 7), Ok(Offer::Stale { rejected: ("a", 7) }));
    assert_eq!((map.load("a"), map.floors()), (None, 1));
    let none = SequencedMap::<u8, u8, Seq>::builder(0, Floors::Keep).build();
    assert_eq!(none.unwrap_err(), BuildError::NothingFits);
}
