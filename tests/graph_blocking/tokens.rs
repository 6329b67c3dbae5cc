//! Parkers, and waits for a value.

use selvedge::hint::wait_until;
use selvedge::sync::Parker;
use selvedge::sync::atomic::{AtomicBool, AtomicU32, Ordering::*};
use selvedge::thread;

use super::*;

#[test]
fn no_wake_up_is_lost() {
    let report = explored("a token", || {
        let parker = Parker::new();
        let unparker = parker.unparker().clone();
        let message = Arc::new(Shared::new(0));
        let shared = Arc::clone(&message);
        let wakes = thread::spawn(move || {
            shared.write(7);
            unparker.unpark();
        });
        parker.park();
        assert_eq!(message.read(), 7);
        wakes.join().unwrap();
    });
    // Whether the token is there before or after: it is read from the same write. And nobody waits
    // for it in an execution of its own.
    assert_eq!((report.executions, report.blocked), (1, 0), "{report}");
}

#[test]
fn two_threads_that_unpark_may_leave_one_token() {
    let program = |parks: usize| {
        move || {
            let parker = Parker::new();
            let threads = [(); 2].map(|()| {
                let unparker = parker.unparker().clone();
                thread::spawn(move || unparker.unpark())
            });
            (0..parks).for_each(|_| parker.park());
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        }
    };
    let report = explored("one park", program(1));
    assert!(report.executions > 1, "{report}");
    // The second token comes after the first one was taken, or it does not.
    let (counts, found) = deadlocks("two parks", program(2));
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
    assert!(found.message.contains("main in park of Parker#1 at"), "{found}");
}

#[test]
fn a_flag_and_a_token_wake_a_thread_for_good() {
    explored("flag and token", || {
        let parker = Parker::new();
        let unparker = parker.unparker().clone();
        let flag = Arc::new(AtomicBool::new(false));
        let shared = Arc::clone(&flag);
        let wakes = thread::spawn(move || {
            // A token for nothing, which the parked thread sees through.
            unparker.unpark();
            shared.store(true, Release);
            unparker.unpark();
        });
        while !flag.load(Acquire) {
            parker.park();
        }
        wakes.join().unwrap();
    });
}

#[test]
fn the_writes_before_the_one_that_is_waited_for_do_not_count() {
    for last in 1..=5 {
        let report = explored("the last of some writes", move || {
            let word = Arc::new(AtomicU32::new(0));
            let shared = Arc::clone(&word);
            let writes = thread::spawn(move || {
                (1..=last).for_each(|value| shared.store(value, Release));
            });
            wait_until(|| word.load(Acquire) == last);
            writes.join().unwrap();
        });
        assert_eq!(report.executions, 1, "{report}");
    }
}
