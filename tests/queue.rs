//! The guarantees of the queue as scenarios.

use std::num::NonZeroUsize;

use selvedge::queue::{self, Receiver, RecvError, Sender};
use selvedge::scenario::Scenario;
use selvedge::thread;

fn size(n: usize) -> NonZeroUsize {
    NonZeroUsize::new(n).unwrap()
}

fn send_all(sender: Sender<u32>, values: std::ops::Range<u32>) {
    for value in values {
        sender.send(value).unwrap();
    }
}

fn drain(mut receiver: Receiver<u32>) -> Vec<u32> {
    let mut all = Vec::new();
    loop {
        match receiver.recv() {
            Ok(v) => all.push(v),
            Err(RecvError) => return all,
        }
    }
}

fn one_producer(capacity: usize, count: u32) {
    let (sender, receiver) = queue::bounded(size(capacity));
    let sending = thread::spawn(move || send_all(sender, 0..count));
    let got = drain(receiver);
    sending.join().unwrap();
    assert_eq!(got, (0..count).collect::<Vec<_>>());
}

fn two_producers(capacity: usize, count: u32) {
    let (sender, receiver) = queue::bounded(size(capacity));
    let other = sender.clone();
    let a = thread::spawn(move || send_all(sender, 0..count));
    let b = thread::spawn(move || send_all(other, 10..10 + count));
    let got = drain(receiver);
    a.join().unwrap();
    b.join().unwrap();
    let low: Vec<_> = got.iter().copied().filter(|v| *v < 10).collect();
    let high: Vec<_> = got.iter().copied().filter(|v| *v >= 10).collect();
    assert_eq!(low, (0..count).collect::<Vec<_>>());
    assert_eq!(high, (10..10 + count).collect::<Vec<_>>());
}

fn two_producers_batch(capacity: usize, count: u32) {
    let (sender, mut receiver) = queue::bounded(size(capacity));
    let other = sender.clone();
    let a = thread::spawn(move || send_all(sender, 0..count));
    let b = thread::spawn(move || send_all(other, 10..10 + count));
    let mut got = Vec::new();
    while receiver.recv_many(&mut got, size(4)) > 0 {}
    a.join().unwrap();
    b.join().unwrap();
    let low: Vec<_> = got.iter().copied().filter(|v| *v < 10).collect();
    let high: Vec<_> = got.iter().copied().filter(|v| *v >= 10).collect();
    assert_eq!(low, (0..count).collect::<Vec<_>>());
    assert_eq!(high, (10..10 + count).collect::<Vec<_>>());
}

#[test]
fn one_producer_1() {
    Scenario::new("queue: one producer, capacity 1").check(|| one_producer(1, 2));
}
#[test]
fn one_producer_2() {
    Scenario::new("queue: one producer, capacity 2").check(|| one_producer(2, 3));
}
#[test]
fn two_producers_1() {
    Scenario::new("queue: two producers, capacity 1").check(|| two_producers(1, 1));
}
#[test]
fn two_producers_12() {
    Scenario::new("queue: two producers, capacity 1, two each").check(|| two_producers(1, 2));
}
#[test]
fn two_producers_batch_2() {
    Scenario::new("queue: two producers, batches, capacity 2").check(|| two_producers_batch(2, 2));
}
#[test]
fn receiver_dropped() {
    Scenario::new("queue: receiver dropped").check(|| {
        let (sender, mut receiver) = queue::bounded(size(1));
        let other = sender.clone();
        let a = thread::spawn(move || (0..2).take_while(|v| sender.send(*v).is_ok()).count());
        let b = thread::spawn(move || (0..2).take_while(|v| other.send(*v).is_ok()).count());
        let _ = receiver.try_recv();
        drop(receiver);
        let _ = (a.join().unwrap(), b.join().unwrap());
    });
}
