//! The guarantees of `SequencedRegister` as scenarios, and its naive twins, which break them.

#[path = "common/arrive.rs"]
mod arrive;

use arrive::{Pair, at, of, race};
use selvedge::naive::{CompareThenStore, LastArrival, LastWriterWins, NewestClock, Written};
use selvedge::scenario::Scenario;
use selvedge::sync::atomic::{AtomicU64, Ordering};
use selvedge::sync::{Arc, Weak};
use selvedge::{Lamport, Offer, SequencedRegister, Stamped};

type Register = SequencedRegister<Pair, Lamport>;

/// What two nodes wrote one after the other: node 2 has seen the first value, and answers it. Its
/// wall clock is five seconds behind that of node 1.
const CAUSE: Written<Lamport> = Written { stamp: at(1, 1), clock_ms: 9_000 };
const ANSWER: Written<Lamport> = Written { stamp: at(2, 2), clock_ms: 4_001 };

/// Events whose wall clocks agree with their stamps.
fn written(stamp: Lamport) -> Written<Lamport> {
    Written { stamp, clock_ms: stamp.counter }
}

fn shown(stamp: Lamport) -> Option<Stamped<Pair, Lamport>> {
    Some(Stamped { value: of(stamp), stamp })
}

/// Offers the event with the value that belongs to it.
fn offer<R>(register: &R, written: Written<Lamport>) -> Offer<Pair, Stamped<Pair, Lamport>>
where
    R: LastWriterWins<Value = Pair, Stamp = Lamport>,
{
    register.offer(written, of(written.stamp))
}

/// Each of two threads delivers one event: the one with the greater stamp stays.
fn the_greater_stamp_stays<R>(one: Written<Lamport>, other: Written<Lamport>)
where
    R: LastWriterWins<Value = Pair, Stamp = Lamport>,
{
    let (register, first, second) = race(
        R::default(),
        move |register| offer(register, one),
        move |register| offer(register, other),
    );
    let newest = one.stamp.max(other.stamp);
    assert_eq!(register.load(), shown(newest), "an older value won");
    for (answer, stamp) in [(first, one.stamp), (second, other.stamp)] {
        let refused = Offer::Stale { rejected: of(stamp) };
        assert!(answer.is_applied() || answer == refused, "{answer:?}");
        assert!(answer.is_applied() || stamp != newest, "the newest was refused");
    }
}

#[test]
fn g1_no_stale_value_wins() {
    Scenario::new("register: no stale value wins")
        .check(|| the_greater_stamp_stays::<Register>(written(at(1, 1)), written(at(2, 1))));
}

#[test]
fn naive_register_lets_the_last_arrival_win() {
    Scenario::new("naive register: the last arrival wins").refute(|| {
        the_greater_stamp_stays::<LastArrival<_, _>>(written(at(1, 1)), written(at(2, 1)));
    });
}

#[test]
fn naive_register_stores_after_another_was_newer() {
    Scenario::new("naive register: an older value is stored after a newer one").refute(|| {
        the_greater_stamp_stays::<CompareThenStore<_, _>>(written(at(1, 1)), written(at(2, 1)));
    });
}

#[test]
fn g1_clocks_that_differ_do_not_matter() {
    Scenario::new("register: clocks that differ do not matter")
        .check(|| the_greater_stamp_stays::<Register>(CAUSE, ANSWER));
}

#[test]
fn naive_register_ignores_an_answer_by_a_slow_clock() {
    Scenario::new("naive register: an answer by a slow clock is ignored")
        .refute(|| the_greater_stamp_stays::<NewestClock<_, _>>(CAUSE, ANSWER));
}

#[test]
fn g1_the_node_decides_between_equal_counters() {
    Scenario::new("register: the node decides between equal counters")
        .check(|| the_greater_stamp_stays::<Register>(written(at(1, 1)), written(at(1, 2))));
}

