//! A list, which a queue on one thread must agree with.

use std::cell::Cell;
use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::time::Duration;

use proptest::prelude::*;
use selvedge::queue::{
    self, Receiver, RecvError, RecvTimeoutError, SendError, SendTimeoutError, Sender, TryRecvError,
    TrySendError,
};

/// A value that counts those that are alive.
#[derive(Debug)]
pub struct Item {
    pub id: usize,
    alive: Rc<Cell<usize>>,
}

impl Item {
    pub fn new(id: usize, alive: &Rc<Cell<usize>>) -> Self {
        alive.set(alive.get() + 1);
        Item { id, alive: Rc::clone(alive) }
    }
}

impl Drop for Item {
    fn drop(&mut self) {
        self.alive.set(self.alive.get() - 1);
    }
}

/// In which of its forms an operation that may wait is tried.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// Not if it would block.
    Blocking,
    Try,
    /// With a timeout of zero, or of so much that there is no deadline.
    Timeout,
}

#[derive(Clone, Debug)]
pub enum Operation {
    Send(Form),
    Receive(Form),
    /// So many at most.
    ReceiveMany(Form, usize),
    Iterate(usize),
    CloseBySender,
    CloseByReceiver,
    CloneSender,
    DropSender,
}

pub fn operation() -> impl Strategy<Value = Operation> {
    let form = || prop_oneof![Just(Form::Blocking), Just(Form::Try), Just(Form::Timeout)];
    prop_oneof![
        32 => form().prop_map(Operation::Send),
        10 => form().prop_map(Operation::Receive),
        6 => (form(), 1..5_usize).prop_map(|(form, limit)| Operation::ReceiveMany(form, limit)),
        2 => (0..3_usize).prop_map(Operation::Iterate),
        1 => Just(Operation::CloseBySender),
        1 => Just(Operation::CloseByReceiver),
        2 => Just(Operation::CloneSender),
        2 => Just(Operation::DropSender),
    ]
}

/// A queue, and the list.
pub struct Subject {
    senders: Vec<Sender<Item>>,
    receiver: Receiver<Item>,
    list: VecDeque<usize>,
    capacity: usize,
    closed: bool,
    alive: Rc<Cell<usize>>,
}

impl Subject {
    pub fn new(capacity: usize) -> Subject {
        let (sender, receiver) = queue::bounded(NonZeroUsize::new(capacity).unwrap());
        let (list, alive) = (VecDeque::new(), Rc::new(Cell::new(0)));
        Subject { senders: vec![sender], receiver, list, capacity, closed: false, alive }
    }

    /// Does it on both. Values are called `id`.
    pub fn step(&mut self, id: usize, operation: &Operation) {
        match *operation {
            Operation::Send(form) => self.send(form, id),
            Operation::Receive(form) => self.receive(form),
            Operation::ReceiveMany(form, limit) => self.receive_many(form, limit),
            Operation::Iterate(count) => {
                let count = if self.closed { count } else { count.min(self.list.len()) };
                let received = self.receiver.iter().take(count).map(|item| item.id);
                let there = count.min(self.list.len());
                assert_eq!(
                    received.collect::<Vec<_>>(),
                    self.list.drain(..there).collect::<Vec<_>>()
                );
            }
            Operation::CloseBySender => {
                let Some(sender) = self.senders.last() else { return };
                assert_eq!(sender.close(), !self.closed);
                self.closed = true;
            }
            Operation::CloseByReceiver => {
                assert_eq!(self.receiver.close(), !self.closed);
                self.closed = true;
            }
            Operation::CloneSender => {
                let Some(sender) = self.senders.first() else { return };
                self.senders.push(sender.clone());
            }
            Operation::DropSender => {
                self.senders.pop();
                self.closed |= self.senders.is_empty();
            }
        }
        self.shows();
    }

