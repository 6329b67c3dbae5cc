//! Who is the last owner of an `Arc` under the graph engine: every execution of it, as if it were
//! counted by hand, where that makes a difference; and nothing at all where it makes none.
#![cfg(any(loom, selvedge))]

#[path = "graph_arc/any_program.rs"]
mod any_program;
#[path = "graph_arc/by_hand.rs"]
mod by_hand;
#[path = "common/plain_memory.rs"]
mod plain_memory;
#[path = "graph_arc/questions.rs"]
mod questions;
#[path = "common/random.rs"]
mod random;
#[path = "surface/shared.rs"]
mod surface;
#[path = "graph_arc/weak.rs"]
mod weak;

use std::cell::Cell;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};

use by_hand::{ByHand, Shared};
use plain_memory::Shared as Plain;
use selvedge::scenario::{Coverage, Engine, GraphProbes, Report, Scenario};
use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU32, Ordering::*};
use selvedge::thread;

selvedge::quarantine!();

/// All executions, in several orders of threads, and with several workers.
fn explored<T: Debug + Ord + Clone + Send + 'static>(
    name: &str,
    program: impl Fn() -> T + Copy + Send + Sync + 'static,
) -> Report<T> {
    let explore = |workers, thread_order| {
        let probes = GraphProbes { thread_order, ..GraphProbes::default() };
        let scenario = Scenario::new(name).engine(Engine::Graph);
        let report = scenario.workers(workers).graph_probes(probes).explore(program);
        assert_eq!(report.coverage, Coverage::Complete, "{report}");
        assert_eq!(report.blocked, 0, "{report}");
        report
    };
    let report = explore(1, None);
    for (workers, order) in [(1, Some(1)), (1, Some(2)), (1, Some(3)), (2, None), (2, Some(4))] {
        let other = explore(workers, order);
        assert_eq!(other.executions, report.executions, "order {order:?}: {other}");
        assert_eq!(other.outcomes, report.outcomes, "order {order:?}: {other}");
    }
    report
}

/// A program that shares by `Arc` has the executions that it has if it counts by hand. Returns how
/// many, and its outcomes.
fn same<T: Debug + Ord + Clone + Send + 'static>(
    name: &str,
    by_arc: impl Fn() -> T + Copy + Send + Sync + 'static,
    by_hand: impl Fn() -> T + Copy + Send + Sync + 'static,
) -> (u64, Vec<T>) {
    let (by_arc, by_hand) = (explored(name, by_arc), explored(name, by_hand));
    assert_eq!(by_arc.outcomes, by_hand.outcomes, "{name}: {by_arc}{by_hand}");
    assert_eq!(by_arc.executions, by_hand.executions, "{name}");
    (by_arc.executions, by_arc.outcomes.into_keys().collect())
}

/// Stores 1 when it is dropped.
struct Stores(Arc<AtomicU32>);

impl Drop for Stores {
    fn drop(&mut self) {
        self.0.store(1, Release);
    }
}

fn words<const N: usize>() -> [Arc<AtomicU32>; N] {
    std::array::from_fn(|_| Arc::new(AtomicU32::new(0)))
}

/// One owner looks at a word before it leaves, which is written after the object's end was seen.
fn a_look_before_the_end<S: Shared<Stores>>() -> (u32, u32) {
    let [ended, seen] = words();
    let first = S::share(Stores(ended.clone()));
    let second = first.clone();
    let looks = thread::spawn({
        let seen = seen.clone();
        move || {
            let looked = seen.load(Acquire);
            drop(first);
            looked
        }
    });
    let leaves = thread::spawn(move || drop(second));
    let watches = thread::spawn(move || {
        let end = ended.load(Acquire);
        if end == 1 {
            seen.store(1, Release);
        }
        end
    });
    leaves.join().unwrap();
    (looks.join().unwrap(), watches.join().unwrap())
}

#[test]
fn an_end_that_no_owner_can_have_seen_before_it_left_is_no_deadlock() {
    let (executions, outcomes) = same(
        "a look before the end",
        a_look_before_the_end::<Arc<Stores>>,
        a_look_before_the_end::<ByHand<Stores>>,
    );
    // Either of two owners is the last, and the end is seen or not. Nobody sees it and leaves.
    assert_eq!((executions, outcomes), (4, vec![(0, 0), (0, 1)]));
}

selvedge::thread_local! {
    static NAME: Cell<u32> = const { Cell::new(0) };
}

