//! One-time initialization, and thread-locals.

use std::panic::{AssertUnwindSafe, catch_unwind};

use selvedge::cell::{Cell, RefCell};
use selvedge::sync::atomic::{AtomicU32, Ordering};
use selvedge::sync::{Arc, Once, OnceLock, OnceState};
use selvedge::thread::{self, AccessError, LocalKey};

pub fn once_alone() {
    let once = Once::new();
    assert!(!once.is_completed());
    let mut runs = 0;
    once.call_once(|| runs += 1);
    once.call_once(|| runs += 1);
    once.call_once_force(|_| runs += 1);
    assert_eq!(runs, 1);
    assert!(once.is_completed());
    assert!(format!("{once:?}").starts_with("Once"));
}

pub fn once_poisoned() {
    let once = Once::new();
    let panics = |f: &dyn Fn()| catch_unwind(AssertUnwindSafe(f)).is_err();
    assert!(panics(&|| once.call_once(|| panic!("on purpose"))));
    assert!(!once.is_completed());
    assert!(panics(&|| once.call_once(|| ())));
    let mut poisoned = false;
    once.call_once_force(|state: &OnceState| poisoned = state.is_poisoned());
    assert!(poisoned);
    assert!(once.is_completed());
    once.call_once(|| panic!("never run"));
    let fresh = Once::new();
    fresh.call_once_force(|state| {
        assert!(!state.is_poisoned());
        assert!(format!("{state:?}").starts_with("OnceState"));
    });
    let lock = OnceLock::new();
    assert!(panics(&|| {
        lock.get_or_init(|| panic!("on purpose"));
    }));
    // A panic leaves the cell as it was.
    assert_eq!(lock.get(), None);
    assert_eq!(*lock.get_or_init(|| 1), 1);
}

pub fn once_raced() {
    let shared = Arc::new((Once::new(), AtomicU32::new(0)));
    let first = |shared: &(Once, AtomicU32)| {
        shared.0.call_once(|| {
            // Relaxed: `Once` orders it before every return of `call_once`.
            shared.1.store(shared.1.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        });
        assert_eq!(shared.1.load(Ordering::Relaxed), 1);
    };
    let other = {
        let shared = Arc::clone(&shared);
        thread::spawn(move || first(&shared))
    };
    first(&shared);
    other.join().unwrap();
}

pub fn once_lock_alone() {
    let mut lock = OnceLock::new();
    assert_eq!(lock.get(), None);
    assert_eq!(lock.get_mut(), None);
    assert_eq!(lock.clone(), lock);
    assert_eq!(lock.set(1), Ok(()));
    assert_eq!(lock.set(2), Err(2));
    assert_eq!(lock.get(), Some(&1));
    assert_eq!(*lock.get_or_init(|| 3), 1);
    *lock.get_mut().unwrap() = 4;
    assert_eq!(lock, OnceLock::from(4));
    assert_ne!(lock, OnceLock::default());
    assert_eq!(lock.clone().into_inner(), Some(4));
    assert!(format!("{lock:?}").starts_with("OnceLock"));
    assert_eq!(lock.take(), Some(4));
    assert_eq!(lock.take(), None);
    assert_eq!(*lock.get_or_init(|| 5), 5);
    assert_eq!(lock.into_inner(), Some(5));
}

pub fn once_lock_raced() {
    let lock = Arc::new(OnceLock::new());
    let other = {
        let lock = Arc::clone(&lock);
        thread::spawn(move || *lock.get_or_init(|| 1))
    };
    let mine = *lock.get_or_init(|| 2);
    assert_eq!(other.join().unwrap(), mine);
    assert_eq!(lock.get(), Some(&mine));
}

selvedge::thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(1) };
    static NAMES: RefCell<Vec<&'static str>> = RefCell::new(vec!["first"]);
    /// What counts the ends of threads.
    pub static ENDS: RefCell<Option<CountsItsEnd>> = const { RefCell::new(None) };
}

selvedge::thread_local!(static PLAIN: u32 = 5);

selvedge::thread_local! {
    static UNWANTED: Cell<u32> = panic!("`set` makes no initial value");
    static UNWANTED_TOO: RefCell<u32> = panic!("`set` makes no initial value");
}

pub struct CountsItsEnd(Arc<AtomicU32>);

impl Drop for CountsItsEnd {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

pub fn local_values() {
    let key: &'static LocalKey<Cell<u32>> = &DEPTH;
    key.set(key.get() + 1);
    assert_eq!(DEPTH.replace(5), 2);
    assert_eq!(DEPTH.take(), 5);
    assert_eq!(DEPTH.get(), 0);
    DEPTH.set(1);
    let tried: Result<u32, AccessError> = PLAIN.try_with(|value| *value);
    assert_eq!(tried, Ok(5));
    assert_eq!(PLAIN.with(|value| *value), 5);
    NAMES.with_borrow_mut(|names| names.push("second"));
    assert_eq!(NAMES.with_borrow(Vec::len), 2);
    assert_eq!(NAMES.replace(vec!["only"]), ["first", "second"]);
    assert_eq!(NAMES.take(), ["only"]);
    NAMES.set(vec!["first"]);
    UNWANTED.set(1);
    UNWANTED_TOO.set(1);
    assert_eq!((UNWANTED.get(), UNWANTED_TOO.take()), (1, 1));
    assert!(format!("{key:?}").starts_with("LocalKey"));
}

pub fn local_values_of_threads() {
    let ended = Arc::new(AtomicU32::new(0));
    DEPTH.set(7);
    let threads: Vec<_> = (0..2)
        .map(|_| {
            let ended = Arc::clone(&ended);
            thread::spawn(move || {
                ENDS.set(Some(CountsItsEnd(ended)));
                DEPTH.set(DEPTH.get() + 1);
                thread::yield_now();
                DEPTH.get()
            })
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), 2);
    }
    assert_eq!(ended.load(Ordering::Relaxed), 2);
    assert_eq!(DEPTH.replace(1), 7);
}
