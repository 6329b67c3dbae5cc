//! The line of senders that wait, from inside of the queue: what takes too many preemptions to
//! reach from outside.

// Not all of the queue is used.
#![allow(dead_code)]

/// The queue's parts, over the swap of the crate.
#[path = "../src/queue"]
mod parts {
    pub mod channel;
    pub mod ring;
    pub mod waiting;
    pub mod words;
}

/// Where the parts look for it.
mod swap {
    pub use selvedge::swap::*;
}

use std::num::NonZeroUsize;

use parts::channel::Channel;
use parts::waiting::Waiter;
use selvedge::scenario::Scenario;
use selvedge::sync::{Arc, Parker};
use selvedge::thread;

/// Two slots, and so many values in them.
fn channel(values: u32) -> Arc<Channel<u32>> {
    let parker = Parker::new();
    let two = NonZeroUsize::new(2).unwrap();
    let channel = Channel::new(two, 0, parker.unparker().clone());
    (0..values).for_each(|value| channel.try_send(value).expect("a slot is free"));
    Arc::new(channel)
}

/// As the receiver does.
fn receive(channel: &Channel<u32>, index: u64) {
    assert!(channel.ring.is_written(index));
    // SAFETY: one thread takes each index once, and sees that it is written.
    unsafe { channel.ring.take(index) };
    channel.waiting.advance(1);
}

/// One slot was freed while nobody was in the line, and one for the first of two. If the first one
/// takes the slot that it saw, the other slot is for the second one.
#[test]
fn g4_one_that_saw_a_slot_and_was_woken_for_another_wakes_the_next() {
    Scenario::new("queue: one sees a slot and is woken for another").preemption_bound(2).check(
        || {
            let shared = channel(1);
            let sending = [1, 2].map(|value| {
                let channel = Arc::clone(&shared);
                thread::spawn(move || channel.send_slow(value, None))
            });
            let receiver = Arc::clone(&shared);
            let receiving = thread::spawn(move || receive(&receiver, 0));
            for sender in sending {
                assert_eq!(sender.join().unwrap(), Ok(()));
            }
            receiving.join().unwrap();
        },
    );
}

/// Two slots are freed one after the other, each for one of two. One of them takes the first slot;
/// then the other one, which learns of the second slot by that claim only, must see that it is
/// free.
#[test]
fn g4_one_that_was_woken_finds_a_slot() {
    Scenario::new("queue: one that was woken finds a slot").preemption_bound(3).check(|| {
        let shared = channel(2);
        let places = [(); 2].map(|()| {
            let parker = Parker::new();
            shared.waiting.enter(Waiter::new(parker.unparker()), None).0
        });
        let sending = places.map(|place| {
            let channel = Arc::clone(&shared);
            thread::spawn(move || {
                let was_woken = !channel.waiting.leave(place);
                was_woken.then(|| channel.try_send(7))
            })
        });
        let receiver = Arc::clone(&shared);
        let receiving = thread::spawn(move || {
            receive(&receiver, 0);
            receive(&receiver, 1);
        });
        let sent = sending.map(|sender| sender.join().unwrap());
        receiving.join().unwrap();
        for result in sent.into_iter().flatten() {
            assert_eq!(result, Ok(()), "it was woken, and there were two slots for two");
        }
    });
}
