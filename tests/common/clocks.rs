//! Scenarios of logical clocks, for those of Lamport and hybrid ones, and their naive twins.

#[path = "race.rs"]
mod race;

use selvedge::naive::LogicalClock;
use selvedge::sync::atomic::{AtomicU64, Ordering};

pub use race::race;

/// Counts an event of a clock that has readings left.
fn tick<C: LogicalClock>(clock: &C) -> C::Reading {
    clock.tick().expect("there are readings left")
}

/// Two threads tick twice each: four readings, in the order of each thread.
pub fn readings_are_unique_and_grow<C: LogicalClock>(clock: C) {
    let twice = |clock: &C| [tick(clock), tick(clock)];
    let (clock, first, second) = race(clock, twice, twice);
    for [earlier, later] in [first, second] {
        assert!(earlier < later, "time stood still or ran backwards: {earlier:?}, {later:?}");
    }
    let mut all = [first, second].concat();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 4, "two events have one reading");
    assert_eq!(clock.latest(), all[3]);
}

/// One thread ticks while another looks at the clock, ticks, and looks again.
pub fn latest_is_not_behind<C: LogicalClock>(clock: C) {
    let (clock, other, own) = race(clock, tick, |clock| {
        let before = clock.latest();
        let own = tick(clock);
        let after = clock.latest();
        assert!(before < own, "a tick returned {own:?} after {before:?} was seen");
        assert!(own <= after, "{after:?} is the latest after {own:?} was given out");
        own
    });
    assert_eq!(clock.latest(), own.max(other));
}

/// One thread receives a message while another counts events.
pub fn an_observed_reading_is_passed<C: LogicalClock>(clock: C, remote: C::Reading) {
    let (clock, other, [received, after]) = race(clock, tick, move |clock| {
        let received = clock.observe(remote).expect("the message is not from too far ahead");
        [received, tick(clock)]
    });
    assert!(remote < received, "the receipt, {received:?}, is not after the sending, {remote:?}");
    assert!(received < after, "what was observed is forgotten: {received:?}, {after:?}");
    assert!(other != received && other != after, "two events have one reading");
    assert_eq!(clock.latest(), after.max(other));
}

/// One thread receives a message that is refused while another counts an event.
pub fn a_refusal_changes_nothing<C: LogicalClock>(clock: C, refused: C::Reading) {
    let (clock, ticked, observed) =
        race(clock, tick, move |clock| clock.observe(refused).map_err(drop));
    assert_eq!(observed, Err(()), "the reading {refused:?} was accepted");
    assert_eq!(clock.latest(), ticked, "the refusal changed something");
}

/// One thread prepares something and counts an event, the `first` or the second of the clock;
/// if it was the first, the second sees it prepared.
pub fn a_reading_publishes_what_came_before<C: LogicalClock>(clock: C, first: C::Reading) {
    published(clock, move |clock| tick(clock) > first);
}

/// One thread prepares something and counts the `first` event; who sees its reading sees it
/// prepared.
pub fn a_look_sees_what_came_before<C: LogicalClock>(clock: C, first: C::Reading) {
    published(clock, move |clock| clock.latest() >= first);
}

fn published<C: LogicalClock>(clock: C, is_counted: impl Fn(&C) -> bool + Send + 'static) {
    race(
        (clock, AtomicU64::new(0)),
        |(clock, prepared)| {
            // Relaxed: that the clock orders it is what is tested.
            prepared.store(1, Ordering::Relaxed);
            tick(clock);
        },
        move |(clock, prepared)| {
            if is_counted(clock) {
                // Relaxed: as above.
                assert_eq!(prepared.load(Ordering::Relaxed), 1, "the reading came first");
            }
        },
    );
}
