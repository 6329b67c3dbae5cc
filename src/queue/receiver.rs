//! The end of a queue that has one owner.

use std::fmt;
use std::mem;
use std::num::NonZeroUsize;
use std::panic::{RefUnwindSafe, UnwindSafe, resume_unwind};

use super::super::panics::Panics;
use super::super::swap::hint::{self, Backoff};
use super::super::swap::sync::{Arc, Parker};
use super::super::swap::thread;
use super::super::swap::time::{Duration, Instant};
use super::channel::Channel;
use super::error::{RecvError, RecvTimeoutError, TryRecvError};

/// The receiving end of a queue. There is one.
///
/// When it is dropped the queue is closed, and the values that are in it are dropped, those that
/// senders are about to write among them.
pub struct Receiver<T> {
    channel: Arc<Channel<T>>,
    parker: Parker,
    /// The index of the next value.
    head: u64,
    /// The head when there was no value the last time.
    waited_at: u64,
}

/// The most spins for which the receiver leaves the senders alone: a few microseconds.
const LONGEST_PAUSE: u64 = 64;

impl<T> Receiver<T> {
    /// The receiver of a channel that wakes this parker.
    pub(super) fn new(channel: Arc<Channel<T>>, parker: Parker, first: u64) -> Receiver<T> {
        Receiver { channel, parker, head: first, waited_at: first }
    }

    /// Receives the next value. Blocks until there is one.
    ///
    /// # Errors
    ///
    /// The queue is closed, all values were received, and none can come any more.
    pub fn recv(&mut self) -> Result<T, RecvError> {
        // Without a deadline, only the end is an error.
        self.wait_for_value(None).map_err(|_| RecvError)?;
        Ok(self.take())
    }

