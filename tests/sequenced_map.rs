//! The guarantees of `SequencedMap` as scenarios, and its naive twin, which breaks them.

#[path = "common/arrive.rs"]
mod arrive;

use arrive::{Pair, at, of, race};
use selvedge::naive::{self, Answer, KeyedLastWriterWins};
use selvedge::scenario::Scenario;
use selvedge::sequenced_map::FullError;
use selvedge::sync::atomic::{AtomicU64, Ordering};
use selvedge::sync::{Arc, Weak};
use selvedge::time::{self, Duration};
use selvedge::{Floors, Lamport, Offer, SequencedMap, Stamped};

/// Of two shards, keys 3 and 4 are in one, and 7 in the other.
type Key = u32;
type Map = SequencedMap<Key, Pair, Lamport>;
type NaiveMap = naive::SequencedMap<Key, Pair, Lamport>;

/// The map that the scenarios are about.
trait Subject: KeyedLastWriterWins<Key, Pair, Lamport> {}

impl<M: KeyedLastWriterWins<Key, Pair, Lamport>> Subject for M {}

fn shown(stamp: Lamport) -> Option<Stamped<Pair, Lamport>> {
    Some(Stamped { value: of(stamp), stamp })
}

/// Offers the value that belongs to the stamp.
fn offer<M: Subject>(map: &M, key: Key, stamp: Lamport) -> Answer<(Key, Pair), Pair, Lamport> {
    map.offer(key, stamp, of(stamp))
}

/// A map that keeps its floors.
fn new(max_entries: usize) -> Map {
    KeyedLastWriterWins::new(max_entries)
}

/// The key's value and stamp.
fn value_of<M: Subject>(map: &M, key: Key) -> Option<Stamped<Pair, Lamport>> {
    map.load(&key)
}

fn applied<R, C, E>(answer: &Result<Offer<R, C>, E>) -> bool {
    answer.as_ref().is_ok_and(Offer::is_applied)
}

/// For how long floors are kept; a short time, because real threads wait for it.
const RETENTION: Duration = Duration::from_micros(10);

/// A map with floors that end by themselves.
fn forgetting(max_entries: usize, shards: usize) -> Map {
    let builder = Map::builder(max_entries, Floors::KeepFor(RETENTION));
    builder.shards(shards).build().expect("nothing is zero")
}

#[test]
fn g1_no_stale_event_wins() {
    Scenario::new("map: no stale event wins").check(|| {
        let (map, _, newest) =
            race(new(2), |map| offer(map, 7, at(1, 1)), |map| offer(map, 7, at(1, 2)));
        assert!(applied(&newest), "the newest was refused");
        assert_eq!(value_of(&*map, 7), shown(at(1, 2)), "an older value won");
        assert_eq!(map.entries(), 1);
    });
}

/// A value is there. One thread removes it, the other delivers its event once more.
fn a_removed_value_stays_removed<M: Subject>() {
    let map = M::new(1);
    assert!(applied(&offer(&map, 7, at(1, 1))));
    let (map, removed, again) =
        race(map, |map| map.remove(7, at(2, 1)), |map| offer(map, 7, at(1, 1)));
    assert!(applied(&removed));
    assert_eq!(map.load(&7), None, "the value came back");
    assert!(!applied(&again), "applied twice");
}

#[test]
fn g2_a_removed_value_stays_removed() {
    Scenario::new("map: a removed value stays removed").check(a_removed_value_stays_removed::<Map>);
}

#[test]
fn naive_map_brings_a_removed_value_back() {
    Scenario::new("naive map: a removed value comes back")
        .refute(a_removed_value_stays_removed::<NaiveMap>);
}

/// Two threads deliver an offer and a newer removal to two replicas, in opposite directions.
fn replicas_converge<M: Subject>() {
    let (replicas, _, _) = race(
        [M::new(1), M::new(1)],
        |[a, b]| (applied(&offer(a, 7, at(1, 1))), applied(&offer(b, 7, at(1, 1)))),
        |[a, b]| (applied(&b.remove(7, at(1, 2))), applied(&a.remove(7, at(1, 2)))),
    );
    let [a, b] = &*replicas;
    assert_eq!(a.load(&7), b.load(&7), "the replicas differ");
    assert_eq!(a.load(&7), None, "the removal is newer");
}

#[test]
fn g3_replicas_converge() {
    Scenario::new("map: replicas converge").check(replicas_converge::<Map>);
}

#[test]
fn naive_maps_differ() {
    Scenario::new("naive map: replicas differ").refute(replicas_converge::<NaiveMap>);
}

