//! The queues, each with its ways to receive.

use std::num::NonZeroUsize;
use std::sync::mpsc;
use std::time::Duration;

use selvedge::queue;
use selvedge_bench::{Standing, Variant};

use crate::exchange::{Item, Setting, Tally, round_trips};

/// The most messages that a variant takes at once.
const LIMIT: usize = 256;

/// All of them, ours first.
pub fn all<T: Item>(setting: Setting) -> Vec<Variant> {
    let variant = |standing, name, run: fn(&Setting, u64) -> Duration| {
        Variant::new(standing, name, move |messages| run(&setting, messages))
    };
    vec![
        variant(Standing::Own, "selvedge recv", selvedge_recv::<T>),
        variant(Standing::Own, "selvedge recv_many", selvedge_recv_many::<T>),
        variant(Standing::Peer, "crossbeam recv", crossbeam_recv::<T>),
        variant(Standing::Aside, "crossbeam recv, try_recv", crossbeam_recv_many::<T>),
        variant(Standing::Peer, "std recv", std_recv::<T>),
        variant(Standing::Aside, "std recv, try_recv", std_recv_many::<T>),
    ]
}

fn selvedge_recv<T: Item>(setting: &Setting, messages: u64) -> Duration {
    let (sender, mut receiver) = queue::bounded::<T>(setting.capacity);
    setting.exchange(messages, sender, selvedge_send, |tally| one(tally, receiver.recv().ok()))
}

fn selvedge_recv_many<T: Item>(setting: &Setting, messages: u64) -> Duration {
    let (sender, mut receiver) = queue::bounded::<T>(setting.capacity);
    let mut buffer = Vec::with_capacity(LIMIT);
    setting.exchange(messages, sender, selvedge_send, |tally| {
        let limit = NonZeroUsize::new(LIMIT).expect("more than zero");
        receiver.recv_many(&mut buffer, limit);
        many(tally, &mut buffer)
    })
}

fn selvedge_send<T>(sender: &queue::Sender<T>, item: T) {
    sender.send(item).expect("open");
}

fn crossbeam_send<T>(sender: &crossbeam_channel::Sender<T>, item: T) {
    sender.send(item).expect("open");
}

fn std_send<T>(sender: &mpsc::SyncSender<T>, item: T) {
    sender.send(item).expect("open");
}

fn crossbeam_recv<T: Item>(setting: &Setting, messages: u64) -> Duration {
    let (sender, receiver) = crossbeam_channel::bounded::<T>(setting.capacity.get());
    setting.exchange(messages, sender, crossbeam_send, |tally| one(tally, receiver.recv().ok()))
}

fn crossbeam_recv_many<T: Item>(setting: &Setting, messages: u64) -> Duration {
    let (sender, receiver) = crossbeam_channel::bounded::<T>(setting.capacity.get());
    let mut buffer = Vec::with_capacity(LIMIT);
    setting.exchange(messages, sender, crossbeam_send, |tally| {
        buffer.extend(receiver.recv());
        buffer.extend(receiver.try_iter().take(LIMIT - 1));
        many(tally, &mut buffer)
    })
}

fn std_recv<T: Item>(setting: &Setting, messages: u64) -> Duration {
    let (sender, receiver) = mpsc::sync_channel::<T>(setting.capacity.get());
    setting.exchange(messages, sender, std_send, |tally| one(tally, receiver.recv().ok()))
}

fn std_recv_many<T: Item>(setting: &Setting, messages: u64) -> Duration {
    let (sender, receiver) = mpsc::sync_channel::<T>(setting.capacity.get());
    let mut buffer = Vec::with_capacity(LIMIT);
    setting.exchange(messages, sender, std_send, |tally| {
        buffer.extend(receiver.recv());
        buffer.extend(receiver.try_iter().take(LIMIT - 1));
        many(tally, &mut buffer)
    })
}

/// The same queues, two of each, for [`round_trips`].
pub fn with_replies(capacity: NonZeroUsize) -> Vec<Variant> {
    let slots = capacity.get();
    vec![
        Variant::new(Standing::Own, "selvedge recv", move |messages| {
            let (to_them, mut requests) = queue::bounded(capacity);
            let (to_us, mut replies) = queue::bounded(capacity);
            let there = (to_them, move || requests.recv().ok());
            round_trips(messages, there, (to_us, || replies.recv().ok()), selvedge_send)
        }),
        Variant::new(Standing::Peer, "crossbeam recv", move |messages| {
            let (to_them, requests) = crossbeam_channel::bounded(slots);
            let (to_us, replies) = crossbeam_channel::bounded(slots);
            let there = (to_them, move || requests.recv().ok());
            round_trips(messages, there, (to_us, || replies.recv().ok()), crossbeam_send)
        }),
        Variant::new(Standing::Peer, "std recv", move |messages| {
            let (to_them, requests) = mpsc::sync_channel(slots);
            let (to_us, replies) = mpsc::sync_channel(slots);
            let there = (to_them, move || requests.recv().ok());
            round_trips(messages, there, (to_us, || replies.recv().ok()), std_send)
        }),
    ]
}

/// Counts a message; none is the end.
#[inline]
fn one<T: Item>(tally: &mut Tally, item: Option<T>) -> Option<u64> {
    tally.add(&item?);
    Some(1)
}

/// Counts the messages in a buffer, and empties it; none are the end.
#[inline]
fn many<T: Item>(tally: &mut Tally, buffer: &mut Vec<T>) -> Option<u64> {
    let count = buffer.len() as u64;
    buffer.drain(..).for_each(|item| tally.add(&item));
    Some(count).filter(|count| *count > 0)
}
