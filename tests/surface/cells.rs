//! Cells, padding, hashers, hints and macros.

use std::collections::HashMap;
use std::hash::BuildHasher;

use selvedge::cell::{
    BorrowError, BorrowMutError, Cell, LazyCell, OnceCell, Ref, RefCell, RefMut, UnsafeCell,
};
use selvedge::hash::RandomState;
use selvedge::hint::{self, Backoff};
use selvedge::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use selvedge::sync::{Arc, CachePadded, Mutex};
use selvedge::thread;

pub fn unsafe_cells() {
    let mut cell = UnsafeCell::new(1);
    // SAFETY: the cell is used by this thread only.
    cell.with_mut(|value| unsafe { *value += 1 });
    // SAFETY: as above.
    assert_eq!(cell.with(|value| unsafe { *value }), 2);
    *cell.get_mut() += 1;
    assert!(format!("{cell:?}").starts_with("UnsafeCell"));
    assert_eq!(cell.into_inner(), 3);
    assert_eq!(UnsafeCell::<u8>::default().into_inner(), 0);
    assert_eq!(UnsafeCell::from("x").into_inner(), "x");
    let unsized_cell: Box<UnsafeCell<[u8]>> = Box::new(UnsafeCell::new([1, 2]));
    // SAFETY: as above.
    assert_eq!(unsized_cell.with(|bytes| unsafe { (*bytes)[1] }), 2);
}

struct Guarded {
    lock: Mutex<()>,
    cell: UnsafeCell<u32>,
}

// SAFETY: the cell is used by whoever holds the lock.
unsafe impl Sync for Guarded {}

impl Guarded {
    fn add(&self) {
        let _guard = self.lock.lock();
        // SAFETY: this thread holds the lock.
        self.cell.with_mut(|value| unsafe { *value += 1 });
    }
}

pub fn unsafe_cell_under_a_lock() {
    let shared = Arc::new(Guarded { lock: Mutex::new(()), cell: UnsafeCell::new(0) });
    let other = {
        let shared = Arc::clone(&shared);
        thread::spawn(move || shared.add())
    };
    shared.add();
    other.join().unwrap();
    // SAFETY: the other thread has ended.
    assert_eq!(shared.cell.with(|value| unsafe { *value }), 2);
}

pub fn other_cells() {
    let cell = Cell::new(1);
    cell.set(cell.get() + 1);
    assert_eq!(cell.take(), 2);
    let shared = RefCell::new(vec![1]);
    shared.borrow_mut().push(2);
    let first: Ref<'_, u32> = Ref::map(shared.borrow(), |values| &values[0]);
    let refused: Option<BorrowMutError> = shared.try_borrow_mut().err();
    assert!(refused.is_some());
    assert_eq!(*first, 1);
    drop(first);
    let last: RefMut<'_, u32> = RefMut::map(shared.borrow_mut(), |values| &mut values[1]);
    let refused: Option<BorrowError> = shared.try_borrow().err();
    assert!(refused.is_some());
    drop(last);
    let once = OnceCell::new();
    assert_eq!(*once.get_or_init(|| 3), 3);
    assert_eq!(*LazyCell::new(|| 4), 4);
}

pub fn padding() {
    let mut padded = CachePadded::new(AtomicU64::new(1));
    padded.fetch_add(1, Ordering::Relaxed);
    *padded.get_mut() += 1;
    assert_eq!(padded.into_inner().into_inner(), 3);
    assert_eq!(*CachePadded::<u8>::default(), 0);
    assert_eq!(CachePadded::from(5), CachePadded::new(5));
    assert_eq!(format!("{} {:?}", CachePadded::new(5), CachePadded::new(5).clone()), {
        "5 CachePadded { value: 5 }"
    });
    assert!(align_of::<CachePadded<u8>>() >= 64);
}

pub fn hashers() {
    let state = RandomState::new();
    assert_eq!(state.hash_one("key"), state.clone().hash_one("key"));
    assert!(format!("{state:?}").starts_with("RandomState"));
    let mut map: HashMap<&str, u32, RandomState> = HashMap::default();
    map.insert("key", 1);
    assert_eq!(map["key"], 1);
    let map: HashMap<u32, u32, RandomState> = (0..10).map(|key| (key, key)).collect();
    assert_eq!(map.len(), 10);
}

pub fn invariants() {
    let evaluated = Cell::new(0);
    let holds = || {
        evaluated.set(evaluated.get() + 1);
        true
    };
    selvedge::invariant!(holds());
    selvedge::invariant!(holds(), "with a message");
    selvedge::invariant!(holds(), "with a message and {}", "an argument");
    let expected = if cfg!(any(loom, shuttle, selvedge)) { 3 } else { 0 };
    assert_eq!(evaluated.get(), expected);
    let broken = std::panic::catch_unwind(|| selvedge::invariant!(hint::black_box(false)));
    assert_eq!(broken.is_err(), cfg!(any(loom, shuttle, selvedge)));
}

struct Counter {
    count: AtomicU64,
}

impl Counter {
    selvedge::const_fn! {
        /// At zero.
        #[must_use]
        pub const fn new() -> Self {
            Counter { count: AtomicU64::new(0) }
        }
    }

    selvedge::const_fn! {
        pub(crate) const fn at(count: u64) -> Self {
            Counter { count: AtomicU64::new(count) }
        }
    }
}

pub fn constructors() {
    assert_eq!(Counter::new().count.into_inner(), 0);
    assert_eq!(Counter::at(7).count.into_inner(), 7);
}

pub fn hints() {
    hint::spin_loop();
    assert_eq!(hint::black_box(3), 3);
    let value = hint::black_box(4);
    // SAFETY: the value is 4.
    unsafe { hint::assert_unchecked(value == 4) };
    if value != 4 {
        // SAFETY: the value is 4.
        unsafe { hint::unreachable_unchecked() }
    }
    hint::wait_until(|| true);
}

pub fn backoff() {
    let backoff = Backoff::new();
    assert!(!backoff.is_completed());
    backoff.spin();
    while !backoff.is_completed() {
        backoff.snooze();
    }
    assert!(format!("{backoff:?}").starts_with("Backoff"));
    backoff.reset();
    assert!(!backoff.is_completed());
    assert!(!Backoff::default().is_completed());
}

pub fn waiting_in_a_loop() {
    let flag = Arc::new(AtomicBool::new(false));
    let other = {
        let flag = Arc::clone(&flag);
        thread::spawn(move || {
            flag.store(true, Ordering::Release);
            hint::wait_until(|| !flag.load(Ordering::Acquire));
        })
    };
    while !flag.load(Ordering::Acquire) {
        hint::spin_loop();
    }
    flag.store(false, Ordering::Release);
    other.join().unwrap();
}
