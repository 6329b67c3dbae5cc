//! The queues, each with its ways to receive.

use std::num::NonZeroUsize;
use std::sync::mpsc;
use std::time::Duration;

use selvedge::queue;
use selvedge_bench::{Standing, Variant};

use crate::exchange::{Item, Setting, Tally};

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
    let (sender, mut receiver) = queue::bounded::<T>(slots(setting));
    setting.exchange(messages, sender, selvedge_send, |tally| one(tally, receiver.recv().ok()))
}

fn selvedge_recv_many<T: Item>(setting: &Setting, messages: u64) -> Duration {
    let (sender, mut receiver) = queue::bounded::<T>(slots(setting));
    let mut buffer = Vec::with_capacity(LIMIT);
    setting.exchange(messages, sender, selvedge_send, |tally| {
        let limit = NonZeroUsize::new(LIMIT).expect("more than zero");
        receiver.recv_many(&mut buffer, limit);
        many(tally, &mut buffer)
    })
}

fn slots(setting: &Setting) -> NonZeroUsize {
    NonZeroUsize::new(setting.capacity).expect("a queue has slots")
}

fn selvedge_send<T>(sender: &queue::Sender<T>, item: T) {
    sender.send(item).expect("open");
}

fn crossbeam_recv<T: Item>(setting: &Setting, messages: u64) -> Duration {
    let (sender, receiver) = crossbeam_channel::bounded(setting.capacity);
    let send = |sender: &crossbeam_channel::Sender<T>, item| sender.send(item).expect("open");
    setting.exchange(messages, sender, send, |tally| one(tally, receiver.recv().ok()))
}

fn crossbeam_recv_many<T: Item>(setting: &Setting, messages: u64) -> Duration {
    let (sender, receiver) = crossbeam_channel::bounded(setting.capacity);
    let send = |sender: &crossbeam_channel::Sender<T>, item| sender.send(item).expect("open");
    let mut buffer = Vec::with_capacity(LIMIT);
    setting.exchange(messages, sender, send, |tally| {
        buffer.extend(receiver.recv());
        buffer.extend(receiver.try_iter().take(LIMIT - 1));
        many(tally, &mut buffer)
    })
}

fn std_recv<T: Item>(setting: &Setting, messages: u64) -> Duration {
    let (sender, receiver) = mpsc::sync_channel(setting.capacity);
    let send = |sender: &mpsc::SyncSender<T>, item| sender.send(item).expect("open");
    setting.exchange(messages, sender, send, |tally| one(tally, receiver.recv().ok()))
}

fn std_recv_many<T: Item>(setting: &Setting, messages: u64) -> Duration {
    let (sender, receiver) = mpsc::sync_channel(setting.capacity);
    let send = |sender: &mpsc::SyncSender<T>, item| sender.send(item).expect("open");
    let mut buffer = Vec::with_capacity(LIMIT);
    setting.exchange(messages, sender, send, |tally| {
        buffer.extend(receiver.recv());
        buffer.extend(receiver.try_iter().take(LIMIT - 1));
        many(tally, &mut buffer)
    })
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
