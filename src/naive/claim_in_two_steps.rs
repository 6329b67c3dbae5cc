//! A twin of [`crate::queue`]: a ring of slots, and the indices of its two ends.
//!
//! The mistake: a sender claims a slot in two steps. It loads the tail, and stores the next one; a
//! sender that comes in between claims the same slot. One of the two values is overwritten, and
//! both senders were told that theirs was sent.

use std::num::NonZeroUsize;

use super::{ReceivingEnd, SendingEnd};
use crate::queue::{TryRecvError, TrySendError};
use crate::swap::sync::atomic::{AtomicU64, Ordering};
use crate::swap::sync::{Arc, Mutex};

/// Either end of the queue.
#[derive(Debug)]
pub struct ClaimInTwoSteps<T>(Arc<Ring<T>>);

#[derive(Debug)]
struct Ring<T> {
    slots: Box<[Mutex<Option<T>>]>,
    /// Twice the index of the next slot to claim, and a bit: closed.
    tail: AtomicU64,
    /// The index of the next value.
    head: AtomicU64,
}

const CLOSED: u64 = 1;
const ONE: u64 = 2;

impl<T> Clone for ClaimInTwoSteps<T> {
    fn clone(&self) -> Self {
        ClaimInTwoSteps(Arc::clone(&self.0))
    }
}

impl<T> Ring<T> {
    fn slot(&self, index: u64) -> &Mutex<Option<T>> {
        &self.slots[(index % self.slots.len() as u64) as usize]
    }
}

impl<T: Send + 'static> SendingEnd<T> for ClaimInTwoSteps<T> {
    fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        let ring = &self.0;
        // T1 Acquire: pairs with T2. No ordering would mend this.
        let tail = ring.tail.load(Ordering::Acquire);
        if tail & CLOSED != 0 {
            return Err(TrySendError::Disconnected(value));
        }
        let index = tail / ONE;
        // H1 Acquire: the slot is empty; pairs with H2.
        let head = ring.head.load(Ordering::Acquire);
        if index.saturating_sub(head) >= ring.slots.len() as u64 {
            return Err(TrySendError::Full(value));
        }
        // T2 Release: as T1.
        ring.tail.store(tail + ONE, Ordering::Release);
        let overwritten = ring.slot(index).lock().replace(value);
        drop(overwritten);
        Ok(())
    }

    fn close(&self) -> bool {
        // T3 AcqRel: as T1 and T2.
        self.0.tail.fetch_or(CLOSED, Ordering::AcqRel) & CLOSED == 0
    }
}

impl<T: Send + 'static> ReceivingEnd<T> for ClaimInTwoSteps<T> {
    type Sender = Self;

    fn bounded(capacity: NonZeroUsize) -> (Self, Self) {
        let slots = (0..capacity.get()).map(|_| Mutex::new(None)).collect();
        let ring = Ring { slots, tail: AtomicU64::new(0), head: AtomicU64::new(0) };
        let end = ClaimInTwoSteps(Arc::new(ring));
        (end.clone(), end)
    }

    fn try_recv(&mut self) -> Result<T, TryRecvError> {
        let ring = &self.0;
        // H3 Relaxed: only the receiver changes it.
        let head = ring.head.load(Ordering::Relaxed);
        if let Some(value) = ring.slot(head).lock().take() {
            // H2 Release: as H1.
            ring.head.store(head + 1, Ordering::Release);
            return Ok(value);
        }
        // T4 Acquire: as T1.
        match ring.tail.load(Ordering::Acquire) == head * ONE + CLOSED {
            true => Err(TryRecvError::Disconnected),
            false => Err(TryRecvError::Empty),
        }
    }
}
