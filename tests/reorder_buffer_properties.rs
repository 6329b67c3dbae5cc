//! `ReorderBuffer` on one thread: against a model, under any delivery, and with items that
//! misbehave.

#[path = "reorder_buffer_properties/model.rs"]
mod model;

use std::cell::Cell;
use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use model::Model;
use proptest::collection::vec;
use proptest::prelude::*;
use selvedge::arrivals::Arrivals;
use selvedge::reorder_buffer::Skipped;
use selvedge::{Push, ReorderBuffer};

fn window(items: usize) -> NonZeroUsize {
    NonZeroUsize::new(items).expect("a window has room for an item")
}

/// A value that counts those that are alive, and is told apart from its copies.
#[derive(Debug)]
struct Item {
    id: usize,
    alive: Rc<Cell<i32>>,
}

impl Item {
    fn new(id: usize, alive: &Rc<Cell<i32>>) -> Self {
        alive.set(alive.get() + 1);
        Item { id, alive: Rc::clone(alive) }
    }
}

impl Drop for Item {
    fn drop(&mut self) {
        self.alive.set(self.alive.get() - 1);
    }
}

#[derive(Clone, Debug)]
enum Operation {
    /// The distance from the next number; negative for those that are gone.
    Push(i64),
    Skip(i64),
    /// So many items at most.
    Deliver(usize),
    Pop,
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        8 => (-3..12_i64).prop_map(Operation::Push),
        1 => (-3..16_i64).prop_map(Operation::Skip),
        2 => (0..6_usize).prop_map(Operation::Deliver),
        1 => Just(Operation::Pop),
    ]
}

fn id_of(push: Push<Item>) -> Push<usize> {
    match push {
        Push::Ready(ready) => Push::Ready(ready),
        Push::Buffered => Push::Buffered,
        Push::Duplicate(item) => Push::Duplicate(item.id),
        Push::Late { next, value } => Push::Late { next, value: value.id },
        Push::TooFar { next, limit, value } => Push::TooFar { next, limit, value: value.id },
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(1_000)
    })]

    #[test]
    fn g4_a_buffer_agrees_with_the_model(
        first in prop_oneof![0..4_u64, Just(1 << 40), u64::MAX - 12..=u64::MAX],
        size in 1..9_usize,
        operations in vec(operation(), 1..48),
    ) {
        let alive = Rc::new(Cell::new(0));
        let mut buffer = ReorderBuffer::new(first, window(size));
        let mut model = Model::new(first, size);
        for (id, operation) in operations.into_iter().enumerate() {
            let from_next = |distance| buffer.next().saturating_add_signed(distance);
            match operation {
                Operation::Push(distance) => {
                    let number = from_next(distance);
                    let pushed = buffer.push(number, Item::new(id, &alive));
                    prop_assert_eq!(id_of(pushed), model.push(number, id));
                }
                Operation::Skip(distance) => {
                    let number = from_next(distance);
                    let Skipped { values, missing, ready } = buffer.skip_to(number);
                    let values = values.iter().map(|(number, item)| (*number, item.id)).collect();
                    prop_assert_eq!(Skipped { values, missing, ready }, model.skip_to(number));
                }
                Operation::Deliver(count) => {
                    for _ in buffer.try_drain_ready().unwrap().take(count).map(|(number, item)| {
                        assert_eq!(Some((number, item.id)), model.pop());
                    }) {}
                }
                Operation::Pop => {
                    let popped = buffer.pop_ready().map(|(number, item)| (number, item.id));
                    prop_assert_eq!(popped, model.pop());
                }
            }
            prop_assert_eq!((buffer.next(), buffer.len()), model.extent());
            prop_assert_eq!(buffer.ready(), model.ready());
            prop_assert_eq!(buffer.gap(), model.gap());
            prop_assert!(buffer.len() <= size);
            prop_assert_eq!(alive.get() as usize, buffer.len(), "a value was lost or copied");
        }
        drop(buffer);
        prop_assert_eq!(alive.get(), 0);
    }

    /// Whatever the order and the number of copies, each number is handed out once, in order.
    #[test]
    fn g1_any_delivery_gives_the_sequence(
        size in 1..9_usize,
        delivery in (1..24_u64).prop_flat_map(|count| {
            Arrivals::of(0..count).at_most(3).strategy()
        }),
        lazy in 1..4_usize,
    ) {
        let buffer = ReorderBuffer::new(0, window(size));
        let mut arriving: VecDeque<u64> =
            delivery.arrivals().map(|arrival| arrival.message).collect();
        let count = arriving.iter().max().map_or(0, |last| last + 1);
        let sent = arriving.len();
        let (mut handed_out, mut steps) = (Vec::new(), 0);
        let (mut taken, mut refused) = (0, 0);
        while let Some(number) = arriving.pop_front() {
            steps += 1;
            prop_assert!(steps < 10_000, "copies that are sent again are never taken");
            match buffer.push(number, number) {
                Push::Ready(_) | Push::Buffered => taken += 1,
                Push::Duplicate(value) | Push::Late { value, .. } => {
                    prop_assert_eq!(value, number);
                    refused += 1;
                }
                // The sender sends it again.
                Push::TooFar { value, .. } => arriving.push_back(value),
            }
            if steps % lazy == 0 || arriving.is_empty() {
                handed_out.extend(buffer.drain_ready());
            }
        }
        handed_out.extend(buffer.drain_ready());
        prop_assert_eq!(handed_out, (0..count).map(|n| (n, n)).collect::<Vec<_>>());
        prop_assert_eq!(taken as u64, count);
        prop_assert_eq!(taken + refused, sent);
        prop_assert!(buffer.is_empty() && buffer.gap().is_none());
    }
}

