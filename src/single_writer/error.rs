//! Why a command has no reply, and what a writer that panicked leaves.

use std::any::Any;
use std::error::Error;
use std::fmt;

use super::reply::PendingReply;

/// Why a call has no reply.
///
/// The command is in it if it has not run. It has run, or may still run, only in
/// [`Unanswered`](Self::Unanswered) and `WriterPanicked(None)`.
#[non_exhaustive]
pub enum CallError<C, R> {
    /// There was no room in the queue, and the call does not wait.
    Full(C),
    /// There was no room in the queue until the timeout.
    TimedOut(C),
    /// The command was sent, and there is no reply yet: it may still run. Here is its reply, to
    /// wait for or to drop.
    Unanswered(PendingReply<C, R>),
    /// The writer takes no more commands, or gave this one up with its queue.
    Closed(C),
    /// The writer has panicked. With the command: it has not run, and will not. Without it: it has
    /// run, or was running, and how much of it is in the state is not known.
    WriterPanicked(Option<C>),
    /// The call was made on the writer's own thread, which would wait for itself.
    Reentrant(C),
}

/// Why a command without a reply was not sent. It has not run, and will not.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CastError<C> {
    /// There was no room in the queue, and the cast does not wait.
    Full(C),
    /// There was no room in the queue until the timeout.
    TimedOut(C),
    /// The writer takes no more commands.
    Closed(C),
    /// The writer has panicked.
    WriterPanicked(C),
    /// There was no room in the queue, and the cast was made on the writer's own thread, which
    /// would wait for itself.
    Reentrant(C),
}

const FULL: &str = "single writer's queue is full";
const TIMED_OUT: &str = "single writer's queue was full until the timeout";
const CLOSED: &str = "single writer is closed";
const PANICKED: &str = "single writer has panicked";
const REENTRANT: &str = "single writer would wait for itself";

impl<C, R> CallError<C, R> {
    /// The command, if it has not run and will not.
    ///
    /// # Errors
    /// The error itself, if the command has run, or may still run.
    pub fn into_command(self) -> Result<C, Self> {
        match self {
            CallError::Full(command)
            | CallError::TimedOut(command)
            | CallError::Closed(command)
            | CallError::WriterPanicked(Some(command))
            | CallError::Reentrant(command) => Ok(command),
            CallError::Unanswered(_) | CallError::WriterPanicked(None) => Err(self),
        }
    }

    /// Whether the command has run, or may still run. Whoever sends it again then has sent it
    /// twice, and needs an idempotency key.
    pub fn may_have_run(&self) -> bool {
        matches!(self, CallError::Unanswered(_) | CallError::WriterPanicked(None))
    }
}

impl<C> CastError<C> {
    /// The command.
    pub fn into_command(self) -> C {
        match self {
            CastError::Full(command)
            | CastError::TimedOut(command)
            | CastError::Closed(command)
            | CastError::WriterPanicked(command)
            | CastError::Reentrant(command) => command,
        }
    }
}

// Commands need not be printable for their refusal to be.
impl<C, R> fmt::Debug for CallError<C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CallError::Full(_) => "Full(..)",
            CallError::TimedOut(_) => "TimedOut(..)",
            CallError::Unanswered(_) => "Unanswered(..)",
            CallError::Closed(_) => "Closed(..)",
            CallError::WriterPanicked(Some(_)) => "WriterPanicked(Some(..))",
            CallError::WriterPanicked(None) => "WriterPanicked(None)",
            CallError::Reentrant(_) => "Reentrant(..)",
        })
    }
}

impl<C> fmt::Debug for CastError<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CastError::Full(_) => "Full(..)",
            CastError::TimedOut(_) => "TimedOut(..)",
            CastError::Closed(_) => "Closed(..)",
            CastError::WriterPanicked(_) => "WriterPanicked(..)",
            CastError::Reentrant(_) => "Reentrant(..)",
        })
    }
}

impl<C, R> fmt::Display for CallError<C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CallError::Full(_) => FULL,
            CallError::TimedOut(_) => TIMED_OUT,
            CallError::Unanswered(_) => "single writer has not replied yet",
            CallError::Closed(_) => CLOSED,
            CallError::WriterPanicked(Some(_)) => PANICKED,
            CallError::WriterPanicked(None) => {
                "single writer panicked over this command, or after it"
            }
            CallError::Reentrant(_) => REENTRANT,
        })
    }
}

impl<C> fmt::Display for CastError<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CastError::Full(_) => FULL,
            CastError::TimedOut(_) => TIMED_OUT,
            CastError::Closed(_) => CLOSED,
            CastError::WriterPanicked(_) => PANICKED,
            CastError::Reentrant(_) => REENTRANT,
        })
    }
}

impl<C, R> Error for CallError<C, R> {}
impl<C> Error for CastError<C> {}

/// Code of the caller's panicked on the writer's thread, which has ended the writer.
pub struct Panicked<S> {
    /// What it panicked with: of several panics the first.
    pub payload: Box<dyn Any + Send>,
    /// The state as it was left. If a handler panicked, its last change may be half done.
    pub state: S,
}

impl<S> Panicked<S> {
    /// The message of the panic, if it is text.
    pub fn message(&self) -> Option<&str> {
        let payload = &self.payload;
        let text = payload.downcast_ref::<String>().map(String::as_str);
        text.or_else(|| payload.downcast_ref::<&str>().copied())
    }
}

impl<S> fmt::Debug for Panicked<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Panicked").field("message", &self.message()).finish_non_exhaustive()
    }
}

impl<S> fmt::Display for Panicked<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PANICKED)?;
        match self.message() {
            Some(message) => write!(f, ": {message}"),
            None => Ok(()),
        }
    }
}

impl<S> Error for Panicked<S> {}
