//! A copied `SequencedMap` between two real threads.

use copied::shared::sequenced_map::{Floors, SequencedMap};
use copied::shared::stamp::Lamport;

const EVENTS: u64 = 10_000;
const KEYS: u64 = 8;

#[test]
fn two_threads_leave_the_newest_event_of_each_key() {
    let map = SequencedMap::builder(KEYS as usize, Floors::Keep).shards(2).build().unwrap();
    std::thread::scope(|scope| {
        for node in 0..2 {
            let map = &map;
            scope.spawn(move || {
                for counter in 0..EVENTS {
                    let (key, stamp) = (counter % KEYS, Lamport { counter, node });
                    let removed = counter % 3 == 0;
                    if removed {
                        let _ = map.remove(key, stamp).unwrap();
                    } else {
                        let _ = map.offer(key, stamp, [counter, node]).unwrap();
                    }
                    assert!(map.stamp(&key) >= Some(stamp));
                }
            });
        }
    });
    for counter in EVENTS - KEYS..EVENTS {
        let stamp = Lamport { counter, node: 1 };
        let key = counter % KEYS;
        assert_eq!(map.stamp(&key), Some(stamp));
        let value = map.load(&key).map(|shown| *shown.value);
        assert_eq!(value, (counter % 3 != 0).then_some([counter, 1]));
    }
    assert_eq!(map.len() + map.floors(), KEYS as usize);
    let forgotten = map.floors();
    assert_eq!(map.forget_below(Lamport { counter: EVENTS, node: 0 }), forgotten);
}
