//! A copied `HybridClock` between two real threads, over the system's clock.

use copied::shared::hybrid_clock::HybridClock;
use copied::shared::stamp::Hlc;

const EVENTS: usize = 10_000;

#[test]
fn two_threads_get_no_reading_twice() {
    let clock = HybridClock::builder().node(1).build().unwrap();
    let events = || (0..EVENTS).map(|_| clock.tick().unwrap()).collect::<Vec<_>>();
    let [first, second] = std::thread::scope(|scope| {
        let other = scope.spawn(events);
        [events(), other.join().unwrap()]
    });
    assert!(first.is_sorted() && second.is_sorted());
    let mut readings = [first, second].concat();
    readings.sort();
    readings.dedup();
    assert_eq!(readings.len(), 2 * EVENTS);
    assert!(clock.observe(Hlc { wall_ms: 1 << 47, logical: 0, node: 2 }).is_err());
    assert_eq!(clock.latest(), readings[2 * EVENTS - 1]);
}