#[test]
fn g4_value_and_stamp_belong_together() {
    Scenario::new("map: value and stamp belong together").check(|| {
        race(
            new(1),
            |map| [at(1, 1), at(1, 2)].map(|stamp| applied(&offer(map, 7, stamp))),
            |map| {
                let [earlier, later] = [map.load(&7), map.load(&7)];
                for seen in [&earlier, &later].into_iter().flatten() {
                    assert_eq!(*seen.value, of(seen.stamp), "a value with the stamp of another");
                }
                let stamp = later.map(|seen| seen.stamp);
                assert!(earlier.map(|seen| seen.stamp) <= stamp, "the stamp went down");
                assert!(stamp <= map.stamp(&7), "the stamp went down");
            },
        );
    });
}

#[test]
fn g5_one_of_two_removals_is_applied() {
    Scenario::new("map: one of two removals is applied").check(|| {
        let remove = |map: &Map| map.remove(7, at(0, 0));
        let (map, first, second) = race(new(1), remove, remove);
        let answers = [Ok(Offer::Applied { replaced: None }), Ok(Offer::Duplicate { rejected: 7 })];
        let [one, other] = &answers;
        assert!((&first, &second) == (one, other) || (&first, &second) == (other, one));
        assert_eq!((map.len(), map.floors(), map.stamp(&7)), (0, 1, Some(at(0, 0))));
    });
}

#[test]
fn g5_an_offer_and_a_removal_conflict() {
    Scenario::new("map: an offer and a removal with one stamp conflict").check(|| {
        let (map, offered, removed) = race(
            new(1),
            |map| offer(map, 7, at(1, 1)),
            |map| <Map as KeyedLastWriterWins<_, _, _>>::remove(map, 7, at(1, 1)),
        );
        let current = |value| Stamped { value, stamp: at(1, 1) };
        match value_of(&*map, 7) {
            Some(_) => {
                let current = current(Some([1, 1]));
                assert_eq!(removed, Ok(Offer::Conflict { current, rejected: 7 }));
                assert!(applied(&offered));
            }
            None => {
                let current = current(None);
                assert_eq!(offered, Ok(Offer::Conflict { current, rejected: (7, [1, 1]) }));
                assert!(applied(&removed));
            }
        }
    });
}

/// There is room for one entry, and two threads bring one each, to two shards.
fn the_last_room_is_given_once<M: Subject>() {
    let (map, first, second) =
        race(M::new(1), |map| offer(map, 7, at(1, 1)), |map| offer(map, 3, at(2, 2)));
    assert_eq!(map.entries(), 1, "more entries than there is room for");
    let refused = |key, stamp| Err(FullError { rejected: (key, of(stamp)), max_entries: 1 });
    match map.load(&7) {
        Some(_) => assert_eq!((applied(&first), second), (true, refused(3, at(2, 2)))),
        None => assert_eq!((applied(&second), first), (true, refused(7, at(1, 1)))),
    }
}

#[test]
fn g6_the_last_room_is_given_once() {
    Scenario::new("map: the last room is given once").check(the_last_room_is_given_once::<Map>);
}

#[test]
fn naive_map_gives_the_last_room_twice() {
    Scenario::new("naive map: the last room is given twice")
        .refute(the_last_room_is_given_once::<NaiveMap>);
}

/// The time of a floor is over, in a full map: each of two new keys, in the other shard, asks for
/// its room.
#[test]
fn g6_room_of_floors_is_used_again() {
    Scenario::new("map: room of floors is used again").check(|| {
        let map = forgetting(1, 2);
        assert!(applied(&map.remove(7, at(1, 1))));
        time::advance(RETENTION);
        let (map, first, second) =
            race(map, |map| offer(map, 3, at(1, 1)), |map| offer(map, 4, at(1, 1)));
        assert!(applied(&first) != applied(&second), "one room, two keys");
        assert_eq!((map.len(), map.floors()), (1, 0));
    });
}

/// The clock moves while a stale offer arrives: until the floor's time is over it is refused.
#[test]
fn g7_a_floor_is_kept_for_its_time() {
    Scenario::new("map: a floor is kept for its time").check(|| {
        let map = forgetting(2, 1);
        // Real time passes while the floor is set.
        let earliest = time::Instant::now();
        assert!(applied(&map.remove(7, at(2, 1))));
        let latest = time::Instant::now();
        let (map, _, answer) = race(
            map,
            |_| {
                time::advance(RETENTION - Duration::from_micros(1));
                time::advance(Duration::from_micros(1));
            },
            move |map| {
                let over = latest.elapsed() >= RETENTION;
                let answer = applied(&offer(map, 7, at(1, 1)));
                assert!(!answer || earliest.elapsed() >= RETENTION, "forgotten too early");
                assert!(answer || !over, "kept too long");
                answer
            },
        );
        assert_eq!((map.len(), map.floors()), (usize::from(answer), 0));
    });
}

