//! The order in which a report tells what happened.

use selvedge::sync::{Condvar, Mutex};

use super::*;

/// Whether each load of the only `AtomicU32` that a report tells of is told after the store that it
/// reads from, and before the next one.
fn reads_what_is_there(violation: &Violation) -> bool {
    let mut there = 0;
    let rows = violation.timeline.lines().filter(|row| row.contains("AtomicU32#1"));
    let told: Vec<bool> = rows
        .map(|row| {
            let word = |before: &str| {
                let (_, rest) = row.split_once(before)?;
                rest.split([' ', '(']).next()?.parse::<u32>().ok()
            };
            match (word("store = "), word("load -> ")) {
                (Some(stored), None) => {
                    there = stored;
                    true
                }
                (None, Some(loaded)) => loaded == there,
                _ => panic!("{row}"),
            }
        })
        .collect();
    assert!(told.len() > 1, "{violation}");
    told.iter().all(|as_it_is| *as_it_is)
}

#[test]
fn what_was_read_is_told_before_it_was_overwritten() {
    // The thread that waits is the second to run, and looks before the first one says so.
    let lost = found("lost wake-up", || {
        let (lock, changed) = (Mutex::new(()), Condvar::new());
        let flag = AtomicU32::new(0);
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut locked = lock.lock();
                if flag.load(SeqCst) == 0 {
                    changed.wait(&mut locked);
                }
            });
            flag.store(1, SeqCst);
            changed.notify_one();
        });
    });
    assert_eq!(lost.kind, ViolationKind::Deadlock, "{lost}");
    assert!(reads_what_is_there(&lost), "{lost}");

    let counter = found("lost update", || {
        let count = AtomicU32::new(0);
        let add = || count.store(count.load(Relaxed) + 1, Relaxed);
        thread::scope(|scope| {
            scope.spawn(add);
            add();
        });
        assert_eq!(count.load(Relaxed), 2);
    });
    assert!(reads_what_is_there(&counter), "{counter}");
}

#[test]
fn an_old_value_is_told_where_no_order_explains_it() {
    let weak = found("message", || {
        let (message, there) = (AtomicU32::new(0), AtomicBool::new(false));
        thread::scope(|scope| {
            scope.spawn(|| {
                message.store(7, Relaxed);
                there.store(true, Relaxed);
            });
            if there.load(Relaxed) {
                assert_eq!(message.load(Relaxed), 7);
            }
        });
    });
    assert!(!reads_what_is_there(&weak), "{weak}");
}