#[test]
fn g1_the_first_stamp_may_be_the_smallest() {
    Scenario::new("register: the first stamp may be the smallest")
        .check(|| the_greater_stamp_stays::<Register>(written(at(0, 0)), written(at(0, 1))));
}

/// Two threads deliver one event each to two replicas, in opposite directions.
fn replicas_converge<R>()
where
    R: LastWriterWins<Value = Pair, Stamp = Lamport>,
{
    let (replicas, _, _) = race(
        [R::default(), R::default()],
        |[a, b]| [offer(a, written(at(1, 1))), offer(b, written(at(1, 1)))],
        |[a, b]| [offer(b, written(at(1, 2))), offer(a, written(at(1, 2)))],
    );
    let [a, b] = &*replicas;
    assert_eq!(a.load(), b.load(), "the replicas differ");
    assert_eq!(a.load(), shown(at(1, 2)));
}

#[test]
fn g2_replicas_converge() {
    Scenario::new("register: replicas converge").check(replicas_converge::<Register>);
}

#[test]
fn naive_replicas_differ() {
    Scenario::new("naive register: replicas differ").refute(replicas_converge::<LastArrival<_, _>>);
}

#[test]
fn naive_replicas_that_compare_first_differ() {
    Scenario::new("naive register: replicas that compare first differ")
        .refute(replicas_converge::<CompareThenStore<_, _>>);
}

#[test]
fn g3_value_and_stamp_belong_together() {
    Scenario::new("register: value and stamp belong together").check(|| {
        race(
            Register::new(),
            |register| {
                [at(1, 1), at(1, 2)].map(|stamp| register.offer(stamp, of(stamp)).is_applied())
            },
            |register| {
                let [earlier, later] = [register.load(), register.load()];
                for seen in [&earlier, &later].into_iter().flatten() {
                    assert_eq!(*seen.value, of(seen.stamp), "a value with the stamp of another");
                }
                let stamp = |seen: Option<Stamped<_, _>>| seen.map(|seen| seen.stamp);
                assert!(stamp(earlier) <= stamp(later), "the stamp went down");
            },
        );
    });
}

/// One thread delivers an older event; the other a newer one, and the older one once more.
fn a_stale_offer_changes_nothing<R>()
where
    R: LastWriterWins<Value = Pair, Stamp = Lamport>,
{
    let (old, new) = (at(1, 1), at(2, 1));
    let (register, _, (applied, stale, seen)) = race(
        R::default(),
        move |register| offer(register, written(old)),
        move |register| {
            let applied = offer(register, written(new));
            let stale = offer(register, written(old));
            (applied, stale, register.load())
        },
    );
    assert!(applied.is_applied(), "the newest was refused");
    assert_eq!(stale, Offer::Stale { rejected: of(old) });
    assert_eq!(seen, shown(new), "a refused offer changed something");
    assert_eq!(register.load(), seen);
}

#[test]
fn g4_a_stale_offer_changes_nothing() {
    Scenario::new("register: a stale offer changes nothing")
        .check(a_stale_offer_changes_nothing::<Register>);
}

#[test]
fn naive_register_applies_a_stale_offer() {
    Scenario::new("naive register: a stale offer is applied")
        .refute(a_stale_offer_changes_nothing::<LastArrival<_, _>>);
}

/// Two threads deliver the same event.
fn one_of_two_duplicates_is_applied<R>()
where
    R: LastWriterWins<Value = Pair, Stamp = Lamport>,
{
    let event = at(0, 1);
    let deliver = move |register: &R| offer(register, written(event));
    let (register, first, second) = race(R::default(), deliver, deliver);
    let (applied, duplicate) =
        (Offer::Applied { replaced: None }, Offer::Duplicate { rejected: of(event) });
    let one_of_each =
        (first == applied && second == duplicate) || (second == applied && first == duplicate);
    assert!(one_of_each, "{first:?} and {second:?}");
    assert_eq!(register.load(), shown(event));
}

#[test]
fn g5_one_of_two_duplicates_is_applied() {
    Scenario::new("register: one of two duplicates is applied")
        .check(one_of_two_duplicates_is_applied::<Register>);
}