/// A removed key's floor gives way to a watermark while a stale offer arrives.
#[test]
fn g8_a_late_offer_meets_floor_or_watermark() {
    Scenario::new("map: a late offer meets floor or watermark").check(|| {
        let map = new(1);
        assert!(applied(&map.remove(7, at(2, 1))));
        let (map, forgotten, late) =
            race(map, |map| map.forget_below(at(3, 0)), |map| offer(map, 7, at(1, 1)));
        assert_eq!(late, Ok(Offer::Stale { rejected: (7, [1, 1]) }), "it came back");
        assert_eq!((forgotten, map.entries()), (1, 0));
        assert_eq!(map.stamp(&7), None);
        assert!(applied(&offer(&*map, 7, at(3, 0))), "not below the watermark");
    });
}

/// A removal races the watermark above it: it leaves no floor behind, in either order.
#[test]
fn g8_a_removal_below_the_watermark_leaves_no_floor() {
    Scenario::new("map: a removal below the watermark leaves no floor").check(|| {
        let map = new(1);
        assert!(applied(&offer(&map, 7, at(1, 1))));
        let (map, _, removed) =
            race(map, |map| map.forget_below(at(3, 0)), |map| applied(&map.remove(7, at(2, 1))));
        assert!(removed, "newer than the value");
        assert_eq!(map.entries(), 0, "a floor below the watermark");
        assert!(!applied(&offer(&*map, 7, at(1, 1))), "it came back");
    });
}

/// A thread prepares something and removes; who learns of the stamp sees it prepared.
#[test]
fn g9_a_stamp_publishes_what_came_before() {
    Scenario::new("map: a stamp publishes what came before").check(|| {
        race(
            (new(1), AtomicU64::new(0)),
            |(map, prepared)| {
                // Relaxed: that the map orders it is what is tested.
                prepared.store(1, Ordering::Relaxed);
                assert!(applied(&map.remove(7, at(2, 1))));
            },
            |(map, prepared)| {
                let stamp = map.stamp(&7);
                if stamp.is_some() {
                    // Relaxed: as above.
                    assert_eq!(prepared.load(Ordering::Relaxed), 1, "the stamp came first");
                }
            },
        );
    });
}

type NosyMap = SequencedMap<NosyKey, Nosy, Lamport>;

/// A value, and a key, whose destructors use the map that they were in.
#[derive(Clone)]
struct Nosy(Weak<NosyMap>);

struct NosyKey(u32, Nosy);

impl PartialEq for NosyKey {
    fn eq(&self, other: &NosyKey) -> bool {
        self.0 == other.0
    }
}

impl Eq for NosyKey {}

impl std::hash::Hash for NosyKey {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.1.look();
        self.0.hash(state);
    }
}

impl PartialEq for Nosy {
    fn eq(&self, _: &Nosy) -> bool {
        self.look();
        true
    }
}

impl Nosy {
    fn look(&self) {
        if let Some(map) = self.0.upgrade() {
            map.len();
        }
    }
}

impl Drop for Nosy {
    fn drop(&mut self) {
        self.look();
    }
}

#[test]
fn g10_destructors_run_outside_the_lock() {
    Scenario::new("map: destructors run outside the lock").check(|| {
        let map = SequencedMap::builder(1, Floors::Keep).shards(1).build();
        let (map, _, _) = race(
            Arc::new(map.expect("nothing is zero")),
            |map| {
                let nosy = || Nosy(Arc::downgrade(map));
                applied(&map.offer(NosyKey(7, nosy()), at(1, 1), nosy()))
            },
            |map| applied(&map.remove(NosyKey(7, Nosy(Arc::downgrade(map))), at(1, 2))),
        );
        assert_eq!((map.len(), map.floors()), (0, 1));
    });
}

#[test]
fn g10_forgotten_keys_are_dropped_outside_the_lock() {
    Scenario::new("map: forgotten keys are dropped outside the lock").check(|| {
        let map = SequencedMap::builder(2, Floors::KeepFor(RETENTION)).shards(1).build();
        let map: Arc<NosyMap> = Arc::new(map.expect("nothing is zero"));
        let nosy = |map: &Arc<NosyMap>| Nosy(Arc::downgrade(map));
        let ask = move |map: &Arc<NosyMap>, number| map.stamp(&NosyKey(number, nosy(map)));
        assert!(applied(&map.remove(NosyKey(7, nosy(&map)), at(1, 1))));
        time::advance(RETENTION);
        let (map, first, second) = race(
            map,
            move |map| applied(&map.remove(NosyKey(8, nosy(map)), at(1, 1))),
            move |map| ask(map, 7),
        );
        assert_eq!((first, second), (true, None));
        time::advance(RETENTION);
        assert_eq!((ask(&map, 8), map.floors()), (None, 0));
    });
}
