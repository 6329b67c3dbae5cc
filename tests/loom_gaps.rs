//! What loom misses, and what makes it see it: through the swap, with exact sets of outcomes, in
//! the four combinations of the probe and the mapping of SeqCst accesses.
#![cfg(any(loom, shuttle, selvedge))]

use std::collections::BTreeSet;

use selvedge::scenario::{
    Coverage, Engine, LoomSearch, LoomSeqCst, Report, Scenario, ViolationKind,
};
use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU32, Ordering, fence};
use selvedge::thread;

const PROBES: [LoomSearch; 2] = [LoomSearch::Plain, LoomSearch::Probed];
const MAPPINGS: [LoomSeqCst; 2] = [LoomSeqCst::Native, LoomSeqCst::Fences];

fn explore<O>(
    name: &str,
    probe: LoomSearch,
    mapping: LoomSeqCst,
    f: impl Fn() -> O + Send + Sync + 'static,
) -> Report<O>
where
    O: Ord + std::fmt::Debug + Clone + Send + 'static,
{
    Scenario::new(format!("{name}, {probe:?}, {mapping:?}"))
        .engine(Engine::Loom)
        .loom_search(probe)
        .loom_seq_cst(mapping)
        .preemption_bound(None)
        .explore(f)
}

/// One thread loads x and stores to it, the other reads x twice.
fn writer_that_loads_first(
    order: [Ordering; 2],
) -> impl Fn() -> (u32, u32) + Send + Sync + 'static {
    move || {
        let x = Arc::new(AtomicU32::new(0));
        let writer = {
            let x = Arc::clone(&x);
            thread::spawn(move || {
                x.load(order[0]);
                x.store(1, order[1]);
            })
        };
        let seen = (x.load(order[0]), x.load(order[0]));
        writer.join().unwrap();
        seen
    }
}

/// tokio-rs/loom #166: one thread stores key, value, value, and loads and stores key; the other
/// loads value, then key.
fn issue_166(load: Ordering, store: Ordering) -> impl Fn() -> (u32, u32) + Send + Sync + 'static {
    move || {
        let key = Arc::new(AtomicU32::new(0));
        let value = Arc::new(AtomicU32::new(0));
        let reader = {
            let (key, value) = (Arc::clone(&key), Arc::clone(&value));
            thread::spawn(move || {
                let value = value.load(load);
                (value, key.load(load))
            })
        };
        key.store(1, store);
        value.store(1, store);
        value.store(0, store);
        key.load(load);
        key.store(2, store);
        reader.join().unwrap()
    }
}

/// Store buffering: two threads store to one location each, and load the other's.
fn store_buffering() -> (u32, u32) {
    let x = Arc::new(AtomicU32::new(0));
    let y = Arc::new(AtomicU32::new(0));
    let other = {
        let (x, y) = (Arc::clone(&x), Arc::clone(&y));
        thread::spawn(move || {
            y.store(1, Ordering::SeqCst);
            x.load(Ordering::SeqCst)
        })
    };
    x.store(1, Ordering::SeqCst);
    let seen = y.load(Ordering::SeqCst);
    (seen, other.join().unwrap())
}

/// All relaxed: the only order between the write and the read of the data would come through
/// read-modify-writes of `x`, and the program has none.
fn fences_without_an_edge() {
    let data = Arc::new(UnsafeCell::new(0));
    let [x, z, w] = [(); 3].map(|()| Arc::new(AtomicU32::new(0)));
    let first = {
        let (data, x, z) = (Arc::clone(&data), Arc::clone(&x), Arc::clone(&z));
        thread::spawn(move || {
            // SAFETY: none; this is the race that is to be found, on plain memory of the model.
            data.0.with_mut(|data| unsafe { *data = 1 });
            fence(Ordering::Release);
            x.load(Ordering::Relaxed);
            z.store(1, Ordering::Relaxed);
        })
    };
    let third = {
        let (z, w) = (Arc::clone(&z), Arc::clone(&w));
        thread::spawn(move || {
            if z.load(Ordering::Relaxed) == 1 {
                w.store(1, Ordering::Relaxed);
            }
        })
    };
    if w.load(Ordering::Relaxed) == 1 {
        x.load(Ordering::Relaxed);
        fence(Ordering::Acquire);
        // SAFETY: none, as above.
        data.0.with(|data| unsafe { *data });
    }
    first.join().unwrap();
    third.join().unwrap();
}

