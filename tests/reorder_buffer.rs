//! The guarantees of `ReorderBuffer` as scenarios, and its naive twin, which breaks them.

#[path = "common/race.rs"]
mod race;

use std::num::NonZeroUsize;

use race::race;
use selvedge::naive::InOrder;
use selvedge::scenario::Scenario;
use selvedge::sync::Weak;
use selvedge::sync::atomic::{AtomicU64, Ordering};
use selvedge::time::{Duration, advance};
use selvedge::{Push, ReorderBuffer, naive, reorder_buffer::Skipped, sync::Arc};

/// The values are who sent them.
type Buffer = ReorderBuffer<char>;
type NaiveBuffer = naive::ReorderBuffer<char>;

const WINDOW: NonZeroUsize = NonZeroUsize::new(8).unwrap();

/// A buffer whose items must be applied one after the other, from number 0 on.
struct Account<B> {
    buffer: B,
    /// How many were applied. Only who delivers touches it.
    applied: AtomicU64,
}

impl<B: InOrder<char>> Account<B> {
    /// With items that have arrived.
    fn with(arrived: &[u64]) -> Self {
        let buffer = B::new(0, WINDOW);
        for &number in arrived {
            let _ = buffer.push(number, 'm');
        }
        Account { buffer, applied: AtomicU64::new(0) }
    }

    fn deliver(&self) {
        self.buffer.deliver(|number, _| self.apply(number));
    }

    /// An item arrives; who makes items ready delivers them.
    fn arrive(&self, number: u64) {
        if let Push::Ready(_) = self.buffer.push(number, 'a') {
            self.deliver();
        }
    }
}

impl<B> Account<B> {
    fn apply(&self, number: u64) {
        // Relaxed, in two steps: that applications come one after the other is what is tested.
        assert_eq!(self.applied.load(Ordering::Relaxed), number, "not the next one");
        self.applied.store(number + 1, Ordering::Relaxed);
    }

    #[track_caller]
    fn all_applied(&self, count: u64) {
        // Relaxed: the threads are joined.
        assert_eq!(self.applied.load(Ordering::Relaxed), count, "an item was left behind");
    }
}

/// Items arrive on two threads, out of order.
fn items_are_applied_in_order<B: InOrder<char>>() {
    let (account, (), ()) = race(
        Account::<B>::with(&[]),
        |account| {
            account.arrive(2);
            account.arrive(1);
        },
        |account| account.arrive(0),
    );
    account.all_applied(3);
}

/// Items that have arrived are delivered by two threads.
fn two_drainers_apply_in_order<B: InOrder<char>>() {
    let (account, (), ()) =
        race(Account::<B>::with(&[0, 1, 2]), Account::deliver, Account::deliver);
    account.all_applied(3);
}

/// A copy of an item arrives on each of two threads.
fn the_first_copy_stays<B: InOrder<char>>() {
    let (buffer, first, second) =
        race(B::new(0, WINDOW), |buffer| buffer.push(0, 'a'), |buffer| buffer.push(0, 'b'));
    let mut applied = Vec::new();
    buffer.deliver(|number, sender| applied.push((number, sender)));
    let stayed = match (first, second) {
        (Push::Ready(1), Push::Duplicate('b')) => 'a',
        (Push::Duplicate('a'), Push::Ready(1)) => 'b',
        other => panic!("of two copies, one is refused: {other:?}"),
    };
    assert_eq!(applied, [(0, stayed)], "the copy that was refused is the one that stayed");
}

#[test]
fn g1_items_are_applied_in_order() {
    Scenario::new("reorder: items are applied in order")
        .check(items_are_applied_in_order::<Buffer>);
}

#[test]
fn naive_buffer_applies_in_order_of_arrival() {
    Scenario::new("naive reorder: items are applied in order of arrival")
        .refute(items_are_applied_in_order::<NaiveBuffer>);
}

#[test]
fn g2_two_drainers_apply_in_order() {
    Scenario::new("reorder: two drainers apply in order")
        .check(two_drainers_apply_in_order::<Buffer>);
}

#[test]
fn naive_buffer_applies_out_of_order_what_it_took_in_order() {
    Scenario::new("naive reorder: two drainers apply out of order")
        .refute(two_drainers_apply_in_order::<NaiveBuffer>);
}

#[test]
fn g3_nothing_is_left_behind() {
    Scenario::new("reorder: nothing is left behind").check(|| {
        let (account, (), ()) =
            race(Account::<Buffer>::with(&[0]), Account::deliver, |account| account.arrive(1));
        account.all_applied(2);
        assert!(account.buffer.try_drain_ready().is_some(), "the right was not given back");
    });
}

#[test]
fn g4_the_first_copy_stays() {
    Scenario::new("reorder: the first copy stays").check(the_first_copy_stays::<Buffer>);
}

