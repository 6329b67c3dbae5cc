//! The queue, and its twins.

use std::marker::PhantomData;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use selvedge::naive::{ClaimInTwoSteps, EmptyThenClosed, ReceivingEnd, SendingEnd};
use selvedge::queue::{
    self, Receiver, RecvTimeoutError, SendTimeoutError, TryRecvError, TrySendError,
};
use selvedge::scenario::Scenario;
use selvedge::time::Duration;

use super::order::explain;
use super::program::Program;
use super::values::{End, Step, Values};

pub type Guarded = Ends<Receiver<Value>>;
pub type NaiveClaim = Ends<ClaimInTwoSteps<Value>>;
pub type NaiveClose = Ends<EmptyThenClosed<Value>>;

/// Threads send to the last one, through a queue of one slot.
pub struct Ends<R>(PhantomData<R>);

/// A value, whose drop is counted: outside of what is explored.
pub struct Value {
    id: u64,
    dropped: Arc<AtomicU64>,
}

impl Drop for Value {
    fn drop(&mut self) {
        // Relaxed: looked at after the threads were joined.
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

#[derive(Clone, Copy, Debug)]
pub enum Operation {
    TrySend,
    Send,
    SendTimeout,
    TryReceive,
    Receive,
    ReceiveTimeout,
    ReceiveMany,
    Close,
    Leave,
}

use Operation::*;

const SENDING: &[Operation] = &[Send, Close, TrySend, SendTimeout, Leave];
const RECEIVING: &[Operation] = &[ReceiveTimeout, TryReceive, Close, Receive, ReceiveMany, Leave];
const TWIN_SENDING: &[Operation] = &[TrySend, Close];
const TWIN_RECEIVING: &[Operation] = &[TryReceive];

/// How long one waits who does not wait for good.
const MOMENT: Duration = Duration::from_micros(1);

/// The receiving end, with what the guarded form has beyond its twins.
pub trait Line: ReceivingEnd<Value> {
    const NAME: &'static str;
    const OPERATIONS: [&'static [Operation]; 2] = [TWIN_SENDING, TWIN_RECEIVING];

    /// Performs an operation of a sender that its twins do not have.
    fn send(_: &Self::Sender, _: Operation, _: Value, _: &mut Vec<Step>) {
        unreachable!("no twin has it")
    }

    /// As `send`, of the receiver.
    fn receive(&mut self, _: Operation, _: &mut Vec<Step>) {
        unreachable!("no twin has it")
    }
}

impl Line for Receiver<Value> {
    const NAME: &'static str = "queue";
    const OPERATIONS: [&'static [Operation]; 2] = [SENDING, RECEIVING];

    fn send(
        sender: &queue::Sender<Value>,
        operation: Operation,
        value: Value,
        steps: &mut Vec<Step>,
    ) {
        let id = value.id;
        let came = match operation {
            Send => match sender.send(value) {
                Ok(()) => sent(id, steps),
                Err(error) => closed(id, error.into_inner()),
            },
            SendTimeout => match sender.send_timeout(value, MOMENT) {
                Ok(()) => sent(id, steps),
                Err(SendTimeoutError::Disconnected(value)) => closed(id, value),
                Err(SendTimeoutError::Timeout(value)) => full(id, value),
            },
            other => unreachable!("{other:?} is none of a sender's"),
        };
        steps.push(came);
    }

    fn receive(&mut self, operation: Operation, steps: &mut Vec<Step>) {
        match operation {
            Receive => steps.push(match self.recv() {
                Ok(value) => Step::Received(value.id),
                Err(_) => Step::Over,
            }),
            ReceiveTimeout => steps.push(match self.recv_timeout(MOMENT) {
                Ok(value) => Step::Received(value.id),
                Err(RecvTimeoutError::Timeout) => Step::Empty,
                Err(RecvTimeoutError::Disconnected) => Step::Over,
            }),
            ReceiveMany => {
                let mut values = Vec::new();
                let limit = NonZeroUsize::new(2).expect("is not 0");
                let count = self.recv_many(&mut values, limit);
                assert_eq!(count, values.len());
                steps.extend(values.iter().map(|value| Step::Received(value.id)));
                if count == 0 {
                    steps.push(Step::Over);
                }
            }
            Close => steps.push(Step::Closed(self.close())),
            other => unreachable!("{other:?} is none of a receiver's"),
        }
    }
}

impl Line for ClaimInTwoSteps<Value> {
    const NAME: &'static str = "naive queue, claims in two steps";
}

impl Line for EmptyThenClosed<Value> {
    const NAME: &'static str = "naive queue, empty and then closed";
}

/// It took a slot, and is in it now.
fn sent(id: u64, steps: &mut Vec<Step>) -> Step {
    steps.push(Step::Claims);
    Step::Sent(id)
}

/// It came back, because the queue is closed.
fn closed(id: u64, value: Value) -> Step {
    assert_eq!(value.id, id, "another value came back");
    Step::Refused
}

/// It came back, because the queue is full.
fn full(id: u64, value: Value) -> Step {
    assert_eq!(value.id, id, "another value came back");
    Step::Full
}

pub enum Hand<R: Line> {
    Sends(R::Sender, Arc<AtomicU64>),
    Receives(R),
    Nothing,
}

impl<R: Line> Hand<R> {
    /// Drops the end.
    fn let_go(&mut self, steps: &mut Vec<Step>) {
        match std::mem::replace(self, Hand::Nothing) {
            Hand::Sends(sender, _) => {
                drop(sender);
                steps.push(Step::Left(End::Sends));
            }
            Hand::Receives(receiver) => {
                drop(receiver);
                steps.push(Step::Left(End::Receives));
            }
            Hand::Nothing => {}
        }
    }
}

impl<R: Line> Program for Ends<R> {
    const NAME: &'static str = R::NAME;
    type Operation = Operation;
    type Step = Step;
    type Hand = Hand<R>;
    type Rest = Arc<AtomicU64>;

    fn operations(thread: usize, threads: usize) -> &'static [Operation] {
        R::OPERATIONS[usize::from(thread + 1 == threads)]
    }

    fn settings(scenario: Scenario) -> Scenario {
        scenario.timeouts(1)
    }

    fn begin(threads: usize) -> (Vec<Hand<R>>, Self::Rest) {
        let dropped = Arc::new(AtomicU64::new(0));
        let (sender, receiver) = R::bounded(NonZeroUsize::MIN);
        let sends = |sender| Hand::Sends(sender, Arc::clone(&dropped));
        let mut hands: Vec<_> = (2..threads).map(|_| sends(sender.clone())).collect();
        hands.push(sends(sender));
        hands.push(Hand::Receives(receiver));
        (hands, dropped)
    }

    fn perform(hand: &mut Hand<R>, operation: Operation, id: u64, steps: &mut Vec<Step>) {
        match hand {
            _ if matches!(operation, Leave) => hand.let_go(steps),
            Hand::Sends(sender, _) if matches!(operation, Close) => {
                steps.push(Step::Closed(sender.close()));
            }
            Hand::Sends(sender, dropped) => {
                steps.push(Step::Makes);
                let value = Value { id, dropped: Arc::clone(dropped) };
                if !matches!(operation, TrySend) {
                    return R::send(sender, operation, value, steps);
                }
                let came = match sender.try_send(value) {
                    Ok(()) => sent(id, steps),
                    Err(TrySendError::Full(value)) => full(id, value),
                    Err(TrySendError::Disconnected(value)) => closed(id, value),
                };
                steps.push(came);
            }
            Hand::Receives(receiver) if matches!(operation, TryReceive) => {
                steps.push(match receiver.try_recv() {
                    Ok(value) => Step::Received(value.id),
                    Err(TryRecvError::Empty) => Step::Empty,
                    Err(TryRecvError::Disconnected) => Step::Over,
                });
            }
            Hand::Receives(receiver) => receiver.receive(operation, steps),
            Hand::Nothing => {}
        }
    }

    fn leave(mut hand: Hand<R>, steps: &mut Vec<Step>) {
        hand.let_go(steps);
    }

    fn end(dropped: Self::Rest, threads: Vec<Vec<Step>>) {
        let made = threads.iter().flatten().filter(|step| matches!(step, Step::Makes)).count();
        // Relaxed: the threads were joined.
        let dropped = dropped.load(Ordering::Relaxed);
        assert_eq!(dropped, made as u64, "each value is dropped once: {threads:?}");
        explain(&Values::of(threads.len() - 1), &threads, |_| true);
    }
}
