//! `HybridClock` on one thread: histories of several nodes against a model, settings and errors.

#[path = "common/history.rs"]
mod history;

use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use history::{NODES, Step, UnderWay, history};
use proptest::prelude::*;
use selvedge::hybrid_clock::{BuildError, ObserveError, TickError};
use selvedge::{Hlc, HybridClock};

/// Where the wall clocks begin, and the greatest distance that they jump.
const BEGIN: u64 = 100;
const JUMP: i64 = 60;
const MAX_DRIFT: u64 = 50;

/// A wall clock that is set by hand.
#[derive(Clone)]
struct Wall(Arc<AtomicU64>);

impl Wall {
    fn at(milliseconds: u64) -> Self {
        Wall(Arc::new(AtomicU64::new(milliseconds)))
    }

    // Relaxed: one thread.
    fn set(&self, milliseconds: u64) {
        self.0.store(milliseconds, Ordering::Relaxed);
    }

    fn shows(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

fn clock(node: u64, wall: &Wall, last: Option<Hlc>) -> HybridClock {
    let wall = wall.clone();
    let builder = HybridClock::builder()
        .node(node)
        .max_drift(Duration::from_millis(MAX_DRIFT))
        .source(move || wall.shows());
    let builder = match last {
        Some(last) => builder.resume_from(last),
        None => builder,
    };
    builder.build().unwrap()
}

/// A node with its clock, and what it knows without it.
struct Node {
    number: u64,
    wall: Wall,
    clock: HybridClock,
    latest: Hlc,
    /// The greatest of all that the source has shown, in an event.
    latest_shown: u64,
    /// What the clock was resumed from.
    floor: u64,
}

impl Node {
    fn new(number: usize, last: Option<Hlc>) -> Self {
        let number = number as u64;
        let wall = Wall::at(BEGIN);
        let clock = clock(number, &wall, last);
        let latest = Hlc { node: number, ..last.unwrap_or_default() };
        Node { number, wall, clock, latest, latest_shown: 0, floor: latest.wall_ms }
    }

    /// What the paper's algorithm makes of it: tick, or receive.
    fn expected(&self, remote: Option<Hlc>) -> Option<Hlc> {
        let shown = self.wall.shows();
        let (l, c) = (self.latest.wall_ms, i64::from(self.latest.logical));
        let (lm, cm) = remote.map_or((0, -1), |m| (m.wall_ms, i64::from(m.logical)));
        if remote.is_some() && lm > shown + MAX_DRIFT {
            return None;
        }
        let wall_ms = l.max(lm).max(shown);
        let logical = match (wall_ms == l, wall_ms == lm) {
            (true, true) => c.max(cm) + 1,
            (true, false) => c + 1,
            (false, true) => cm + 1,
            (false, false) => 0,
        };
        Some(Hlc { wall_ms, logical: u16::try_from(logical).ok()?, node: self.number })
    }

    fn event(&mut self, remote: Option<Hlc>) -> Option<Hlc> {
        let expected = self.expected(remote);
        let shown = self.wall.shows();
        let reading = match remote {
            None => self.clock.tick().ok(),
            Some(remote) => match self.clock.observe(remote) {
                Ok(reading) => Some(reading),
                Err(ObserveError::DriftExceeded { remote: refused, source_ms, max_drift }) => {
                    assert_eq!((refused, source_ms), (remote, shown));
                    assert_eq!(max_drift, Duration::from_millis(MAX_DRIFT));
                    assert!(remote.wall_ms > shown + MAX_DRIFT, "within the drift allowed");
                    None
                }
                Err(ObserveError::Tick(TickError::LogicalOverflow { wall_ms, source_ms })) => {
                    assert_eq!(wall_ms, self.latest.wall_ms.max(remote.wall_ms));
                    assert_eq!(source_ms, shown);
                    None
                }
                Err(other) => panic!("{other}"),
            },
        };
        assert_eq!(reading, expected, "source {shown}, latest {:?}, {remote:?}", self.latest);
        self.latest_shown = self.latest_shown.max(shown);
        if let Some(reading) = reading {
            assert!(reading > self.latest && Some(reading) > remote);
            assert!(reading.wall_ms >= shown);
            assert!(reading.wall_ms <= self.floor.max(self.latest_shown + MAX_DRIFT));
            self.latest = reading;
        }
        assert_eq!(self.clock.latest(), self.latest, "a refusal changed something");
        reading
    }
}

/// A reading that a node may have persisted; near the end of its millisecond, if it likes.
fn resumed() -> impl Strategy<Value = Option<Hlc>> {
    let logical = prop_oneof![Just(0), u16::MAX - 3..=u16::MAX];
    prop::option::of((0..BEGIN * 2, logical).prop_map(|(wall_ms, logical)| Hlc {
        wall_ms,
        logical,
        node: 0,
    }))
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(1_000)
    })]

    /// Clocks do what the paper's algorithm says, stay near their sources, and repeat no reading.
    #[test]
    fn g4_readings_are_near_the_source(
        resumed in [resumed(), resumed(), resumed()],
        steps in history(JUMP),
    ) {
        let mut nodes: [Node; NODES] = std::array::from_fn(|node| Node::new(node, resumed[node]));
        let mut under_way = UnderWay::new();
        let mut readings = Vec::new();
        for step in steps {
            match step {
                Step::Event { node } => readings.extend(nodes[node].event(None)),
                Step::Send { from, to, copies } => {
                    let sent = nodes[from].event(None);
                    readings.extend(sent);
                    if let Some(sent) = sent {
                        under_way.send(to, sent, copies);
                    }
                }
                Step::Arrive { which } => {
                    for (to, message) in under_way.arrive(Some(which)) {
                        readings.extend(nodes[to].event(Some(message)));
                    }
                }
                Step::Jump { node, milliseconds } => {
                    let Node { wall, .. } = &nodes[node];
                    wall.set(wall.shows().saturating_add_signed(milliseconds));
                }
            }
        }
        for (to, message) in under_way.arrive(None) {
            readings.extend(nodes[to].event(Some(message)));
        }
        let all = readings.len();
        readings.sort();
        readings.dedup();
        prop_assert_eq!(readings.len(), all, "a reading was given out twice");
    }
}

