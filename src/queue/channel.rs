//! What the two ends of a queue share.

use std::num::NonZeroUsize;

use super::super::swap::hint::Backoff;
use super::super::swap::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use super::super::swap::sync::{CachePadded, Parker, Unparker};
use super::super::swap::time::Instant;
use super::ring::{Ring, SlotState};
use super::waiting::{Place, Waiter, Waiting};
use super::words::Tail;

/// Ring, tail, head, and who waits.
pub struct Channel<T> {
    /// All senders change it.
    tail: CachePadded<AtomicU64>,
    /// The head, which the receiver changes, and the senders that wait for it.
    pub waiting: CachePadded<Waiting>,
    pub ring: Ring<T>,
    receiver: Unparker,
    senders: AtomicUsize,
}

/// Why a value was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Until the deadline, if there was one.
    Full,
    Closed,
}

/// The right to write one slot, and perhaps the duty to wake the receiver.
struct Claim {
    index: u64,
    wake_receiver: bool,
}

impl<T> Channel<T> {
    /// A queue with one sender, whose first value has the index `first`.
    #[track_caller]
    pub fn new(capacity: NonZeroUsize, first: u64, receiver: Unparker) -> Channel<T> {
        Channel {
            tail: CachePadded::new(AtomicU64::new(Tail::at(first).0)),
            waiting: CachePadded::new(Waiting::new(first)),
            ring: Ring::new(capacity, first),
            receiver,
            senders: AtomicUsize::new(1),
        }
    }

    /// The tail. If it is closed, what happened before the close is seen.
    pub fn tail(&self) -> Tail {
        // T1 Acquire: sees what happened before the close, and which slots are free, as far as the
        // senders knew that claimed the ones before; pairs with T4 in close, T2 in claim.
        Tail(self.tail.load(Ordering::Acquire))
    }

    /// How many values are queued, of which the last may not be written yet. Out of date at once.
    pub fn len(&self) -> usize {
        // In this order the difference is not negative; but it may have grown beyond the capacity.
        let head = self.waiting.head().index();
        let queued = (self.tail().index() - head).min(self.ring.capacity());
        // No more than the capacity, which is a usize.
        queued as usize
    }

    /// Sends the value if there is a free slot and the queue is open.
    pub fn try_send(&self, value: T) -> Result<(), (Refusal, T)> {
        match self.claim() {
            Ok(claim) => {
                // SAFETY: `claim` hands out each index once, after it was seen to be free.
                unsafe { self.ring.write(claim.index, value) };
                // After the stamp, so that the receiver finds the value, and need not wait for it.
                if claim.wake_receiver {
                    self.receiver.unpark();
                }
                Ok(())
            }
            Err(refusal) => Err((refusal, value)),
        }
    }

    fn claim(&self) -> Result<Claim, Refusal> {
        let mut tail = self.tail();
        loop {
            if tail.is_closed() {
                return Err(Refusal::Closed);
            }
            match self.ring.state(tail.index()) {
                SlotState::Occupied => return Err(Refusal::Full),
                // Another sender has claimed it.
                SlotState::Passed => tail = self.tail(),
                SlotState::Free => {
                    // T2 Release: whoever sees the claim sees the slots that its sender knew to be
                    // free: so one that was woken for another slot finds that one. Pairs with T1.
                    // T1 Acquire, on failure: as in tail.
                    let claimed = self.tail.compare_exchange_weak(
                        tail.0,
                        tail.claimed().0,
                        Ordering::Release,
                        Ordering::Acquire,
                    );
                    match claimed {
                        Ok(_) => {
                            let wake_receiver = tail.receiver_parked();
                            return Ok(Claim { index: tail.index(), wake_receiver });
                        }
                        Err(now) => tail = Tail(now),
                    }
                }
            }
        }
    }

    /// Sends the value as soon as there is a free slot, or gives it back if the queue is closed
    /// before, or the deadline has passed. Blocks until then.
    pub fn send(&self, mut value: T, deadline: Option<Instant>) -> Result<(), (Refusal, T)> {
        let backoff = Backoff::new();
        loop {
            match self.try_send(value) {
                Err((Refusal::Full, refused)) => value = refused,
                done => return done,
            }
            if backoff.is_completed() {
                return self.send_slow(value, deadline);
            }
            backoff.snooze();
        }
    }

    #[cold]
    pub fn send_slow(&self, mut value: T, deadline: Option<Instant>) -> Result<(), (Refusal, T)> {
        let mut place = None;
        loop {
            self.wait_for_slot(&mut place, deadline);
            let expired = deadline.is_some_and(|deadline| Instant::now() >= deadline);
            // Also when the time is over: the sender may have been woken nevertheless, and would
            // take the wake-up of a free slot with it.
            match self.try_send(value) {
                // It was overtaken.
                Err((Refusal::Full, refused)) if !expired => value = refused,
                done => return done,
            }
        }
    }

    /// Blocks until the sender is woken, or the deadline has passed; not if there is a free slot
    /// already, or the queue is closed. The place in the line is the same each time.
    fn wait_for_slot(&self, place: &mut Option<Place>, deadline: Option<Instant>) {
        // A new one each time: a token that comes late wakes nobody from another wait.
        let parker = Parker::new();
        let (entered, head) = self.waiting.enter(Waiter::new(parker.unparker()), *place);
        *place = Some(entered);
        // Only now: a value that was received before, or a close, did not see the entry.
        let tail = self.tail();
        let waits = tail.index() - head.index() >= self.ring.capacity() && !tail.is_closed();
        if waits {
            match deadline {
                None => parker.park(),
                Some(deadline) => parker.park_deadline(deadline),
            }
        }
        let was_woken = !self.waiting.leave(entered);
        if was_woken && !waits {
            // Of two slots. One was freed while the list was empty, so that nobody was woken for
            // it: it is what was seen above. This sender will take one of them.
            self.waiting.wake(1);
        }
    }

    /// Tells senders that the receiver parks; unless the tail that is returned gives a reason not
    /// to, a claimed slot or the end.
    pub fn announce_park(&self) -> Tail {
        // T3 Acquire: as T1. A claim and a close come either before it, and are returned, or after
        // it, and see the bit.
        Tail(self.tail.fetch_or(Tail::RECEIVER_PARKED, Ordering::Acquire))
    }

    /// Ends sending, and wakes all who wait. Returns whether it was open.
    pub fn close(&self) -> bool {
        // T4 AcqRel: what happened before is seen by whoever learns of it, and that is also who
        // comes second; pairs with T1 in tail, and with itself.
        let before = Tail(self.tail.fetch_or(Tail::CLOSED, Ordering::AcqRel));
        if before.is_closed() {
            return false;
        }
        if before.receiver_parked() {
            self.receiver.unpark();
        }
        self.waiting.wake_all();
        true
    }

    /// Counts a sender more.
    ///
    /// # Panics
    ///
    /// If there are more than `isize::MAX`, most of which must have been forgotten.
    pub fn add_sender(&self) {
        // S1 Relaxed: whoever clones a sender has one, so that the count is not zero.
        let before = self.senders.fetch_add(1, Ordering::Relaxed);
        assert!(before < isize::MAX as usize, "a queue has too many senders");
    }

    /// Counts a sender less; closes the queue after the last one.
    pub fn remove_sender(&self) {
        // S2 AcqRel: what other senders have claimed is in the tail before it is closed.
        if self.senders.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.close();
        }
    }
}
