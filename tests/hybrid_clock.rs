//! The guarantees of `HybridClock` as scenarios, and its naive twin, which breaks them.

#[path = "common/clocks.rs"]
mod clocks;

use clocks::race;
use selvedge::naive::LogicalClock;
use selvedge::scenario::Scenario;
use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU64, Ordering};
use selvedge::{Hlc, HybridClock, naive};

const NODE: u64 = 1;

/// What the wall clock shows.
const NOW: u64 = 1_000;

/// The reading of this clock's first event.
const FIRST: Hlc = Hlc { wall_ms: NOW, logical: 0, node: NODE };

/// A message from a node whose clock is ahead, by less than is allowed.
const REMOTE: Hlc = Hlc { wall_ms: NOW + 100, logical: 5, node: 2 };

fn clock() -> HybridClock {
    with_source(|| NOW)
}

fn with_source(source: impl Fn() -> u64 + Send + Sync + 'static) -> HybridClock {
    HybridClock::builder().node(NODE).source(source).build().expect("the node is named")
}

fn naive_clock() -> naive::HybridClock {
    naive::HybridClock::new(NODE, || NOW)
}

#[test]
fn g1_readings_are_unique_and_grow() {
    Scenario::new("hybrid: readings are unique and grow")
        .check(|| clocks::readings_are_unique_and_grow(clock()));
}

#[test]
fn naive_hybrid_clock_gives_a_reading_out_twice() {
    Scenario::new("naive hybrid: a reading is given out twice")
        .refute(|| clocks::readings_are_unique_and_grow(naive_clock()));
}

#[test]
fn g2_latest_is_not_behind() {
    Scenario::new("hybrid: latest is not behind").check(|| clocks::latest_is_not_behind(clock()));
}

/// One thread sets the wall clock back and ticks while another ticks twice.
fn readings_grow_when_the_source_goes_back<C: LogicalClock<Reading = Hlc>>(
    new: impl Fn(Arc<AtomicU64>) -> C,
) {
    let wall = Arc::new(AtomicU64::new(NOW));
    let tick = |clock: &C| clock.tick().expect("there are readings left");
    let (_, back, [earlier, later]) = race(
        (new(Arc::clone(&wall)), wall),
        move |(clock, wall)| {
            let before = tick(clock);
            // Relaxed: what the wall clock shows orders nothing.
            wall.store(NOW - 500, Ordering::Relaxed);
            [before, tick(clock)]
        },
        move |(clock, _)| [tick(clock), tick(clock)],
    );
    assert!(back[0] < back[1] && earlier < later, "time ran backwards with the wall clock");
    assert!(back[1].wall_ms == NOW, "a reading is before what the wall clock had shown");
}

#[test]
fn g2_readings_grow_when_the_source_goes_back() {
    // Relaxed: what the wall clock shows orders nothing.
    Scenario::new("hybrid: readings grow when the source goes back").check(|| {
        readings_grow_when_the_source_goes_back(|wall| {
            with_source(move || wall.load(Ordering::Relaxed))
        });
    });
}

#[test]
fn naive_hybrid_clock_goes_back_with_its_source() {
    // Relaxed: what the wall clock shows orders nothing.
    Scenario::new("naive hybrid: readings go back with the source").refute(|| {
        readings_grow_when_the_source_goes_back(|wall| {
            naive::HybridClock::new(NODE, move || wall.load(Ordering::Relaxed))
        });
    });
}

#[test]
fn g3_an_observed_reading_is_passed() {
    Scenario::new("hybrid: an observed reading is passed")
        .check(|| clocks::an_observed_reading_is_passed(clock(), REMOTE));
}

#[test]
fn naive_hybrid_clock_answers_before_it_is_asked() {
    Scenario::new("naive hybrid: an answer is older than its question")
        .refute(|| clocks::an_observed_reading_is_passed(naive_clock(), REMOTE));
}

#[test]
fn g5_a_refusal_changes_nothing() {
    let wrong = Hlc { wall_ms: NOW + 501, logical: 0, node: 2 };
    Scenario::new("hybrid: a refusal changes nothing")
        .check(move || clocks::a_refusal_changes_nothing(clock(), wrong));
    let used_up = Hlc { logical: u16::MAX, ..REMOTE };
    Scenario::new("hybrid: an overflow changes nothing")
        .check(move || clocks::a_refusal_changes_nothing(clock(), used_up));
}

#[test]
fn g6_a_reading_publishes_what_came_before() {
    Scenario::new("hybrid: a reading publishes what came before")
        .check(|| clocks::a_reading_publishes_what_came_before(clock(), FIRST));
}

#[test]
fn g6_a_look_sees_what_came_before() {
    Scenario::new("hybrid: a look sees what came before")
        .check(|| clocks::a_look_sees_what_came_before(clock(), FIRST));
}