#[test]
fn g4_the_drift_allowed_is_exact() {
    let wall = Wall::at(1_000);
    let clock = clock(1, &wall, None);
    let remote = |wall_ms| Hlc { wall_ms, logical: 3, node: 2 };
    let refused = clock.observe(remote(1_051)).unwrap_err();
    assert_eq!(clock.latest(), Hlc { node: 1, ..Hlc::default() });
    assert_eq!(
        refused.to_string(),
        "reading of node 2 is 51 ms ahead of the source, more than 50ms"
    );
    assert_eq!(clock.observe(remote(1_050)).unwrap(), Hlc { logical: 4, node: 1, ..remote(1_050) });
    // The distance to the source counts, not that to what the clock has reached.
    assert!(clock.observe(remote(1_051)).is_err());
    // What is behind is never too far away.
    assert_eq!(clock.observe(remote(0)).unwrap().logical, 5);
}

#[test]
fn g5_the_logical_part_does_not_overflow_into_the_time() {
    let wall = Wall::at(1_000);
    let last = Hlc { wall_ms: 1_000, logical: u16::MAX, node: 1 };
    let clock = clock(1, &wall, Some(Hlc { logical: u16::MAX - 1, ..last }));
    assert_eq!(clock.tick(), Ok(last));
    let overflow = TickError::LogicalOverflow { wall_ms: 1_000, source_ms: 1_000 };
    assert_eq!(clock.tick(), Err(overflow));
    assert_eq!(
        overflow.to_string(),
        "hybrid clock has no reading left in millisecond 1000, its source shows 1000"
    );
    let used_up = Hlc { wall_ms: 1_010, node: 2, ..last };
    let refused = clock.observe(used_up).unwrap_err();
    assert_eq!(refused, TickError::LogicalOverflow { wall_ms: 1_010, source_ms: 1_000 }.into());
    assert_eq!(clock.latest(), last);
    wall.set(999);
    assert!(clock.tick().is_err(), "the source went back");
    let resumed = self::clock(1, &wall, Some(last));
    let later = Hlc { wall_ms: 1_001, logical: 0, node: 2 };
    assert_eq!(resumed.observe(later), Ok(Hlc { logical: 1, node: 1, ..later }));
    assert_eq!(resumed.tick(), Ok(Hlc { logical: 2, node: 1, ..later }), "a message went past it");
    wall.set(1_001);
    assert_eq!(clock.tick(), Ok(Hlc { wall_ms: 1_001, logical: 0, node: 1 }));
}

#[test]
fn g5_times_beyond_the_range_are_refused() {
    let wall = Wall::at(Hlc::MAX_WALL_MS + 1);
    let wall_of_clock = wall.clone();
    let builder = HybridClock::builder().node(1).max_drift(Duration::MAX);
    let clock = builder.source(move || wall_of_clock.shows()).build().unwrap();
    let beyond = TickError::SourceOutOfRange { source_ms: Hlc::MAX_WALL_MS + 1 };
    assert_eq!(clock.tick(), Err(beyond));
    assert_eq!(clock.observe(Hlc::default()), Err(beyond.into()));
    wall.set(1_000);
    let remote = Hlc { wall_ms: Hlc::MAX_WALL_MS + 1, logical: 0, node: 2 };
    assert_eq!(clock.observe(remote), Err(ObserveError::RemoteOutOfRange { remote }));
    assert_eq!(clock.latest().wall_ms, 0);
    let last = Hlc { wall_ms: Hlc::MAX_WALL_MS, logical: u16::MAX - 1, node: 2 };
    assert_eq!(clock.observe(last), Ok(Hlc { logical: u16::MAX, node: 1, ..last }));
    assert!(clock.tick().is_err());
}

