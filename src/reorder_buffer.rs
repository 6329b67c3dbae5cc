//! A buffer that takes numbered items in any order, and hands them out in the order of their
//! numbers, without a gap and each once, to one thread at a time.
//!
//! # Problem
//!
//! The events of an account are numbered, and come over several connections: the withdrawal before
//! the deposit, the deposit twice. Applied as they arrive they overdraw it. Sorted in a queue that
//! several threads empty, they are taken in order, and applied out of order after all: the thread
//! that took the first is preempted, and the one that took the second is not.
//!
//! # Example
//!
//! ```
//! use std::num::NonZeroUsize;
//! use selvedge::{Push, ReorderBuffer};
//!
//! let buffer = ReorderBuffer::new(1, NonZeroUsize::new(64).unwrap());
//! let mut balance = 0;
//! let mut arrive = |number, amount: i64| {
//!     if let Push::Ready(_) = buffer.push(number, amount) {
//!         // Whoever makes items ready delivers them, unless somebody is at it: that one will.
//!         for (_, amount) in buffer.try_drain_ready().into_iter().flatten() {
//!             balance += amount;
//!             assert!(balance >= 0);
//!         }
//!     }
//! };
//! arrive(2, -50);
//! arrive(1, 80);
//! arrive(1, 80); // Delivered again.
//! arrive(3, -30);
//! assert_eq!((balance, buffer.next()), (0, 4));
//! ```
//!
//! # Guarantee
//!
//! * **G1** Items are handed out in the order of their numbers, each number once, from the first
//!   one on. One is left out only if `skip_to` gave it up.
//! * **G2** One thread at a time has the right to deliver. It keeps it until it asks for an item
//!   and there is none, or is dropped. So if it applies each item before it asks for the next, an
//!   application is over, and what it did is seen, before the next item is handed out.
//! * **G3** No ready item is left behind. If a push or a skip reports ready items, and the right is
//!   taken, its holder has yet to look for more, and will take them. It gives the right back in the
//!   same step in which it sees that nothing is ready. This does not hold for a delivery that is
//!   dropped before it has returned `None`.
//! * **G4** The first copy of a number stays. Later ones are given back, before and after it was
//!   handed out. Every value that is pushed is handed out, given back by `push` or `skip_to`, or
//!   dropped with the buffer.
//! * **G5** Numbers from `next` on are taken, as many as the window has; a greater one is given
//!   back with the limit.
//! * **G6** After `skip_to`, no smaller number is handed out or taken. The values that were waiting
//!   are given back.
//! * **G7** The caller's code, `Drop` of the items in particular, never runs under the internal
//!   lock. It may use the buffer, and if it panics the buffer stays usable: a delivery that unwinds
//!   gives the right back.
//! * **G8** Who waits for the right is woken when it is given back, and takes it unless another was
//!   faster, or gives up after its timeout; `try_drain_ready` does not wait.
//! * **G9** Numbers never wrap around. The last is 2⁶⁴ − 2; after it, `next` is 2⁶⁴ − 1, which is
//!   never taken.
//!
//! # Protocol
//!
//! ```text
//! a push                     the delivery                    another one
//!
//! L1 lock                    L1 lock                         L1 lock
//!    compare the number         the right is free: take it      the right is taken:
//!    keep the value                                             give up, or wait ◀─┐
//! L2 unlock                  L2 unlock                       L2 unlock             │
//!    ready? take the         L1 lock                                               │
//!    right, or leave it         take a ready item                                  │
//!    to its holder           L2 unlock; apply it; again                            │
//!                            L1 lock                                               │
//!                               none is ready: give the                            │
//!                               right back                                         │
//!                            L2 unlock; notify one ────────────────────────────────┘
//! ```
//!
//! The right is not the lock: it is a flag under it. The lock is held for a step, the right for a
//! run of items.
//!
//! # States
//!
//! | the right | meaning | entered by | left by |
//! | --- | --- | --- | --- |
//! | free | nobody delivers | constructor; a delivery that finds nothing, or is dropped | the `drain_ready` family |
//! | taken | a delivery is under way | the `drain_ready` family | its delivery |
//!
//! | a number | entered by | left by |
//! | --- | --- | --- |
//! | below `next`: gone | handed out, given up | |
//! | waiting, or ready if none before it is missing | a push | delivery, `skip_to` |
//! | missing | | a push, `skip_to` |
//!
//! # Progress
//!
//! The lock is held for a step: a comparison and a move; for `skip_to` and `gap`, and for a `push`
//! that leaves or fills a gap, a move or a look for each number of it, up to the window, and for
//! the memory that it takes. Never for the caller's code. `push`, `skip_to` and `try_drain_ready`
//! wait for nothing else. The holder of the right may be kept at it as long as others push. A
//! missing number holds up all that follow: who knows that it will not come, or has waited long
//! enough, gives it up with `skip_to`.
//!
//! # Cost
//!
//! A slot for each number from `next` to the greatest one waiting, so a window of them at most,
//! allocated as they are needed and kept. A push or a hand-out: lock, move, unlock.
//!
//! # When not to use
//!
//! * To keep the newest state of something there is `SequencedRegister`: it needs no gap-free
//!   history, and waits for nothing.
//! * For numbers of several entities: a buffer for each, or the slow one holds up the others.
//! * If the source can be asked to deliver in order, as a partition of a log does.
//! * A window is a promise to hold that much for whoever sends it. Choose what a peer can have
//!   under way, and ask again for what was refused.
//! * It forgets with the process what was taken and not applied. Acknowledge after the application.
//!
//! # Checked by
//!
//! Scenarios of two threads, with one to four operations each, in `tests/reorder_buffer.rs`:
//! `g1_items_are_applied_in_order`, `g2_two_drainers_apply_in_order`,
//! `g3_nothing_is_left_behind`, `g4_the_first_copy_stays`, `g6_a_skip_races_a_push`,
//! `g6_a_skip_races_a_delivery`, `g7_destructors_run_outside_the_lock`,
//! `g8_the_right_is_handed_on`, `g8_a_delivery_that_ends_early_hands_on_the_right`,
//! `g8_waiting_for_the_right_ends`. The naive twin fails those of G1, G2 and G4.
//!
//! `tests/reorder_buffer_properties.rs` compares sequences of operations with a model, delivers
//! each number up to three times in any order, and has the tests of G5 and G9 and the other ones of
//! G7. Not checked by any of these: fairness among those who wait for the right.
//!
//! # Source
//!
//! Smith and Pleszkun, *Implementation of Precise Interrupts in Pipelined Processors*, ISCA 1985,
//! for the buffer and its name; RFC 9293, section 3.10.7.4, for what is held, refused and dropped
//! in a window; Hohpe and Woolf, *Enterprise Integration Patterns*, 2003, for the Resequencer.
//! Kafka's idempotent producer (KIP-98) numbers per partition too, and its broker refuses what
//! comes early. The right to deliver is the queue-drain loop of RxJava's serialized subscribers,
//! with a lock in place of its counter.

