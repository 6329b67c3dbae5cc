//! The queue on one thread, against a model, and with values that misbehave; and on real threads,
//! with more of everything than scenarios have.

#[path = "common/ends.rs"]
mod ends;
#[path = "queue_properties/model.rs"]
mod model;

use std::cell::{Cell, RefCell};
use std::error::Error;
use std::fmt::{Debug, Display};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::time::Duration;

use ends::size;
use model::{Subject, operation};
use proptest::collection::vec;
use proptest::prelude::*;
use selvedge::queue::{
    self, Iter, Receiver, RecvError, RecvTimeoutError, SendError, SendTimeoutError, Sender,
    TryRecvError, TrySendError,
};
use selvedge::thread;
use selvedge::time::Instant;

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(1_000)
    })]

    #[test]
    fn g7_a_queue_agrees_with_the_model(
        capacity in 1..6_usize,
        operations in vec(operation(), 1..64),
        senders_first in any::<bool>(),
    ) {
        let mut subject = Subject::new(capacity);
        for (id, operation) in operations.iter().enumerate() {
            subject.step(id, operation);
        }
        subject.end(senders_first);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(32)
    })]

    /// Each sender's values arrive once, in order, however they are sent and received.
    #[test]
    fn g1_values_of_real_threads_arrive_once_and_in_order(
        capacity in prop_oneof![1..4_usize, 4..65_usize],
        senders in 1..5_u32,
        batches in vec(prop_oneof![Just(0), 1..9_usize], 1..5),
    ) {
        const EACH: u32 = 500;
        let (sender, mut receiver) = queue::bounded(size(capacity));
        let threads: Vec<_> = (0..senders)
            .map(|from| {
                let sender = sender.clone();
                thread::spawn(move || {
                    for number in 0..EACH {
                        sender.send((from, number)).unwrap();
                    }
                })
            })
            .collect();
        drop(sender);
        let mut next = vec![0; senders as usize];
        let mut buffer = Vec::new();
        // 0 is for `recv`.
        for batch in batches.into_iter().cycle() {
            match NonZeroUsize::new(batch) {
                Some(limit) => {
                    let count = receiver.recv_many(&mut buffer, limit);
                    prop_assert!(count == buffer.len() && count <= batch.min(capacity));
                }
                None => buffer.extend(receiver.recv()),
            }
            if buffer.is_empty() {
                break;
            }
            for (from, number) in buffer.drain(..) {
                let next = &mut next[from as usize];
                prop_assert_eq!(*next, number, "lost, or out of order");
                *next += 1;
            }
        }
        prop_assert_eq!(next, vec![EACH; senders as usize]);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}

#[test]
fn g2_as_many_values_as_the_capacity_can_be_sent() {
    for capacity in [1, 2, 3, 64, 1_000] {
        let (sender, mut receiver) = queue::bounded(size(capacity));
        for round in 0..3 {
            (0..capacity).for_each(|value| sender.try_send(value).unwrap());
            assert_eq!(sender.try_send(7), Err(TrySendError::Full(7)));
            assert_eq!(sender.len(), capacity);
            let received: Vec<_> = receiver.iter().take(capacity).collect();
            assert_eq!(received, (0..capacity).collect::<Vec<_>>(), "round {round}");
        }
    }
}

#[test]
#[should_panic(expected = "capacity overflow")]
fn g2_a_capacity_beyond_memory_is_refused() {
    let _ = queue::bounded::<u64>(NonZeroUsize::MAX);
}

#[test]
fn g7_timeouts_end_waits() {
    let (sender, mut receiver) = queue::bounded(size(1));
    let timeout = Duration::from_millis(5);
    let begin = Instant::now();
    assert_eq!(receiver.recv_timeout(timeout), Err(RecvTimeoutError::Timeout));
    assert!(begin.elapsed() >= timeout, "too early");
    let mut buffer = Vec::new();
    let begin = Instant::now();
    let received = receiver.recv_many_timeout(&mut buffer, size(1), timeout);
    assert_eq!(received, Err(RecvTimeoutError::Timeout));
    assert!(begin.elapsed() >= timeout, "too early");
    sender.send(1).unwrap();
    let begin = Instant::now();
    assert_eq!(sender.send_timeout(2, timeout), Err(SendTimeoutError::Timeout(2)));
    assert!(begin.elapsed() >= timeout, "too early");
    assert_eq!(receiver.recv_timeout(timeout), Ok(1));
}