#[test]
fn g5_the_window_is_exact() {
    let buffer = ReorderBuffer::new(10, window(3));
    assert_eq!(buffer.push(13, 'x'), Push::TooFar { next: 10, limit: 13, value: 'x' });
    assert_eq!(buffer.push(12, 'c'), Push::Buffered);
    assert_eq!(buffer.push(15, 'x'), Push::TooFar { next: 10, limit: 13, value: 'x' });
    assert_eq!(buffer.gap(), Some(10..12));
    assert_eq!(buffer.push(10, 'a'), Push::Ready(1));
    // What is ready, and not handed out, takes room.
    assert_eq!(buffer.push(13, 'x'), Push::TooFar { next: 10, limit: 13, value: 'x' });
    assert_eq!(buffer.gap(), Some(11..12));
    assert_eq!(buffer.push(11, 'b'), Push::Ready(3));
    assert!(buffer.drain_ready().eq([(10, 'a'), (11, 'b'), (12, 'c')]));
    assert_eq!(buffer.push(15, 'f'), Push::Buffered);
    assert_eq!(buffer.push(9, 'x'), Push::Late { next: 13, value: 'x' });
}

#[test]
#[should_panic(expected = "too large for memory")]
fn g5_a_window_beyond_memory_is_refused() {
    let _ = ReorderBuffer::<u64>::new(0, NonZeroUsize::MAX);
}

#[test]
fn g6_what_was_given_up_comes_too_late() {
    let buffer = ReorderBuffer::new(0, window(4));
    assert_eq!(buffer.push(1, 'b'), Push::Buffered);
    assert_eq!(buffer.push(3, 'd'), Push::Buffered);
    let skipped = buffer.skip_to(3);
    assert_eq!(skipped, Skipped { values: vec![(1, 'b')], missing: 2, ready: 1 });
    for number in 0..3 {
        assert_eq!(buffer.push(number, 'x'), Push::Late { next: 3, value: 'x' });
    }
    assert_eq!(buffer.skip_to(2), Skipped { values: vec![], missing: 0, ready: 1 });
    assert!(buffer.drain_ready().eq([(3, 'd')]));
    // Farther than the window.
    assert_eq!(buffer.push(5, 'f'), Push::Buffered);
    let skipped = buffer.skip_to(1_000);
    assert_eq!(skipped, Skipped { values: vec![(5, 'f')], missing: 995, ready: 0 });
    assert_eq!(buffer.push(1_000, 'y'), Push::Ready(1));
}

/// An item whose destructor uses the buffer in which it was, and panics if it is told to.
struct Nosy {
    buffer: Arc<ReorderBuffer<Nosy>>,
    seen: Arc<AtomicU32>,
    panics: bool,
}

impl Drop for Nosy {
    fn drop(&mut self) {
        let _ = (self.buffer.next(), self.buffer.skip_to(0), self.buffer.gap());
        // Relaxed: one thread.
        self.seen.fetch_add(1, Ordering::Relaxed);
        if self.panics {
            resume_unwind(Box::new("the destructor's panic"));
        }
    }
}

#[test]
fn g7_user_code_runs_outside_the_lock() {
    let buffer = Arc::new(ReorderBuffer::new(1, window(2)));
    let seen = Arc::new(AtomicU32::new(0));
    let item = |panics| Nosy { buffer: Arc::clone(&buffer), seen: Arc::clone(&seen), panics };
    // Relaxed: one thread.
    let seen_so_far = || seen.load(Ordering::Relaxed);
    let panics = |f: &mut dyn FnMut()| {
        let panic = catch_unwind(AssertUnwindSafe(f)).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"the destructor's panic"));
    };

    for number in [0, 3] {
        panics(&mut || drop(buffer.push(number, item(true))));
    }
    assert_eq!(seen_so_far(), 2, "what was late and what was too far");
    assert!(matches!(buffer.push(1, item(false)), Push::Ready(1)));
    panics(&mut || drop(buffer.push(1, item(true))));
    assert_eq!(seen_so_far(), 3, "the copy");
    assert!(matches!(buffer.push(2, item(true)), Push::Ready(2)));
    panics(&mut || drop(buffer.skip_to(3)));
    assert_eq!(seen_so_far(), 5, "what was skipped, both");
    assert_eq!((buffer.next(), buffer.len(), buffer.ready()), (3, 0, 0));

    assert!(matches!(buffer.push(3, item(true)), Push::Ready(1)));
    assert!(matches!(buffer.push(4, item(false)), Push::Ready(2)));
    panics(&mut || buffer.drain_ready().for_each(drop));
    assert_eq!(buffer.next(), 4, "it was handed out");
    let delivery = buffer.try_drain_ready().expect("the delivery that unwound gave the right back");
    assert_eq!(delivery.map(|(number, _)| number).collect::<Vec<_>>(), [4]);
}

