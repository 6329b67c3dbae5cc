//! Handlers, destructors and callers that misbehave, with a writer that nobody joins.

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};

use selvedge::queue::{self, Sender};
use selvedge::single_writer::{CallError, Handle, Joiner, Shutdown, SingleWriter};
use selvedge::sync::{Arc, Mutex, OnceLock};
use selvedge::time::Duration;

use super::common::{Command, add, builder, panic_silently, size};

/// Tells when it is dropped, and may panic then.
struct Tells {
    dropped: Sender<&'static str>,
    name: &'static str,
    panics: bool,
}

impl Drop for Tells {
    fn drop(&mut self) {
        let _ = self.dropped.try_send(self.name);
        if self.panics {
            panic_silently();
        }
    }
}

#[test]
fn g10_a_detached_writer_goes_on_and_drops_its_state() {
    for panics in [false, true] {
        let (dropped, mut drops) = queue::bounded(size(4));
        let state = Tells { dropped, name: "state", panics };
        let (handle, joiner) = builder(2, 1).spawn(state, |_: &mut Tells, by: u64| by);
        drop(joiner);
        assert_eq!(handle.call(7).unwrap(), 7);
        drop(handle);
        // A panic that went on would end the process, or nothing would come.
        assert_eq!(drops.recv(), Ok("state"));
        assert!(drops.recv().is_err(), "the state was dropped twice, or is kept");
    }
}

#[test]
fn g7_a_joiner_may_wait_for_a_time() {
    let (handle, joiner) = builder(2, 1).spawn(5, add);
    let joiner = joiner.try_join().unwrap_err();
    let joiner = joiner.join_timeout(Duration::from_millis(1)).unwrap_err();
    joiner.begin_shutdown(Shutdown::Abandon);
    assert!(handle.is_closed());
    assert_eq!(joiner.join_timeout(Duration::MAX).unwrap().unwrap(), 5);
}

#[test]
fn g9_a_handler_and_a_view_may_panic_when_they_are_dropped() {
    let (dropped, mut drops) = queue::bounded(size(4));
    let tells = |name| Tells { dropped: dropped.clone(), name, panics: true };
    let (in_handler, in_view) = (tells("handler"), tells("view"));
    drop(dropped);
    let handler = move |sum: &mut u64, by| {
        let _ = &in_handler;
        *sum += by;
    };
    let view = move |sum: &u64| {
        let _ = &in_view;
        *sum
    };
    let (handle, joiner, shown) = builder(2, 1).spawn_published(0, handler, view);
    handle.call(3).unwrap();
    let panicked = joiner.shutdown(Shutdown::Drain).unwrap_err();
    assert_eq!((panicked.state, *shown.load()), (3, 3));
    let mut names: Vec<_> = drops.iter().collect();
    names.sort_unstable();
    assert_eq!(names, ["handler", "view"]);
}

#[test]
fn g6_a_payload_is_handed_over() {
    /// A payload that is no text, and panics when it is dropped.
    struct Payload(Tells);
    let (dropped, mut drops) = queue::bounded(size(4));
    let (handle, joiner) = builder(2, 1).spawn((), move |(), ()| {
        let tells = Tells { dropped: dropped.clone(), name: "payload", panics: true };
        // With the hook's line on the terminal, because `resume_unwind` takes no other way.
        panic_any(Payload(tells));
    });
    assert!(matches!(handle.call(()), Err::<(), _>(CallError::WriterPanicked(None))));
    let panicked = joiner.join().unwrap_err();
    assert_eq!(
        (panicked.message(), panicked.to_string()),
        (None, "single writer has panicked".into())
    );
    let payload = panicked.payload.downcast::<Payload>().unwrap();
    assert_eq!(payload.0.name, "payload");
    assert!(catch_unwind(AssertUnwindSafe(|| drop(payload))).is_err());
    assert_eq!(drops.recv(), Ok("payload"));
}