#[test]
fn naive_buffer_applies_both_copies() {
    Scenario::new("naive reorder: both copies are applied")
        .refute(the_first_copy_stays::<NaiveBuffer>);
}

#[test]
fn g6_a_skip_races_a_push() {
    Scenario::new("reorder: a skip races a push").check(|| {
        let buffer = Buffer::new(0, WINDOW);
        assert_eq!(buffer.push(1, 'm'), Push::Buffered);
        let (buffer, pushed, skipped) =
            race(buffer, |buffer| buffer.push(0, 'a'), |buffer| buffer.skip_to(1));
        match pushed {
            Push::Ready(2) => {
                assert_eq!(skipped, Skipped { values: vec![(0, 'a')], missing: 0, ready: 1 });
            }
            Push::Late { next: 1, value: 'a' } => {
                assert_eq!(skipped, Skipped { values: vec![], missing: 1, ready: 1 });
            }
            other => panic!("neither before nor after the skip: {other:?}"),
        }
        assert!(buffer.drain_ready().eq([(1, 'm')]));
    });
}

#[test]
fn g6_a_skip_races_a_delivery() {
    Scenario::new("reorder: a skip races a delivery").check(|| {
        let deliver = |buffer: &Buffer| {
            let delivery = buffer.try_drain_ready();
            delivery.into_iter().flatten().map(|(number, _)| number).collect::<Vec<_>>()
        };
        let buffer = Buffer::new(0, WINDOW);
        for number in [0, 2] {
            let _ = buffer.push(number, 'm');
        }
        let (buffer, mut delivered, (skipped, rest)) = race(buffer, deliver, move |buffer| {
            let skipped = buffer.skip_to(2);
            assert_eq!(skipped.ready, 1, "what waited behind the gap is ready");
            (skipped, deliver(buffer))
        });
        let given_back = skipped.values.iter().any(|item| item.0 == 0);
        assert_eq!(skipped.missing, 1);
        delivered.extend(rest);
        let expected: &[u64] = if given_back { &[2] } else { &[0, 2] };
        assert_eq!(delivered, expected, "not in order, or one was left behind");
        assert_eq!(buffer.next(), 3);
    });
}

/// A value whose destructor uses the buffer that it was in.
struct Nosy(Weak<ReorderBuffer<Nosy>>);

impl Drop for Nosy {
    fn drop(&mut self) {
        if let Some(buffer) = self.0.upgrade() {
            buffer.next();
        }
    }
}

#[test]
fn g7_destructors_run_outside_the_lock() {
    Scenario::new("reorder: destructors run outside the lock").check(|| {
        let nosy = |buffer: &Arc<ReorderBuffer<_>>| Nosy(Arc::downgrade(buffer));
        let (buffer, _, ()) = race(
            Arc::new(ReorderBuffer::new(0, WINDOW)),
            move |buffer| {
                drop(buffer.push(0, nosy(buffer)));
                drop(buffer.push(0, nosy(buffer)));
            },
            move |buffer| {
                drop(buffer.skip_to(1));
            },
        );
        assert_eq!(buffer.next(), 1);
    });
}

/// Delivers like the other drainer, but waits for the right.
fn deliver_after_waiting(account: &Account<Buffer>) {
    for (number, _) in account.buffer.drain_ready() {
        account.apply(number);
    }
}

#[test]
fn g8_the_right_is_handed_on() {
    Scenario::new("reorder: the right is handed on").check(|| {
        let account = Account::<Buffer>::with(&[0, 1]);
        let (account, (), ()) = race(account, deliver_after_waiting, deliver_after_waiting);
        account.all_applied(2);
    });
}

#[test]
fn g8_a_delivery_that_ends_early_hands_on_the_right() {
    Scenario::new("reorder: a delivery that ends early hands on the right").check(|| {
        let (account, (), ()) = race(
            Account::<Buffer>::with(&[0, 1, 2]),
            |account| {
                for (number, _) in account.buffer.drain_ready().take(1) {
                    account.apply(number);
                }
                // It may be faster than who was notified.
                deliver_after_waiting(account);
            },
            deliver_after_waiting,
        );
        account.all_applied(3);
    });
}

#[test]
fn g8_waiting_for_the_right_ends() {
    const TIMEOUT: Duration = Duration::from_micros(1);
    Scenario::new("reorder: waiting for the right ends").check(|| {
        let (buffer, (), ()) = race(
            Buffer::new(0, WINDOW),
            |buffer| {
                let delivery = buffer.drain_ready();
                advance(TIMEOUT);
                drop(delivery);
            },
            |buffer| drop(buffer.drain_ready_timeout(TIMEOUT)),
        );
        assert!(buffer.try_drain_ready().is_some(), "the right is lost");
    });
}
