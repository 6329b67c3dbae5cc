//! The guarantees of `LamportClock` as scenarios, and its naive twin, which breaks them.

#[path = "common/clocks.rs"]
mod clocks;

use selvedge::scenario::Scenario;
use selvedge::{Lamport, LamportClock, naive};

const NODE: u64 = 1;

fn clock() -> LamportClock {
    LamportClock::new(NODE)
}

fn naive_clock() -> naive::LamportClock {
    naive::LamportClock::new(NODE)
}

/// The reading of this clock's first event.
const FIRST: Lamport = Lamport { counter: 1, node: NODE };

/// A message from another node.
const REMOTE: Lamport = Lamport { counter: 5, node: 2 };

#[test]
fn g1_readings_are_unique_and_grow() {
    Scenario::new("lamport: readings are unique and grow")
        .check(|| clocks::readings_are_unique_and_grow(clock()));
}

#[test]
fn naive_lamport_clock_gives_a_reading_out_twice() {
    Scenario::new("naive lamport: a reading is given out twice")
        .refute(|| clocks::readings_are_unique_and_grow(naive_clock()));
}

#[test]
fn g2_latest_is_not_behind() {
    Scenario::new("lamport: latest is not behind").check(|| clocks::latest_is_not_behind(clock()));
}

#[test]
fn g3_an_observed_reading_is_passed() {
    Scenario::new("lamport: an observed reading is passed")
        .check(|| clocks::an_observed_reading_is_passed(clock(), REMOTE));
}

#[test]
fn naive_lamport_clock_forgets_what_it_observed() {
    Scenario::new("naive lamport: an observed reading is forgotten")
        .refute(|| clocks::an_observed_reading_is_passed(naive_clock(), REMOTE));
}

#[test]
fn g5_a_refusal_changes_nothing() {
    let last = Lamport { counter: u64::MAX, node: 2 };
    Scenario::new("lamport: a refusal changes nothing")
        .check(move || clocks::a_refusal_changes_nothing(clock(), last));
}

#[test]
fn g6_a_reading_publishes_what_came_before() {
    Scenario::new("lamport: a reading publishes what came before")
        .check(|| clocks::a_reading_publishes_what_came_before(clock(), FIRST));
}

#[test]
fn g6_a_look_sees_what_came_before() {
    Scenario::new("lamport: a look sees what came before")
        .check(|| clocks::a_look_sees_what_came_before(clock(), FIRST));
}
