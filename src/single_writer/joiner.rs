//! The right to end a writer, and to take its state.

use std::fmt;
use std::panic::resume_unwind;

use super::super::swap::sync::{Arc, Condvar, Mutex};
use super::super::swap::thread::{self, JoinHandle};
use super::super::swap::time::{Duration, Instant};
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
pub struct Legacy<S> {
    end: Mutex<Option<End<S>>>,
    is_there: Condvar,
}

impl<S> Legacy<S> {
    pub fn new() -> Legacy<S> {
        Legacy { end: Mutex::new(None), is_there: Condvar::new() }
    }

    pub fn leave(&self, end: End<S>) {
        *self.end.lock() = Some(end);
        self.is_there.notify_all();
    }

    /// Waits until the end is there, or the deadline has passed. Returns whether it is there.
    fn wait_until(&self, deadline: Option<Instant>) -> bool {
        let mut end = self.end.lock();
        while end.is_none() {
            match deadline {
                None => self.is_there.wait(&mut end),
                Some(deadline) if Instant::now() < deadline => {
                    self.is_there.wait_until(&mut end, deadline);
                }
                Some(_) => return false,
            }
        }
        true
    }
}

/// Takes the state when the writer has ended, and can bring the end about.
///
/// Dropping it detaches the writer: it goes on, and drops the state at its end.
#[must_use = "a writer whose joiner is dropped keeps its state"]
pub struct Joiner<S> {
    thread: JoinHandle<()>,
    legacy: Arc<Legacy<S>>,
    signs: Arc<Signs>,
    close: Box<dyn Fn() + Send + Sync>,
}

impl<S> Joiner<S> {
    pub(super) fn new(
        thread: JoinHandle<()>,
        legacy: Arc<Legacy<S>>,
        signs: Arc<Signs>,
        close: Box<dyn Fn() + Send + Sync>,
    ) -> Joiner<S> {
        Joiner { thread, legacy, signs, close }
    }

    /// Closes the writer, waits until it has ended, and returns the state.
    ///
    /// Commands that were sent before are run or given back, as `how` says. Callers that wait for
    /// room get their commands back.
    ///
    /// # Errors
    /// Code of the caller's has panicked on the writer's thread. The state is in the error.
    ///
    /// # Panics
    /// On the writer's own thread, which would wait for itself. The writer is detached then, and
    /// not shut down.
    ///
    /// # Blocks
    /// Until the commands that are to run have run. [`begin_shutdown`](Self::begin_shutdown), with
    /// [`join_timeout`](Self::join_timeout) after it, waits for a time.
    #[track_caller]
    pub fn shutdown(self, how: Shutdown) -> Result<S, Panicked<S>> {
        self.refuse_itself();
        self.begin_shutdown(how);
        self.join()
    }

    /// Closes the writer, and tells it what to do with the commands that were sent before. Never
    /// blocks.
    pub fn begin_shutdown(&self, how: Shutdown) {
        if how == Shutdown::Abandon {
            self.signs.abandon();
        }
        (self.close)();
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
        let Joiner { thread, legacy, .. } = self;
        if let Err(panic) = thread.join() {
            // Not the caller's: those are caught.
            resume_unwind(panic);
        }
        let end = legacy.end.lock().take().expect("a writer that has ended leaves its state");
        match end.panic {
            None => Ok(end.state),
            Some(payload) => Err(Panicked { payload, state: end.state }),
        }
    }

    /// As [`join`](Self::join), but blocks for `timeout` at most; not at all on the writer's own
    /// thread, which would wait for itself.
    ///
    /// # Errors
    /// The joiner, if the writer has not ended in time.
    #[track_caller]
    pub fn join_timeout(self, timeout: Duration) -> Result<Result<S, Panicked<S>>, Joiner<S>> {
        if self.is_own_thread() {
            return Err(self);
        }
        // Beyond the end of the clock there is no deadline.
        let deadline = Instant::now().checked_add(timeout);
        // What is left of the thread after it has left its state does not wait for anybody.
        if self.legacy.wait_until(deadline) { Ok(self.join()) } else { Err(self) }
    }

    /// As [`join`](Self::join), but never blocks.
    ///
    /// # Errors
    /// The joiner, if the writer has not ended.
    #[track_caller]
    pub fn try_join(self) -> Result<Result<S, Panicked<S>>, Joiner<S>> {
        if self.is_own_thread() || self.legacy.end.lock().is_none() {
            return Err(self);
        }
        Ok(self.join())
    }

    fn is_own_thread(&self) -> bool {
        thread::current().id() == self.thread.thread().id()
    }

    #[track_caller]
    fn refuse_itself(&self) {
        assert!(!self.is_own_thread(), "a single writer cannot wait for its own end");
    }
}

impl<S> fmt::Debug for Joiner<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Joiner { .. }")
    }
}
