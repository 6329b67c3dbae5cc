//! The right to end a writer, and to take its state.

use std::fmt;
use std::panic::resume_unwind;

use super::super::swap::sync::{Arc, Mutex};
use super::super::swap::thread::{self, JoinHandle};
use super::error::Panicked;
use super::writer::{End, Signs};

/// What becomes of the commands that are queued when a writer is shut down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// They run.
    Drain,
    /// They are given back, as [`CallError::Closed`](super::CallError::Closed); those of casts are
    /// dropped. The one that runs is not interrupted.
    Abandon,
}

/// Where a writer leaves its end.
pub type Left<S> = Arc<Mutex<Option<End<S>>>>;

/// Takes the state when the writer has ended, and can bring the end about.
///
/// Dropping it detaches the writer: it goes on, and drops the state at its end.
#[must_use = "a writer whose joiner is dropped keeps its state"]
pub struct Joiner<S> {
    thread: JoinHandle<()>,
    left: Left<S>,
    signs: Arc<Signs>,
    close: Box<dyn Fn() + Send + Sync>,
}

impl<S> Joiner<S> {
    pub(super) fn new(
        thread: JoinHandle<()>,
        left: Left<S>,
        signs: Arc<Signs>,
        close: Box<dyn Fn() + Send + Sync>,
    ) -> Joiner<S> {
        Joiner { thread, left, signs, close }
    }

    /// Closes the queue, waits until the writer has ended, and returns the state.
    ///
    /// Commands that were sent before are run or given back, as `how` says. Callers that wait for
    /// room get their commands back.
    ///
    /// # Errors
    /// Code of the caller's has panicked on the writer's thread. The state is in the error.
    ///
    /// # Panics
    /// On the writer's own thread, which would wait for itself. The writer is not shut down then,
    /// but for the panic itself, if nothing catches it.
    ///
    /// # Blocks
    /// Until the commands that are to run have run.
    #[track_caller]
    pub fn shutdown(self, how: Shutdown) -> Result<S, Panicked<S>> {
        self.refuse_itself();
        if how == Shutdown::Abandon {
            self.signs.abandon();
        }
        (self.close)();
        self.join()
    }

    /// Waits until the writer has ended, and returns the state. It ends when all its handles are
    /// dropped, or one of them has closed it, and what was sent has run; or when it panics.
    ///
    /// # Errors
    /// As [`shutdown`](Self::shutdown).
    ///
    /// # Panics
    /// As [`shutdown`](Self::shutdown).
    ///
    /// # Blocks
    /// As long as handles are there: a thread that has one of its own, and joins, waits forever.
    #[track_caller]
    pub fn join(self) -> Result<S, Panicked<S>> {
        self.refuse_itself();
        let Joiner { thread, left, .. } = self;
        if let Err(panic) = thread.join() {
            // Not the caller's: those are caught.
            resume_unwind(panic);
        }
        let end = left.lock().take().expect("a writer that has ended leaves its state");
        match end.panic {
            None => Ok(end.state),
            Some(payload) => Err(Panicked { payload, state: end.state }),
        }
    }

    #[track_caller]
    fn refuse_itself(&self) {
        let itself = thread::current().id() == self.thread.thread().id();
        assert!(!itself, "a single writer cannot wait for its own end");
    }
}

impl<S> fmt::Debug for Joiner<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Joiner { .. }")
    }
}
