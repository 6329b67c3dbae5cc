//! The guarantees of the queue as scenarios: its end, by a close and by drops. And a naive twin,
//! which leaves a value behind.

#[path = "common/ends.rs"]
mod ends;
#[path = "common/ledger.rs"]
mod ledger;

use ends::{full, join, size, within_two_preemptions};
use ledger::Ledger;
use selvedge::naive::{EmptyThenClosed, ReceivingEnd, SendingEnd};
use selvedge::queue::{self, Receiver, RecvError, SendError, Sender, TryRecvError, TrySendError};
use selvedge::scenario::Scenario;
use selvedge::thread;

/// A value is sent, and the queue is closed, while the receiver looks.
fn a_value_before_the_close_is_received<R: ReceivingEnd<u32>>() {
    let (sender, mut receiver) = R::bounded(size(1));
    let closing = thread::spawn(move || {
        let sent = sender.try_send(1);
        assert!(sender.close(), "nobody else closes");
        sent
    });
    let first = receiver.try_recv();
    assert_eq!(join(closing), Ok(()));
    match first {
        Ok(value) => assert_eq!(value, 1),
        Err(TryRecvError::Empty) => assert_eq!(receiver.try_recv(), Ok(1)),
        Err(TryRecvError::Disconnected) => panic!("nothing will come, and a value is there"),
    }
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
}

#[test]
fn g5_a_value_before_the_close_is_received() {
    Scenario::new("queue: a value before the close is received")
        .check(a_value_before_the_close_is_received::<Receiver<u32>>);
}

#[test]
fn naive_queue_leaves_a_value_behind() {
    Scenario::new("naive queue: a value is left behind")
        .refute(a_value_before_the_close_is_received::<EmptyThenClosed<u32>>);
}

/// One thread sends, another closes, and the receiver asks; what does it get until it is told that
/// nothing comes?
fn a_close_waits_for_a_sender_at_work(mut receive: impl FnMut(&mut Receiver<u32>) -> Option<u32>) {
    let (sender, mut receiver) = queue::bounded(size(1));
    let other = sender.clone();
    let sending = thread::spawn(move || sender.try_send(1));
    let closing = thread::spawn(move || other.close());
    let received = receive(&mut receiver);
    match join(sending) {
        Ok(()) => assert_eq!(received, Some(1), "nothing will come, and a value came"),
        Err(refused) => {
            assert_eq!((refused, received), (TrySendError::Disconnected(1), None));
        }
    }
    assert!(join(closing));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
}

#[test]
fn g5_recv_waits_for_a_sender_at_work() {
    within_two_preemptions("queue: recv waits for a sender at work")
        .check(|| a_close_waits_for_a_sender_at_work(|receiver| receiver.recv().ok()));
}

#[test]
fn g5_try_recv_does_not_pass_over_a_sender_at_work() {
    within_two_preemptions("queue: try_recv does not pass over a sender at work").check(|| {
        a_close_waits_for_a_sender_at_work(|receiver| match receiver.try_recv() {
            Err(TryRecvError::Empty) => receiver.recv().ok(),
            result => result.ok(),
        });
    });
}

#[test]
fn g5_a_batch_does_not_pass_over_a_sender_at_work() {
    within_two_preemptions("queue: a batch does not pass over a sender at work").check(|| {
        a_close_waits_for_a_sender_at_work(|receiver| {
            let mut received = Vec::new();
            while receiver.recv_many(&mut received, size(2)) > 0 {}
            assert!(received.len() <= 1);
            received.pop()
        });
    });
}

#[test]
fn g6_a_close_wakes_the_receiver() {
    Scenario::new("queue: a close wakes the receiver").check(|| {
        let (sender, mut receiver) = queue::bounded::<u32>(size(1));
        let other = sender.clone();
        let first = thread::spawn(move || sender.close());
        let second = thread::spawn(move || other.close());
        assert_eq!(receiver.recv(), Err(RecvError));
        assert!(join(first) ^ join(second), "one of the two closed it");
    });
}

#[test]
fn g6_the_last_senders_drop_wakes_the_receiver() {
    Scenario::new("queue: the last sender's drop wakes the receiver").check(|| {
        let (sender, mut receiver) = queue::bounded::<u32>(size(1));
        let other = sender.clone();
        let first = thread::spawn(move || drop(sender));
        let second = thread::spawn(move || drop(other));
        assert_eq!(receiver.recv(), Err(RecvError));
        join(first);
        join(second);
    });
}

/// Two senders wait, or are about to, when the queue is closed. What the closing returns is kept
/// until they are woken.
fn both_senders_are_woken<K>(close: impl FnOnce(Sender<u32>, Receiver<u32>) -> K) {
    let (sender, receiver) = full(1);
    let waiting = [1, 2].map(|value| {
        let sender = sender.clone();
        thread::spawn(move || sender.send(value))
    });
    let kept = close(sender, receiver);
    assert_eq!(waiting.map(join), [Err(SendError(1)), Err(SendError(2))]);
    drop(kept);
}

#[test]
fn g6_a_close_wakes_all_senders() {
    within_two_preemptions("queue: a close wakes all senders").check(|| {
        both_senders_are_woken(|sender, receiver| {
            assert!(sender.close() && !receiver.close());
            (sender, receiver)
        });
    });
}

#[test]
fn g6_a_dropped_receiver_wakes_all_senders() {
    within_two_preemptions("queue: a dropped receiver wakes all senders")
        .check(|| both_senders_are_woken(|_, receiver| drop(receiver)));
}

#[test]
fn g8_what_is_queued_is_dropped_with_the_receiver() {
    within_two_preemptions("queue: what is queued is dropped with the receiver").check(|| {
        let ledger = Ledger::new(3, 1);
        let (sender, receiver) = queue::bounded(size(2));
        let [first, second] = [0, 1].map(|from| {
            let (sender, values) = (sender.clone(), ledger.values(from));
            thread::spawn(move || values.into_iter().all(|value| sender.try_send(value).is_ok()))
        });
        drop(receiver);
        let sent = [join(first), join(second)];
        ledger.dropped(&[1, 1, 0]);
        // The senders are still there.
        let refused = ledger.values(2).into_iter().all(|value| sender.try_send(value).is_err());
        assert!(refused, "sent to nobody, after {sent:?}");
        ledger.all_dropped();
    });
}

#[test]
fn g8_what_was_received_is_not_dropped_again() {
    within_two_preemptions("queue: what was received is not dropped again").check(|| {
        let ledger = Ledger::new(1, 3);
        let (sender, mut receiver) = queue::bounded(size(2));
        let values = ledger.values(0);
        let sending = thread::spawn(move || {
            values.into_iter().map(|value| sender.send(value).is_ok()).filter(|&sent| sent).count()
        });
        let received = receiver.recv().map(|value| value.id);
        drop(receiver);
        assert_eq!(received, Ok(0));
        assert!(join(sending) >= 1);
        ledger.all_dropped();
    });
}
