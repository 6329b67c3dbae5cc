//! The place where a call waits for its reply.

use std::fmt;

use super::super::swap::sync::{Arc, Condvar, Mutex};
use super::super::swap::thread::{self, ThreadId};
use super::super::swap::time::{Duration, Instant};
use super::error::CallError;

/// Why a command was given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    Closed,
    Panicked,
}

/// What became of a command.
pub enum Answer<C, R> {
    Replied(R),
    /// It has not run, and will not.
    GivenBack(Cause, C),
    /// It has run, or was running, when the writer panicked.
    Lost,
}

/// What the two ends of a reply share.
struct Place<C, R> {
    content: Mutex<Content<C, R>>,
    answered: Condvar,
}

struct Content<C, R> {
    answer: Option<Answer<C, R>>,
    /// Whether somebody sleeps here.
    awaited: bool,
}

/// A place for a reply to a command for the writer with this thread.
pub fn place<C, R>(writer: ThreadId) -> (ReplyTo<C, R>, PendingReply<C, R>) {
    let content = Mutex::new(Content { answer: None, awaited: false });
    let place = Arc::new(Place { content, answered: Condvar::new() });
    (ReplyTo(Some(Arc::clone(&place))), PendingReply { place, writer })
}

/// The duty to answer a call. If it is dropped, the answer is that the command is lost.
pub struct ReplyTo<C, R>(Option<Arc<Place<C, R>>>);

impl<C, R> ReplyTo<C, R> {
    /// Answers. If nobody waits any more, the answer is dropped here, outside of the lock.
    pub fn answer(mut self, answer: Answer<C, R>) {
        if let Some(place) = self.0.take() {
            place.answer(answer);
        }
    }
}

impl<C, R> Drop for ReplyTo<C, R> {
    fn drop(&mut self) {
        if let Some(place) = self.0.take() {
            place.answer(Answer::Lost);
        }
    }
}

impl<C, R> Place<C, R> {
    fn answer(&self, answer: Answer<C, R>) {
        // A1 lock: hands on the answer, and what happened before; pairs with A2 in wait.
        let mut content = self.content.lock();
        debug_assert!(content.answer.is_none(), "a call has two answers");
        content.answer = Some(answer);
        // Under the lock, so that the unlock is the last that this end does with the place. Argued,
        // not checked: the place is this end's as well, by an Arc, so that a touch after the unlock
        // would find it still, and wake nobody at the worst.
        if content.awaited {
            self.answered.notify_one();
        }
    }

    /// Takes the answer as soon as it is there. `None` when the deadline has passed.
    fn wait(&self, deadline: Option<Instant>) -> Option<Answer<C, R>> {
        // A2 lock: sees the answer; pairs with A1 in answer.
        let mut content = self.content.lock();
        loop {
            // Before the time is looked at: what is there counts.
            if let Some(answer) = content.answer.take() {
                return Some(answer);
            }
            content.awaited = true;
            match deadline {
                None => self.answered.wait(&mut content),
                Some(deadline) if Instant::now() < deadline => {
                    self.answered.wait_until(&mut content, deadline);
                }
                Some(_) => {
                    content.awaited = false;
                    return None;
                }
            }
        }
    }

    fn take(&self) -> Option<Answer<C, R>> {
        // A2 lock: as in wait.
        self.content.lock().answer.take()
    }
}

/// The reply to a command that was sent, and may not have run yet.
///
/// Dropping it does not keep the command from running. It may go to another thread.
#[must_use = "a reply that is dropped is not waited for"]
pub struct PendingReply<C, R> {
    place: Arc<Place<C, R>>,
    writer: ThreadId,
}

impl<C, R> PendingReply<C, R> {
    /// Blocks until the reply is there.
    ///
    /// # Errors
    /// The command was given back, or is lost. On the writer's own thread, which would wait for
    /// itself, as [`try_wait`](Self::try_wait).
    pub fn wait(self) -> Result<R, CallError<C, R>> {
        self.until(None)
    }

    /// As [`wait`](Self::wait), but for `timeout` at most. A reply that is there at its end counts.
    ///
    /// # Errors
    /// As [`wait`](Self::wait); and [`CallError::Unanswered`], with this, if there is no reply in
    /// time.
    pub fn wait_timeout(self, timeout: Duration) -> Result<R, CallError<C, R>> {
        // Beyond the end of the clock there is no deadline.
        let deadline = Instant::now().checked_add(timeout);
        self.until(deadline)
    }

    /// The reply, if it is there. Never blocks.
    ///
    /// # Errors
    /// As [`wait`](Self::wait); and [`CallError::Unanswered`], with this, if there is no reply yet.
    pub fn try_wait(self) -> Result<R, CallError<C, R>> {
        let answer = self.place.take();
        self.settle(answer)
    }

    pub(super) fn until(self, deadline: Option<Instant>) -> Result<R, CallError<C, R>> {
        if thread::current().id() == self.writer {
            return self.try_wait();
        }
        let answer = self.place.wait(deadline);
        self.settle(answer)
    }

    fn settle(self, answer: Option<Answer<C, R>>) -> Result<R, CallError<C, R>> {
        Err(match answer {
            Some(Answer::Replied(reply)) => return Ok(reply),
            Some(Answer::GivenBack(Cause::Closed, command)) => CallError::Closed(command),
            Some(Answer::GivenBack(Cause::Panicked, command)) => {
                CallError::WriterPanicked(Some(command))
            }
            Some(Answer::Lost) => CallError::WriterPanicked(None),
            None => CallError::Unanswered(self),
        })
    }
}

impl<C, R> fmt::Debug for PendingReply<C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PendingReply { .. }")
    }
}
