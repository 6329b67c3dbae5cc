//! The primitives beside the swap that is copied out with them: each compiles with it alone, and
//! works.

// A test uses less of a primitive than its page promises.
#![allow(dead_code)]

/// `VersionedCell` alone.
#[path = "."]
mod cell {
    #[path = "../copy-out/swap.rs"]
    pub mod swap;
    #[path = "../src/version.rs"]
    pub mod version;
    #[path = "../src/versioned_cell.rs"]
    pub mod versioned_cell;

    #[test]
    fn works() {
        let cell = versioned_cell::VersionedCell::new(String::from("a"));
        let seen = cell.load().version;
        cell.update(|value| format!("{value}b"));
        assert!(cell.compare_and_set(seen, String::from("c")).is_err());
        assert_eq!(*cell.reader().load().value, "ab");
        let retry = version::Retry::attempts(3).timeout(swap::time::Duration::from_secs(60));
        assert!(cell.try_update(&retry, |value| Ok::<_, ()>(value.clone())).is_ok());
    }
}

/// `VersionedWords` alone.
#[path = "."]
mod words {
    #[path = "../copy-out/swap.rs"]
    pub mod swap;
    #[path = "../src/version.rs"]
    pub mod version;
    #[path = "../src/versioned_words.rs"]
    pub mod versioned_words;

    #[test]
    fn works() {
        let words = versioned_words::VersionedWords::new([1, 2]);
        words.update(|&[a, b]| [a + 1, b + 1]);
        assert!(words.compare_and_set(version::Version::FIRST, [0, 0]).is_err());
        assert_eq!(words.load().value, [2, 3]);
    }
}
