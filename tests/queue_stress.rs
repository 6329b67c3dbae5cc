//! Longer scenarios of the queue, for the engines that sample: values are sent, refused, received
//! and dropped on all paths at once, and in the end each was dropped once, those that were received
//! came in the order of their senders, and nobody waits for what is there.
//!
//! 5,000 schedules each; `SELVEDGE_MAX_EXECUTIONS` asks for more.

// loom would search the beginnings of these, over and over: what it can finish is in other files.
#![cfg(not(loom))]

#[path = "common/ends.rs"]
mod ends;
#[path = "common/ledger.rs"]
mod ledger;

use ends::{TICK, size};
use ledger::{Ledger, Value};
use selvedge::queue::{
    self, Receiver, RecvTimeoutError, SendTimeoutError, Sender, TryRecvError, TrySendError,
};
use selvedge::scenario::{Engine, Sampler, Scenario};
use selvedge::thread::{self, JoinHandle};
use selvedge::time::{Duration, advance};

/// On both of Shuttle's samplers; in production on real threads.
fn stress(name: &str, f: impl Fn() + Clone + Send + Sync + 'static) {
    let scenario = Scenario::new(format!("queue stress: {name}")).max_executions(5_000);
    if cfg!(any(shuttle, selvedge)) {
        for sampler in [Sampler::Random, Sampler::DEFAULT_PCT] {
            scenario.clone().engine(Engine::Shuttle(sampler)).check(f.clone());
        }
    } else {
        scenario.max_duration(Duration::from_secs(1)).check(f);
    }
}

/// A thread that sends its values, and returns how many were taken.
fn sending(
    sender: Sender<Value>,
    values: Vec<Value>,
    send: impl Fn(&Sender<Value>, Value) -> bool + Send + 'static,
) -> JoinHandle<usize> {
    thread::spawn(move || {
        values.into_iter().map(|value| send(&sender, value)).filter(|&ok| ok).count()
    })
}

/// Blocks; a value that is refused is dropped.
fn send(sender: &Sender<Value>, value: Value) -> bool {
    let id = value.id;
    sender.send(value).map_err(|refused| assert_eq!(refused.0.id, id)).is_ok()
}

/// Receives until the end, one by one and in batches by turns.
fn drain(receiver: &mut Receiver<Value>, batch: usize) -> Vec<usize> {
    let (mut received, mut buffer) = (Vec::new(), Vec::new());
    loop {
        let count = match received.len() % 2 {
            0 => receiver.recv_many(&mut buffer, size(batch)),
            _ => receiver.recv().map_or(0, |value| {
                buffer.push(value);
                1
            }),
        };
        assert_eq!(count, buffer.len());
        assert!(count <= batch);
        if count == 0 {
            assert_eq!(receiver.try_recv().err(), Some(TryRecvError::Disconnected));
            return received;
        }
        received.extend(buffer.drain(..).map(|value| value.id));
    }
}

fn join(threads: Vec<JoinHandle<usize>>) -> usize {
    threads.into_iter().map(|thread| thread.join().unwrap()).sum()
}

/// So many senders, and each sends so many values; the last sender that is dropped closes.
fn all_arrive(capacity: usize, senders: usize, each: usize, batch: usize) {
    let ledger = Ledger::new(senders, each);
    let (sender, mut receiver) = queue::bounded(size(capacity));
    let threads =
        (0..senders).map(|from| sending(sender.clone(), ledger.values(from), send)).collect();
    drop(sender);
    let received = drain(&mut receiver, batch);
    assert_eq!(join(threads), senders * each);
    assert_eq!(received.len(), senders * each, "values were lost");
    ledger.in_order(&received);
    drop(receiver);
    ledger.all_dropped();
}

#[test]
fn all_values_of_two_senders_pass_through_one_slot() {
    stress("all values of two senders pass through one slot", || all_arrive(1, 2, 3, 1));
}

#[test]
fn all_values_of_three_senders_pass_through_two_slots_in_batches() {
    stress("all values of three senders, two slots, batches", || all_arrive(2, 3, 2, 2));
}

/// The receiver takes so many values that the others fit into the queue: then nobody waits.
#[test]
fn nobody_waits_beside_a_free_slot() {
    stress("nobody waits beside a free slot", || {
        let (senders, each) = (3, 2);
        let ledger = Ledger::new(senders, each);
        let (sender, mut receiver) = queue::bounded(size(2));
        let threads =
            (0..senders).map(|from| sending(sender.clone(), ledger.values(from), send)).collect();
        let mut received: Vec<_> = receiver.iter().take(4).map(|value| value.id).collect();
        // Before anything else is received.
        assert_eq!(join(threads), senders * each);
        assert_eq!(receiver.len(), 2);
        sender.close();
        received.extend(drain(&mut receiver, 2));
        assert_eq!(received.len(), senders * each, "values were lost");
        ledger.in_order(&received);
        ledger.all_dropped();
    });
}

