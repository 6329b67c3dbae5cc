//! Executions that end in the middle: by a failure, or in a wait.

use std::sync::Arc as StdArc;
use std::sync::atomic::{AtomicBool as StdAtomicBool, AtomicU64 as StdAtomicU64};

use selvedge::hint::wait_until;
use selvedge::scenario::ViolationKind;
use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU32, Ordering::*};
use selvedge::thread;

use crate::{Shared, holds, scenario};

/// Guests of frames: how many have left, and how many of them when the frame was gone already.
#[derive(Clone, Default)]
struct Guests {
    left: StdArc<StdAtomicU64>,
    late: StdArc<StdAtomicU64>,
}

impl Guests {
    fn all_left_in_time(&self) {
        assert!(self.left.load(SeqCst) > 0, "nobody was there");
        assert_eq!(self.late.load(SeqCst), 0, "threads outlived what they borrow");
    }
}

/// Lives in the frame that threads borrow from.
#[derive(Default)]
struct Frame {
    /// Outlives the frame, so that a guest may ask.
    gone: StdArc<StdAtomicBool>,
}

impl Frame {
    fn guest(&self, guests: &Guests) -> Guest {
        Guest { gone: StdArc::clone(&self.gone), guests: guests.clone() }
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        self.gone.store(true, SeqCst);
    }
}

/// Lives in a thread that borrows from the frame.
struct Guest {
    gone: StdArc<StdAtomicBool>,
    guests: Guests,
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.guests.left.fetch_add(1, SeqCst);
        self.guests.late.fetch_add(u64::from(self.gone.load(SeqCst)), SeqCst);
    }
}

#[test]
fn scoped_threads_of_a_failing_execution_leave_before_their_frame() {
    let guests = Guests::default();
    let shared = guests.clone();
    let violation = scenario("main finds a race").try_check(move || {
        let frame = Frame::default();
        let (memory, word) = (Shared::new(0), AtomicU32::new(0));
        thread::scope(|scope| {
            scope.spawn(|| {
                let _guest = frame.guest(&shared);
                memory.write(1);
                wait_until(|| word.load(Acquire) == 7);
            });
            word.store(1, Relaxed);
            memory.write(2);
        });
    });
    let violation = violation.expect_err("a race");
    assert_eq!(violation.kind, ViolationKind::DataRace, "{violation}");
    guests.all_left_in_time();
}

#[test]
fn scoped_threads_of_a_blocked_execution_leave_before_their_frame() {
    let guests = Guests::default();
    let shared = guests.clone();
    let report = holds(scenario("a thread waits in a scope"), move || {
        let frame = Frame::default();
        let word = AtomicU32::new(0);
        thread::scope(|scope| {
            scope.spawn(|| {
                let _guest = frame.guest(&shared);
                wait_until(|| word.load(Acquire) == 1);
            });
            scope.spawn(|| word.store(1, Release));
        });
    });
    assert_eq!((report.executions, report.blocked), (1, 1), "{report}");
    guests.all_left_in_time();
}

#[test]
fn a_panic_is_named_when_a_destructor_joins_after_it() {
    struct JoinsAtItsEnd(Option<thread::JoinHandle<()>>);
    impl Drop for JoinsAtItsEnd {
        fn drop(&mut self) {
            // Whatever the thread ended with.
            let _ = self.0.take().map(thread::JoinHandle::join);
        }
    }
    let violation = scenario("joins after a panic").try_check(|| {
        let word = Arc::new(AtomicU32::new(0));
        let shared = Arc::clone(&word);
        let thread = thread::spawn(move || shared.store(1, Release));
        let _joins = JoinsAtItsEnd(Some(thread));
        assert_eq!(word.load(Acquire), 0, "the user's assertion");
    });
    let violation = violation.expect_err("the assertion fails");
    assert_eq!(violation.kind, ViolationKind::Panic, "{violation}");
    for words in ["main panicked at tests/graph_runs/ends.rs:", "the user's assertion"] {
        assert!(violation.message.contains(words), "{violation}");
    }
}
