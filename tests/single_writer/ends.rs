//! The end of a writer: by shutdown, close, and the drop of its handles.

use selvedge::single_writer::{CallError, CastError, Handle, Shutdown};
use selvedge::sync::{Arc, OnceLock};
use selvedge::{hint, thread};

use super::common::{Command, add, builder};
use super::{three_threads, two_threads};

type Slot = Arc<OnceLock<Handle<Command, u64>>>;

/// A handler that waits, with the first command, until its writer is closed.
fn until_closed(slot: Slot) -> impl FnMut(&mut u64, Command) -> u64 + Send + 'static {
    move |sum, command| {
        if let Some(handle) = slot.get() {
            hint::wait_until(|| handle.is_closed());
        }
        add(sum, command)
    }
}

#[test]
fn g7_drain_runs_what_was_sent() {
    two_threads("writer: drain runs what was sent").check(|| {
        let (handle, joiner, shown) = builder(2, 1).spawn_published(0, add, |sum| *sum);
        let call = handle.try_call(Command::Add(1)).unwrap();
        handle.try_cast(Command::Add(2)).unwrap();
        assert_eq!(joiner.shutdown(Shutdown::Drain).unwrap(), 3);
        assert_eq!(*shown.load(), 3, "not the view of the last state");
        assert_eq!(call.wait().unwrap(), 1);
        assert!(matches!(handle.call(Command::Add(4)), Err(CallError::Closed(Command::Add(4)))));
        assert_eq!(handle.cast(Command::Add(4)), Err(CastError::Closed(Command::Add(4))));
    });
}

/// The first command runs, or has not begun, until the writer is closed: the second has not.
fn abandon_gives_back(batch: usize) {
    let slot = Slot::default();
    let handler = until_closed(Arc::clone(&slot));
    let (handle, joiner, shown) = builder(2, batch).spawn_published(0, handler, |sum| *sum);
    assert!(slot.set(handle.clone()).is_ok());
    let first = handle.try_call(Command::Add(1)).unwrap();
    let second = handle.try_call(Command::Add(2)).unwrap();
    let end = joiner.shutdown(Shutdown::Abandon).unwrap();
    assert_eq!(*shown.load(), end, "not the view of the last state");
    match first.wait() {
        Ok(reply) => assert_eq!((reply, end), (1, 1)),
        Err(CallError::Closed(command)) => assert_eq!((command, end), (Command::Add(1), 0)),
        Err(other) => panic!("{other:?}"),
    }
    match second.wait() {
        Err(CallError::Closed(Command::Add(2))) => {}
        other => panic!("{other:?}, although the writer was told before"),
    }
}

#[test]
fn g7_abandon_gives_back_what_is_queued() {
    two_threads("writer: abandon gives back what is queued").check(|| abandon_gives_back(1));
}

#[test]
fn g7_abandon_gives_back_what_is_in_the_batch() {
    two_threads("writer: abandon gives back what is in the batch").check(|| abandon_gives_back(2));
}

#[test]
fn g7_a_shutdown_gives_back_what_waits_for_room() {
    three_threads("writer: a shutdown gives back what waits for room").check(|| {
        let slot = Slot::default();
        let (handle, joiner) = builder(1, 1).spawn(0, until_closed(Arc::clone(&slot)));
        assert!(slot.set(handle.clone()).is_ok());
        handle.cast(Command::Add(1)).unwrap();
        let waits = thread::spawn(move || {
            let cast = handle.cast(Command::Add(2));
            (cast, handle.call(Command::Add(4)))
        });
        let end = joiner.shutdown(Shutdown::Drain).unwrap();
        let mut sum = 1;
        match waits.join().unwrap() {
            (Ok(()), Err(CallError::Closed(Command::Add(4)))) => sum += 2,
            (Ok(()), Ok(reply)) => {
                sum += 6;
                assert_eq!(reply, sum);
            }
            (Err(CastError::Closed(Command::Add(2))), Err(CallError::Closed(Command::Add(4)))) => {}
            other => panic!("{other:?}"),
        }
        assert_eq!(end, sum);
    });
}

#[test]
fn g7_a_close_races_the_shutdown() {
    three_threads("writer: a close races the shutdown").check(|| {
        let (handle, joiner) = builder(1, 1).spawn(0, add);
        let call = handle.try_call(Command::Add(1)).unwrap();
        let closes = thread::spawn(move || handle.close());
        assert_eq!(joiner.shutdown(Shutdown::Drain).unwrap(), 1);
        closes.join().unwrap();
        assert_eq!(call.wait().unwrap(), 1);
    });
}

#[test]
fn g10_the_last_handle_ends_the_writer() {
    three_threads("writer: the last handle ends the writer").check(|| {
        let (handle, joiner) = builder(2, 1).spawn(0, add);
        let other = handle.clone();
        let other = thread::spawn(move || other.cast(Command::Add(2)).unwrap());
        handle.cast(Command::Add(1)).unwrap();
        drop(handle);
        assert_eq!(joiner.join().unwrap(), 3);
        other.join().unwrap();
    });
}

#[test]
fn g10_a_close_ends_the_writer() {
    two_threads("writer: a close ends the writer").check(|| {
        let (handle, joiner) = builder(2, 2).spawn(0, add);
        handle.cast(Command::Add(1)).unwrap();
        assert!(handle.close());
        assert!(!handle.close());
        assert_eq!(joiner.join().unwrap(), 1);
        assert!(matches!(handle.try_call(Command::Add(2)), Err(CallError::Closed(_))));
    });
}
