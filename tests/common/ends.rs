//! What the tests of the queue share.

// Each test target uses a part of it.
#![allow(dead_code)]

use std::num::NonZeroUsize;

use selvedge::queue::{self, Receiver, Sender};
use selvedge::scenario::Scenario;
use selvedge::thread::JoinHandle;
use selvedge::time::Duration;

/// How long one waits who does not wait for good.
pub const TICK: Duration = Duration::from_micros(100);

pub fn size(n: usize) -> NonZeroUsize {
    NonZeroUsize::new(n).expect("a queue has a slot")
}

/// A scenario that loom does not finish without a bound: threads that wait look again at any time.
pub fn within_two_preemptions(name: &str) -> Scenario {
    Scenario::new(name).preemption_bound(2)
}

/// A queue that is full of zeros.
pub fn full(capacity: usize) -> (Sender<u32>, Receiver<u32>) {
    let (sender, receiver) = queue::bounded(size(capacity));
    (0..capacity).for_each(|_| sender.try_send(0).expect("there is a free slot"));
    (sender, receiver)
}

/// The result of a thread.
#[track_caller]
pub fn join<T>(thread: JoinHandle<T>) -> T {
    thread.join().expect("it does not panic")
}