mod delivery;
mod slots;

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::panic::{RefUnwindSafe, UnwindSafe};

use super::swap::sync::{Condvar, Mutex};
use super::swap::time::{Duration, Instant};

pub use delivery::Delivery;
use slots::Slots;

/// A buffer of numbered items. See the [module](self) for the contract.
pub struct ReorderBuffer<T> {
    state: Mutex<State<T>>,
    /// Notified when the right to deliver is given back.
    returned: Condvar,
}

struct State<T> {
    slots: Slots<T>,
    /// Whether the right to deliver is taken.
    delivering: bool,
}

/// What became of a value that was pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "ready items want to be delivered, and a refused value comes back"]
pub enum Push<T> {
    /// Taken. So many items are ready now, with or without this one: deliver them, unless somebody
    /// is at it.
    Ready(usize),
    /// Taken, and to wait for a number before it. Nothing is ready.
    Buffered,
    /// Refused: a value of this number is waiting already.
    Duplicate(T),
    /// Refused: the number was handed out or given up.
    Late {
        /// The next number to be handed out.
        next: u64,
        /// The value.
        value: T,
    },
    /// Refused: the number is beyond the window.
    TooFar {
        /// The next number to be handed out.
        next: u64,
        /// The smallest number beyond the window.
        limit: u64,
        /// The value.
        value: T,
    },
}

/// What a skip gave up.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "ready items want to be delivered"]
pub struct Skipped<T> {
    /// The values that were waiting, with their numbers, in order.
    pub values: Vec<(u64, T)>,
    /// How many numbers had no value.
    pub missing: u64,
    /// So many items are ready now: deliver them, unless somebody is at it.
    pub ready: usize,
}