#[test]
fn g7_a_resumed_clock_goes_on() {
    let wall = Wall::at(1_000);
    let before = clock(1, &wall, None);
    before.tick().unwrap();
    let persisted = before.tick().unwrap();

    // Restarted, with a wall clock that has gone back.
    wall.set(400);
    let after = clock(1, &wall, Some(persisted));
    assert_eq!((after.node(), after.latest()), (1, persisted));
    assert_eq!(after.tick(), Ok(Hlc { logical: 2, ..persisted }));
    wall.set(1_001);
    assert_eq!(after.tick(), Ok(Hlc { wall_ms: 1_001, logical: 0, node: 1 }));
}

#[test]
fn g8_a_source_may_use_the_clock_and_panic() {
    let asked = Arc::new(AtomicU64::new(0));
    let broken = Arc::new(AtomicBool::new(false));
    let clock = Arc::new_cyclic(|clock: &std::sync::Weak<HybridClock>| {
        let (clock, asked, broken) = (clock.clone(), Arc::clone(&asked), Arc::clone(&broken));
        let source = move || {
            // Relaxed: one thread.
            asked.fetch_add(1, Ordering::Relaxed);
            if broken.load(Ordering::Relaxed) {
                resume_unwind(Box::new("the source's panic"));
            }
            let latest = clock.upgrade().map_or(0, |clock| clock.latest().wall_ms);
            latest + 1
        };
        HybridClock::builder().node(1).source(source).build().unwrap()
    });
    let first = clock.tick().unwrap();
    assert_eq!(first, Hlc { wall_ms: 1, logical: 0, node: 1 });
    let second = clock.observe(first).unwrap();
    assert_eq!(second, Hlc { wall_ms: 2, logical: 0, node: 1 });
    // Relaxed: one thread.
    broken.store(true, Ordering::Relaxed);
    for event in
        [&|| clock.tick().is_ok() as _, &|| clock.observe(first).is_ok()] as [&dyn Fn() -> bool; 2]
    {
        let panic = catch_unwind(AssertUnwindSafe(event)).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"the source's panic"));
        assert_eq!(clock.latest(), second);
    }
    broken.store(false, Ordering::Relaxed);
    assert_eq!(clock.tick().unwrap().wall_ms, 3);
    assert_eq!(asked.load(Ordering::Relaxed), 5, "asked other than once an event");
}

#[test]
fn what_no_clock_can_be_built_of_is_refused() {
    let missing = HybridClock::builder().build().unwrap_err();
    assert_eq!(missing, BuildError::NodeMissing);
    assert_eq!(missing.to_string(), "hybrid clock without a node");
    let last = Hlc { wall_ms: 1 << 48, logical: 0, node: 1 };
    let beyond = HybridClock::builder().node(1).resume_from(last).build().unwrap_err();
    assert_eq!(beyond, BuildError::FloorOutOfRange { last });
    assert_eq!(
        beyond.to_string(),
        "hybrid clock cannot resume from millisecond 281474976710656, beyond its range"
    );
}

#[test]
fn errors_stand_alone_in_a_log() {
    let source = TickError::SourceOutOfRange { source_ms: 1 << 50 };
    assert_eq!(
        source.to_string(),
        "source of a hybrid clock shows millisecond 1125899906842624, beyond its range"
    );
    assert_eq!(
        TickError::SourceBeforeEpoch.to_string(),
        "source of a hybrid clock shows a time before 1970"
    );
    let remote = Hlc { wall_ms: 1 << 48, logical: 0, node: 9 };
    assert_eq!(
        ObserveError::RemoteOutOfRange { remote }.to_string(),
        "reading of node 9 shows millisecond 281474976710656, beyond its range"
    );
    let nested = ObserveError::from(source);
    assert_eq!(nested.to_string(), source.to_string());
    assert!(nested.source().is_none() && source.source().is_none());
}

#[test]
fn the_default_source_is_the_time_of_day() {
    let clock = HybridClock::builder().node(1).build().unwrap();
    let shown = || {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        u64::try_from(since.as_millis()).unwrap()
    };
    let (before, reading, after) = (shown(), clock.tick().unwrap(), shown());
    assert!((before..=after).contains(&reading.wall_ms));
}

#[test]
fn clocks_are_shared_and_printed() {
    fn shared<T: Send + Sync + std::panic::UnwindSafe + std::panic::RefUnwindSafe>() {}
    shared::<HybridClock>();
    let builder = HybridClock::builder().node(8).source(|| 5);
    assert_eq!(
        format!("{builder:?}"),
        "HybridClockBuilder { node: Some(8), max_drift: 500ms, floor: None, .. }"
    );
    assert_eq!(
        format!("{:?}", builder.build().unwrap()),
        "HybridClock { latest: Hlc { wall_ms: 0, logical: 0, node: 8 }, max_drift: 500ms, .. }"
    );
}

#[test]
#[cfg(all(target_arch = "x86_64", not(any(loom, shuttle, selvedge))))]
fn a_clock_takes_as_many_bytes_as_its_page_says() {
    assert_eq!(size_of::<HybridClock>(), 256);
}
