//! Condition variables.

use std::collections::VecDeque;

use selvedge::sync::{Arc, Condvar, Mutex};
use selvedge::thread;

use super::*;

/// Two threads wait for a flag each, which main raises one after the other. They have the condition
/// variable of this number.
fn two_kinds_of_waiters(
    condvars: [usize; 2],
    notify: fn(&Condvar),
) -> impl Fn() + Clone + Send + Sync + 'static {
    move || {
        let shared = Arc::new((Mutex::new([false; 2]), [Condvar::new(), Condvar::new()]));
        let threads = [0, 1].map(|kind| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let mut raised = shared.0.lock();
                shared.1[condvars[kind]].wait_while(&mut raised, |raised| !raised[kind]);
            })
        });
        for kind in [0, 1] {
            shared.0.lock()[kind] = true;
            notify(&shared.1[condvars[kind]]);
        }
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}

#[test]
fn one_notification_may_reach_the_wrong_one_of_two_kinds_of_waiters() {
    let notify_one = |condvar: &Condvar| {
        condvar.notify_one();
    };
    let notify_all = |condvar: &Condvar| {
        condvar.notify_all();
    };
    let (counts, found) = deadlocks("one for both", two_kinds_of_waiters([0, 0], notify_one));
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
    assert!(found.message.contains("in wait of Condvar#1 at"), "{found}");
    explored("all of both", two_kinds_of_waiters([0, 0], notify_all));
    explored("one of each", two_kinds_of_waiters([0, 1], notify_one));
}

/// A buffer with room for so many.
struct Buffer {
    capacity: usize,
    items: Mutex<VecDeque<u32>>,
    changed: [Condvar; 2],
}

impl Buffer {
    fn put(&self, item: u32) {
        let mut items = self.items.lock();
        self.changed[0].wait_while(&mut items, |items| items.len() == self.capacity);
        items.push_back(item);
        self.changed[1].notify_one();
    }

    fn take(&self) -> u32 {
        let mut items = self.items.lock();
        self.changed[1].wait_while(&mut items, |items| items.is_empty());
        let item = items.pop_front().unwrap();
        self.changed[0].notify_one();
        item
    }
}

#[test]
fn a_bounded_buffer_keeps_the_order() {
    for capacity in [1, 2] {
        explored("bounded buffer", move || {
            let changed = [Condvar::new(), Condvar::new()];
            let buffer = Buffer { capacity, items: Mutex::default(), changed };
            thread::scope(|scope| {
                scope.spawn(|| (1..=3).for_each(|item| buffer.put(item)));
                scope.spawn(|| assert_eq!([(); 3].map(|()| buffer.take()), [1, 2, 3]));
            });
        });
    }
}

#[test]
fn who_is_notified_is_told() {
    let program = || {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let threads = [(); 2].map(|()| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let mut raised = shared.0.lock();
                shared.1.wait_while(&mut raised, |raised| !*raised);
            })
        });
        *shared.0.lock() = true;
        let (first, rest) = (shared.1.notify_one(), shared.1.notify_all());
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        (first, rest)
    };
    let seen: Vec<_> = explored("notify", program).outcomes.into_keys().collect();
    assert_eq!(seen, [(false, 0), (true, 0), (true, 1)]);
}
