//! In production the swap is not there: its types are std's, parking_lot's and crossbeam-utils'.
#![cfg(not(any(loom, shuttle, selvedge)))]

use std::any::TypeId;

fn same<A: 'static, B: 'static>() {
    assert_eq!(TypeId::of::<A>(), TypeId::of::<B>());
}

#[test]
fn types_are_those_of_production() {
    same::<selvedge::sync::atomic::AtomicU64, std::sync::atomic::AtomicU64>();
    same::<selvedge::sync::atomic::AtomicBool, std::sync::atomic::AtomicBool>();
    same::<selvedge::sync::atomic::AtomicPtr<u8>, std::sync::atomic::AtomicPtr<u8>>();
    same::<selvedge::sync::Mutex<u8>, parking_lot::Mutex<u8>>();
    same::<selvedge::sync::RwLock<u8>, parking_lot::RwLock<u8>>();
    same::<selvedge::sync::Condvar, parking_lot::Condvar>();
    same::<selvedge::sync::Arc<u8>, std::sync::Arc<u8>>();
    same::<selvedge::sync::OnceLock<u8>, std::sync::OnceLock<u8>>();
    same::<selvedge::sync::Barrier, std::sync::Barrier>();
    same::<selvedge::sync::Parker, crossbeam_utils::sync::Parker>();
    same::<selvedge::sync::CachePadded<u8>, crossbeam_utils::CachePadded<u8>>();
    same::<selvedge::hint::Backoff, crossbeam_utils::Backoff>();
    same::<selvedge::time::Instant, std::time::Instant>();
    same::<selvedge::hash::RandomState, std::hash::RandomState>();
}

#[test]
fn a_cell_weighs_nothing() {
    assert_eq!(size_of::<selvedge::cell::UnsafeCell<u64>>(), size_of::<u64>());
    assert_eq!(align_of::<selvedge::cell::UnsafeCell<u64>>(), align_of::<u64>());
    // Const constructors, as std's.
    static CELLS: std::sync::Mutex<selvedge::cell::UnsafeCell<u8>> =
        std::sync::Mutex::new(selvedge::cell::UnsafeCell::new(7));
    // SAFETY: the mutex excludes other accesses.
    assert_eq!(CELLS.lock().unwrap().with(|value| unsafe { *value }), 7);
}
