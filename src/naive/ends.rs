//! The two ends of a bounded queue with one receiver, as far as its twins have them.

use std::num::NonZeroUsize;

use crate::queue::{Receiver, Sender, TryRecvError, TrySendError};

/// The end that has many owners.
pub trait SendingEnd<T>: Clone + Send + Sync + 'static {
    /// Sends a value if there is room now.
    ///
    /// # Errors
    ///
    /// The queue is full or closed; the value is given back.
    fn try_send(&self, value: T) -> Result<(), TrySendError<T>>;

    /// Ends sending. Returns whether this call did.
    fn close(&self) -> bool;
}

/// The end that has one owner.
pub trait ReceivingEnd<T>: Sized + Send + 'static {
    /// The other end.
    type Sender: SendingEnd<T>;

    /// A queue of so many values.
    fn bounded(capacity: NonZeroUsize) -> (Self::Sender, Self);

    /// Receives the next value if it is there.
    ///
    /// # Errors
    ///
    /// There is no value now, or there will be none any more.
    fn try_recv(&mut self) -> Result<T, TryRecvError>;
}

impl<T: Send + 'static> SendingEnd<T> for Sender<T> {
    fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        Sender::try_send(self, value)
    }

    fn close(&self) -> bool {
        Sender::close(self)
    }
}

impl<T: Send + 'static> ReceivingEnd<T> for Receiver<T> {
    type Sender = Sender<T>;

    fn bounded(capacity: NonZeroUsize) -> (Sender<T>, Receiver<T>) {
        crate::queue::bounded(capacity)
    }

    fn try_recv(&mut self) -> Result<T, TryRecvError> {
        Receiver::try_recv(self)
    }
}
