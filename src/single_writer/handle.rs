//! The end of a writer that has many owners.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

use super::super::queue::{SendError, SendTimeoutError, Sender, TrySendError};
use super::super::swap::sync::Arc;
use super::super::swap::thread::{self, ThreadId};
use super::super::swap::time::{Duration, Instant};
use super::envelope::Envelope;
use super::error::{CallError, CastError};
use super::reply::{Cause, PendingReply, place};
use super::writer::Signs;

/// What all handles of a writer share.
pub struct Line<C, R> {
    sender: Sender<Envelope<C, R>>,
    writer: ThreadId,
    signs: Arc<Signs>,
}

impl<C, R> Line<C, R> {
    pub fn new(sender: Sender<Envelope<C, R>>, writer: ThreadId, signs: Arc<Signs>) -> Self {
        Line { sender, writer, signs }
    }

    pub fn close(&self) -> bool {
        self.sender.close()
    }
}

/// Sends commands to a writer. A clone is another handle of the same writer; when the last one is
/// dropped, the writer runs what was sent, and ends.
pub struct Handle<C, R> {
    line: Arc<Line<C, R>>,
}

impl<C, R> Handle<C, R> {
    pub(super) fn new(line: Arc<Line<C, R>>) -> Self {
        Handle { line }
    }

    /// Sends a command, and waits for its reply. Blocks until it is there.
    ///
    /// # Errors
    /// [`Closed`](CallError::Closed), [`WriterPanicked`](CallError::WriterPanicked) or
    /// [`Reentrant`](CallError::Reentrant).
    pub fn call(&self, command: C) -> Result<R, CallError<C, R>> {
        if self.is_own_thread() {
            return Err(CallError::Reentrant(command));
        }
        let (envelope, reply) = self.envelope(command);
        match self.line.sender.send(envelope) {
            Ok(()) => reply.until(None),
            Err(SendError(envelope)) => Err(self.gone(envelope)),
        }
    }

    /// As [`call`](Self::call), but blocks for `timeout` at most, for room and reply together.
    ///
    /// # Errors
    /// As [`call`](Self::call); and [`TimedOut`](CallError::TimedOut) if there was no room in time,
    /// or [`Unanswered`](CallError::Unanswered) if there was no reply.
    pub fn call_timeout(&self, command: C, timeout: Duration) -> Result<R, CallError<C, R>> {
        if self.is_own_thread() {
            return Err(CallError::Reentrant(command));
        }
        // Beyond the end of the clock there is no deadline.
        let deadline = Instant::now().checked_add(timeout);
        let (envelope, reply) = self.envelope(command);
        match self.line.sender.send_timeout(envelope, timeout) {
            Ok(()) => reply.until(deadline),
            Err(SendTimeoutError::Timeout(envelope)) => Err(CallError::TimedOut(envelope.open().0)),
            Err(SendTimeoutError::Disconnected(envelope)) => Err(self.gone(envelope)),
        }
    }

    /// Sends a command if there is room now. Its reply comes later. Never blocks, also in the
    /// handler.
    ///
    /// # Errors
    /// [`Full`](CallError::Full), [`Closed`](CallError::Closed) or
    /// [`WriterPanicked`](CallError::WriterPanicked).
    pub fn try_call(&self, command: C) -> Result<PendingReply<C, R>, CallError<C, R>> {
        let (envelope, reply) = self.envelope(command);
        match self.line.sender.try_send(envelope) {
            Ok(()) => Ok(reply),
            Err(TrySendError::Full(envelope)) => Err(CallError::Full(envelope.open().0)),
            Err(TrySendError::Disconnected(envelope)) => Err(self.gone(envelope)),
        }
    }

    /// Sends a command whose reply nobody wants. Blocks until there is room.
    ///
    /// Nobody is told if it does not run: because the writer was shut down, or panicked.
    ///
    /// # Errors
    /// [`Closed`](CastError::Closed), [`WriterPanicked`](CastError::WriterPanicked), or, on the
    /// writer's own thread and without room, [`Reentrant`](CastError::Reentrant).
    pub fn cast(&self, command: C) -> Result<(), CastError<C>> {
        if self.is_own_thread() {
            return self.cast_on_own_thread(command);
        }
        let sent = self.line.sender.send(Envelope::cast(command));
        sent.map_err(|SendError(envelope)| self.cast_gone(envelope))
    }