impl<T> ReorderBuffer<T> {
    /// A buffer whose first number is `first`, and that takes `window` numbers from the next one
    /// on.
    ///
    /// # Panics
    /// If no memory can hold a window of items.
    pub fn new(first: u64, window: NonZeroUsize) -> Self {
        let state = State { slots: Slots::new(first, window), delivering: false };
        ReorderBuffer { state: Mutex::new(state), returned: Condvar::new() }
    }

    /// Takes a value, or gives it back.
    pub fn push(&self, number: u64, value: T) -> Push<T> {
        // L1 lock: sees the numbers as the last step left them; pairs with L2, the end of each.
        self.state.lock().slots.push(number, value)
    }

    /// Takes the right to deliver, unless it is taken.
    pub fn try_drain_ready(&self) -> Option<Delivery<'_, T>> {
        // L1 lock: sees what the last holder of the right did; pairs with L2 in Delivery.
        let mut state = self.state.lock();
        (!state.delivering).then(|| {
            state.delivering = true;
            Delivery::begin(self)
        })
    }

    /// Takes the right to deliver, and waits for it as long as it takes: forever, if this thread
    /// has it already.
    pub fn drain_ready(&self) -> Delivery<'_, T> {
        self.drain_ready_until(None).expect("without a deadline nobody gives up")
    }

    /// As [`drain_ready`](Self::drain_ready), for so long at most; then `None`.
    pub fn drain_ready_timeout(&self, timeout: Duration) -> Option<Delivery<'_, T>> {
        match Instant::now().checked_add(timeout) {
            Some(deadline) => self.drain_ready_until(Some(deadline)),
            None => Some(self.drain_ready()),
        }
    }

    fn drain_ready_until(&self, deadline: Option<Instant>) -> Option<Delivery<'_, T>> {
        // L1 lock: as in try_drain_ready.
        let mut state = self.state.lock();
        while state.delivering {
            match deadline {
                None => self.returned.wait(&mut state),
                Some(deadline) if Instant::now() >= deadline => return None,
                Some(deadline) => {
                    self.returned.wait_until(&mut state, deadline);
                }
            }
        }
        state.delivering = true;
        Some(Delivery::begin(self))
    }

    /// The next item, if it is ready: for who has the buffer alone, and needs no right.
    pub fn pop_ready(&mut self) -> Option<(u64, T)> {
        self.state.get_mut().slots.pop_ready()
    }

    /// Gives up all numbers below `number` that were not handed out. Does nothing if there are
    /// none.
    ///
    /// [`u64::MAX`] ends the sequence.
    pub fn skip_to(&self, number: u64) -> Skipped<T> {
        // L1 lock: as in push.
        let skipped = self.state.lock().slots.skip_to(number);
        // L2 unlock: before the values are sorted out.
        skipped.into()
    }

    /// The next number to be handed out; [`u64::MAX`] if there is none.
    pub fn next(&self) -> u64 {
        self.state.lock().slots.next()
    }

    /// How many items are ready.
    pub fn ready(&self) -> usize {
        self.state.lock().slots.ready()
    }

    /// How many items are in the buffer, ready or waiting.
    pub fn len(&self) -> usize {
        self.state.lock().slots.len()
    }

    /// Whether no item is in the buffer.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first numbers that are missing, if an item waits for them: those to ask for again, or to
    /// give up by [`skip_to`](Self::skip_to) their end.
    pub fn gap(&self) -> Option<Range<u64>> {
        self.state.lock().slots.gap()
    }
}

// No code of the caller's runs under the lock, so that the buffer is whole whenever one panics.
impl<T: UnwindSafe> UnwindSafe for ReorderBuffer<T> {}
impl<T: UnwindSafe> RefUnwindSafe for ReorderBuffer<T> {}

impl<T> fmt::Debug for ReorderBuffer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.lock();
        let (next, ready, len) = (state.slots.next(), state.slots.ready(), state.slots.len());
        let delivering = state.delivering;
        // L2 unlock: writing is the caller's code.
        drop(state);
        f.debug_struct("ReorderBuffer")
            .field("next", &next)
            .field("ready", &ready)
            .field("len", &len)
            .field("delivering", &delivering)
            .finish_non_exhaustive()
    }
}