    /// Receives the next value if it is there. Never blocks.
    ///
    /// # Errors
    ///
    /// There is no value now, or there will be none any more.
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.look()?;
        Ok(self.take())
    }

    /// Receives the next value. Blocks until there is one, for `timeout` at most.
    ///
    /// # Errors
    ///
    /// There was no value in time, or there will be none any more.
    pub fn recv_timeout(&mut self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.wait_for_value(Instant::now().checked_add(timeout))?;
        Ok(self.take())
    }

    /// Receives the values that are there, `limit` at most, and appends them to the buffer. Blocks
    /// until there is one. Returns how many: 0 if the queue is closed, all values were received,
    /// and none can come any more.
    ///
    /// # Panics
    ///
    /// If the buffer cannot grow; nothing is received then.
    pub fn recv_many(&mut self, buffer: &mut Vec<T>, limit: NonZeroUsize) -> usize {
        match self.wait_for_value(None) {
            Ok(()) => self.take_many(buffer, limit),
            Err(_) => 0,
        }
    }

    /// As [`recv_many`](Self::recv_many), but never blocks.
    ///
    /// # Errors
    ///
    /// There is no value now, or there will be none any more.
    ///
    /// # Panics
    ///
    /// If the buffer cannot grow; nothing is received then.
    pub fn try_recv_many(
        &mut self,
        buffer: &mut Vec<T>,
        limit: NonZeroUsize,
    ) -> Result<usize, TryRecvError> {
        self.look()?;
        Ok(self.take_many(buffer, limit))
    }

    /// As [`recv_many`](Self::recv_many), but blocks for `timeout` at most.
    ///
    /// # Errors
    ///
    /// There was no value in time, or there will be none any more.
    ///
    /// # Panics
    ///
    /// If the buffer cannot grow; nothing is received then.
    pub fn recv_many_timeout(
        &mut self,
        buffer: &mut Vec<T>,
        limit: NonZeroUsize,
        timeout: Duration,
    ) -> Result<usize, RecvTimeoutError> {
        self.wait_for_value(Instant::now().checked_add(timeout))?;
        Ok(self.take_many(buffer, limit))
    }

    /// The values as they come, until the queue is closed and empty. Its `next` blocks.
    pub fn iter(&mut self) -> Iter<'_, T> {
        Iter { receiver: self }
    }

    /// Ends sending. What is queued can still be received. Returns whether this call closed the
    /// queue. Never blocks.
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

    /// Whether the next value is there.
    fn look(&self) -> Result<(), TryRecvError> {
        if self.channel.ring.is_written(self.head) {
            return Ok(());
        }
        // One word tells that the queue is closed, and that no slot is claimed: so that a value is
        // not passed over that was sent after the look above, and before the close.
        let tail = self.channel.tail();
        if tail.is_closed() && tail.index() == self.head {
            return Err(TryRecvError::Disconnected);
        }
        Err(TryRecvError::Empty)
    }

    /// Blocks until the next value is there.
    fn wait_for_value(&mut self, deadline: Option<Instant>) -> Result<(), RecvTimeoutError> {
        if self.channel.ring.is_written(self.head) {
            return Ok(());
        }
        self.let_values_come();
        let expired = || deadline.is_some_and(|deadline| Instant::now() >= deadline);
        let is_written = || self.channel.ring.is_written(self.head);
        let backoff = Backoff::new();
        while !is_written() {
            // At first it looks at the slot only: senders are at the tail.
            if !backoff.is_completed() {
                backoff.snooze();
                continue;
            }
            let tail = self.channel.announce_park();
            if tail.index() != self.head {
                // A sender is about to write. It did not see the announcement, and whoever sees it
                // may be the sender of a later value, and wake for that one.
                if !hint::wait_until(|| is_written() || expired()) {
                    return Err(RecvTimeoutError::Disconnected);
                }
            } else if tail.is_closed() {
                return Err(RecvTimeoutError::Disconnected);
            } else if !expired() {
                match deadline {
                    None => self.parker.park(),
                    Some(deadline) => self.parker.park_deadline(deadline),
                }
            }
            if expired() && !is_written() {
                return Err(RecvTimeoutError::Timeout);
            }
        }
        Ok(())
    }

    /// Does not look for a while, if many values came since it last waited: a look at a slot takes
    /// its cache line from the sender that is writing there, so that in a stream of large values
    /// each look would cost more than it finds. After one value at a time it looks at once.
    fn let_values_come(&mut self) {
        let came = self.head - self.waited_at;
        self.waited_at = self.head;
        // No more than a quarter of what the queue can hold comes in the meantime.
        let longest = LONGEST_PAUSE.min(self.channel.ring.capacity() / 4);
        for _ in 0..longest.min(came.saturating_sub(1).saturating_mul(8)) {
            // A pause, and not a wait for anybody, of which the swap would have to know.
            std::hint::spin_loop();
        }
    }

    /// Takes the next value, which is there.
    fn take(&mut self) -> T {
        // SAFETY: this is the receiver, whose index grows with each value that it takes, and the
        // caller has seen that this one is written.
        let value = unsafe { self.channel.ring.take(self.head) };
        self.head += 1;
        self.channel.waiting.advance(1);
        value
    }

    /// Takes the values that are there, of which there is one.
    fn take_many(&mut self, buffer: &mut Vec<T>, limit: NonZeroUsize) -> usize {
        let ring = &self.channel.ring;
        let limit = limit.get().min(ring.length());
        let is_written = |&count: &usize| ring.is_written(self.head + count as u64);
        let count = (1..limit).take_while(is_written).count() + 1;
        // Before anything is taken: it may panic.
        buffer.reserve(count);
        for _ in 0..count {
            // SAFETY: as in take; each was seen to be written.
            buffer.push(unsafe { ring.take(self.head) });
            self.head += 1;
        }
        self.channel.waiting.advance(count);
        count
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.close();
        let mut panics = Panics::default();
        // No slot is claimed any more. Those that are will be written, by senders that run no code
        // of the caller's in between.
        while self.channel.tail().index() != self.head {
            if !hint::wait_until(|| self.channel.ring.is_written(self.head)) {
                break;
            }
            let value = self.take();
            panics.catch(|| drop(value));
        }
        match panics.into_first() {
            Some(panic) if !thread::panicking() => resume_unwind(panic),
            unheard => mem::forget(unheard),
        }
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Receiver { .. }")
    }
}

// A panic of the caller's code finds the queue between two operations.
impl<T> UnwindSafe for Receiver<T> {}
impl<T> RefUnwindSafe for Receiver<T> {}

/// The values of a queue, as they come. See [`Receiver::iter`].
pub struct Iter<'a, T> {
    receiver: &'a mut Receiver<T>,
}

impl<T> Iterator for Iter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.receiver.recv().ok()
    }
}

impl<T> fmt::Debug for Iter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Iter { .. }")
    }
}

impl<'a, T> IntoIterator for &'a mut Receiver<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}
