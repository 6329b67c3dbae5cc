//! `SequencedMap` against a model, with keys and values that misbehave and a clock of its own.

#[path = "common/stamps.rs"]
mod stamps;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::sync::{OnceLock, atomic::AtomicU64, atomic::Ordering};

use proptest::prelude::*;
use selvedge::sequenced_map::{FullError, MapOffer};
use selvedge::sync::{Arc, Weak};
use selvedge::time::{Duration, Instant};
use selvedge::{ClockStamp, Floors, Lamport, Offer, Seq, SequencedMap, Stamp};
use stamps::{hlc, lamport, seq};

const KEYS: u8 = 6;

/// Which code of the caller's panics next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fuse {
    Hash,
    Eq,
    Compare,
    Drop,
}

/// What all keys and values of a test share: the fuse that is armed, and how many are alive.
#[derive(Default)]
struct Bench {
    armed: Cell<Option<Fuse>>,
    alive: Cell<usize>,
}

impl Bench {
    fn burn(&self, fuse: Fuse) {
        if self.armed.get() == Some(fuse) {
            self.armed.set(None);
            resume_unwind(Box::new("the caller's panic"));
        }
    }
}

/// A key or a value.
struct Thing(u8, Rc<Bench>);

impl Thing {
    fn new(number: u8, bench: &Rc<Bench>) -> Self {
        bench.alive.set(bench.alive.get() + 1);
        Thing(number, Rc::clone(bench))
    }
}

impl Drop for Thing {
    fn drop(&mut self) {
        self.1.alive.set(self.1.alive.get() - 1);
        self.1.burn(Fuse::Drop);
    }
}

impl Debug for Thing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[derive(Debug)]
struct Key(Thing);

/// All keys have one of two hashes.
impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.1.burn(Fuse::Hash);
        (self.0.0 % 2).hash(state);
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        self.0.1.burn(Fuse::Eq);
        self.0.0 == other.0.0
    }
}

impl Eq for Key {}

#[derive(Debug)]
struct Value(Thing);

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        self.0.1.burn(Fuse::Compare);
        self.0.0 == other.0.0
    }
}

#[derive(Clone, Debug)]
enum Step<S> {
    Offer(u8, S, u8, Option<Fuse>),
    Remove(u8, S, Option<Fuse>),
    Forget(S),
    /// In units, of which floors are kept for three, if they end at all.
    Advance(u64),
    Purge,
}

fn steps<S: Stamp + Debug>(
    stamp: impl Strategy<Value = S> + Clone,
) -> impl Strategy<Value = Vec<Step<S>>> {
    let fuse = || {
        let fuses = [Fuse::Hash, Fuse::Eq, Fuse::Compare];
        prop_oneof![4 => Just(None), 1 => prop::sample::select(fuses.to_vec()).prop_map(Some)]
    };
    let step = prop_oneof![
        6 => (0..KEYS, stamp.clone(), 0..3_u8, fuse())
            .prop_map(|(key, stamp, value, fuse)| Step::Offer(key, stamp, value, fuse)),
        4 => (0..KEYS, stamp.clone(), fuse())
            .prop_map(|(key, stamp, fuse)| Step::Remove(key, stamp, fuse)),
        1 => stamp.prop_map(Step::Forget),
        2 => (1..4_u64).prop_map(Step::Advance),
        1 => Just(Step::Purge),
    ];
    prop::collection::vec(step, 1..32)
}

/// What became of an event, without what was given back.
#[derive(Debug, PartialEq)]
enum Told<S> {
    Applied(Option<(Option<u8>, S)>),
    Stale,
    Duplicate,
    Conflict(Option<u8>, S),
    Full,
}

fn told<R, S: Stamp>(answer: MapOffer<R, Value, S>, given_back: impl Fn(R)) -> Told<S> {
    let number = |value: Option<Arc<Value>>| value.map(|value| value.0.0);
    match answer {
        Ok(Offer::Applied { replaced }) => {
            Told::Applied(replaced.map(|replaced| (number(replaced.value), replaced.stamp)))
        }
        Ok(Offer::Stale { rejected }) => (given_back(rejected), Told::Stale).1,
        Ok(Offer::Duplicate { rejected }) => (given_back(rejected), Told::Duplicate).1,
        Ok(Offer::Conflict { current, rejected }) => {
            given_back(rejected);
            Told::Conflict(number(current.value), current.stamp)
        }
        Err(FullError { rejected, .. }) => (given_back(rejected), Told::Full).1,
    }
}

struct Model<S> {
    /// Value or floor, stamp, and when it became so.
    known: BTreeMap<u8, (Option<u8>, S, u64)>,
    watermark: Option<S>,
    max_entries: usize,
    retention: Option<u64>,
    now: u64,
}

