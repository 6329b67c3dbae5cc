//! `IdempotencyTable` on one thread, amid whose calls there are others: made by destructors, by
//! copies and by clocks.

#[path = "common/clock.rs"]
mod clock;

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use clock::{Clock, TICK};
use selvedge::idempotency_table::{
    Claim, IdempotencyError, IdempotencyTableBuilder, OnFull, OnInFlight, Outcome, Ownership,
};
use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU32, Ordering};
use selvedge::{Fingerprint, IdempotencyTable};

const PAY: Fingerprint = Fingerprint::new(30);

/// What may be amid.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Event {
    CopyKey,
    DropKey,
    DropValue,
    Clock,
}

/// An event, how many of its kind come before it, and what happens then.
type Plan = (Event, u32, Box<dyn FnOnce()>);

thread_local! {
    static PLAN: RefCell<Option<Plan>> = const { RefCell::new(None) };
}

/// Makes `f` happen once, at this event, after `skipped` others like it.
fn at(event: Event, skipped: u32, f: impl FnOnce() + 'static) {
    PLAN.set(Some((event, skipped, Box::new(f))));
}

fn tell(event: Event) {
    let due = PLAN.with_borrow_mut(|plan| match plan {
        Some((planned, 0, _)) if *planned == event => plan.take(),
        Some((planned, skipped, _)) if *planned == event => {
            *skipped -= 1;
            None
        }
        _ => None,
    });
    if let Some((_, _, f)) = due {
        f();
    }
}

#[derive(PartialEq, Eq, Hash)]
struct Key(u8);

impl Clone for Key {
    fn clone(&self) -> Key {
        tell(Event::CopyKey);
        Key(self.0)
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        tell(Event::DropKey);
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Value(u8);

impl Drop for Value {
    fn drop(&mut self) {
        tell(Event::DropValue);
    }
}

type Table = IdempotencyTable<Key, Value>;

/// Rejects, so that a key that is stuck is an error, and no endless wait.
fn builder(clock: &Clock) -> IdempotencyTableBuilder<Key, Value> {
    let source = clock.source();
    let builder = IdempotencyTable::builder().ttl(TICK).shards(1).on_in_flight(OnInFlight::Reject);
    builder.on_full(OnFull::EvictOldestCompleted).clock(move || {
        tell(Event::Clock);
        source()
    })
}

/// For the length of the program, so that events can use it.
fn table(builder: IdempotencyTableBuilder<Key, Value>) -> &'static Table {
    Box::leak(Box::new(builder.build().unwrap()))
}

fn call(table: &Table, key: u8) -> Result<Outcome<Value>, IdempotencyError<Value, ()>> {
    table.execute(&Key(key), PAY, |_| Ok(Value(key)))
}

fn owned(table: &'static Table, key: u8) -> Ownership<'static, Key, Value> {
    match table.begin(&Key(key), PAY) {
        Ok(Claim::Owned(ownership)) => ownership,
        other => panic!("{other:?}"),
    }
}

/// What has expired is dropped before the new key is in flight, and so may use that one.
#[test]
fn g11_the_destructor_of_an_expired_result_may_use_the_new_key() {
    let clock = Clock::new();
    let table = table(builder(&clock));
    assert!(call(table, 1).is_ok());
    clock.advance(TICK);
    let inner = Rc::new(RefCell::new(None));
    at(Event::DropValue, 0, {
        let inner = Rc::clone(&inner);
        move || drop(inner.replace(Some(call(table, 2))))
    });
    let outer = table.begin(&Key(2), PAY);
    assert_eq!(inner.take(), Some(Ok(Outcome::Fresh(Value(2)))));
    assert!(matches!(outer, Ok(Claim::Replayed { .. })));
}

/// A copy that turned out not to be needed panics when it is dropped. The claim that was about to
/// be returned is given up.
#[test]
fn g11_a_copy_that_panics_when_dropped_leaves_nothing_stuck() {
    let clock = Clock::new();
    let table = table(builder(&clock));
    let key = Key(1);
    at(Event::CopyKey, 0, move || {
        // Another call is faster; and its result expires.
        assert!(call(table, 1).is_ok());
        clock.advance(TICK);
        at(Event::DropKey, 0, || resume_unwind(Box::new("the copy's panic")));
    });
    let begun = catch_unwind(AssertUnwindSafe(|| table.begin(&key, PAY).map(drop)));
    assert_eq!(begun.unwrap_err().downcast_ref(), Some(&"the copy's panic"));
    assert_eq!(table.stats().in_flight, 0, "the key is stuck");

    // The same in front of a run: its waiter is given up.
    at(Event::CopyKey, 0, move || {
        let run = owned(table, 1);
        at(Event::DropKey, 0, || resume_unwind(Box::new(run)));
    });
    let begun = catch_unwind(AssertUnwindSafe(|| table.begin(&key, PAY).map(drop)));
    drop(begun.unwrap_err());
    assert_eq!(table.stats().failed, 2);
    assert_eq!(table.stats().entries, 0, "a failed run is kept for a waiter that is gone");
}

/// An entry goes by itself after a call has found the table full.
#[test]
fn g8_room_that_there_is_is_taken() {
    for results in [0, 1] {
        let table = table(builder(&Clock::new()).max_entries(results + 1));
        let run = owned(table, 0);
        if results == 1 {
            assert!(call(table, 1).is_ok());
        }
        // Two looks at the key, and one at what has expired.
        at(Event::Clock, 2, || run.fail());
        assert!(call(table, 2).is_ok(), "refused, with room for it");
        assert_eq!(table.stats().failed, 1);
        assert_eq!(table.stats().evicted, 0, "a result was evicted, with room beside it");
    }
}

/// Where a clock goes back, time stands still: nothing that has expired stands behind what has not.
#[test]
fn g7_results_expire_in_the_order_of_their_completion() {
    let (clock, ahead) = (Clock::new(), Arc::new(AtomicU32::new(3)));
    let source = {
        let (source, ahead) = (clock.source(), Arc::clone(&ahead));
        // Relaxed: on one thread.
        move || source() + TICK * ahead.load(Ordering::Relaxed)
    };
    let builder = IdempotencyTable::<u64, u64>::builder().ttl(2 * TICK).shards(1).clock(source);
    let table = builder.build().unwrap();
    let call = |key| table.execute(&key, PAY, |_| Ok::<_, ()>(key)).map(|done| done.is_fresh());
    assert_eq!(call(1), Ok(true));
    // Relaxed: as above.
    ahead.store(0, Ordering::Relaxed);
    assert_eq!(call(2), Ok(true));
    clock.advance(2 * TICK);
    assert_eq!(table.purge_expired(), 0);
    assert_eq!(call(2), Ok(false), "it has expired, behind a result that has not");
    clock.advance(3 * TICK);
    assert_eq!(table.purge_expired(), 2);
}