/// A value whose destructor panics if it is told to, and is noted.
struct Bomb {
    name: &'static str,
    panics: bool,
    dropped: Dropped,
}

impl Drop for Bomb {
    fn drop(&mut self) {
        self.dropped.borrow_mut().push(self.name);
        if self.panics {
            // Not `panic!`, which would print.
            resume_unwind(Box::new(self.name));
        }
    }
}

type Dropped = Rc<RefCell<Vec<&'static str>>>;

/// A queue of three values, of which the first and the last panic.
fn bombs() -> (Sender<Bomb>, Receiver<Bomb>, Dropped) {
    let dropped = Dropped::default();
    let (sender, receiver) = queue::bounded(size(3));
    for (name, panics) in [("a", true), ("b", false), ("c", true)] {
        let bomb = Bomb { name, panics, dropped: Rc::clone(&dropped) };
        assert!(sender.try_send(bomb).is_ok());
    }
    (sender, receiver, dropped)
}

#[test]
fn g8_a_destructor_that_panics_does_not_keep_the_others() {
    let (sender, receiver, dropped) = bombs();
    let panic = catch_unwind(AssertUnwindSafe(|| drop(receiver))).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"a"), "the first panic goes on");
    assert_eq!(*dropped.borrow(), ["a", "b", "c"]);
    assert!(sender.is_closed() && sender.is_empty());
}

#[test]
fn g8_destructors_may_panic_while_the_thread_unwinds() {
    let (sender, receiver, dropped) = bombs();
    let panic = catch_unwind(AssertUnwindSafe(|| {
        let _receiver = receiver;
        resume_unwind(Box::new("the caller's panic"));
    }));
    assert_eq!(panic.unwrap_err().downcast_ref(), Some(&"the caller's panic"));
    assert_eq!(*dropped.borrow(), ["a", "b", "c"]);
    drop(sender);
}

#[test]
fn g8_a_buffer_that_cannot_grow_receives_nothing() {
    let (sender, mut receiver) = queue::bounded(size(2));
    sender.send(()).unwrap();
    // Units take no room.
    let mut buffer = vec![(); usize::MAX];
    let panicked = catch_unwind(AssertUnwindSafe(|| receiver.recv_many(&mut buffer, size(2))));
    assert!(panicked.is_err());
    assert_eq!((receiver.len(), receiver.recv()), (1, Ok(())));
}

#[test]
fn g11_indices_go_far_beyond_the_capacity() {
    let (sender, mut receiver) = queue::bounded(size(3));
    for value in (0..100_000).step_by(2) {
        sender.try_send(value).unwrap();
        sender.try_send(value + 1).unwrap();
        assert_eq!([receiver.try_recv(), receiver.try_recv()], [Ok(value), Ok(value + 1)]);
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    }
}

/// Sends and receives a few of them.
fn pass_through<T: Clone + Debug + PartialEq>(value: &T) {
    for capacity in [1, 3] {
        let (sender, mut receiver) = queue::bounded(size(capacity));
        for _ in 0..4 {
            (0..capacity).for_each(|_| sender.send(value.clone()).unwrap());
            assert!(sender.send_timeout(value.clone(), Duration::ZERO).is_err());
            let mut received = Vec::new();
            assert_eq!(receiver.recv_many(&mut received, size(8)), capacity);
            assert!(received.iter().all(|received| received == value));
        }
    }
}

#[test]
fn values_of_any_size_and_alignment_pass_through() {
    #[derive(Clone, Debug, PartialEq)]
    #[repr(align(256))]
    struct Aligned(u8);

    pass_through(&());
    pass_through(&[7_u64; 1_000]);
    pass_through(&Aligned(7));
    pass_through(&String::from("a"));
    pass_through(&Some(Box::new(7)));
}

