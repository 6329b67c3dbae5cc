//! Waits with a timeout, of a clock that threads of the scenario advance.

use selvedge::sync::{Arc, Condvar, Mutex, Parker};
use selvedge::thread;
use selvedge::time::{self, Duration, Instant};

use super::*;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_timed_park_ends_by_its_token_or_by_its_time() {
    let report = explored("park_timeout", || {
        let parker = Parker::new();
        let unparker = parker.unparker().clone();
        let threads =
            [thread::spawn(|| time::advance(SECOND)), thread::spawn(move || unparker.unpark())];
        let begin = Instant::now();
        parker.park_timeout(SECOND);
        let waited = begin.elapsed();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        waited.as_secs()
    });
    // The clock is advanced before the park begins, too: then only the token ends it.
    assert_eq!(report.outcomes.into_keys().collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn a_timed_wait_ends_by_its_notification_or_by_its_time() {
    let report = explored("wait_for", || {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let other = Arc::clone(&shared);
        let waits = thread::spawn(move || {
            let mut ready = other.0.lock();
            let ended = other.1.wait_while_for(&mut ready, |ready| !*ready, SECOND);
            (ended.timed_out(), *ready)
        });
        let advances = thread::spawn(|| time::advance(SECOND));
        *shared.0.lock() = true;
        shared.1.notify_one();
        advances.join().unwrap();
        waits.join().unwrap()
    });
    // The time may come when the condition holds already, and when it does not.
    let seen: Vec<_> = report.outcomes.into_keys().collect();
    assert_eq!(seen, [(false, true), (true, false), (true, true)]);
}

#[test]
fn a_wait_takes_a_notification_or_ends_by_its_time() {
    let report = explored("who gave up is not notified", || {
        let shared = Arc::new((Mutex::new(()), Condvar::new()));
        let other = Arc::clone(&shared);
        let mut guard = shared.0.lock();
        let notifies = thread::spawn(move || {
            let _locked = other.0.lock();
            other.1.notify_one()
        });
        let advances = thread::spawn(|| time::advance(SECOND));
        let timed_out = shared.1.wait_for(&mut guard, SECOND).timed_out();
        drop(guard);
        advances.join().unwrap();
        (notifies.join().unwrap(), timed_out)
    });
    let seen: Vec<_> = report.outcomes.into_keys().collect();
    assert_eq!(seen, [(false, true), (true, false)]);
}

#[test]
fn a_sleep_ends_if_time_comes_after_it_began() {
    let (counts, found) = deadlocks("sleep", || {
        let sleeps = thread::spawn(move || {
            let begin = Instant::now();
            thread::sleep(SECOND);
            assert_eq!(begin.elapsed(), SECOND);
        });
        time::advance(SECOND);
        sleeps.join().unwrap();
    });
    // The thread looks at the clock twice before it sleeps.
    assert_eq!(counts, [1, 2], "{found}");
}

#[test]
fn nothing_ends_a_sleep_but_time() {
    let (counts, found) = deadlocks("sleeps for good", || {
        let sleeps = thread::spawn(|| thread::sleep(SECOND));
        time::advance(SECOND / 2);
        sleeps.join().unwrap();
    });
    assert_eq!(counts[0], 0, "{counts:?}");
    for words in ["in sleep at", "selvedge::time::advance"] {
        assert!(found.message.contains(words), "{found}");
    }
}
