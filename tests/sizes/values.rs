//! What a queue of one slot promises to one thread after the other.

use super::order::Model;

#[derive(Debug)]
pub enum Step {
    /// A value, which comes to be sent or refused.
    Makes,
    /// A sender takes the slot. From here on the queue is full, and not yet closed for this value.
    Claims,
    /// The value is in the slot.
    Sent(u64),
    Full,
    /// The queue is closed.
    Refused,
    Received(u64),
    Empty,
    /// The queue is closed and empty.
    Over,
    /// Whether it was this call that closed it.
    Closed(bool),
    /// An end was dropped.
    Left(End),
}

#[derive(Clone, Copy, Debug)]
pub enum End {
    Sends,
    Receives,
}

/// What is queued, in one slot.
#[derive(Clone)]
pub struct Values {
    /// A sender is about to write.
    is_claimed: bool,
    value: Option<u64>,
    is_closed: bool,
    senders: usize,
}

impl Values {
    /// A queue with so many senders.
    pub fn of(senders: usize) -> Values {
        Values { is_claimed: false, value: None, is_closed: false, senders }
    }

    fn is_free(&self) -> bool {
        !self.is_claimed && self.value.is_none()
    }
}

impl Model for Values {
    type Step = Step;

    fn admits(&mut self, _thread: usize, step: &Step) -> bool {
        match *step {
            Step::Makes => true,
            Step::Claims => {
                !self.is_closed && self.is_free() && {
                    self.is_claimed = true;
                    true
                }
            }
            Step::Sent(id) => {
                self.is_claimed = false;
                self.value.replace(id).is_none()
            }
            Step::Full => !self.is_free(),
            Step::Refused => self.is_closed,
            Step::Received(id) => self.value.take() == Some(id),
            Step::Empty => self.value.is_none(),
            Step::Over => self.is_closed && self.is_free(),
            Step::Closed(by_this) => std::mem::replace(&mut self.is_closed, true) != by_this,
            Step::Left(End::Receives) => {
                // What is about to be written is waited for, and dropped.
                self.is_closed = true;
                self.value = None;
                !self.is_claimed
            }
            Step::Left(End::Sends) => {
                self.senders -= 1;
                self.is_closed |= self.senders == 0;
                true
            }
        }
    }
}
