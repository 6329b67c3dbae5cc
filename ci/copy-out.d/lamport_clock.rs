//! A copied `LamportClock` between two real threads.

use copied::shared::lamport_clock::LamportClock;
use copied::shared::stamp::Lamport;

const EVENTS: usize = 10_000;

#[test]
fn two_threads_get_no_reading_twice() {
    let clock = LamportClock::resume_from(Lamport { counter: 7, node: 1 });
    let events = || (0..EVENTS).map(|_| clock.tick().unwrap()).collect::<Vec<_>>();
    let mut readings = std::thread::scope(|scope| {
        let other = scope.spawn(events);
        let mut readings = events();
        readings.extend(other.join().unwrap());
        readings
    });
    readings.sort();
    let counters: Vec<_> = readings.iter().map(|reading| reading.counter).collect();
    assert_eq!(counters, (8..).take(2 * EVENTS).collect::<Vec<_>>());
    assert!(clock.observe(Lamport { counter: u64::MAX, node: 2 }).is_err());
    assert_eq!(clock.latest(), readings[2 * EVENTS - 1]);
}
