//! Time: the real clock outside of a scenario and in production, a manual one inside.

use selvedge::sync::atomic::{AtomicBool, Ordering};
use selvedge::sync::{Arc, Condvar, Mutex, Parker};
use selvedge::thread;
use selvedge::time::{self, Duration, Instant};

const SHORT: Duration = Duration::from_millis(1);

pub fn instants() {
    let begin = Instant::now();
    let later = begin + SHORT;
    assert!(later > begin);
    assert_eq!(later - begin, SHORT);
    assert_eq!(later - SHORT, begin);
    assert_eq!(later.duration_since(begin), SHORT);
    assert_eq!(begin.duration_since(later), Duration::ZERO);
    assert_eq!(begin.saturating_duration_since(later), Duration::ZERO);
    assert_eq!(later.checked_duration_since(begin), Some(SHORT));
    assert_eq!(begin.checked_duration_since(later), None);
    assert_eq!(begin.checked_add(SHORT), Some(later));
    assert_eq!(later.checked_sub(SHORT), Some(begin));
    assert_eq!(begin.checked_add(Duration::MAX), None);
    let mut moved = begin;
    moved += SHORT;
    assert_eq!(moved, later);
    moved -= SHORT;
    assert_eq!(moved, begin);
    let copy = begin;
    assert!(std::collections::HashSet::from([begin]).contains(&copy));
    assert_eq!(begin.max(later), later);
    assert!(format!("{begin:?}").starts_with("Instant"));
    time::advance(SHORT);
    assert!(begin.elapsed() >= SHORT);
    assert!(Instant::now() >= later);
}

pub fn timeouts_of_zero() {
    let lock = Mutex::new(());
    let condition = Condvar::new();
    let mut guard = lock.lock();
    assert!(condition.wait_for(&mut guard, Duration::ZERO).timed_out());
    assert!(condition.wait_until(&mut guard, Instant::now()).timed_out());
    assert!(condition.wait_while_for(&mut guard, |()| true, Duration::ZERO).timed_out());
    assert!(condition.wait_while_until(&mut guard, |()| true, Instant::now()).timed_out());
    // A condition that does not hold is no timeout.
    assert!(!condition.wait_while_for(&mut guard, |()| false, Duration::ZERO).timed_out());
    drop(guard);
    let parker = Parker::new();
    parker.park_timeout(Duration::ZERO);
    parker.park_deadline(Instant::now());
    thread::sleep(Duration::ZERO);
}

/// Waits with a deadline that another thread lets come.
pub fn deadlines() {
    let deadline = Instant::now() + SHORT;
    let shared = Arc::new((Mutex::new(()), Condvar::new()));
    let waiting = {
        let shared = Arc::clone(&shared);
        thread::spawn(move || {
            let mut guard = shared.0.lock();
            assert!(shared.1.wait_until(&mut guard, deadline).timed_out());
            assert!(shared.1.wait_while_until(&mut guard, |()| true, deadline).timed_out());
            drop(guard);
            Parker::new().park_deadline(deadline);
            assert!(Instant::now() >= deadline);
        })
    };
    time::advance(SHORT);
    waiting.join().unwrap();
    assert!(shared.0.try_lock().is_some());
}

/// Lets time pass until `wait` returns.
fn pass_time_until(wait: fn()) {
    let done = Arc::new(AtomicBool::new(false));
    let waiting = {
        let done = Arc::clone(&done);
        thread::spawn(move || {
            let begin = Instant::now();
            wait();
            assert!(begin.elapsed() >= SHORT);
            done.store(true, Ordering::Release);
        })
    };
    while !done.load(Ordering::Acquire) {
        time::advance(SHORT);
        thread::yield_now();
    }
    waiting.join().unwrap();
}

pub fn sleep_and_advance() {
    pass_time_until(|| thread::sleep(SHORT));
}

pub fn relative_timeouts() {
    pass_time_until(|| {
        let lock = Mutex::new(());
        let condition = Condvar::new();
        assert!(condition.wait_for(&mut lock.lock(), SHORT).timed_out());
    });
    pass_time_until(|| {
        let lock = Mutex::new(());
        let condition = Condvar::new();
        assert!(condition.wait_while_for(&mut lock.lock(), |()| true, SHORT).timed_out());
    });
    pass_time_until(|| Parker::new().park_timeout(SHORT));
}
