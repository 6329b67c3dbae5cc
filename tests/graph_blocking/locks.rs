//! Orders of locks. How often one lock is taken in which order is counted with the families.

use selvedge::sync::{Arc, Mutex};
use selvedge::thread;

use super::*;

/// A thread for each of these pairs, which takes the first lock, and then the second one.
fn pairs_of_locks(pairs: &'static [[usize; 2]]) -> impl Fn() + Clone + Send + Sync + 'static {
    move || {
        let locks = Arc::new([(); 3].map(Mutex::new));
        let threads = pairs.iter().map(|[first, second]| {
            let locks = Arc::clone(&locks);
            thread::spawn(move || {
                let _first = locks[*first].lock();
                let _second = locks[*second].lock();
            })
        });
        let threads = Vec::from_iter(threads);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}

#[test]
fn locks_in_one_order_do_not_deadlock() {
    let report = explored("uncrossed", pairs_of_locks(&[[0, 1], [0, 1]]));
    assert_eq!((report.executions, report.blocked), (2, 1), "{report}");
    let report = explored("uncrossed, three", pairs_of_locks(&[[0, 1], [1, 2], [0, 2]]));
    // Two threads for each lock, but in two of the eight orders each would come after another one.
    assert_eq!(report.executions, 6, "{report}");
}

#[test]
fn crossed_locks_deadlock_once() {
    assert_eq!(deadlocks("crossed", pairs_of_locks(&[[0, 1], [1, 0]])).0, [2, 1]);
}

#[test]
fn a_cycle_of_three_locks_deadlocks_once() {
    assert_eq!(deadlocks("cycle", pairs_of_locks(&[[0, 1], [1, 2], [2, 0]])).0, [6, 1]);
}

#[test]
fn a_lock_guards_plain_memory() {
    let report = explored("guards memory", || {
        let shared = Arc::new((Mutex::new(()), Shared::new(0)));
        let threads = [1, 2].map(|by| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let _locked = shared.0.lock();
                shared.1.write(shared.1.read() * 10 + by);
            })
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        shared.1.read()
    });
    // Whoever comes second has come to the lock while the first one holds it.
    assert_eq!(report.overlapped, Some(2), "{report}");
    assert_eq!(Vec::from_iter(report.outcomes), [(12, 1), (21, 1)]);
}

#[test]
fn a_lock_that_is_tried_is_taken_or_not() {
    let program = || {
        let shared = Arc::new(Mutex::new(0));
        let other = Arc::clone(&shared);
        let tries = thread::spawn(move || other.try_lock().map(|mut value| *value += 1).is_some());
        *shared.lock() += 1;
        let taken = tries.join().unwrap();
        assert_eq!(*shared.lock(), 1 + u32::from(taken));
        taken
    };
    // Taken before or after the other thread; not taken meanwhile.
    assert_eq!(outcomes("try_lock", program), [(false, 1), (true, 2)]);
}

#[test]
fn a_guard_lets_go_for_a_while() {
    let report = explored("unlocked", || {
        let shared = Arc::new(Mutex::new(0));
        let other = Arc::clone(&shared);
        let adds = thread::spawn(move || *other.lock() += 1);
        let (before, after) = {
            let mut guard = shared.lock();
            let before = *guard;
            selvedge::sync::MutexGuard::unlocked(&mut guard, || ());
            (before, *guard)
        };
        adds.join().unwrap();
        (before, after)
    });
    let seen: Vec<_> = report.outcomes.into_keys().collect();
    assert_eq!(seen, [(0, 0), (0, 1), (1, 1)]);
}
