//! Locks that readers share.

use selvedge::sync::atomic::{AtomicU32, Ordering::*};
use selvedge::sync::{Arc, RwLock, RwLockWriteGuard};
use selvedge::thread;

use super::*;

/// A lock, and how many threads are inside, which the model does not order.
type Room = Arc<(RwLock<u32>, AtomicU32)>;

fn room() -> Room {
    Arc::new((RwLock::new(0), AtomicU32::new(0)))
}

/// Whether somebody else is inside when the reader comes.
fn reads(room: &Room) -> bool {
    let _value = room.0.read();
    let others = room.1.fetch_add(1, Relaxed);
    room.1.fetch_sub(1, Relaxed);
    others > 0
}

fn writes(room: &Room) {
    let mut value = room.0.write();
    assert_eq!(room.1.fetch_add(1, Relaxed), 0, "a writer is alone");
    *value += 1;
    room.1.fetch_sub(1, Relaxed);
}

#[test]
fn readers_meet_and_a_writer_is_alone() {
    let report = explored("two readers and a writer", || {
        let room = room();
        let threads = [reads, reads, |room: &Room| {
            writes(room);
            false
        }]
        .map(|enters| {
            let room = Arc::clone(&room);
            thread::spawn(move || enters(&room))
        });
        let met = threads.map(|thread| thread.join().unwrap());
        assert_eq!(*room.0.read(), 1);
        met
    });
    let met = report.outcomes.into_keys().collect::<Vec<_>>();
    assert_eq!(met, [[false; 3], [false, true, false], [true, false, false]]);
}

#[test]
fn a_writer_that_becomes_a_reader_lets_no_writer_in_between() {
    let report = explored("downgrade", || {
        let room = room();
        let threads = [writes, |room: &Room| {
            reads(room);
        }]
        .map(|enters| {
            let room = Arc::clone(&room);
            thread::spawn(move || enters(&room))
        });
        let written = {
            let mut value = room.0.write();
            *value += 10;
            let written = *value;
            let value = RwLockWriteGuard::downgrade(value);
            let others = room.1.load(Relaxed);
            assert_eq!(*value, written);
            (written, others)
        };
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(*room.0.read(), 11);
        written
    });
    let seen: Vec<_> = report.outcomes.into_keys().collect();
    // The writer came before or after; the reader is inside as well, or is not.
    assert_eq!(seen, [(10, 0), (10, 1), (11, 0), (11, 1)]);
}

/// Tries to read and to write from another thread.
fn tried(lock: &RwLock<u32>) -> (bool, bool) {
    thread::scope(|scope| {
        let tries = scope.spawn(|| {
            let reads = lock.try_read().is_some();
            (reads, lock.try_write().is_some())
        });
        tries.join().unwrap()
    })
}

#[test]
fn a_shared_lock_that_is_tried_is_taken_if_it_is_free() {
    let program = || {
        let lock = RwLock::new(0);
        let free = tried(&lock);
        let reader = lock.read();
        let read = tried(&lock);
        drop(reader);
        let writer = lock.write();
        let written = tried(&lock);
        drop(writer);
        assert!(lock.try_write().is_some());
        [free, read, written]
    };
    let expected = [(true, true), (true, false), (false, false)];
    assert_eq!(outcomes("tries", program), [(expected, 1)]);
}

#[test]
fn a_reader_that_waits_for_a_writer_deadlocks_unless_it_comes_last() {
    let (counts, found) = deadlocks("reader waits for writer", || {
        let lock = Arc::new(RwLock::new(0));
        let other = Arc::clone(&lock);
        let add = |lock: &RwLock<u32>| {
            let value = *lock.read();
            *lock.write() = value + 1;
        };
        let adds = thread::spawn(move || add(&other));
        let reader = lock.read();
        adds.join().unwrap();
        drop(reader);
    });
    // Main comes after all that the thread does, or before its first, second or third step.
    assert_eq!(counts, [1, 3], "{found}");
    assert!(found.message.contains("write of RwLock#1"), "{found}");
}