    /// As [`cast`](Self::cast), but blocks for `timeout` at most.
    ///
    /// # Errors
    /// As [`cast`](Self::cast); and [`TimedOut`](CastError::TimedOut) if there was no room in time.
    pub fn cast_timeout(&self, command: C, timeout: Duration) -> Result<(), CastError<C>> {
        if self.is_own_thread() {
            return self.cast_on_own_thread(command);
        }
        let sent = self.line.sender.send_timeout(Envelope::cast(command), timeout);
        sent.map_err(|error| match error {
            SendTimeoutError::Timeout(envelope) => CastError::TimedOut(envelope.open().0),
            SendTimeoutError::Disconnected(envelope) => self.cast_gone(envelope),
        })
    }

    /// As [`cast`](Self::cast), but never blocks.
    ///
    /// # Errors
    /// [`Full`](CastError::Full), [`Closed`](CastError::Closed) or
    /// [`WriterPanicked`](CastError::WriterPanicked).
    pub fn try_cast(&self, command: C) -> Result<(), CastError<C>> {
        self.line.sender.try_send(Envelope::cast(command)).map_err(|error| match error {
            TrySendError::Full(envelope) => CastError::Full(envelope.open().0),
            TrySendError::Disconnected(envelope) => self.cast_gone(envelope),
        })
    }

    /// Ends sending, for all handles. What was sent still runs, and then the writer ends. Returns
    /// whether this call closed it. Never blocks.
    pub fn close(&self) -> bool {
        self.line.close()
    }

    /// Whether nothing can be sent any more.
    pub fn is_closed(&self) -> bool {
        self.line.sender.is_closed()
    }

    /// How many commands are queued. May be out of date when it returns.
    pub fn len(&self) -> usize {
        self.line.sender.len()
    }

    /// Whether no command is queued. May be out of date when it returns.
    pub fn is_empty(&self) -> bool {
        self.line.sender.is_empty()
    }

    /// How many commands can be queued.
    pub fn capacity(&self) -> usize {
        self.line.sender.capacity()
    }

    fn is_own_thread(&self) -> bool {
        thread::current().id() == self.line.writer
    }

    fn envelope(&self, command: C) -> (Envelope<C, R>, PendingReply<C, R>) {
        let (reply_to, reply) = place(self.line.writer);
        (Envelope::call(command, reply_to), reply)
    }

    /// Why a call was not sent: the queue was closed.
    fn gone(&self, envelope: Envelope<C, R>) -> CallError<C, R> {
        let (command, _) = envelope.open();
        match self.line.signs.cause() {
            Cause::Closed => CallError::Closed(command),
            Cause::Panicked => CallError::WriterPanicked(Some(command)),
        }
    }

    /// Why a cast was not sent: the queue was closed.
    fn cast_gone(&self, envelope: Envelope<C, R>) -> CastError<C> {
        let (command, _) = envelope.open();
        match self.line.signs.cause() {
            Cause::Closed => CastError::Closed(command),
            Cause::Panicked => CastError::WriterPanicked(command),
        }
    }

    #[cold]
    fn cast_on_own_thread(&self, command: C) -> Result<(), CastError<C>> {
        self.try_cast(command).map_err(|error| match error {
            // Only this thread makes room.
            CastError::Full(command) => CastError::Reentrant(command),
            other => other,
        })
    }
}

impl<C, R> Clone for Handle<C, R> {
    fn clone(&self) -> Self {
        Handle { line: Arc::clone(&self.line) }
    }
}

impl<C, R> fmt::Debug for Handle<C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handle { .. }")
    }
}

// A panic of the caller's code finds the writer between two operations.
impl<C, R> UnwindSafe for Handle<C, R> {}
impl<C, R> RefUnwindSafe for Handle<C, R> {}
