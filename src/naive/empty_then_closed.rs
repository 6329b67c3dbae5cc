//! A twin of [`crate::queue`]: a list with a lock, and a flag.
//!
//! The mistake: the receiver looks whether there is a value, and then whether the queue is closed.
//! If a value was sent in between, and the queue closed after it, the receiver is told that
//! nothing will come, and leaves the value behind.

use std::collections::VecDeque;
use std::num::NonZeroUsize;

use super::{ReceivingEnd, SendingEnd};
use crate::queue::{TryRecvError, TrySendError};
use crate::swap::sync::atomic::{AtomicBool, Ordering};
use crate::swap::sync::{Arc, Mutex};

/// Either end of the queue.
#[derive(Debug)]
pub struct EmptyThenClosed<T>(Arc<Queue<T>>);

#[derive(Debug)]
struct Queue<T> {
    values: Mutex<VecDeque<T>>,
    capacity: usize,
    /// Changes under the lock, so that nothing is sent after the close.
    closed: AtomicBool,
}

impl<T> Clone for EmptyThenClosed<T> {
    fn clone(&self) -> Self {
        EmptyThenClosed(Arc::clone(&self.0))
    }
}

impl<T: Send + 'static> SendingEnd<T> for EmptyThenClosed<T> {
    fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        let mut values = self.0.values.lock();
        // C1 Relaxed: the lock orders it.
        if self.0.closed.load(Ordering::Relaxed) {
            return Err(TrySendError::Disconnected(value));
        }
        if values.len() == self.0.capacity {
            return Err(TrySendError::Full(value));
        }
        values.push_back(value);
        Ok(())
    }

    fn close(&self) -> bool {
        let _values = self.0.values.lock();
        // C2 AcqRel: pairs with C3. No ordering would mend this.
        !self.0.closed.swap(true, Ordering::AcqRel)
    }
}

impl<T: Send + 'static> ReceivingEnd<T> for EmptyThenClosed<T> {
    type Sender = Self;

    fn bounded(capacity: NonZeroUsize) -> (Self, Self) {
        let values = Mutex::new(VecDeque::new());
        let queue = Queue { values, capacity: capacity.get(), closed: AtomicBool::new(false) };
        let end = EmptyThenClosed(Arc::new(queue));
        (end.clone(), end)
    }

    fn try_recv(&mut self) -> Result<T, TryRecvError> {
        let first = self.0.values.lock().pop_front();
        first.ok_or_else(|| {
            // C3 Acquire: as C2.
            match self.0.closed.load(Ordering::Acquire) {
                true => TryRecvError::Disconnected,
                false => TryRecvError::Empty,
            }
        })
    }
}
