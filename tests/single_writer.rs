//! The guarantees of `SingleWriter` as scenarios, and its naive twin, which breaks them: what
//! commands do, and what their callers learn. The modules beside it have panics and ends.

#[path = "single_writer/common.rs"]
mod common;
#[path = "single_writer/ends.rs"]
mod ends;
#[path = "single_writer/own_thread.rs"]
mod own_thread;
#[path = "single_writer/panics.rs"]
mod panics;

use common::{Command, add, builder, size};
use selvedge::naive::{self, Serial};
use selvedge::scenario::Scenario;
use selvedge::single_writer::{CallError, CastError, Handle, Joiner, Shutdown};
use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU64, Ordering};
use selvedge::thread;
use selvedge::time::{Duration, advance};

/// The guarded form.
type WriterOf<S, C> = (Handle<C, S>, Joiner<S>);
type Writer = WriterOf<u64, u64>;
type NaiveWriter<S> = naive::SingleWriter<S, u64, S>;

/// A scenario of the writer and one caller, who rarely interrupt each other: they sleep and wake,
/// and the queue between them has many operations, too many for a search without a bound.
fn two_threads(name: &str) -> Scenario {
    Scenario::new(name).preemption_bound(2)
}

/// As [`two_threads`], with a second caller.
fn three_threads(name: &str) -> Scenario {
    Scenario::new(name).preemption_bound(1)
}

/// Executions of a scenario that has many more than these, in an ordinary run. All of them take the
/// graph engine a minute at most: `SELVEDGE_MAX_EXECUTIONS=10000000` has them.
const SOME: u64 = 50_000;

/// A moment, in which nothing else happens.
const MOMENT: Duration = Duration::from_micros(1);

/// Two commands are under way at the same time: each changes what the other one left.
fn no_change_is_lost<W: Serial<u64, u64, u64>>() {
    let writer = W::new(size(2), 0, |sum, by| {
        *sum += by;
        *sum
    });
    let replies = [writer.send(1), writer.send(2)];
    let [first, second] = replies.map(|reply| reply());
    assert_eq!(first.max(second), 3, "neither saw the other's change");
    assert_eq!(writer.end(), 3, "a change was lost");
}

#[test]
fn g1_no_change_is_lost() {
    two_threads("writer: no change is lost").check(no_change_is_lost::<Writer>);
}

#[test]
fn naive_writer_loses_a_change() {
    two_threads("naive writer: a change is lost").refute(no_change_is_lost::<NaiveWriter<u64>>);
}

#[test]
fn g1_changes_of_two_callers_follow_each_other() {
    three_threads("writer: changes of two callers follow each other").check(|| {
        let (handle, joiner) = builder(1, 1).spawn(0, add);
        let other = handle.clone();
        let other = thread::spawn(move || other.call(Command::Add(2)).unwrap());
        let mine = handle.call(Command::Add(1)).unwrap();
        let other = other.join().unwrap();
        assert!(matches!((mine, other), (1, 3) | (3, 2)), "{mine} and {other}");
        assert_eq!(joiner.shutdown(Shutdown::Drain).unwrap(), 3);
    });
}

/// One caller sends two commands.
fn commands_run_in_the_order_of_sending<W: Serial<Vec<u64>, u64, Vec<u64>>>() {
    let writer = W::new(size(2), Vec::new(), |log, entry| {
        log.push(entry);
        log.clone()
    });
    let replies = [writer.send(1), writer.send(2)];
    assert_eq!(replies.map(|reply| reply()), [vec![1], vec![1, 2]]);
    assert_eq!(writer.end(), [1, 2]);
}

#[test]
fn g2_commands_run_in_the_order_of_sending() {
    two_threads("writer: commands run in the order of sending")
        .check(commands_run_in_the_order_of_sending::<WriterOf<Vec<u64>, u64>>);
}

#[test]
fn naive_writer_runs_commands_in_another_order() {
    two_threads("naive writer: commands run in another order")
        .refute(commands_run_in_the_order_of_sending::<NaiveWriter<Vec<u64>>>);
}