/// A cell that is shared without a promise, so that a model can find the race.
struct UnsafeCell(selvedge::cell::UnsafeCell<u32>);

impl UnsafeCell {
    fn new(value: u32) -> Self {
        UnsafeCell(selvedge::cell::UnsafeCell::new(value))
    }
}

// SAFETY: used inside of a model only, whose threads share one operating-system thread.
unsafe impl Sync for UnsafeCell {}

fn outcomes<O: Ord + Clone>(report: &Report<O>) -> BTreeSet<O> {
    report.outcomes.keys().cloned().collect()
}

#[test]
fn a_writer_that_loads_first_hides_the_reader_unless_probed() {
    let orders = [
        [Ordering::Relaxed, Ordering::Relaxed],
        [Ordering::Acquire, Ordering::Release],
        [Ordering::SeqCst, Ordering::SeqCst],
    ];
    let all = BTreeSet::from([(0, 0), (0, 1), (1, 1)]);
    for order in orders {
        for mapping in MAPPINGS {
            let plain = explore(
                "load, then store",
                LoomSearch::Plain,
                mapping,
                writer_that_loads_first(order),
            );
            assert_eq!(outcomes(&plain), BTreeSet::from([(0, 0)]), "{order:?}, {mapping:?}");
            let probed = explore(
                "load, then store",
                LoomSearch::Probed,
                mapping,
                writer_that_loads_first(order),
            );
            assert_eq!(outcomes(&probed), all, "{order:?}, {mapping:?}");
            let both = explore(
                "load, then store",
                LoomSearch::Both,
                mapping,
                writer_that_loads_first(order),
            );
            assert_eq!(outcomes(&both), all, "{order:?}, {mapping:?}");
            assert_eq!(both.coverage, Coverage::Complete, "{order:?}, {mapping:?}");
            assert_ne!(plain.coverage, Coverage::Complete, "{order:?}, {mapping:?}");
        }
    }
}

#[test]
fn the_program_of_issue_166_shows_all_outcomes_by_the_probe_or_the_mapping() {
    let under_sc = BTreeSet::from([(0, 0), (0, 1), (0, 2), (1, 1), (1, 2)]);
    let mut without_the_last = under_sc.clone();
    without_the_last.remove(&(1, 2));
    let mut relaxed = under_sc.clone();
    relaxed.insert((1, 0));
    for probe in PROBES {
        for mapping in MAPPINGS {
            let run =
                |load, store| outcomes(&explore("#166", probe, mapping, issue_166(load, store)));
            let name = format!("{probe:?}, {mapping:?}");
            assert_eq!(run(Ordering::Relaxed, Ordering::Relaxed), relaxed, "{name}");
            assert_eq!(run(Ordering::Acquire, Ordering::Release), under_sc, "{name}");
            let hole = probe == LoomSearch::Plain && mapping == LoomSeqCst::Native;
            let expected = if hole { &without_the_last } else { &under_sc };
            assert_eq!(run(Ordering::SeqCst, Ordering::SeqCst), *expected, "{name}");
        }
    }
}

#[test]
fn store_buffering_is_a_false_alarm_of_native_seq_cst_only() {
    let right = BTreeSet::from([(0, 1), (1, 0), (1, 1)]);
    let mut with_false_alarm = right.clone();
    with_false_alarm.insert((0, 0));
    for probe in PROBES {
        for mapping in MAPPINGS {
            let expected = if mapping == LoomSeqCst::Native { &with_false_alarm } else { &right };
            let seen = outcomes(&explore("store buffering", probe, mapping, store_buffering));
            assert_eq!(seen, *expected, "{probe:?}, {mapping:?}");
        }
    }
}

#[test]
fn a_race_of_code_with_fences_is_found_by_the_union_only() {
    for mapping in MAPPINGS {
        let run = |probe| {
            Scenario::new(format!("fences without an edge, {probe:?}, {mapping:?}"))
                .engine(Engine::Loom)
                .loom_search(probe)
                .loom_seq_cst(mapping)
                .try_check(fences_without_an_edge)
        };
        let plain = run(LoomSearch::Plain).unwrap_err();
        assert_eq!(plain.kind, ViolationKind::DataRace, "{plain}");
        run(LoomSearch::Probed).expect("the probe hides the race");
        let both = run(LoomSearch::Both).unwrap_err();
        assert_eq!(both.kind, ViolationKind::DataRace, "{both}");
    }
}
