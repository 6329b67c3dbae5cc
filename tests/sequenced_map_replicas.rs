//! Replicas of a `SequencedMap`, and what a map is built from.

#[path = "common/deliveries.rs"]
mod deliveries;
#[path = "common/stamps.rs"]
mod stamps;

use std::fmt::Debug;

use deliveries::deliveries;
use proptest::prelude::*;
use selvedge::sequenced_map::{BuildError, FullError};
use selvedge::sync::Arc;
use selvedge::time::Duration;
use selvedge::{Floors, Offer, Seq, SequencedMap, Stamp, Stamped, thread};
use stamps::{hlc, lamport, seq};

/// The event that belongs to a stamp: an offer of a value or, for every third one, a removal.
fn deliver<S: Stamp + Debug>(map: &SequencedMap<u8, String, S>, key: u8, stamp: S) {
    match of(stamp) {
        Some(value) => drop(map.offer(key, stamp, value).unwrap()),
        None => drop(map.remove(key, stamp).unwrap()),
    }
    assert!(map.stamp(&key) >= Some(stamp));
}

fn of<S: Stamp + Debug>(stamp: S) -> Option<String> {
    (stamp.prefix() % 3 != 0).then(|| format!("{stamp:?}"))
}

/// Two replicas receive the same events, one from one thread and one from two.
fn replicas_agree<S: Stamp + Debug>(received: [Vec<(u8, S)>; 2], split: usize) {
    let [one, other] = received;
    let new = || SequencedMap::builder(4, Floors::Keep).shards(3).build().unwrap();
    let [single, threaded] = [new(), new()];
    for &(key, stamp) in &one {
        deliver(&single, key, stamp);
    }
    let (left, right) = other.split_at(split % other.len());
    thread::scope(|scope| {
        for part in [left, right] {
            let threaded = &threaded;
            scope
                .spawn(move || part.iter().for_each(|&(key, stamp)| deliver(threaded, key, stamp)));
        }
    });
    for key in 0..4 {
        let greatest = one.iter().filter(|event| event.0 == key).map(|event| event.1).max();
        let value = greatest.and_then(|stamp| Some(Stamped { value: Arc::new(of(stamp)?), stamp }));
        for map in [&single, &threaded] {
            assert_eq!((map.load(&key), map.stamp(&key)), (value.clone(), greatest));
        }
    }
    assert_eq!((single.len(), single.floors()), (threaded.len(), threaded.floors()));
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: 1_000,
        ..ProptestConfig::default()
    })]

    #[test]
    fn g3_replicas_converge_by_sequence(
        received in deliveries((0..4_u8, seq())), split: usize,
    ) {
        replicas_agree(received, split);
    }

    #[test]
    fn g3_replicas_converge_by_lamport_clock(
        received in deliveries((0..4_u8, lamport())), split: usize,
    ) {
        replicas_agree(received, split);
    }

    #[test]
    fn g3_replicas_converge_by_hybrid_clock(
        received in deliveries((0..4_u8, hlc())), split: usize,
    ) {
        replicas_agree(received, split);
    }
}

#[test]
fn a_zero_is_refused() {
    let build = |max_entries, floors, shards| {
        let builder = SequencedMap::<u8, u8, Seq>::builder(max_entries, floors).shards(shards);
        builder.build().map(|_| ()).unwrap_err()
    };
    let none = build(0, Floors::Keep, 1);
    assert_eq!(none, BuildError::NothingFits);
    assert_eq!(none.to_string(), "a sequenced map needs room for at least one entry");
    assert_eq!(build(1, Floors::Keep, 0), BuildError::NoShards);
    assert_eq!(build(1, Floors::KeepFor(Duration::ZERO), 1), BuildError::ForgetsAtOnce);
    let full = FullError { rejected: 7, max_entries: 3 };
    assert_eq!(full.to_string(), "sequenced map full: 3 values and floors");
}

#[test]
fn a_floor_may_be_kept_for_longer_than_time_lasts() {
    let map = SequencedMap::builder(1, Floors::KeepFor(Duration::MAX)).build().unwrap();
    assert!(map.remove("a", Seq(u64::MAX)).unwrap().is_applied());
    assert_eq!(map.offer("a", Seq(0), 7).unwrap(), Offer::Stale { rejected: ("a", 7) });
}

#[test]
fn maps_are_shared_by_threads_and_survive_panics() {
    fn shared<T: Send + Sync + std::panic::UnwindSafe + std::panic::RefUnwindSafe>() {}
    shared::<SequencedMap<String, String, Seq>>();
}
