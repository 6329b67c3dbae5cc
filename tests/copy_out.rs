//! The primitives beside the swap that is copied out with them: they compile with it, and work.

// A test uses less of a primitive than its page promises.
#![allow(dead_code, unused_imports)]

/// The primitives' files, in one module; their own parts stand in folders beside them.
#[path = "../src"]
mod copies {
    pub mod hash_index;
    pub mod hybrid_clock;
    pub mod idempotency_table;
    pub mod lamport_clock;
    pub mod offer;
    pub mod panics;
    pub mod queue;
    pub mod reorder_buffer;
    pub mod sequenced_map;
    pub mod sequenced_register;
    pub mod single_writer;
    pub mod stamp;
    #[path = "../copy-out/swap.rs"]
    pub mod swap;
    pub mod version;
    pub mod versioned_cell;
    pub mod versioned_words;
}

use std::num::NonZeroUsize;

use copies::hybrid_clock::HybridClock;
use copies::idempotency_table::{Claim, Fingerprint, IdempotencyTable, Outcome};
use copies::lamport_clock::LamportClock;
use copies::offer::Offer;
use copies::queue::{self, RecvTimeoutError, SendTimeoutError};
use copies::reorder_buffer::{Push, ReorderBuffer};
use copies::sequenced_map::{BuildError, Floors, SequencedMap};
use copies::sequenced_register::SequencedRegister;
use copies::single_writer::{CallError, Shutdown, SingleWriter};
use copies::stamp::{Hlc, Lamport, Seq};
use copies::swap::time::Duration;
use copies::version::{Retry, Version};
use copies::versioned_cell::VersionedCell;
use copies::versioned_words::VersionedWords;

#[test]
fn a_copy_exports_what_this_crate_does() {
    let root = include_str!("../src/lib.rs");
    for file in selvedge::copy_out::primitives().iter().flat_map(|primitive| primitive.files) {
        let module = file.name.trim_end_matches(".rs");
        let exports = match file.exports {
            "" => continue,
            many if many.contains(',') => format!("pub use {module}::{{{many}}};"),
            one => format!("pub use {module}::{one};"),
        };
        assert!(root.contains(&exports), "src/lib.rs: {exports}");
    }
}

#[test]
fn a_copied_hybrid_clock_works() {
    let clock = HybridClock::builder().node(1).source(|| 1_000).build().unwrap();
    assert_eq!(clock.tick(), Ok(Hlc { wall_ms: 1_000, logical: 0, node: 1 }));
    let remote = Hlc { wall_ms: 1_500, logical: 0, node: 2 };
    assert_eq!(clock.observe(remote), Ok(Hlc { logical: 1, node: 1, ..remote }));
    assert!(clock.observe(Hlc { wall_ms: 1_501, ..remote }).is_err());
}

#[test]
fn a_copied_lamport_clock_works() {
    let clock = LamportClock::new(1);
    assert_eq!(clock.tick(), Ok(Lamport { counter: 1, node: 1 }));
    assert_eq!(clock.observe(Lamport { counter: 7, node: 2 }).unwrap().counter, 8);
    assert_eq!(clock.latest().counter, 8);
}

#[test]
fn a_copied_queue_blocks_and_wakes_both_ends() {
    let (sender, mut receiver) = queue::bounded(NonZeroUsize::MIN.saturating_add(1));
    let instant = Duration::from_millis(1);
    assert_eq!(receiver.recv_timeout(instant), Err(RecvTimeoutError::Timeout));
    assert_eq!([0, 1].map(|value| sender.send_timeout(value, instant)), [Ok(()), Ok(())]);
    assert_eq!(sender.send_timeout(2, instant), Err(SendTimeoutError::Timeout(2)));
    std::thread::scope(|scope| {
        scope.spawn(move || (2..1_000).for_each(|value| sender.send(value).unwrap()));
        assert!(receiver.iter().eq(0..1_000));
    });
}

#[test]
fn a_copied_reorder_buffer_works() {
    let buffer = ReorderBuffer::new(1, NonZeroUsize::MIN.saturating_add(7));
    assert_eq!(buffer.push(2, 'b'), Push::Buffered);
    assert_eq!(buffer.push(1, 'a'), Push::Ready(2));
    let mut delivery = buffer.drain_ready();
    assert_eq!(delivery.next(), Some((1, 'a')));
    assert!(buffer.drain_ready_timeout(Duration::from_millis(1)).is_none());
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| buffer.drain_ready().collect::<Vec<_>>());
        drop(delivery);
        assert_eq!(waits.join().unwrap(), [(2, 'b')]);
    });
}

