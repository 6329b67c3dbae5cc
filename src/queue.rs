//! A bounded queue with many senders and one receiver: what they ask for happens in one order, on
//! one thread.
//!
//! # Problem
//!
//! Two clerks book into one ledger: each reads the balance, computes, and writes. One booking is
//! lost. A lock or a version would keep it; or the clerks hand their bookings to one who writes.
//! Then everything is at the queue between them. It must not lose a booking that was accepted, not
//! even one that is sent while the other end goes away; it must not keep a clerk waiting for a slot
//! that is free, or the writer for a booking that is there; and when the writer is told that no
//! more will come, no more may come.
//!
//! # Example
//!
//! ```
//! use std::num::NonZeroUsize;
//! use std::thread;
//! use selvedge::queue;
//!
//! let (sender, mut receiver) = queue::bounded(NonZeroUsize::new(64).unwrap());
//! let clerks: Vec<_> = [80, -50, -20]
//!     .into_iter()
//!     .map(|amount| {
//!         let sender = sender.clone();
//!         thread::spawn(move || sender.send(amount))
//!     })
//!     .collect();
//! drop(sender);
//!
//! // The one place that reads, computes and writes.
//! let mut balance = 0;
//! for amount in &mut receiver {
//!     balance += amount;
//! }
//! assert_eq!(balance, 10);
//! for clerk in clerks {
//!     clerk.join().unwrap().unwrap();
//! }
//! ```
//!
//! Instead of one value at a time, [`recv_many`](Receiver::recv_many) takes all that are there.
//! With replies, and a state that is kept for you, there is `SingleWriter`.
//!
//! # Guarantee
//!
//! * **G1** If one send happens before another, its value is received first; so the values of one
//!   sender are received in their order. Each value that was sent is received once, or dropped with
//!   the receiver.
//! * **G2** The capacity is exact, from 1 on: so many values can be sent without one received, and
//!   not one more.
//! * **G3** A receiver that waits is woken by the next value, and by the close.
//! * **G4** Each slot that becomes free wakes one of the senders that wait, in the order in which
//!   they came. One that is overtaken by a sender that has not waited keeps its place. One that
//!   gives up does not take a wake-up with it.
//! * **G5** The receiver is told `Disconnected` when the queue is closed, all values were received,
//!   and no sender can still complete.
//! * **G6** The close, by either end, by the drop of the last sender or of the receiver, wakes all
//!   who wait.
//! * **G7** Every refusal gives the value back. A wait with a timeout ends at its deadline; what is
//!   called `try_…` waits for nothing.
//! * **G8** The drop of the receiver drops the values that are queued, each once, also if the
//!   destructor of one panics: the first panic goes on when the others are dropped. A destructor
//!   may use the queue; no lock is held.
//! * **G9** `len` is between 0 and the capacity.
//! * **G10** What happened before a send is seen by whoever receives its value, and what happened
//!   before the close by whoever is told of it.
//! * **G11** Indices never wrap around: after 2⁶² − 1 values `send` panics, and the queue is as it
//!   was.
//!
//! # Protocol
//!
//! ```text
//! a sender                                the receiver
//!
//! T1 load the tail: closed? give up
//! F1 the stamp of its slot is not free:
//!      of an earlier index: full, wait
//!      of a later one: load the tail again
//! T2 claim: index + 1, RECEIVER_PARKED off
//!    move the value into the slot
//! P1 stamp: written ────────────────────▶ R1 the stamp is written? take the value
//!    was RECEIVER_PARKED on? unpark ──┐   F2 stamp: free for index + capacity
//!                                     │   H3 head + 1: were senders waiting? wake one ──┐
//! to wait for a slot:                 │                                                 │
//! H2 under the list's lock: enter,    │   to wait for a value:                          │
//!    SENDERS_WAIT on                  │   T3 RECEIVER_PARKED on; what was the tail?     │
//! T1 is it full of what is not            its index is not the head: a sender is about  │
//!    received yet at H2, and open?    │     to write, so wait for the stamp             │
//!    park ◀───────────────────────────┼─────closed: no value will come─────────────────┘
//!    leave the list, and try again    └──▶  else: park
//!
//! the close: T4 CLOSED on; unpark the receiver; wake all senders
//! ```
//!
//! Each handshake is a read-modify-write on both sides of one word, so that one of the two comes
//! first and the other one sees it: a claim or the close, and the announcement to park (the tail);
//! a value received, and a sender that enters the list (the head). These rules carry the
//! guarantees. Each was broken on purpose, and a scenario lost a value or came to a deadlock:
//!
//! * The duty to wake the receiver is taken with the claim: by one sender, the first after the
//!   announcement (G3).
//! * The receiver does not park while a claimed slot is unwritten: the sender that sees its
//!   announcement may be a later one, whose wake-up comes before the first value is there (G3).
//! * Closed and empty are read from one word, with the index that tells whether a slot is claimed
//!   (G5).
//! * A sender looks at the tail again after it entered the list, and at CLOSED in it (G4, G6).
//! * The close wakes the senders in the list, whatever the bit says: the bit may be set after it
//!   was looked at, by a sender that entered the list before (G6).
//! * Who freed several slots wakes as many senders, and the bit stays if any remain (G4).
//! * A sender that saw a free slot, and was woken for another one before it had left the list,
//!   wakes the next: it stands for two slots, and takes one (G4).
//! * A claim shows what its sender knew of free slots; or one that was woken for a later slot could
//!   find it occupied still, in a weak memory model (G4).
//! * A sender whose time is over leaves the list, and tries once more: if it was woken meanwhile,
//!   there is a free slot of which nobody else is told (G4).
//!
//! # States
//!
//! | tail | meaning | entered by | left by |
//! | --- | --- | --- | --- |
//! | index | where the next value goes | a claim | the next claim |
//! | `RECEIVER_PARKED` | the next claim wakes the receiver | the receiver, before it parks | a claim |
//! | `CLOSED` | no claim any more | `close`; the drop of the last sender, or of the receiver | never |
//!
//! | head | meaning | entered by | left by |
//! | --- | --- | --- | --- |
//! | index | from where the next value comes | the receiver, after it took some | the same |
//! | `SENDERS_WAIT` | the list is not empty; changed under its lock | a sender that enters the list | who takes the last entry out |
//!
//! | stamp of a slot | meaning | entered by | left by |
//! | --- | --- | --- | --- |
//! | 2i | free for index i | constructor; the receiver, from index i − capacity | the sender that claimed i |
//! | 2i + 1 | has the value of index i | that sender | the receiver |
//!
//! Stamps that are i and i + 1, as is usual, would say the same of a written slot and of one that
//! is free for the next index, in a queue of capacity 1.
//!
//! # Progress
//!
//! Sending and receiving take no lock, unless senders wait. They are not lock-free: a sender that
//! is preempted between its claim and its stamp, which are a few instructions apart, delays the
//! receiver, and with it everybody, until it runs again. The receiver then spins, yields, and
//! sleeps for short times; `try_recv` says `Empty`, although values behind that one may be there. A
//! sender that has not waited may overtake one that was woken.
//!
//! Before it parks, a thread spins and yields for some microseconds, whatever its timeout is.
//!
//! # Cost
//!
//! A slot is a word and the value, allocated at once, for the whole capacity. A send is one
//! compare-exchange on the tail and the writing of a slot; a `recv` the reading of a slot and one
//! read-modify-write on the head, which only the receiver touches unless senders wait; `recv_many`
//! the same once for all that it takes. Tail and head have cache lines of their own. A sender that
//! waits allocates a parker and an entry.
//!
//! As a multiple of the speed of the faster one of crossbeam-channel and std's `sync_channel`,
//! whose values are received by `recv`, in the same round; the median of 15 rounds:
//!
//! | case | `recv` | `recv_many` |
//! | --- | --- | --- |
//! | 1 sender, 1,024 slots, 8 bytes | 4.9 (98 million/s) | 7.0 (147 million/s) |
//! | 2 senders, 1,024 slots, 8 bytes | 2.5 | 2.7 |
//! | 1 sender, 1,024 slots, 64 bytes | 2.3 | 1.7 |
//! | 2 senders, 64 slots, 8 bytes | 2.2 | 4.9 |
//! | one thread, a value at a time | 1.5 | 1.2 |
//!
//! (AMD EPYC, 2 cores, Linux, rustc 1.95, 2026-11-24: `cargo bench -p selvedge-bench -- --rounds
//! 15`.) With one slot, where each value is a change of threads, half of the rounds lie between 0.1
//! and 2.6: the machine's scheduler decides. If other programs take the processors as well, a peer
//! that does not spin may be faster.
//!
//! # When not to use
//!
//! * For a number, a status or a small record, a version or a lock is simpler, and needs no thread.
//! * The order is that of the queue, and nothing more: if a command says *set the balance to 70*
//!   because its sender read 120, the update that came between is lost, in order.
//! * Several receivers: they would read, compute and write at the same time again. Whoever wants to
//!   spread independent work takes a channel with many receivers.
//! * The queue is forgotten with the process. What must survive it is written down before it is
//!   acknowledged.
//! * Not for `async`: the operations that wait block their thread.
//! * A receiver that sends to its own full queue waits for itself. `try_send` does not. And one
//!   that is forgotten (`mem::forget`) leaves senders waiting for good.
//!
//! # Checked by
//!
//! Scenarios of two or three threads, with one to three operations each, in `tests/queue.rs`,
//! `tests/queue_one_slot.rs`, `tests/queue_waiting.rs` and `tests/queue_close.rs`:
//! `g1_both_values_arrive`,
//! `g1_values_of_one_sender_arrive_in_order`, `g1_what_is_sent_first_is_received_first`,
//! `g1_a_batch_ends_before_what_is_not_there`, `g2_one_slot_takes_one_of_two_values`,
//! `g2_a_slot_that_is_known_to_be_free_is_free`, `g3_a_value_wakes_the_receiver`,
//! `g3_each_of_two_values_wakes_the_receiver`, `g3_a_value_ends_the_wait_for_a_batch`,
//! `g4_a_free_slot_wakes_a_sender`, `g4_each_free_slot_wakes_a_sender`,
//! `g4_two_slots_at_once_wake_two_senders`,
//! `g4_one_that_gives_up_does_not_keep_a_slot_from_another`,
//! `g5_a_value_before_the_close_is_received`, `g5_recv_waits_for_a_sender_at_work`,
//! `g5_try_recv_does_not_pass_over_a_sender_at_work`,
//! `g5_a_batch_does_not_pass_over_a_sender_at_work`, `g6_a_close_wakes_the_receiver`,
//! `g6_the_last_senders_drop_wakes_the_receiver`, `g6_a_close_wakes_all_senders`,
//! `g6_a_dropped_receiver_wakes_all_senders`, `g7_a_receiver_waits_no_longer_than_it_wants_to`,
//! `g7_a_receiver_of_batches_waits_no_longer_than_it_wants_to`,
//! `g7_a_sender_waits_no_longer_than_it_wants_to`, `g7_a_close_comes_before_the_deadline`,
//! `g8_what_is_queued_is_dropped_with_the_receiver`, `g8_what_was_received_is_not_dropped_again`,
//! `g8_destructors_may_use_the_queue`, `g9_len_is_never_more_than_the_capacity`,
//! `g10_a_value_shows_what_came_before_it`, `g10_a_close_shows_recv_what_came_before_it`,
//! `g10_a_close_shows_try_recv_what_came_before_it`,
//! `g10_a_close_shows_a_sender_what_came_before_it`,
//! `g10_a_close_shows_the_second_one_what_came_before_it`, `g11_indices_do_not_come_again`. Those
//! in which threads wait are bounded to two preemptions under loom, or fewer. The naive twins, one
//! that claims a slot by a load and a store, and one whose receiver looks whether the queue is
//! empty, and then whether it is closed, fail those of G1 and G5.
//!
//! `tests/queue_stress.rs` has longer scenarios, with one or two slots and up to three senders, in
//! which values are sent, refused, received and dropped on all paths at once, closed and dropped at
//! any time, and with timeouts; sampled with 5,000 schedules each by Shuttle's random and PCT
//! schedulers, and with 50,000 by `ci/deep`. `tests/queue_properties.rs` compares sequences of
//! operations with a model, counts on real threads, and has the tests of G2, G7, G8 and G11 that
//! need no second thread. `tests/queue_hooks.rs` has destructors that use their queue, and
//! `tests/queue_line.rs` takes the line of waiting senders to states that need too many preemptions
//! from outside. Not checked by any of these: fairness, and how long a wait takes.
//!
//! # Source
//!
//! Vyukov, *Bounded MPMC queue*, 1024cores.net, 2010, for the ring of stamped slots; here with one
//! receiver, who needs no compare-exchange, and stamps that work for a capacity of 1. That index
//! and flags share a word is the disconnect bit of crossbeam-channel's array flavor, of which the
//! names of the errors are, too. The list of waiting senders is a condition queue as of Hoare,
//! *Monitors: An Operating System Structuring Concept*, 1974, whose signal goes to the first in
//! line.

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
/// If the capacity has no place in the address space. If there is no memory for it, allocation ends
/// the process, as it does everywhere.
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

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    #[test]
    fn after_the_last_index_nothing_is_sent() {
        let last = (1 << 62) - 1;
        let (sender, mut receiver) = starting_at(NonZeroUsize::new(2).unwrap(), last - 3);
        assert_eq!((sender.send('a'), receiver.recv()), (Ok(()), Ok('a')));
        assert_eq!((sender.send('b'), sender.send('c')), (Ok(()), Ok(())));
        assert_eq!(sender.try_send('x'), Err(TrySendError::Full('x')));
        assert_eq!(receiver.recv(), Ok('b'));
        let panicked = catch_unwind(AssertUnwindSafe(|| sender.send('x')));
        assert!(panicked.is_err(), "a queue has taken all its values");
        assert_eq!((receiver.len(), receiver.recv()), (1, Ok('c')));
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
        drop(sender);
        assert_eq!(receiver.recv(), Err(RecvError));
    }
    #[test]
    fn indices_of_any_size_are_told_apart() {
        for first in (0..62).map(|bit| (1 << bit) - 1) {
            for capacity in [2, 3] {
                let (sender, mut receiver) =
                    starting_at(NonZeroUsize::new(capacity).unwrap(), first);
                for _ in 0..3 {
                    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
                    (0..capacity).for_each(|value| sender.try_send(value).unwrap());
                    assert_eq!(sender.try_send(7), Err(TrySendError::Full(7)));
                    assert_eq!(receiver.len(), capacity);
                    (0..capacity).for_each(|value| assert_eq!(receiver.recv(), Ok(value)));
                }
            }
        }
    }
}