/// Notes which thread drops it, and how often.
struct Tells(Arc<AtomicU32>);

impl Drop for Tells {
    fn drop(&mut self) {
        self.0.fetch_add(NAME.get(), Relaxed);
    }
}

/// Threads with names of 1, 10 and so on that do something each with a share.
fn together<S: Shared<Tells>, const N: usize>(act: fn(S)) -> u32 {
    let [told] = words();
    let shared = S::share(Tells(told.clone()));
    let shares: [S; N] = std::array::from_fn(|_| shared.clone());
    let mut name = 1;
    let threads = shares.map(|share| {
        let mine = name;
        name *= 10;
        thread::spawn(move || {
            NAME.set(mine);
            act(share);
        })
    });
    drop(shared);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    told.load(Relaxed)
}

#[test]
fn each_owner_may_be_the_last() {
    let (executions, outcomes) =
        same("two owners", || together::<Arc<_>, 2>(drop), || together::<ByHand<_>, 2>(drop));
    // The closure's own share may be the last one, too.
    assert_eq!((executions, outcomes), (6, vec![0, 1, 10]));
    let (executions, outcomes) = same(
        "two owners and a passing one",
        || together::<Arc<_>, 2>(|share| drop((share.clone(), share))),
        || together::<ByHand<_>, 2>(|share| drop((share.clone(), share))),
    );
    // One operation, and three of each thread: 7! / (3! * 3!).
    assert_eq!((executions, outcomes), (140, vec![0, 1, 10]));
}

#[test]
fn what_owners_did_happens_before_the_end() {
    /// Reads plain memory when it is dropped.
    struct Reads(Plain);
    impl Drop for Reads {
        fn drop(&mut self) {
            self.0.read();
        }
    }
    let report = explored("plain memory", || {
        let reads = Arc::new(Reads(Plain::new(0)));
        let other = Arc::clone(&reads);
        let thread = thread::spawn(move || {
            other.0.write(1);
            drop(other);
        });
        drop(reads);
        thread.join().unwrap();
    });
    assert_eq!(report.executions, 2, "{report}");
    // A relaxed flag tells that the other owner has left, and orders nothing by itself.
    let report = explored("plain memory, and a flag", || {
        let [left] = words();
        let reads = Arc::new(Reads(Plain::new(0)));
        let other = Arc::clone(&reads);
        let flag = left.clone();
        let thread = thread::spawn(move || {
            other.0.write(1);
            drop(other);
            flag.store(1, Relaxed);
        });
        let seen = left.load(Relaxed);
        drop(reads);
        thread.join().unwrap();
        seen
    });
    // Who has seen the flag is the last.
    assert_eq!(Vec::from_iter(report.outcomes), [(0, 2), (1, 1)]);
}