#[test]
fn a_copied_single_writer_answers_and_ends() {
    let builder = SingleWriter::builder().capacity(NonZeroUsize::MIN).name("sum");
    let add = |sum: &mut u64, by: u64| {
        *sum += by;
        *sum
    };
    let (handle, joiner, shown) = builder.spawn_published(0, add, |sum| *sum);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| (0..500).for_each(|_| assert!(handle.call(1).is_ok())));
        }
    });
    assert_eq!(*shown.load(), 1_000);
    let joiner = joiner.join_timeout(Duration::from_millis(1)).unwrap_err();
    assert_eq!(joiner.shutdown(Shutdown::Drain).unwrap(), 1_000);
    assert!(matches!(handle.call_timeout(7, Duration::MAX), Err(CallError::Closed(7))));
}

#[test]
fn a_copied_cell_works() {
    let cell = VersionedCell::new(String::from("a"));
    let seen = cell.load().version;
    cell.update(|value| format!("{value}b"));
    assert!(cell.compare_and_set(seen, String::from("c")).is_err());
    assert_eq!(*cell.reader().load().value, "ab");
    let retry = Retry::attempts(3).timeout(Duration::from_secs(60));
    assert!(cell.try_update(&retry, |value| Ok::<_, ()>(value.clone())).is_ok());
}

#[test]
fn a_copied_table_runs_an_effect_once_and_wakes_who_waits() {
    let table = IdempotencyTable::<String, u64>::builder().build().unwrap();
    let fingerprint = Fingerprint::of("pay");
    let Ok(Claim::Owned(run)) = table.begin("a", fingerprint) else { panic!("it is empty") };
    let Ok(Claim::InFlight(waiter)) = table.begin("a", fingerprint) else { panic!("it runs") };
    let Ok(Claim::InFlight(waiter)) = waiter.wait_for(Duration::from_millis(1)) else {
        panic!("it still runs")
    };
    std::thread::scope(|scope| {
        scope.spawn(move || match waiter.wait() {
            Ok(Claim::Replayed { value, .. }) => assert_eq!(*value, 7),
            other => panic!("{other:?}"),
        });
        run.complete(7).unwrap();
    });
    let again = table.execute("a", fingerprint, |_| Err(()));
    assert_eq!(again.map(Outcome::into_value), Ok(7));
}

#[test]
fn copied_words_work() {
    let words = VersionedWords::new([1, 2]);
    words.update(|&[a, b]| [a + 1, b + 1]);
    assert!(words.compare_and_set(Version::FIRST, [0, 0]).is_err());
    assert_eq!(words.load().value, [2, 3]);
}

#[test]
fn copied_words_do_not_lose_updates_of_real_threads() {
    let words = VersionedWords::new([0, 0]);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..10_000 {
                    words.update(|&[a, b]| [a + 1, b + 1]);
                }
            });
        }
    });
    assert_eq!(words.load().value, [20_000, 20_000]);
}

#[test]
fn a_copied_register_works() {
    let register = SequencedRegister::new();
    assert!(register.offer(Seq(2), String::from("b")).is_applied());
    let stale = register.offer(Seq(1), String::from("a"));
    assert_eq!(stale, Offer::Stale { rejected: String::from("a") });
    assert_eq!(register.stamp(), Some(Seq(2)));
}

#[test]
fn a_copied_map_works() {
    let map = SequencedMap::builder(2, Floors::KeepFor(Duration::from_secs(60))).build().unwrap();
    assert!(map.offer("a", Seq(1), 7).unwrap().is_applied());
    assert!(map.remove("a", Seq(2)).unwrap().is_applied());
    assert_eq!(map.offer("a", Seq(1), 7), Ok(Offer::Stale { rejected: ("a", 7) }));
    assert_eq!((map.load("a"), map.floors()), (None, 1));
    let none = SequencedMap::<u8, u8, Seq>::builder(0, Floors::Keep).build();
    assert_eq!(none.unwrap_err(), BuildError::NothingFits);
}
