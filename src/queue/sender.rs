//! The end of a queue that has many owners.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

use super::super::swap::sync::Arc;
use super::super::swap::time::{Duration, Instant};
use super::channel::{Channel, Refusal};
use super::error::{SendError, SendTimeoutError, TrySendError};

/// The sending end of a queue. A clone is another sender of the same queue; when the last one is
/// dropped, the queue is closed.
pub struct Sender<T> {
    channel: Arc<Channel<T>>,
}

impl<T> Sender<T> {
    /// The first sender of a channel, which has counted it.
    pub(super) fn new(channel: Arc<Channel<T>>) -> Sender<T> {
        Sender { channel }
    }

    /// Sends a value. Blocks while the queue is full.
    ///
    /// # Errors
    ///
    /// The queue is closed, or was closed while it waited; the value is given back.
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        // Without a deadline, only a closed queue refuses.
        self.channel.send(value, None).map_err(|(_, value)| SendError(value))
    }

    /// Sends a value if there is room now. Never blocks.
    ///
    /// # Errors
    ///
    /// The queue is full or closed; the value is given back.
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        self.channel.try_send(value).map_err(|(refusal, value)| match refusal {
            Refusal::Full => TrySendError::Full(value),
            Refusal::Closed => TrySendError::Disconnected(value),
        })
    }

    /// Sends a value. Blocks while the queue is full, for `timeout` at most.
    ///
    /// # Errors
    ///
    /// There was no room in time, or the queue is closed; the value is given back.
    pub fn send_timeout(&self, value: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        // Beyond the end of the clock there is no deadline.
        let deadline = Instant::now().checked_add(timeout);
        self.channel.send(value, deadline).map_err(|(refusal, value)| match refusal {
            Refusal::Full => SendTimeoutError::Timeout(value),
            Refusal::Closed => SendTimeoutError::Disconnected(value),
        })
    }

    /// Ends sending, for all senders. What is queued can still be received. Returns whether this
    /// call closed the queue. Never blocks.
    pub fn close(&self) -> bool {
        self.channel.close()
    }

    /// Whether nothing can be sent any more.
    pub fn is_closed(&self) -> bool {
        self.channel.tail().is_closed()
    }

    /// How many values are queued. May be out of date when it returns.
    pub fn len(&self) -> usize {
        self.channel.len()
    }

    /// Whether no value is queued. May be out of date when it returns.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many values can be queued.
    pub fn capacity(&self) -> usize {
        self.channel.ring.length()
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.channel.add_sender();
        Sender { channel: Arc::clone(&self.channel) }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.channel.remove_sender();
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sender { .. }")
    }
}

// A panic of the caller's code finds the queue between two operations.
impl<T> UnwindSafe for Sender<T> {}
impl<T> RefUnwindSafe for Sender<T> {}
