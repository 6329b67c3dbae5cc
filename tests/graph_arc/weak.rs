//! References that own nothing, and what they find.

use selvedge::sync::atomic::{AtomicU32, Ordering::*};
use selvedge::sync::{Arc, Weak};
use selvedge::thread;

use super::explored;

/// Adds one when it is dropped.
#[derive(Debug)]
struct Adds(Arc<AtomicU32>);

impl Drop for Adds {
    fn drop(&mut self) {
        self.0.fetch_add(1, AcqRel);
    }
}

#[test]
fn an_upgrade_finds_the_value_or_its_end() {
    let report = explored("upgrade", || {
        let ended = Arc::new(AtomicU32::new(0));
        let share = Arc::new(Adds(ended.clone()));
        let weak = Arc::downgrade(&share);
        let upgrades = thread::spawn(move || {
            let found = weak.upgrade();
            // The value is there as long as somebody owns it.
            let before = found.as_ref().map(|found| found.0.load(Acquire));
            drop(found);
            before
        });
        drop(share);
        let found = upgrades.join().unwrap();
        assert_eq!(ended.load(Relaxed), 1);
        found
    });
    // The owner leaves before, between or after.
    assert_eq!(Vec::from_iter(report.outcomes), [(None, 1), (Some(0), 2)]);
    // An upgrade that fails is known to when the owner was seen to leave.
    let report = explored("upgrade afterwards", || {
        let share = Arc::new(7);
        let weak = Arc::downgrade(&share);
        let upgrades = thread::spawn(move || drop(share));
        let ends = thread::spawn(|| ());
        upgrades.join().unwrap();
        let found = weak.upgrade();
        ends.join().unwrap();
        found
    });
    assert_eq!(Vec::from_iter(report.outcomes), [(None, 1)]);
}

#[test]
fn threads_that_upgrade_at_once_own_the_value_together() {
    let report = explored("two upgrades", || {
        let ended = Arc::new(AtomicU32::new(0));
        let share = Arc::new(Adds(ended.clone()));
        let threads = [1, 2].map(|_| {
            let weak = Arc::downgrade(&share);
            thread::spawn(move || weak.upgrade().is_some())
        });
        drop(share);
        let found = threads.map(|thread| thread.join().unwrap());
        assert_eq!(ended.load(Relaxed), 1);
        found
    });
    let outcomes = Vec::from_iter(report.outcomes.into_keys());
    assert_eq!(outcomes, [[false, false], [false, true], [true, false], [true, true]]);
}

#[test]
fn exclusive_access_is_given_when_no_reference_is_left() {
    let report = explored("get_mut", || {
        let mut share = Arc::new(7);
        let weak = Arc::downgrade(&share);
        let other = thread::spawn(move || {
            let found = weak.upgrade().map(|share| *share);
            drop(weak);
            found
        });
        let exclusive = Arc::get_mut(&mut share).map(|value| *value = 8).is_some();
        let found = other.join().unwrap();
        assert!(Arc::get_mut(&mut share).is_some());
        (exclusive, found)
    });
    // Whoever looks before the change has left before.
    let outcomes = Vec::from_iter(report.outcomes.into_keys());
    assert_eq!(outcomes, [(false, Some(7)), (true, Some(7))]);
}

#[test]
fn a_change_leaves_others_what_they_have() {
    let report = explored("make_mut", || {
        let mut share = Arc::new(7);
        let other = share.clone();
        let thread = thread::spawn(move || *other);
        let before = Arc::as_ptr(&share);
        *Arc::make_mut(&mut share) += 1;
        assert_eq!(*share, 8);
        assert_eq!(thread.join().unwrap(), 7);
        std::ptr::eq(before, Arc::as_ptr(&share))
    });
    assert_eq!(Vec::from_iter(report.outcomes.into_keys()), [false, true]);
    let report = explored("make_mut and a reference", || {
        let mut share = Arc::new(7);
        let weak = Arc::downgrade(&share);
        let other = thread::spawn(move || weak.upgrade().map(|share| *share));
        *Arc::make_mut(&mut share) += 1;
        assert_eq!(*share, 8);
        other.join().unwrap()
    });
    // It finds the old value, in the middle of a change nothing, and the new value never.
    assert_eq!(Vec::from_iter(report.outcomes.into_keys()), [None, Some(7)]);
}

#[test]
fn references_are_counted() {
    let report = explored("counts", || {
        let share = Arc::new(7);
        let weak = Arc::downgrade(&share);
        let other = weak.clone();
        let thread = thread::spawn(move || drop(other));
        let counts = (Arc::weak_count(&share), weak.weak_count(), weak.strong_count());
        thread.join().unwrap();
        assert_eq!((Arc::weak_count(&share), weak.weak_count()), (1, 1));
        drop(share);
        assert_eq!((weak.weak_count(), weak.strong_count()), (0, 0));
        counts
    });
    let outcomes = Vec::from_iter(report.outcomes.into_keys());
    assert_eq!(outcomes, [(1, 1, 1), (2, 1, 1), (2, 2, 1)]);
}

#[test]
fn a_value_that_knows_itself_is_found_once_it_is_there() {
    struct Knows(Weak<Knows>, Arc<AtomicU32>);
    impl Drop for Knows {
        fn drop(&mut self) {
            assert!(self.0.upgrade().is_none());
            self.1.fetch_add(1, AcqRel);
        }
    }
    let report = explored("new_cyclic", || {
        let ended = Arc::new(AtomicU32::new(0));
        let mut early = None;
        let knows = Arc::new_cyclic(|weak: &Weak<Knows>| {
            let weak_too = weak.clone();
            early = Some(thread::spawn(move || weak_too.upgrade().is_some()));
            Knows(weak.clone(), ended.clone())
        });
        let later = thread::spawn({
            let knows = knows.clone();
            move || knows.0.upgrade().is_some()
        });
        assert!(later.join().unwrap());
        drop(knows);
        let found = early.map(|early| early.join().unwrap());
        assert_eq!(ended.load(Relaxed), 1);
        found
    });
    assert_eq!(Vec::from_iter(report.outcomes.into_keys()), [Some(false), Some(true)]);
}
