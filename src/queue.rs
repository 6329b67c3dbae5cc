//! A bounded queue with many senders and one receiver.

mod channel;
mod error;
mod receiver;
mod ring;
mod sender;
mod waiting;
mod words;

use std::num::NonZeroUsize;

use super::swap::sync::{Arc, Parker};

use channel::Channel;
pub use error::{
    RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError,
};
pub use receiver::{Iter, Receiver};
pub use sender::Sender;

/// A queue of so many values, and its two ends.
///
/// # Panics
///
/// If the memory of the capacity cannot be had.
#[track_caller]
pub fn bounded<T>(capacity: NonZeroUsize) -> (Sender<T>, Receiver<T>) {
    starting_at(capacity, 0)
}

/// A queue whose first value has this index.
#[track_caller]
fn starting_at<T>(capacity: NonZeroUsize, first: u64) -> (Sender<T>, Receiver<T>) {
    let parker = Parker::new();
    let channel = Arc::new(Channel::new(capacity, first, parker.unparker().clone()));
    (Sender::new(Arc::clone(&channel)), Receiver::new(channel, parker, first))
}
