//! The guarantees of the queue as scenarios: what arrives, in which order, and what it shows. And a
//! naive twin, which loses a value.

#[path = "common/ends.rs"]
mod ends;
#[path = "common/race.rs"]
mod race;

use ends::{full, join, size, within_two_preemptions};
use race::race;
use selvedge::naive::{ClaimInTwoSteps, ReceivingEnd, SendingEnd};
use selvedge::queue::{self, Receiver, RecvError, SendError, TryRecvError};
use selvedge::scenario::Scenario;
use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use selvedge::thread;

/// Two threads send a value each.
fn both_values_arrive<R: ReceivingEnd<u32>>() {
    let (sender, mut receiver) = R::bounded(size(2));
    let (_sender, first, second) =
        race(sender, |sender| sender.try_send(1), |sender| sender.try_send(2));
    assert_eq!((first, second), (Ok(()), Ok(())), "there is room for both");
    let mut received = [receiver.try_recv(), receiver.try_recv()];
    received.sort_by_key(|value| value.ok());
    assert_eq!(received, [Ok(1), Ok(2)], "a value that was sent is not there");
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
}

#[test]
fn g1_both_values_arrive() {
    Scenario::new("queue: both values arrive")
        // Few, so that a sender that does not find the next slot is told of soon.
        .max_events(1_000)
        .check(both_values_arrive::<Receiver<u32>>);
}

#[test]
fn naive_queue_loses_a_value() {
    Scenario::new("naive queue: a value is lost")
        .refute(both_values_arrive::<ClaimInTwoSteps<u32>>);
}

#[test]
fn g1_values_of_one_sender_arrive_in_order() {
    for capacity in [1, 2] {
        let name = format!("queue: values arrive in order, capacity {capacity}");
        within_two_preemptions(&name).check(move || {
            let (sender, mut receiver) = queue::bounded(size(capacity));
            // One more than there is room for.
            let values = 0..=capacity;
            let sent = values.clone();
            let sending = thread::spawn(move || {
                sent.into_iter().for_each(|value| sender.send(value).unwrap());
            });
            values.for_each(|value| assert_eq!(receiver.recv(), Ok(value)));
            join(sending);
            assert_eq!(receiver.recv(), Err(RecvError));
        });
    }
}

#[test]
fn g1_what_is_sent_first_is_received_first() {
    Scenario::new("queue: what is sent first is received first").check(|| {
        let (sender, mut receiver) = queue::bounded(size(2));
        let (_, _, then) = race(
            (sender, AtomicBool::new(false)),
            |(sender, sent)| {
                sender.try_send(1).unwrap();
                // Release: the send happened before.
                sent.store(true, Ordering::Release);
            },
            |(sender, sent)| {
                // Acquire: as above.
                sent.load(Ordering::Acquire) && sender.try_send(2).is_ok()
            },
        );
        assert_eq!(receiver.try_recv(), Ok(1), "not the one that was sent first");
        assert_eq!(receiver.try_recv().ok(), then.then_some(2));
    });
}

#[test]
fn g1_a_batch_ends_before_what_is_not_there() {
    // As above.
    Scenario::new("queue: a batch ends before what is not there").max_events(1_000).check(|| {
        let (sender, mut receiver) = queue::bounded(size(3));
        sender.try_send(0).unwrap();
        let other = sender.clone();
        let first = thread::spawn(move || sender.try_send(1));
        let second = thread::spawn(move || other.try_send(2));
        let mut received = Vec::new();
        let count = receiver.try_recv_many(&mut received, size(3)).expect("a value was sent");
        assert_eq!((received.len(), received[0]), (count, 0));
        assert_eq!((join(first), join(second)), (Ok(()), Ok(())));
        while receiver.recv_many(&mut received, size(3)) > 0 {}
        received.sort_unstable();
        assert_eq!(received, [0, 1, 2]);
    });
}

#[test]
fn g2_a_slot_that_is_known_to_be_free_is_free() {
    Scenario::new("queue: a slot that is known to be free is free").check(|| {
        let (sender, mut receiver) = full(2);
        let freed = Arc::new(AtomicU64::new(0));
        let seen = Arc::clone(&freed);
        let sending = thread::spawn(move || {
            // Acquire: so many values were received before.
            let free = seen.load(Ordering::Acquire);
            (0..free).for_each(|value| sender.try_send(value as u32).expect("a slot is free"));
        });
        for count in 1..3 {
            receiver.try_recv().unwrap();
            // Release: as above.
            freed.store(count, Ordering::Release);
        }
        join(sending);
    });
}

