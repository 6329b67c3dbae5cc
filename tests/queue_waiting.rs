//! The guarantees of the queue as scenarios: who waits is woken, and no longer than it wants to.

#[path = "common/ends.rs"]
mod ends;

use ends::{TICK, full, join, size, within_two_preemptions};
use selvedge::queue::{self, RecvError, RecvTimeoutError, SendTimeoutError};
use selvedge::scenario::Scenario;
use selvedge::thread;
use selvedge::time::{Duration, advance};

#[test]
fn g3_a_value_wakes_the_receiver() {
    Scenario::new("queue: a value wakes the receiver").check(|| {
        let (sender, mut receiver) = queue::bounded(size(1));
        // It stays, so that it is the value that wakes.
        let other = sender.clone();
        let sending = thread::spawn(move || sender.try_send(1));
        assert_eq!(receiver.recv(), Ok(1));
        assert_eq!(join(sending), Ok(()));
        drop(other);
        assert_eq!(receiver.recv(), Err(RecvError));
    });
}

#[test]
fn g3_each_of_two_values_wakes_the_receiver() {
    within_two_preemptions("queue: each of two values wakes the receiver").check(|| {
        let (sender, mut receiver) = queue::bounded(size(2));
        let sending = [1, 2].map(|value| {
            let sender = sender.clone();
            thread::spawn(move || sender.try_send(value))
        });
        let (first, second) = (receiver.recv().unwrap(), receiver.recv().unwrap());
        assert_eq!(first + second, 3);
        assert_eq!(sending.map(join), [Ok(()), Ok(())]);
    });
}

#[test]
fn g3_a_value_ends_the_wait_for_a_batch() {
    Scenario::new("queue: a value ends the wait for a batch").check(|| {
        let (sender, mut receiver) = queue::bounded(size(2));
        let other = sender.clone();
        let sending = thread::spawn(move || [sender.try_send(1), sender.try_send(2)]);
        let mut received = Vec::new();
        while received.len() < 2 {
            assert!(receiver.recv_many(&mut received, size(2)) > 0, "it is not closed");
        }
        assert_eq!(received, [1, 2]);
        assert_eq!(join(sending), [Ok(()), Ok(())]);
        drop(other);
    });
}

#[test]
fn g4_a_free_slot_wakes_a_sender() {
    Scenario::new("queue: a free slot wakes a sender").check(|| {
        let (sender, mut receiver) = full(1);
        let sending = thread::spawn(move || sender.send(1));
        assert_eq!(receiver.recv(), Ok(0));
        // Before anything else is received.
        assert_eq!(join(sending), Ok(()));
        assert_eq!([receiver.recv(), receiver.recv()], [Ok(1), Err(RecvError)]);
    });
}

#[test]
fn g4_each_free_slot_wakes_a_sender() {
    within_two_preemptions("queue: each free slot wakes a sender").preemption_bound(1).check(
        || {
            let (sender, mut receiver) = full(1);
            let sending = [1, 2].map(|value| {
                let sender = sender.clone();
                thread::spawn(move || sender.send(value))
            });
            assert_eq!([receiver.recv().is_ok(), receiver.recv().is_ok()], [true, true]);
            // Before anything else is received.
            assert_eq!(sending.map(join), [Ok(()), Ok(())]);
            assert_eq!(receiver.len(), 1);
        },
    );
}

#[test]
fn g4_two_slots_at_once_wake_two_senders() {
    within_two_preemptions("queue: two slots at once wake two senders").check(|| {
        let (sender, mut receiver) = full(2);
        let sending = [1, 2].map(|value| {
            let sender = sender.clone();
            thread::spawn(move || sender.send(value))
        });
        assert_eq!(receiver.recv_many(&mut Vec::new(), size(2)), 2);
        // Before anything else is received.
        assert_eq!(sending.map(join), [Ok(()), Ok(())]);
        assert_eq!(receiver.len(), 2);
    });
}

#[test]
fn g4_one_that_gives_up_does_not_keep_a_slot_from_another() {
    within_two_preemptions("queue: one that gives up does not keep a slot from another").check(
        || {
            let (sender, mut receiver) = full(1);
            let other = sender.clone();
            // Its time is over at once; but it enters the list of those that wait, and leaves it.
            let impatient = thread::spawn(move || sender.send_timeout(1, Duration::ZERO));
            let patient = thread::spawn(move || other.send(2));
            assert_eq!(receiver.recv(), Ok(0));
            match join(impatient) {
                // The slot is the other one's, and nothing else is received.
                Err(refused) => assert_eq!(refused, SendTimeoutError::Timeout(1)),
                Ok(()) => assert!(receiver.recv().is_ok()),
            }
            assert_eq!(join(patient), Ok(()));
            assert_eq!(receiver.len(), 1);
        },
    );
}

#[test]
fn g7_a_receiver_waits_no_longer_than_it_wants_to() {
    Scenario::new("queue: a receiver waits no longer than it wants to").check(|| {
        let (sender, mut receiver) = queue::bounded(size(1));
        let waiting = thread::spawn(move || (receiver.recv_timeout(TICK), receiver));
        advance(TICK);
        let sent = sender.try_send(1);
        // The clock may have been advanced before it was looked at.
        advance(TICK);
        let (result, mut receiver) = join(waiting);
        assert_eq!(sent, Ok(()));
        match result {
            Ok(value) => assert_eq!(value, 1),
            Err(error) => {
                assert_eq!(error, RecvTimeoutError::Timeout);
                assert_eq!(receiver.try_recv(), Ok(1), "a value went with the timeout");
            }
        }
    });
}

#[test]
fn g7_a_receiver_of_batches_waits_no_longer_than_it_wants_to() {
    Scenario::new("queue: a receiver of batches waits no longer than it wants to").check(|| {
        let (sender, mut receiver) = queue::bounded::<u32>(size(1));
        let closing = thread::spawn(move || {
            advance(TICK);
            // The clock may have been advanced before it was looked at.
            drop(sender);
        });
        let mut received = Vec::new();
        let result = receiver.recv_many_timeout(&mut received, size(1), TICK);
        let expected = [RecvTimeoutError::Timeout, RecvTimeoutError::Disconnected];
        assert!(expected.map(Err).contains(&result), "{result:?}");
        assert!(received.is_empty());
        join(closing);
        let result = receiver.recv_many_timeout(&mut received, size(1), TICK);
        assert_eq!(result, Err(RecvTimeoutError::Disconnected));
    });
}

#[test]
fn g7_a_sender_waits_no_longer_than_it_wants_to() {
    within_two_preemptions("queue: a sender waits no longer than it wants to").check(|| {
        let (sender, mut receiver) = full(1);
        let waiting = thread::spawn(move || sender.send_timeout(1, TICK));
        advance(TICK);
        // The clock may have been advanced before it was looked at.
        advance(TICK);
        assert_eq!(receiver.try_recv(), Ok(0));
        let expected = match join(waiting) {
            Ok(()) => Ok(1),
            Err(refused) => {
                assert_eq!(refused, SendTimeoutError::Timeout(1));
                Err(RecvError)
            }
        };
        assert_eq!(receiver.recv(), expected);
    });
}

#[test]
fn g7_a_close_comes_before_the_deadline() {
    Scenario::new("queue: a close comes before the deadline").check(|| {
        let (sender, receiver) = full(1);
        let waiting = thread::spawn(move || sender.send_timeout(1, TICK));
        assert!(receiver.close());
        assert_eq!(join(waiting), Err(SendTimeoutError::Disconnected(1)));
    });
}
