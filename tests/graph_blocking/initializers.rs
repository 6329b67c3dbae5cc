//! What is done once, by whoever comes first.

use selvedge::sync::atomic::{AtomicU32, Ordering::*};
use selvedge::sync::{Arc, Once, OnceLock};
use selvedge::thread;

use super::*;

/// Two threads call these, with a word that counts. Returns who panicked, and the count.
fn two_threads<S: Send + Sync + 'static>(
    shared: fn() -> S,
    calls: [fn(&S, &AtomicU32); 2],
) -> impl Fn() -> ([bool; 2], u32) + Clone + Send + Sync + 'static {
    move || {
        let shared = Arc::new((shared(), AtomicU32::new(0)));
        let threads = calls.map(|call| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || call(&shared.0, &shared.1))
        });
        let panicked = threads.map(|thread| thread.join().is_err());
        (panicked, shared.1.load(Relaxed))
    }
}

/// An initializer that notes that it ran.
fn counts(calls: &AtomicU32) {
    calls.fetch_add(1, Relaxed);
}

#[test]
fn two_that_call_once_run_one_closure_and_both_see_what_it_did() {
    let call = |(once, value): &(Once, Shared), calls: &AtomicU32| {
        once.call_once(|| {
            counts(calls);
            value.write(7);
        });
        assert_eq!(value.read(), 7);
    };
    let shared = || (Once::new(), Shared::new(0));
    let seen = explored("call_once", two_threads(shared, [call, call])).outcomes;
    assert_eq!(seen.into_keys().collect::<Vec<_>>(), [([false; 2], 1)]);
}

#[test]
fn a_closure_that_panics_poisons_once() {
    let panics = |once: &Once, _: &AtomicU32| once.call_once(|| panic!("on purpose"));
    let calls = |once: &Once, calls: &AtomicU32| once.call_once(|| counts(calls));
    let seen = explored("poisons", two_threads(Once::new, [panics, calls])).outcomes;
    // The one that panics comes first, and the other one finds it poisoned; or does not run.
    assert_eq!(seen.into_keys().collect::<Vec<_>>(), [([false, false], 1), ([true, true], 0)]);
    let forces = |once: &Once, calls: &AtomicU32| {
        once.call_once_force(|state| {
            calls.fetch_add(if state.is_poisoned() { 10 } else { 1 }, Relaxed);
        });
    };
    let seen = explored("forces", two_threads(Once::new, [panics, forces])).outcomes;
    assert_eq!(seen.into_keys().collect::<Vec<_>>(), [([false, false], 1), ([true, false], 10)]);
}

#[test]
fn two_that_initialize_a_cell_have_one_value() {
    let get = |cell: &OnceLock<u32>, calls: &AtomicU32| {
        let value = cell.get_or_init(|| {
            counts(calls);
            7
        });
        assert_eq!(*value, 7);
    };
    let seen = explored("get_or_init", two_threads(OnceLock::new, [get, get])).outcomes;
    assert_eq!(seen.into_keys().collect::<Vec<_>>(), [([false; 2], 1)]);
    let looks = |cell: &OnceLock<u32>, calls: &AtomicU32| {
        if cell.get().is_some_and(|value| *value == 7) {
            counts(calls);
        }
    };
    let seen = explored("get", two_threads(OnceLock::new, [get, looks])).outcomes;
    assert_eq!(seen.into_keys().collect::<Vec<_>>(), [([false; 2], 1), ([false; 2], 2)]);
}

#[test]
fn an_initializer_that_panics_leaves_a_cell_empty() {
    let panics = |cell: &OnceLock<u32>, _: &AtomicU32| {
        assert_eq!(*cell.get_or_init(|| panic!("on purpose")), 7);
    };
    let get = |cell: &OnceLock<u32>, calls: &AtomicU32| {
        cell.get_or_init(|| {
            counts(calls);
            7
        });
    };
    let seen = explored("stays empty", two_threads(OnceLock::new, [panics, get])).outcomes;
    let seen: Vec<_> = seen.into_keys().collect();
    assert_eq!(seen, [([false, false], 1), ([true, false], 1)]);
}
