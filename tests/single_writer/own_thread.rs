//! Handlers, views and destructors that use their own writer.

use selvedge::single_writer::{CallError, CastError, Handle, PendingReply, Shutdown};
use selvedge::sync::{Arc, OnceLock, Weak};
use selvedge::time::Duration;

use super::common::builder;
use super::two_threads;

/// A command that says how the handler uses its own writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Own {
    Call,
    CallTimeout,
    /// Fills the queue, of capacity 1.
    TryCall,
    Cast,
    CastTimeout,
    Wait,
    Nothing,
}

struct State {
    ran: Vec<Own>,
    pending: Option<PendingReply<Own, bool>>,
}

/// Uses the writer on its own thread. Returns whether it was refused.
fn use_own(state: &mut State, handle: &Handle<Own, bool>, how: Own) -> bool {
    state.ran.push(how);
    let refused = |error: CallError<_, _>| match error {
        CallError::Reentrant(Own::Nothing) => true,
        other => panic!("{other:?}"),
    };
    let cast_refused = |error: CastError<_>| match error {
        CastError::Reentrant(Own::Nothing) => true,
        other => panic!("{other:?}"),
    };
    match how {
        Own::Call => handle.call(Own::Nothing).map_or_else(refused, |_| false),
        Own::CallTimeout => {
            handle.call_timeout(Own::Nothing, Duration::MAX).map_or_else(refused, |_| false)
        }
        Own::TryCall => {
            state.pending = Some(handle.try_call(Own::Nothing).unwrap());
            false
        }
        Own::Cast => handle.cast(Own::Nothing).map_or_else(cast_refused, |()| false),
        Own::CastTimeout => {
            handle.cast_timeout(Own::Nothing, Duration::MAX).map_or_else(cast_refused, |()| false)
        }
        Own::Wait => match state.pending.take().map(PendingReply::wait) {
            Some(Ok(reply)) => reply,
            Some(Err(CallError::Unanswered(pending))) => {
                state.pending = Some(pending);
                true
            }
            other => panic!("{other:?}"),
        },
        Own::Nothing => false,
    }
}

/// Lets the handler use its own writer in these ways, one after the other within one command.
fn on_own_thread(ways: &'static [(Own, bool)]) {
    let slot = Arc::new(OnceLock::<Handle<Own, bool>>::new());
    let own = Arc::clone(&slot);
    let state = State { ran: Vec::new(), pending: None };
    let (handle, joiner) = builder(1, 1).spawn(state, move |state: &mut State, first| {
        let handle = own.get().expect("it is there before the first command");
        if first == Own::Nothing {
            state.ran.push(first);
            return false;
        }
        for (how, expected) in ways {
            assert_eq!(use_own(state, handle, *how), *expected, "{how:?}");
        }
        true
    });
    assert!(slot.set(handle.clone()).is_ok());
    assert!(handle.call(Own::Call).unwrap());
    let state = joiner.shutdown(Shutdown::Drain).unwrap();
    let mut ran: Vec<_> = ways.iter().map(|(how, _)| *how).collect();
    // What the handler has sent itself.
    let sent = ways.iter().filter(|(how, refused)| *how != Own::Wait && !refused).count();
    ran.extend(vec![Own::Nothing; sent]);
    assert_eq!(state.ran, ran);
    if let Some(pending) = state.pending {
        assert!(!pending.wait().unwrap());
    }
}

#[test]
fn g8_the_handler_does_not_wait_for_itself() {
    two_threads("writer: the handler does not wait for itself").check(|| {
        on_own_thread(&[
            (Own::Call, true),
            (Own::CallTimeout, true),
            (Own::TryCall, false),
            (Own::Wait, true),
            (Own::Cast, true),
            (Own::CastTimeout, true),
        ]);
    });
}

#[test]
fn g8_the_handler_may_cast_into_room() {
    two_threads("writer: the handler may cast into room").check(|| {
        on_own_thread(&[(Own::Cast, false), (Own::CastTimeout, true)]);
    });
}

/// A command, and its reply, that uses its writer when it is dropped.
struct Nosy(Weak<OnceLock<Handle<Nosy, Nosy>>>);

impl Drop for Nosy {
    fn drop(&mut self) {
        let Some(slot) = self.0.upgrade() else { return };
        let Some(handle) = slot.get() else { return };
        assert!(handle.len() <= handle.capacity());
        if let Ok(reply) | Err(CallError::Unanswered(reply)) = handle.try_call(Nosy(Weak::new())) {
            drop(reply.try_wait());
        }
    }
}

#[test]
fn g9_destructors_may_use_the_writer() {
    two_threads("writer: destructors may use the writer").check(|| {
        let slot = Arc::new(OnceLock::new());
        let (handle, joiner) = builder(2, 2).spawn(0, |ran, command: Nosy| {
            *ran += 1;
            command
        });
        assert!(slot.set(handle.clone()).is_ok());
        // Its reply, or it itself, is dropped by whoever is last to leave it.
        drop(handle.try_call(Nosy(Arc::downgrade(&slot))));
        drop(handle);
        joiner.shutdown(Shutdown::Abandon).unwrap();
    });
}