#[test]
fn g7_a_buffer_may_be_used_while_it_delivers() {
    let buffer = ReorderBuffer::new(0, window(4));
    assert_eq!(buffer.push(0, 0), Push::Ready(1));
    let mut handed_out = Vec::new();
    for (number, value) in buffer.drain_ready() {
        handed_out.push((number, value));
        match number {
            0 => {
                assert_eq!(buffer.push(2, 2), Push::Buffered);
                assert_eq!(buffer.push(1, 1), Push::Ready(2));
            }
            1 => {
                assert_eq!(buffer.push(4, 4), Push::Ready(1), "2 is still ready");
                let given_up = buffer.skip_to(4);
                assert_eq!(given_up, Skipped { values: vec![(2, 2)], missing: 1, ready: 1 });
            }
            _ => assert!(buffer.try_drain_ready().is_none(), "the right was taken twice"),
        }
    }
    assert_eq!(handed_out, [(0, 0), (1, 1), (4, 4)]);
}

#[test]
fn g7_a_buffer_drops_its_items() {
    let alive = Rc::new(Cell::new(0));
    let buffer = ReorderBuffer::new(0, window(8));
    for number in [0, 1, 5] {
        let _ = buffer.push(number, Item::new(0, &alive));
    }
    assert_eq!(alive.get(), 3);
    drop(buffer);
    assert_eq!(alive.get(), 0);
}

#[test]
fn g8_the_right_is_not_given_twice() {
    let buffer = ReorderBuffer::new(0, window(4));
    assert_eq!(buffer.push(0, 'a'), Push::Ready(1));
    let mut delivery = buffer.try_drain_ready().unwrap();
    assert!(buffer.try_drain_ready().is_none());
    for timeout in [Duration::ZERO, Duration::from_millis(1)] {
        assert!(buffer.drain_ready_timeout(timeout).is_none());
    }
    assert_eq!(delivery.next(), Some((0, 'a')));
    assert!(buffer.try_drain_ready().is_none(), "it is at the first item");
    assert_eq!(delivery.next(), None);
    // The right went back with `None`, and does not come again.
    let other = buffer.drain_ready_timeout(Duration::MAX).expect("nobody has the right");
    assert_eq!(buffer.push(1, 'b'), Push::Ready(1));
    assert_eq!(delivery.next(), None);
    drop(delivery);
    assert!(buffer.try_drain_ready().is_none(), "it gave back a right that was another's");
    assert!(other.eq([(1, 'b')]));
    drop(buffer.drain_ready());
    assert!(buffer.drain_ready_timeout(Duration::ZERO).is_some());
}

#[test]
fn g9_numbers_never_wrap() {
    let last = u64::MAX - 1;
    let mut buffer = ReorderBuffer::new(last - 1, window(8));
    let too_far = Push::TooFar { next: last - 1, limit: u64::MAX, value: 'x' };
    assert_eq!(buffer.push(u64::MAX, 'x'), too_far);
    assert_eq!(buffer.push(last, 'b'), Push::Buffered);
    assert_eq!(buffer.push(last - 1, 'a'), Push::Ready(2));
    assert_eq!(buffer.pop_ready(), Some((last - 1, 'a')));
    assert_eq!(buffer.pop_ready(), Some((last, 'b')));
    assert_eq!((buffer.next(), buffer.pop_ready(), buffer.gap()), (u64::MAX, None, None));
    let too_far = Push::TooFar { next: u64::MAX, limit: u64::MAX, value: 'x' };
    assert_eq!(buffer.push(u64::MAX, 'x'), too_far);
    assert_eq!(buffer.push(0, 'x'), Push::Late { next: u64::MAX, value: 'x' });
    let ended = ReorderBuffer::<char>::new(5, window(1)).skip_to(u64::MAX);
    assert_eq!(ended, Skipped { values: vec![], missing: u64::MAX - 5, ready: 0 });
}

#[test]
fn buffers_are_shared_and_printed() {
    fn shared<T: Send + Sync + std::panic::UnwindSafe + std::panic::RefUnwindSafe>() {}
    shared::<ReorderBuffer<String>>();
    // Values are moved, never shared.
    fn sent<T: Send + Sync>() {}
    sent::<ReorderBuffer<Cell<u8>>>();
    let buffer = ReorderBuffer::new(7, window(4));
    assert_eq!(buffer.push(7, "a value that is not printed"), Push::Ready(1));
    let delivery = buffer.drain_ready();
    assert_eq!(
        format!("{buffer:?} {delivery:?}"),
        "ReorderBuffer { next: 7, ready: 1, len: 1, delivering: true, .. } \
         Delivery { has_the_right: true }"
    );
}
