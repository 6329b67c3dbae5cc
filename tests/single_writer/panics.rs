//! A writer that panics: who is told what.

use std::panic::{AssertUnwindSafe, catch_unwind};

use selvedge::single_writer::{CallError, CastError, Shutdown};
use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU64, Ordering};

use super::common::{Answer, Command, add, builder, panic_silently};
use super::two_threads;

/// Three calls, of which the second panics. Returns their answers.
fn three_calls(batch: usize, published: bool) -> [Answer; 3] {
    let (handle, joiner) = if published {
        let (handle, joiner, _) = builder(3, batch).spawn_published(0, add, |sum| *sum);
        (handle, joiner)
    } else {
        builder(3, batch).spawn(0, add)
    };
    let commands = [Command::Add(1), Command::Panic, Command::Add(2)];
    let replies = commands.map(|command| handle.try_call(command));
    let answers = replies.map(|reply| reply.and_then(|reply| reply.wait()));
    assert!(handle.is_closed(), "a caller heard of the panic before it was closed");
    match handle.try_call(Command::Add(4)) {
        Err(CallError::WriterPanicked(Some(Command::Add(4)))) => {}
        other => panic!("{other:?}"),
    }
    match handle.cast(Command::Add(4)) {
        Err(CastError::WriterPanicked(Command::Add(4))) => {}
        other => panic!("{other:?}"),
    }
    let panicked = joiner.shutdown(Shutdown::Drain).unwrap_err();
    assert_eq!((panicked.message(), panicked.state), (Some("as commanded"), 1));
    answers
}

/// Asserts that of the three, the first was answered, and the last was given back.
fn only_what_panicked_is_lost(answers: [Answer; 3]) {
    match answers {
        [
            Ok(1),
            Err(CallError::WriterPanicked(None)),
            Err(CallError::WriterPanicked(Some(Command::Add(2)))),
        ] => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn g6_a_panic_resolves_every_call() {
    two_threads("writer: a panic resolves every call")
        .check(|| only_what_panicked_is_lost(three_calls(1, true)));
}

#[test]
fn g6_a_panic_loses_the_replies_of_its_batch() {
    two_threads("writer: a panic loses the replies of its batch").check(|| {
        match three_calls(3, true) {
            [
                Ok(1) | Err(CallError::WriterPanicked(None)),
                Err(CallError::WriterPanicked(None)),
                Err(CallError::WriterPanicked(Some(Command::Add(2)))),
            ] => {}
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn g6_without_a_view_only_what_panicked_is_lost() {
    let name = "writer: without a view only what panicked is lost";
    two_threads(name).check(|| only_what_panicked_is_lost(three_calls(3, false)));
}

#[test]
fn g6_a_panic_gives_back_what_waits_for_room() {
    two_threads("writer: a panic gives back what waits for room").check(|| {
        let (handle, joiner) = builder(1, 1).spawn(0, add);
        handle.cast(Command::Panic).unwrap();
        match handle.cast(Command::Add(1)) {
            Ok(()) | Err(CastError::WriterPanicked(Command::Add(1))) => {}
            other => panic!("{other:?}"),
        }
        match handle.call(Command::Add(2)) {
            Err(CallError::WriterPanicked(Some(Command::Add(2)))) => {}
            other => panic!("{other:?}"),
        }
        assert_eq!(joiner.join().unwrap_err().state, 0);
    });
}

#[test]
fn g6_a_view_that_panics_ends_the_writer() {
    two_threads("writer: a view that panics ends the writer").check(|| {
        let view = |sum: &u64| if *sum == 2 { panic_silently() } else { *sum };
        let (handle, joiner, shown) = builder(2, 1).spawn_published(0, add, view);
        let first = handle.try_call(Command::Add(1)).unwrap();
        match handle.call(Command::Add(1)) {
            // It has run, and is not shown.
            Err(CallError::WriterPanicked(None)) => {}
            other => panic!("{other:?}"),
        }
        assert_eq!(first.wait().unwrap(), 1);
        assert_eq!(*shown.load(), 1);
        assert_eq!(joiner.join().unwrap_err().state, 2);
    });
}

/// A command whose destructor panics, after it has counted itself.
struct Spiteful(Arc<AtomicU64>);

impl Drop for Spiteful {
    fn drop(&mut self) {
        // Relaxed: a count.
        self.0.fetch_add(1, Ordering::Relaxed);
        panic_silently();
    }
}

impl Spiteful {
    fn new(drops: &Arc<AtomicU64>) -> Option<Spiteful> {
        Some(Spiteful(Arc::clone(drops)))
    }
}

/// A handler that counts commands, and replies with what it got.
fn count<T>(ran: &mut u64, command: T) -> T {
    *ran += 1;
    command
}

#[test]
fn g9_a_destructor_that_panics_ends_the_writer() {
    two_threads("writer: a destructor that panics ends the writer").check(|| {
        let drops = Arc::new(AtomicU64::new(0));
        let (handle, joiner) = builder(2, 2).spawn(0, count);
        // Its reply is dropped by the writer.
        handle.cast(Spiteful::new(&drops)).unwrap();
        match handle.call(None) {
            Err(CallError::WriterPanicked(Some(None))) => {}
            _ => panic!("it has run after the panic"),
        }
        assert_eq!(joiner.join().unwrap_err().state, 1);
        // Relaxed: the join has ordered it.
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn g9_a_reply_that_panics_when_it_is_dropped_loses_no_other() {
    let name = "writer: a reply that panics when it is dropped loses no other";
    two_threads(name).check(|| {
        let drops = Arc::new(AtomicU64::new(0));
        let (handle, joiner, _) = builder(2, 2).spawn_published(0, count, |_| ());
        // Nobody waits for it, and whoever is last to leave it drops it.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(handle.try_call(Spiteful::new(&drops)))));
        let other = handle.call(None);
        match (other, joiner.shutdown(Shutdown::Drain)) {
            // It was dropped here; or in the midst of the other one's batch.
            (Ok(None), Ok(2)) => {}
            (Ok(None), Err(panicked)) => assert_eq!(panicked.state, 2),
            (Err(CallError::WriterPanicked(Some(None))), Err(panicked)) => {
                assert_eq!(panicked.state, 1);
            }
            (other, end) => panic!("{:?}, {end:?}", other.map(|reply| reply.is_some())),
        }
        // Relaxed: the join has ordered it.
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}