impl<S: Stamp> Model<S> {
    fn expire(&mut self) -> usize {
        let before = self.known.len();
        if let Some(retention) = self.retention {
            self.known.retain(|_, (value, _, at)| value.is_some() || self.now - *at < retention);
        }
        before - self.known.len()
    }

    fn apply(&mut self, key: u8, stamp: S, value: Option<u8>) -> Told<S> {
        let below = self.watermark.is_some_and(|watermark| stamp < watermark);
        let before = self.known.get(&key).copied();
        match before {
            None if below => return Told::Stale,
            None if self.known.len() == self.max_entries => return Told::Full,
            Some((_, current, _)) if stamp < current => return Told::Stale,
            Some((same, current, _)) if (same, current) == (value, stamp) => {
                return Told::Duplicate;
            }
            Some((other, current, _)) if stamp == current => return Told::Conflict(other, current),
            _ => {}
        }
        self.known.insert(key, (value, stamp, self.now));
        if below && value.is_none() {
            self.known.remove(&key);
        }
        Told::Applied(before.map(|(value, stamp, _)| (value, stamp)))
    }

    fn forget(&mut self, below: S) -> usize {
        if self.watermark >= Some(below) {
            return 0;
        }
        self.watermark = Some(below);
        let before = self.known.len();
        self.known.retain(|_, (value, stamp, _)| value.is_some() || *stamp >= below);
        before - self.known.len()
    }
}

type Map<S> = SequencedMap<Key, Value, S>;

fn agrees_with_the_model<S: Stamp + Debug>(
    steps: &[Step<S>],
    shape: (usize, usize, bool),
    forget_below: Option<fn(&Map<S>, S) -> usize>,
) {
    const UNIT: Duration = Duration::from_secs(1);
    let (max_entries, shards, ends) = shape;
    let bench = Rc::new(Bench::default());
    let clock = Arc::new(AtomicU64::new(0));
    let floors = if ends { Floors::KeepFor(3 * UNIT) } else { Floors::Keep };
    let builder = SequencedMap::builder(max_entries, floors).shards(shards);
    let begin = Instant::now();
    let read = Arc::clone(&clock);
    // Relaxed: one thread.
    let builder = builder.clock(move || begin + UNIT * read.load(Ordering::Relaxed) as u32);
    let map: Map<S> = builder.build().unwrap();
    let retention = ends.then_some(3);
    let mut model =
        Model { known: BTreeMap::new(), watermark: None, max_entries, retention, now: 0 };
    let key = |number| Key(Thing::new(number, &bench));
    for step in steps {
        match *step {
            Step::Offer(number, stamp, value, fuse) => {
                model.expire();
                let (key, value_) = (key(number), Value(Thing::new(value, &bench)));
                bench.armed.set(fuse);
                let offer = AssertUnwindSafe(|| map.offer(key, stamp, value_));
                let answer = catch_unwind(offer);
                bench.armed.set(None);
                assert!(answer.is_ok() || fuse.is_some());
                if let Ok(answer) = answer {
                    let given_back = |(key, back): (Key, Value)| {
                        assert_eq!((key.0.0, back.0.0), (number, value));
                    };
                    assert_eq!(told(answer, given_back), model.apply(number, stamp, Some(value)));
                }
            }
            Step::Remove(number, stamp, fuse) => {
                model.expire();
                let key = key(number);
                bench.armed.set(fuse);
                let answer = catch_unwind(AssertUnwindSafe(|| map.remove(key, stamp)));
                bench.armed.set(None);
                assert!(answer.is_ok() || fuse.is_some());
                if let Ok(answer) = answer {
                    let given_back = |key: Key| assert_eq!(key.0.0, number);
                    assert_eq!(told(answer, given_back), model.apply(number, stamp, None));
                }
            }
            Step::Forget(stamp) => {
                assert_eq!(map.purge(), model.expire());
                if let Some(forget_below) = forget_below {
                    assert_eq!(forget_below(&map, stamp), model.forget(stamp));
                }
            }
            Step::Advance(units) => {
                model.now += units;
                // Relaxed: one thread.
                clock.store(model.now, Ordering::Relaxed);
                // The next step meets floors whose time is over.
                continue;
            }
            Step::Purge => assert_eq!(map.purge(), model.expire()),
        }
        shows(&map, &model, &bench);
    }
    drop(map);
    assert_eq!(bench.alive.get(), 0);
}