#[test]
fn a_loop_over_a_receiver_ends_with_the_queue() {
    let (sender, mut receiver) = queue::bounded(size(2));
    (0..2).for_each(|value| sender.send(value).unwrap());
    drop(sender);
    let mut received = Vec::new();
    for value in &mut receiver {
        received.push(value);
    }
    assert_eq!(received, [0, 1]);
    assert_eq!(receiver.iter().next(), None);
}

#[test]
fn errors_stand_alone_in_a_log() {
    // Their values need not be printable.
    struct Secret;
    for (error, text) in [
        (&SendError(Secret) as &dyn Display, "queue is closed"),
        (&TrySendError::Full(Secret), "queue is full"),
        (&TrySendError::Disconnected(Secret), "queue is closed"),
        (&SendTimeoutError::Timeout(Secret), "queue was full until the timeout"),
        (&SendTimeoutError::Disconnected(Secret), "queue is closed"),
        (&RecvError, "queue is closed and empty"),
        (&TryRecvError::Empty, "queue is empty"),
        (&TryRecvError::Disconnected, "queue is closed and empty"),
        (&RecvTimeoutError::Timeout, "queue was empty until the timeout"),
        (&RecvTimeoutError::Disconnected, "queue is closed and empty"),
    ] {
        assert_eq!(error.to_string(), text);
    }
    assert_eq!(format!("{:?}", SendError(Secret)), "SendError(..)");
    assert_eq!(format!("{:?}", TrySendError::Full(Secret)), "Full(..)");
    assert_eq!(format!("{:?}", TrySendError::Disconnected(Secret)), "Disconnected(..)");
    assert_eq!(format!("{:?}", SendTimeoutError::Timeout(Secret)), "Timeout(..)");
    assert_eq!(format!("{:?}", SendTimeoutError::Disconnected(Secret)), "Disconnected(..)");
    assert_eq!(format!("{:?}", RecvError), "RecvError");
    assert_eq!(format!("{:?}", TryRecvError::Empty), "Empty");
    assert_eq!(format!("{:?}", RecvTimeoutError::Timeout), "Timeout");
}

#[test]
fn both_ends_print_without_a_look_at_the_values() {
    struct Secret;
    let (sender, mut receiver) = queue::bounded(size(2));
    sender.send(Secret).map_err(|_| ()).unwrap();
    assert_eq!(format!("{sender:?}"), "Sender { .. }");
    assert_eq!(format!("{receiver:?}"), "Receiver { .. }");
    assert_eq!(format!("{:?}", receiver.iter()), "Iter { .. }");
}

/// Compiles if the type has the trait, or if it does not have it.
macro_rules! assert_is {
    ($type:ty: $($bound:path),+) => {{
        fn is<T: $($bound +)+ ?Sized>() {}
        is::<$type>();
    }};
    ($type:ty: not $bound:path) => {{
        trait Ambiguous<A> {
            fn is_not() {}
        }
        impl<T: ?Sized> Ambiguous<()> for T {}
        impl<T: ?Sized + $bound> Ambiguous<u8> for T {}
        <$type as Ambiguous<_>>::is_not();
    }};
}

#[test]
fn there_is_one_receiver() {
    assert_is!(Receiver<u8>: not Clone);
    // Its operations need `&mut`, but for those that a sender has too.
    assert_is!(Receiver<Cell<u8>>: Send, UnwindSafe, RefUnwindSafe);
    assert_is!(Receiver<u8>: not Sync);
    assert_is!(Iter<'static, u8>: Iterator, Send);
}

#[test]
fn ends_go_to_other_threads_if_values_do() {
    assert_is!(Sender<Cell<u8>>: Clone, Send, Sync, UnwindSafe, RefUnwindSafe);
    assert_is!(Sender<Rc<u8>>: not Send);
    assert_is!(Sender<Rc<u8>>: not Sync);
    assert_is!(Receiver<Rc<u8>>: not Send);
    assert_is!(SendError<u8>: Error, Copy, PartialEq, Send, Sync);
    assert_is!(TrySendError<u8>: Error, Copy, PartialEq, Send, Sync);
    assert_is!(SendTimeoutError<u8>: Error, Copy, PartialEq, Send, Sync);
    assert_is!(RecvTimeoutError: Error, Copy, PartialEq, Send, Sync);
}