#[test]
fn an_end_without_operations_adds_nothing() {
    /// Two threads load a word, and store one more.
    fn adding<S: Shared<AtomicU32>>() -> u32 {
        let word = S::share(AtomicU32::new(0));
        let threads = [1, 2].map(|_| {
            let word = word.clone();
            thread::spawn(move || {
                let read = word.load(Acquire);
                word.store(read + 1, Release);
            })
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        // Only one owner is left, and all others were seen to leave.
        assert_eq!(word.owners(), 1);
        word.try_unwrap().unwrap().into_inner()
    }
    let report = explored("a counter", adding::<Arc<_>>);
    assert_eq!(Vec::from_iter(report.outcomes), [(1, 2), (2, 2)]);
    // Counted by hand: in either order of four operations, two of each thread; and more.
    assert!(explored("a counter by hand", adding::<ByHand<_>>).executions > 4);
    // An object that ends with its last owner, whoever that is.
    let report = explored("boxes", || {
        let boxes = Arc::new(Box::new(AtomicU32::new(0)));
        let threads = [1, 2].map(|_| {
            let boxes = Arc::clone(&boxes);
            thread::spawn(move || drop(boxes))
        });
        drop(boxes);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    assert_eq!(report.executions, 1, "{report}");
}

#[test]
fn a_share_inside_of_another_one_is_dropped_by_whoever_is_last() {
    /// Two threads share what has a share of `Tells`. A third one waits for the first of them, and
    /// has a share of its own.
    fn nested<O: Shared<I>, I: Shared<Tells>>() -> u32 {
        let [told] = words();
        let inner = I::share(Tells(told.clone()));
        let outer = O::share(inner.clone());
        let other = outer.clone();
        // It runs before the first one, if there is a choice.
        let second = thread::spawn(move || {
            NAME.set(10);
            drop(other);
        });
        let first = thread::spawn(move || {
            NAME.set(1);
            drop(outer);
        });
        let third = thread::spawn(move || {
            NAME.set(100);
            first.join().unwrap();
            drop(inner);
        });
        second.join().unwrap();
        third.join().unwrap();
        told.load(Relaxed)
    }
    let (_, outcomes) =
        same("nested", nested::<Arc<Arc<_>>, Arc<_>>, nested::<ByHand<ByHand<_>>, ByHand<_>>);
    assert_eq!(outcomes, [10, 100]);
}

#[test]
fn the_last_owner_may_leave_by_a_panic() {
    fn panics<S: Shared<Tells>>() -> (u32, bool) {
        let [told] = words();
        let share = S::share(Tells(told.clone()));
        let other = share.clone();
        let panics = thread::spawn(move || {
            NAME.set(1);
            let _other = other;
            panic!("on purpose");
        });
        let leaves = thread::spawn(move || {
            NAME.set(10);
            drop(share);
        });
        leaves.join().unwrap();
        let panicked = panics.join().is_err();
        (told.load(Relaxed), panicked)
    }
    let (executions, outcomes) = same("a panic", panics::<Arc<_>>, panics::<ByHand<_>>);
    assert_eq!((executions, outcomes), (2, vec![(1, true), (10, true)]));
}

#[test]
fn a_panic_of_a_destructor_is_the_last_owners() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("on purpose");
        }
    }
    fn panics<S: Shared<Panics>>() -> [bool; 2] {
        let share = S::share(Panics);
        let other = share.clone();
        let threads = [share, other].map(|share| {
            thread::spawn(move || catch_unwind(AssertUnwindSafe(|| drop(share))).is_err())
        });
        threads.map(|thread| thread.join().unwrap())
    }
    let (executions, outcomes) = same("panics", panics::<Arc<_>>, panics::<ByHand<_>>);
    assert_eq!((executions, outcomes), (2, vec![[false, true], [true, false]]));
}

#[test]
fn shares_behind_pointers_are_counted_too() {
    fn behind_pointers(drop_raw: bool) -> u32 {
        let [told] = words();
        let share = Arc::new(Tells(told.clone()));
        let pointer = Arc::into_raw(share.clone());
        // SAFETY: the share is the pointer's.
        unsafe { Arc::increment_strong_count(pointer) };
        let address = pointer.expose_provenance();
        let first = thread::spawn(move || {
            NAME.set(1);
            let pointer = std::ptr::with_exposed_provenance::<Tells>(address);
            // SAFETY: it has two shares, which end here.
            unsafe {
                if drop_raw {
                    Arc::decrement_strong_count(pointer);
                } else {
                    drop(Arc::from_raw(pointer));
                }
                drop(Arc::from_raw(pointer));
            }
        });
        NAME.set(10);
        drop(share);
        first.join().unwrap();
        told.load(Relaxed)
    }
    for drop_raw in [false, true] {
        let report = explored("behind pointers", move || behind_pointers(drop_raw));
        assert_eq!(Vec::from_iter(report.outcomes), [(1, 2), (10, 1)]);
    }
}

#[test]
fn what_is_shared_from_outside_only_counts() {
    let outside = Arc::new(7);
    let program = {
        let outside = Arc::clone(&outside);
        move || {
            let inside = Arc::clone(&outside);
            let thread = thread::spawn(move || *inside);
            let inside = Arc::clone(&outside);
            *inside + thread.join().unwrap()
        }
    };
    let report = Scenario::new("from outside").engine(Engine::Graph).workers(1).explore(program);
    assert_eq!(Vec::from_iter(report.outcomes), [(14, 1)]);
    assert_eq!(Arc::into_inner(outside), Some(7));
}

#[test]
fn everything_is_counted_while_there_are_other_threads() {
    let parts: [fn(); 10] = [
        surface::owners_alone,
        surface::owners_that_change_the_value,
        surface::references_alone,
        surface::owners_of_what_has_no_size,
        surface::owners_of_what_they_are_made_of,
        surface::owners_stand_for_the_value,
        surface::owners_behind_pointers,
        surface::owners_of_what_is_not_initialized,
        surface::owners_shared,
        surface::owners_who_compete_for_the_value,
    ];
    for part in parts {
        explored("in two threads", move || {
            let beside = thread::spawn(part);
            part();
            beside.join().unwrap();
        });
    }
}