#[test]
fn g9_len_is_never_more_than_the_capacity() {
    Scenario::new("queue: len is never more than the capacity").check(|| {
        let (sender, mut receiver) = queue::bounded(size(1));
        let observer = sender.clone();
        let sending = thread::spawn(move || {
            let _ = (sender.try_send(1), sender.try_send(2));
        });
        let looking = thread::spawn(move || (observer.len(), observer.is_empty()));
        let received = [receiver.try_recv(), receiver.try_recv()];
        assert!(receiver.len() <= 1, "more than there can be: {}", receiver.len());
        let (seen, _) = join(looking);
        assert!(seen <= 1, "more than there can be: {seen}");
        join(sending);
        assert!(receiver.len() <= 1 + usize::from(received.iter().all(Result::is_err)));
    });
}

#[test]
fn g10_a_value_shows_what_came_before_it() {
    Scenario::new("queue: a value shows what came before it").check(|| {
        let (sender, mut receiver) = queue::bounded(size(1));
        let prepared = Arc::new(AtomicU64::new(0));
        let sees = Arc::clone(&prepared);
        let sending = thread::spawn(move || {
            // Relaxed: that the queue orders it is what is tested.
            prepared.store(1, Ordering::Relaxed);
            sender.try_send(())
        });
        if receiver.try_recv().is_ok() {
            // Relaxed: as above.
            assert_eq!(sees.load(Ordering::Relaxed), 1, "the value came first");
        }
        assert_eq!(join(sending), Ok(()));
    });
}

/// Two senders are dropped, each after it prepared something. Then the receiver is told of it.
fn a_close_shows_what_came_before_it(is_told: impl FnOnce(&mut Receiver<()>) -> bool) {
    let (sender, mut receiver) = queue::bounded(size(1));
    let prepared = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
    let dropping = [0, 1].map(|place| {
        let (sender, prepared) = (sender.clone(), Arc::clone(&prepared));
        thread::spawn(move || {
            // Relaxed: that the queue orders it is what is tested.
            prepared[place].store(1, Ordering::Relaxed);
            drop(sender);
        })
    });
    drop(sender);
    if is_told(&mut receiver) {
        for prepared in prepared.iter() {
            // Relaxed: as above.
            assert_eq!(prepared.load(Ordering::Relaxed), 1, "the close came first");
        }
    }
    let [(), ()] = dropping.map(join);
}

#[test]
fn g10_a_close_shows_recv_what_came_before_it() {
    within_two_preemptions("queue: a close shows recv what came before it").check(|| {
        a_close_shows_what_came_before_it(|receiver| receiver.recv() == Err(RecvError));
    });
}

#[test]
fn g10_a_close_shows_try_recv_what_came_before_it() {
    within_two_preemptions("queue: a close shows try_recv what came before it").check(|| {
        a_close_shows_what_came_before_it(|receiver| {
            receiver.try_recv() == Err(TryRecvError::Disconnected)
        });
    });
}

#[test]
fn g10_a_close_shows_the_second_one_what_came_before_it() {
    Scenario::new("queue: a close shows the second one what came before it").check(|| {
        let (sender, receiver) = queue::bounded::<()>(size(1));
        let prepared = Arc::new(AtomicU64::new(0));
        let sees = Arc::clone(&prepared);
        let closing = thread::spawn(move || {
            // Relaxed: that the queue orders it is what is tested.
            prepared.store(1, Ordering::Relaxed);
            sender.close()
        });
        let first = receiver.close();
        if !first {
            // Relaxed: as above.
            assert_eq!(sees.load(Ordering::Relaxed), 1, "the close came first");
        }
        assert_ne!(join(closing), first, "one of two closes it");
    });
}

#[test]
fn g10_a_close_shows_a_sender_what_came_before_it() {
    Scenario::new("queue: a close shows a sender what came before it").check(|| {
        let (sender, receiver) = full(1);
        let prepared = Arc::new(AtomicU64::new(0));
        let sees = Arc::clone(&prepared);
        let sending = thread::spawn(move || {
            assert_eq!(sender.send(1), Err(SendError(1)), "it was full until it was closed");
            // Relaxed: that the queue orders it is what is tested.
            assert_eq!(sees.load(Ordering::Relaxed), 1, "the close came first");
        });
        // Relaxed: as above.
        prepared.store(1, Ordering::Relaxed);
        assert!(receiver.close());
        join(sending);
    });
}

#[test]
fn g11_indices_do_not_come_again() {
    // More than fit into a byte; one execution of each engine is long enough.
    Scenario::new("queue: indices do not come again").max_executions(1).check(|| {
        let (sender, mut receiver) = queue::bounded(size(2));
        let sending = thread::spawn(move || (0..300).all(|value| sender.send(value).is_ok()));
        assert!(receiver.iter().eq(0..300));
        assert!(join(sending));
    });
}
