//! Plain memory that changes hands in less usual ways.

use super::*;

/// The reader learns that the message is there from a compare-exchange that fails.
fn message_by_a_failing_exchange(failure: Ordering) -> impl Fn() + Send + Sync + 'static {
    move || {
        let message = Shared::new(0);
        let there = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                message.write(7);
                there.store(true, Release);
            });
            scope.spawn(|| {
                if there.compare_exchange(false, false, AcqRel, failure).is_err() {
                    assert_eq!(message.read(), 7);
                }
            });
        });
    }
}

#[test]
fn a_failing_exchange_has_the_ordering_of_its_failure() {
    let relaxed = message_by_a_failing_exchange(Relaxed);
    let violation = found("failing exchange, relaxed", relaxed);
    assert_eq!(violation.kind, ViolationKind::DataRace, "{violation}");
    let report = holds("failing exchange, acquire", message_by_a_failing_exchange(Acquire));
    assert_eq!(report.executions, 2, "{report}");
}

/// Memory is written again when its reader says that it is done.
fn done_with_reading(publish: Ordering) -> impl Fn() + Send + Sync + 'static {
    move || {
        let message = Shared::new(7);
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                assert_eq!(message.read(), 7);
                done.store(true, publish);
            });
            scope.spawn(|| {
                if done.load(Acquire) {
                    message.write(8);
                }
            });
        });
    }
}

#[test]
fn memory_is_written_again_when_its_reader_is_done() {
    let violation = found("done with reading, relaxed", done_with_reading(Relaxed));
    assert_eq!(violation.kind, ViolationKind::DataRace, "{violation}");
    for words in ["reads an UnsafeCell at ", "writes it at "] {
        assert!(violation.message.contains(words), "{violation}");
    }
    let report = holds("done with reading, release", done_with_reading(Release));
    assert_eq!(report.executions, 2, "{report}");
}