/// The queue is closed while values are sent: those that were taken arrive, and no others.
#[test]
fn a_close_at_any_time_loses_nothing() {
    for capacity in [1, 2] {
        stress(&format!("a close at any time, capacity {capacity}"), move || {
            let ledger = Ledger::new(2, 3);
            let (sender, mut receiver) = queue::bounded(size(capacity));
            let mut threads: Vec<_> =
                (0..2).map(|from| sending(sender.clone(), ledger.values(from), send)).collect();
            threads.push(thread::spawn(move || {
                assert!(sender.close(), "nobody else closes");
                0
            }));
            let received = drain(&mut receiver, 2);
            assert_eq!(join(threads), received.len(), "taken, and not received, or the reverse");
            ledger.in_order(&received);
            ledger.all_dropped();
        });
    }
}

/// The receiver is dropped while values are sent: it drops those that were taken.
#[test]
fn a_drop_at_any_time_drops_each_value_once() {
    for capacity in [1, 2] {
        stress(&format!("a drop at any time, capacity {capacity}"), move || {
            let ledger = Ledger::new(3, 2);
            let (sender, mut receiver) = queue::bounded(size(capacity));
            let threads: Vec<_> =
                (0..3).map(|from| sending(sender.clone(), ledger.values(from), send)).collect();
            let received: Vec<_> = receiver.iter().take(2).map(|value| value.id).collect();
            drop(receiver);
            assert!(join(threads) >= received.len());
            ledger.in_order(&received);
            // What was in it is gone before its last sender is.
            ledger.all_dropped();
            drop(sender);
            ledger.all_dropped();
        });
    }
}

/// Both ends wait for a while at most, as another thread lets time pass.
#[test]
fn timeouts_at_any_time_lose_nothing() {
    stress("timeouts at any time", || {
        let ledger = Ledger::new(2, 2);
        let (sender, mut receiver) = queue::bounded(size(1));
        let patient = |sender: &Sender<Value>, value: Value| {
            let id = value.id;
            match sender.send_timeout(value, TICK) {
                Ok(()) => true,
                Err(SendTimeoutError::Timeout(refused)) => {
                    assert_eq!(refused.id, id);
                    false
                }
                Err(SendTimeoutError::Disconnected(_)) => panic!("nobody closed it"),
            }
        };
        let mut threads: Vec<_> =
            (0..2).map(|from| sending(sender.clone(), ledger.values(from), patient)).collect();
        threads.push(thread::spawn(|| {
            (0..3).for_each(|_| advance(TICK));
            0
        }));
        drop(sender);
        let mut received = Vec::new();
        let mut waits = 0;
        loop {
            match receiver.recv_timeout(TICK) {
                Ok(value) => received.push(value.id),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    waits += 1;
                    if waits == 2 {
                        received.extend(receiver.iter().map(|value| value.id));
                    }
                }
            }
        }
        assert_eq!(join(threads), received.len(), "taken, and not received, or the reverse");
        ledger.in_order(&received);
        ledger.all_dropped();
    });
}

/// One sender waits, one does for a while, and one does not; the receiver stops in the middle.
#[test]
fn all_paths_at_once_drop_each_value_once() {
    stress("all paths at once", || {
        let ledger = Ledger::new(3, 2);
        let (sender, mut receiver) = queue::bounded(size(1));
        let patient =
            |sender: &Sender<Value>, value: Value| sender.send_timeout(value, TICK).is_ok();
        let hasty = |sender: &Sender<Value>, value: Value| match sender.try_send(value) {
            Ok(()) => true,
            Err(TrySendError::Full(_)) => {
                advance(TICK);
                false
            }
            Err(TrySendError::Disconnected(_)) => false,
        };
        let threads = vec![
            sending(sender.clone(), ledger.values(0), send),
            sending(sender.clone(), ledger.values(1), patient),
            sending(sender, ledger.values(2), hasty),
        ];
        let mut received: Vec<_> = receiver.iter().take(2).map(|value| value.id).collect();
        // Also if all senders are gone, and the last one has closed it.
        receiver.close();
        let mut rest = Vec::new();
        if let Ok(count) = receiver.try_recv_many(&mut rest, size(2)) {
            assert_eq!(count, 1);
        }
        received.extend(rest.drain(..).map(|value| value.id));
        drop(receiver);
        assert!(join(threads) >= received.len());
        ledger.in_order(&received);
        ledger.all_dropped();
    });
}
