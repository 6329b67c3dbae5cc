//! `SequencedMap` with a clock that is read late and goes back, and stamps whose order panics.

use std::cmp::Ordering;
use std::panic::{catch_unwind, resume_unwind};

use selvedge::sync::atomic::{self, AtomicU64};
use selvedge::sync::{Arc, OnceLock, Weak};
use selvedge::time::{Duration, Instant};
use selvedge::{ClockStamp, Floors, Offer, Seq, SequencedMap, Stamp};

const SECOND: Duration = Duration::from_secs(1);
const RETENTION: Duration = Duration::from_secs(10);

type Map = SequencedMap<&'static str, u8, Seq>;

/// Seconds that are set by hand.
#[derive(Clone, Default)]
struct Seconds(Arc<AtomicU64>);

impl Seconds {
    // Relaxed: one thread.
    fn set(&self, seconds: u64) {
        self.0.store(seconds, atomic::Ordering::Relaxed);
    }

    fn shows(&self) -> u64 {
        self.0.load(atomic::Ordering::Relaxed)
    }
}

/// A map of one shard that reads the time there.
fn map(time: impl Fn() -> u64 + Send + Sync + 'static) -> Map {
    let begin = Instant::now();
    let builder = SequencedMap::builder(2, Floors::KeepFor(RETENTION)).shards(1);
    builder.clock(move || begin + SECOND * time() as u32).build().unwrap()
}

/// Delivers an event that is older than the removal.
fn is_stale(map: &Map) -> bool {
    matches!(map.offer("a", Seq(1), 7).unwrap(), Offer::Stale { rejected: ("a", 7) })
}

#[test]
fn g7_time_stands_still_while_the_clock_is_back() {
    let seconds = Seconds::default();
    let read = seconds.clone();
    let map = map(move || read.shows());
    seconds.set(20);
    assert_eq!(map.stamp("b"), None);
    seconds.set(5);
    assert!(map.remove("a", Seq(2)).unwrap().is_applied());
    seconds.set(20);
    assert!(is_stale(&map), "forgotten when the clock was right");
    seconds.set(29);
    assert!(is_stale(&map), "forgotten too early");
    seconds.set(30);
    assert!(!is_stale(&map), "kept too long");
}

/// A removal reads the clock, and another thread's event is faster, as five seconds pass.
#[test]
fn g7_a_removal_that_is_overtaken_keeps_its_floor() {
    let seconds = Seconds::default();
    let [read, overtaken] = [seconds.clone(), Seconds::default()];
    let overtakes = overtaken.clone();
    let this = Arc::new(OnceLock::<Weak<Map>>::new());
    let that = Arc::clone(&this);
    let map = Arc::new(map(move || {
        let shown = read.shows();
        if overtakes.shows() == 1 {
            overtakes.set(0);
            read.set(shown + 5);
            that.get().and_then(Weak::upgrade).unwrap().stamp("b");
        }
        shown
    }));
    this.set(Arc::downgrade(&map)).unwrap();
    overtaken.set(1);
    // Called at 0, returns at 5.
    assert!(map.remove("a", Seq(2)).unwrap().is_applied());
    seconds.set(9);
    assert!(is_stale(&map), "forgotten too early");
    seconds.set(15);
    assert_eq!(map.stamp("a"), None, "kept too long after it returned");
}

/// A stamp whose order panics for two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Unlucky(u64);

impl PartialOrd for Unlucky {
    fn partial_cmp(&self, other: &Unlucky) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Unlucky {
    fn cmp(&self, other: &Unlucky) -> Ordering {
        if [self.0, other.0].contains(&13) && [self.0, other.0].contains(&20) {
            resume_unwind(Box::new("the stamps' panic"));
        }
        self.0.cmp(&other.0)
    }
}

impl Stamp for Unlucky {
    fn prefix(&self) -> u64 {
        self.0
    }
}

impl ClockStamp for Unlucky {}

#[test]
fn g10_a_panic_of_the_stamps_order_leaves_the_map_usable() {
    let map = SequencedMap::builder(2, Floors::Keep).shards(1).build().unwrap();
    for (key, stamp) in [("a", 1), ("b", 13)] {
        assert!(map.remove(key, Unlucky(stamp)).unwrap().is_applied());
    }
    assert!(catch_unwind(|| map.offer("b", Unlucky(20), 7)).is_err());
    assert!(catch_unwind(|| map.forget_below(Unlucky(20))).is_err());
    assert_eq!((map.stamp("a"), map.stamp("b")), (Some(Unlucky(1)), Some(Unlucky(13))));
    assert_eq!(map.forget_below(Unlucky(14)), 2, "the watermark was raised");
    for (key, room) in [("c", true), ("d", true), ("e", false)] {
        assert_eq!(map.offer(key, Unlucky(14), 7).is_ok(), room, "the count is wrong");
    }
}