/// Compares everything that can be seen.
fn shows<S: Stamp + Debug>(map: &Map<S>, model: &Model<S>, bench: &Rc<Bench>) {
    for number in 0..KEYS {
        let key = Key(Thing::new(number, bench));
        let known = model.known.get(&number);
        let loaded = map.load(&key).map(|seen| (seen.value.0.0, seen.stamp));
        assert_eq!(loaded, known.and_then(|&(value, stamp, _)| Some((value?, stamp))));
        assert_eq!(map.stamp(&key), known.map(|known| known.1));
    }
    let values = model.known.values().filter(|known| known.0.is_some()).count();
    let floors = model.known.len() - values;
    assert_eq!((map.len(), map.floors(), map.is_empty()), (values, floors, values == 0));
    assert_eq!(bench.alive.get(), model.known.len() + values, "alive");
    let printed = format!("{map:?}");
    assert!(printed.contains(&format!("len: {values}, ")), "{printed}");
}

fn shape() -> impl Strategy<Value = (usize, usize, bool)> {
    (1..5_usize, 1..4_usize, any::<bool>())
}

fn forget<S: ClockStamp>(map: &Map<S>, stamp: S) -> usize {
    map.forget_below(stamp)
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: 4_000,
        ..ProptestConfig::default()
    })]

    #[test]
    fn agrees_with_the_model_by_sequence(steps in steps(seq()), shape in shape()) {
        agrees_with_the_model(&steps, shape, None);
    }

    #[test]
    fn agrees_with_the_model_by_lamport_clock(steps in steps(lamport()), shape in shape()) {
        agrees_with_the_model(&steps, shape, Some(forget));
    }

    #[test]
    fn agrees_with_the_model_by_hybrid_clock(steps in steps(hlc()), shape in shape()) {
        agrees_with_the_model(&steps, shape, Some(forget));
    }
}

#[test]
fn g10_a_panic_in_a_destructor_leaves_the_map_usable() {
    let bench = Rc::new(Bench::default());
    let map: Map<Lamport> = SequencedMap::builder(2, Floors::Keep).shards(1).build().unwrap();
    let at = |counter| Lamport { counter, node: 0 };
    let offer = |number, stamp| {
        let (key, value) = (Key(Thing::new(number, &bench)), Value(Thing::new(number, &bench)));
        map.offer(key, stamp, value)
    };
    let explodes = |f: &dyn Fn()| {
        bench.armed.set(Some(Fuse::Drop));
        let panic = catch_unwind(AssertUnwindSafe(f)).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"the caller's panic"));
    };
    offer(1, at(1)).unwrap().is_applied();
    explodes(&|| drop(offer(1, at(2))));
    assert_eq!(map.stamp(&Key(Thing::new(1, &bench))), Some(at(2)), "the change is done");
    explodes(&|| drop(offer(1, at(1))));
    explodes(&|| {
        drop(map.remove(Key(Thing::new(2, &bench)), at(1)).map(|_| map.forget_below(at(2))))
    });
    assert_eq!((map.len(), map.floors()), (1, 0));
    assert!(offer(3, at(3)).unwrap().is_applied(), "the room is free again");
    assert!(offer(4, at(3)).is_err());
}

/// A clock, keys and values that use the map they belong to.
#[test]
fn g10_user_code_may_use_the_map() {
    #[derive(Debug, Default)]
    struct Curious(OnceLock<Weak<SequencedMap<CuriousKey, u8, Seq>>>, AtomicU64);
    impl Curious {
        fn look(&self) {
            if let Some(map) = self.0.get().and_then(Weak::upgrade) {
                // Relaxed: one thread.
                self.1.fetch_add(1, Ordering::Relaxed);
                map.len();
            }
        }
    }
    #[derive(Debug)]
    struct CuriousKey(Arc<Curious>);
    impl Hash for CuriousKey {
        fn hash<H: Hasher>(&self, _: &mut H) {
            self.0.look();
        }
    }
    impl PartialEq for CuriousKey {
        fn eq(&self, _: &CuriousKey) -> bool {
            true
        }
    }
    impl Eq for CuriousKey {}
    impl Drop for CuriousKey {
        fn drop(&mut self) {
            self.0.look();
        }
    }
    let curious = Arc::new(Curious::default());
    let clock = {
        let curious = Arc::clone(&curious);
        move || {
            curious.look();
            Instant::now()
        }
    };
    let floors = Floors::KeepFor(Duration::from_secs(60));
    let map = Arc::new(SequencedMap::builder(1, floors).clock(clock).build().unwrap());
    curious.0.set(Arc::downgrade(&map)).unwrap();
    let key = || CuriousKey(Arc::clone(&curious));
    assert!(map.offer(key(), Seq(1), 7).unwrap().is_applied());
    assert!(map.offer(key(), Seq(2), 7).unwrap().is_applied());
    assert!(map.remove(key(), Seq(3)).unwrap().is_applied());
    // Relaxed: one thread.
    assert_eq!(curious.1.load(Ordering::Relaxed), 3 + 3 + 2, "clock, hash, drop of a spare key");
}