#[test]
fn g3_a_reply_finds_its_view() {
    two_threads("writer: a reply finds its view").check(|| {
        let effects = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&effects);
        let handler = move |sum: &mut u64, command| {
            // Relaxed: that the reply orders it is what is tested.
            counted.fetch_add(1, Ordering::Relaxed);
            add(sum, command)
        };
        let (handle, joiner, shown) = builder(2, 2).spawn_published(0, handler, |sum| *sum);
        let first = handle.try_call(Command::Add(1)).unwrap();
        let second = handle.try_call(Command::Add(2)).unwrap();
        assert_eq!(first.wait().unwrap(), 1);
        assert!(*shown.load() >= 1, "the reply came before its view");
        // Relaxed: as above.
        assert!(effects.load(Ordering::Relaxed) >= 1, "the reply came before its effect");
        assert_eq!(second.wait().unwrap(), 3);
        let end = shown.snapshot();
        assert_eq!(*end.value, 3, "the reply came before its view");
        assert!(end.version.get() == 2 || end.version.get() == 3, "one version a batch");
        assert_eq!(joiner.shutdown(Shutdown::Drain).unwrap(), 3);
        assert_eq!(*shown.load(), 3);
    });
}

#[test]
fn g5_a_timeout_races_the_reply() {
    two_threads("writer: a timeout races the reply").check(|| {
        let (handle, joiner) = builder(1, 1).spawn(0, |sum, command| {
            advance(MOMENT);
            add(sum, command)
        });
        match handle.call_timeout(Command::Add(1), MOMENT) {
            Ok(reply) => assert_eq!(reply, 1),
            // It may have run, and it will be known.
            Err(CallError::Unanswered(pending)) => assert_eq!(pending.wait().unwrap(), 1),
            Err(other) => panic!("{other:?}, with room in the queue"),
        }
        assert_eq!(joiner.shutdown(Shutdown::Drain).unwrap(), 1);
    });
}

#[test]
fn g5_what_timed_out_never_runs() {
    two_threads("writer: what timed out never runs").max_executions(SOME).check(|| {
        let (handle, joiner) = builder(1, 1).spawn(0, |sum, command| {
            advance(MOMENT);
            add(sum, command)
        });
        handle.cast(Command::Add(1)).unwrap();
        let cast = handle.cast_timeout(Command::Add(2), MOMENT);
        let sum = match &cast {
            Ok(()) => 3,
            Err(CastError::TimedOut(Command::Add(2))) => 1,
            Err(other) => panic!("{other:?}"),
        };
        let sum = match handle.call_timeout(Command::Add(4), MOMENT) {
            Ok(reply) => {
                assert_eq!(reply, sum + 4);
                reply
            }
            Err(CallError::TimedOut(Command::Add(4))) => sum,
            Err(CallError::Unanswered(_)) => sum + 4,
            Err(other) => panic!("{other:?}"),
        };
        assert_eq!(joiner.shutdown(Shutdown::Drain).unwrap(), sum);
    });
}

#[test]
fn g5_a_reply_that_nobody_waits_for_is_dropped_once() {
    /// A reply that counts its drops.
    struct Counted(Arc<AtomicU64>);
    impl Drop for Counted {
        fn drop(&mut self) {
            // Relaxed: a count.
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    two_threads("writer: a reply that nobody waits for is dropped once").check(|| {
        let drops = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&drops);
        let (handle, joiner) = builder(1, 1).spawn((), move |(), ()| Counted(Arc::clone(&counted)));
        drop(handle.try_call(()).unwrap());
        joiner.shutdown(Shutdown::Drain).unwrap();
        // Relaxed: the join has ordered it.
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

/// Calls are made while the writer is shut down: each is told whether its command has run.
#[test]
fn g4_a_call_races_the_shutdown() {
    three_threads("writer: a call races the shutdown").max_executions(SOME).check(|| {
        let (handle, joiner) = builder(1, 1).spawn(0, add);
        let caller = thread::spawn(move || {
            let pending = handle.try_call(Command::Add(1));
            let second = handle.call(Command::Add(2));
            [pending.and_then(|pending| pending.wait()), second]
        });
        let end = joiner.shutdown(Shutdown::Abandon).unwrap();
        let mut sum = 0;
        for (by, answer) in [1, 2].into_iter().zip(caller.join().unwrap()) {
            match answer {
                Ok(reply) => {
                    sum += by;
                    assert_eq!(reply, sum);
                }
                Err(CallError::Closed(command)) => assert_eq!(command, Command::Add(by)),
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(end, sum, "a caller was told something else than what has happened");
    });
}