#[test]
fn naive_register_applies_a_duplicate() {
    Scenario::new("naive register: a duplicate is applied")
        .refute(one_of_two_duplicates_is_applied::<CompareThenStore<_, _>>);
}

/// Two threads deliver different values with one stamp.
fn a_conflict_shows_the_first_comer<R>()
where
    R: LastWriterWins<Value = Pair, Stamp = Lamport>,
{
    let event = written(at(1, 1));
    let (register, first, second) = race(
        R::default(),
        move |register| register.offer(event, [7, 7]),
        move |register| register.offer(event, [8, 8]),
    );
    let end = register.load().expect("two offers");
    let loser = match end.value {
        [7, 7] => second,
        _ => first,
    };
    let rejected = if end.value == [7, 7] { [8, 8] } else { [7, 7] };
    assert_eq!(loser, Offer::Conflict { current: end, rejected });
    assert!(first.is_applied() != second.is_applied(), "{first:?} and {second:?}");
}

#[test]
fn g5_a_conflict_shows_the_first_comer() {
    Scenario::new("register: a conflict shows the first comer")
        .check(a_conflict_shows_the_first_comer::<Register>);
}

#[test]
fn naive_register_overwrites_in_a_conflict() {
    Scenario::new("naive register: the second comer of a conflict is stored")
        .refute(a_conflict_shows_the_first_comer::<CompareThenStore<_, _>>);
}

/// A thread prepares something and offers; who is refused because of that offer sees it prepared.
#[test]
fn g6_a_refusal_publishes_what_came_before() {
    Scenario::new("register: a refusal publishes what came before").check(|| {
        race(
            (Register::new(), AtomicU64::new(0)),
            |(register, prepared)| {
                // Relaxed: that the register orders it is what is tested.
                prepared.store(1, Ordering::Relaxed);
                assert!(register.offer(at(2, 1), of(at(2, 1))).is_applied());
            },
            |(register, prepared)| {
                if register.offer(at(1, 1), of(at(1, 1))) == (Offer::Stale { rejected: [1, 1] }) {
                    // Relaxed: as above.
                    assert_eq!(prepared.load(Ordering::Relaxed), 1, "the refusal came first");
                }
            },
        );
    });
}

#[test]
fn g6_what_was_learned_is_loaded() {
    Scenario::new("register: what was learned is loaded").check(|| {
        race(
            Register::new(),
            |register| assert!(register.offer(at(2, 1), of(at(2, 1))).is_applied()),
            |register| {
                if register.is_stale(at(1, 1)) {
                    let seen = register.load().map(|seen| seen.stamp);
                    assert_eq!(seen, Some(at(2, 1)), "the mirror is ahead of the value");
                }
                let told = register.stamp();
                assert!(!register.is_stale(at(2, 1)));
                assert!(told.is_none() || register.is_stale(at(2, 0)), "the stamp went down");
            },
        );
    });
}

/// A value whose destructor and comparison use the register that it was in.
struct Nosy(Weak<SequencedRegister<Nosy, Lamport>>);

impl Nosy {
    fn look(&self) {
        if let Some(register) = self.0.upgrade() {
            register.stamp();
        }
    }
}

impl PartialEq for Nosy {
    fn eq(&self, _: &Nosy) -> bool {
        self.look();
        true
    }
}

impl Drop for Nosy {
    fn drop(&mut self) {
        self.look();
    }
}

#[test]
fn g7_destructors_run_outside_the_lock() {
    Scenario::new("register: destructors run outside the lock").check(|| {
        let (register, _, _) = race(
            Arc::new(SequencedRegister::with_value(at(0, 0), Nosy(Weak::new()))),
            |register| drop(register.offer(at(1, 1), Nosy(Arc::downgrade(register)))),
            |register| drop(register.offer(at(1, 1), Nosy(Arc::downgrade(register)))),
        );
        assert_eq!(register.stamp(), Some(at(1, 1)));
    });
}