    /// Drops the senders first, or the receiver.
    pub fn end(self, senders_first: bool) {
        let Subject { senders, receiver, alive, list, .. } = self;
        if senders_first {
            drop(senders);
            assert_eq!(alive.get(), list.len());
            drop(receiver);
        } else {
            drop(receiver);
            assert_eq!(alive.get(), 0, "what was queued is dropped with the receiver");
            for sender in &senders {
                assert!(sender.is_closed() && sender.is_empty());
                let refused = sender.try_send(Item::new(0, &alive));
                assert!(matches!(refused, Err(TrySendError::Disconnected(_))));
            }
        }
        assert_eq!(alive.get(), 0);
    }

    fn shows(&self) {
        let expected = (self.list.len(), self.list.is_empty(), self.closed, self.capacity);
        let receiver = &self.receiver;
        let seen = (receiver.len(), receiver.is_empty(), receiver.is_closed(), receiver.capacity());
        assert_eq!(seen, expected);
        for sender in &self.senders {
            let seen = (sender.len(), sender.is_empty(), sender.is_closed(), sender.capacity());
            assert_eq!(seen, expected);
        }
        assert_eq!(self.alive.get(), self.list.len(), "a value was lost or copied");
    }

    fn send(&mut self, form: Form, id: usize) {
        let Some(sender) = self.senders.last() else { return };
        let (closed, full) = (self.closed, self.list.len() == self.capacity);
        let item = Item::new(id, &self.alive);
        let refused = match form {
            Form::Blocking if full && !closed => return,
            Form::Blocking => sender.send(item).err().map(|SendError(item)| item),
            Form::Try => match sender.try_send(item) {
                Ok(()) => None,
                Err(error) => {
                    assert_eq!(matches!(error, TrySendError::Disconnected(_)), closed);
                    Some(error.into_inner())
                }
            },
            Form::Timeout => {
                let timeout = if full && !closed { Duration::ZERO } else { Duration::MAX };
                match sender.send_timeout(item, timeout) {
                    Ok(()) => None,
                    Err(error) => {
                        assert_eq!(matches!(error, SendTimeoutError::Disconnected(_)), closed);
                        Some(error.into_inner())
                    }
                }
            }
        };
        assert_eq!(refused.map(|item| item.id), (closed || full).then_some(id));
        if !closed && !full {
            self.list.push_back(id);
        }
    }

    /// Whether a receiver would block.
    fn waits(&self) -> bool {
        self.list.is_empty() && !self.closed
    }

    fn timeout(&self) -> Duration {
        if self.waits() { Duration::ZERO } else { Duration::MAX }
    }

    fn receive(&mut self, form: Form) {
        let (waits, timeout) = (self.waits(), self.timeout());
        let received = match form {
            Form::Blocking if waits => return,
            Form::Blocking => self.receiver.recv().map_err(|RecvError| false),
            Form::Try => self.receiver.try_recv().map_err(|error| error == TryRecvError::Empty),
            Form::Timeout => {
                let received = self.receiver.recv_timeout(timeout);
                received.map_err(|error| error == RecvTimeoutError::Timeout)
            }
        };
        assert_eq!(received.map(|item| item.id), self.list.pop_front().ok_or(waits));
    }

    fn receive_many(&mut self, form: Form, limit: usize) {
        let (waits, timeout) = (self.waits(), self.timeout());
        let limit = NonZeroUsize::new(limit).unwrap();
        // What is in the buffer stays there.
        let mut buffer = vec![Item::new(usize::MAX, &self.alive)];
        let received = match form {
            Form::Blocking if waits => return,
            Form::Blocking => match self.receiver.recv_many(&mut buffer, limit) {
                0 => Err(false),
                count => Ok(count),
            },
            Form::Try => {
                let received = self.receiver.try_recv_many(&mut buffer, limit);
                received.map_err(|error| error == TryRecvError::Empty)
            }
            Form::Timeout => {
                let received = self.receiver.recv_many_timeout(&mut buffer, limit, timeout);
                received.map_err(|error| error == RecvTimeoutError::Timeout)
            }
        };
        let there = self.list.len().min(limit.get());
        assert_eq!(received, if there == 0 { Err(waits) } else { Ok(there) });
        let ids = std::iter::once(usize::MAX).chain(self.list.drain(..there));
        assert!(ids.eq(buffer.iter().map(|item| item.id)), "not the oldest, in order");
    }
}