#[test]
fn g9_a_view_that_panics_when_it_is_replaced_takes_no_reply_with_it() {
    let (dropped, mut drops) = queue::bounded(size(4));
    let view = move |sum: &u64| Tells {
        dropped: dropped.clone(),
        name: if *sum == 5 { "first" } else { "second" },
        panics: *sum == 5,
    };
    let (handle, joiner, shown) = builder(2, 1).spawn_published(5, add, view);
    assert_eq!(handle.call(Command::Add(1)).unwrap(), 6);
    assert_eq!(shown.load().name, "second");
    assert_eq!(drops.recv(), Ok("first"));
    assert!(matches!(handle.call(Command::Add(1)), Err(CallError::WriterPanicked(Some(_)))));
    assert_eq!(joiner.join().unwrap_err().state, 6);
}

#[test]
fn g9_a_first_view_that_panics_starts_nothing() {
    let spawned = catch_unwind(|| {
        let view = |_: &u64| -> u64 { panic_silently() };
        builder(1, 1).spawn_published(0, add, view)
    });
    assert!(spawned.is_err());
}

#[test]
fn g8_a_writer_does_not_wait_for_its_own_end() {
    type Slot = Arc<Mutex<Option<Joiner<()>>>>;
    for how in [None, Some(Shutdown::Drain), Some(Shutdown::Abandon)] {
        let slot = Slot::default();
        let own = Arc::clone(&slot);
        let (handle, joiner) = builder(1, 1).spawn((), move |(), ()| {
            let Some(joiner) = own.lock().take() else { return true };
            let join = || match how {
                None => joiner.join(),
                Some(how) => joiner.shutdown(how),
            };
            let panic = catch_unwind(AssertUnwindSafe(join)).map(drop).unwrap_err();
            panic.downcast_ref() == Some(&"a single writer cannot wait for its own end")
        });
        *slot.lock() = Some(joiner);
        assert!(handle.call(()).unwrap(), "{how:?}");
        // It was not shut down: it goes on, without a joiner.
        assert!(handle.call(()).unwrap());
    }
}

/// A writer that has its own handle ends only if it is told to.
#[test]
fn g10_a_handler_with_a_handle_of_its_own_can_be_shut_down() {
    let slot = Arc::new(OnceLock::<Handle<Command, u64>>::new());
    let own = Arc::clone(&slot);
    let (handle, joiner) = builder(2, 1).spawn(0, move |sum, command| {
        assert!(own.get().is_some());
        add(sum, command)
    });
    assert!(slot.set(handle).is_ok());
    assert_eq!(slot.get().unwrap().call(Command::Add(1)).unwrap(), 1);
    assert_eq!(joiner.shutdown(Shutdown::Drain).unwrap(), 1);
}

#[test]
fn g7_a_writer_without_handles_can_be_shut_down() {
    for how in [Shutdown::Drain, Shutdown::Abandon] {
        let (handle, joiner) = SingleWriter::builder().spawn(5, add);
        drop(handle);
        assert_eq!(joiner.shutdown(how).unwrap(), 5);
    }
}

#[test]
fn errors_print_what_happened() {
    let (handle, joiner) = builder(1, 1).spawn(0, add);
    let lost = handle.call(Command::Panic).unwrap_err();
    assert_eq!(format!("{lost:?}"), "WriterPanicked(None)");
    assert_eq!(lost.to_string(), "single writer panicked over this command, or after it");
    let refused = handle.call(Command::Add(1)).unwrap_err();
    assert_eq!(format!("{refused:?}"), "WriterPanicked(Some(..))");
    assert_eq!(refused.to_string(), "single writer has panicked");
    let panicked = joiner.join().unwrap_err();
    assert_eq!(format!("{panicked:?}"), "Panicked { message: Some(\"as commanded\"), .. }");
    assert_eq!(panicked.to_string(), "single writer has panicked: as commanded");
}

#[test]
fn a_writer_has_defaults() {
    let (handle, joiner) = SingleWriter::builder().name("ledger").spawn(0, add);
    assert_eq!((handle.capacity(), handle.len(), handle.is_empty()), (1_024, 0, true));
    assert_eq!(handle.call(Command::Add(1)).unwrap(), 1);
    drop(handle);
    assert_eq!(joiner.join().unwrap(), 1);
}
