//! `SequencedRegister`, and its twins.

use std::marker::PhantomData;

use selvedge::naive::{CompareThenStore, LastArrival, LastWriterWins, NewestClock, Written};
use selvedge::sync::Arc;
use selvedge::{Offer, Seq, SequencedRegister, Stamped};

use super::order::{Model, explain};
use super::program::{Program, shared};

pub type Guarded = Events<SequencedRegister<u64, Seq>>;
pub type Last = Events<LastArrival<u64, Seq>>;
pub type Compares = Events<CompareThenStore<u64, Seq>>;
pub type Newest = Events<NewestClock<u64, Seq>>;

/// Threads offer events of one thing.
pub struct Events<R>(PhantomData<R>);

#[derive(Clone, Copy, Debug)]
pub enum Operation {
    /// An offer with a stamp and a value.
    Event(u64, u64),
    Load,
    Stamp,
    /// Whether an offer with this stamp would be stale.
    IsStale(u64),
}

use Operation::*;

/// Two events, one older than both, and one that has a stamp by mistake.
const ALL: &[Operation] =
    &[Event(2, 20), Event(1, 10), Event(2, 21), Load, Event(3, 30), IsStale(2), Stamp];
const OF_TWINS: &[Operation] = &[Event(2, 20), Event(1, 10), Event(2, 21), Load];

/// What the guarded form has beyond its twins.
pub trait Register: LastWriterWins<Value = u64, Stamp = Seq> {
    const NAME: &'static str;
    const OPERATIONS: &'static [Operation] = OF_TWINS;

    fn stamp(&self) -> Option<Seq> {
        unreachable!("no twin has it")
    }

    fn is_stale(&self, _: Seq) -> bool {
        unreachable!("no twin has it")
    }
}

impl Register for SequencedRegister<u64, Seq> {
    const NAME: &'static str = "SequencedRegister";
    const OPERATIONS: &'static [Operation] = ALL;

    fn stamp(&self) -> Option<Seq> {
        self.stamp()
    }

    fn is_stale(&self, stamp: Seq) -> bool {
        self.is_stale(stamp)
    }
}

impl Register for LastArrival<u64, Seq> {
    const NAME: &'static str = "naive register, last arrival";
}

impl Register for CompareThenStore<u64, Seq> {
    const NAME: &'static str = "naive register, compare then store";
}

impl Register for NewestClock<u64, Seq> {
    const NAME: &'static str = "naive register, newest clock";
}

#[derive(Debug)]
pub enum Step {
    Offered(Stamped<u64, Seq>, Offer<u64, Stamped<u64, Seq>>),
    Seen(Option<Stamped<u64, Seq>>),
    Stamp(Option<Seq>),
    IsStale(Seq, bool),
}

impl<R: Register> Program for Events<R> {
    const NAME: &'static str = R::NAME;
    type Operation = Operation;
    type Step = Step;
    type Hand = Arc<R>;
    type Rest = Arc<R>;

    fn operations(_thread: usize, _threads: usize) -> &'static [Operation] {
        R::OPERATIONS
    }

    fn begin(threads: usize) -> (Vec<Arc<R>>, Arc<R>) {
        shared(threads, R::default())
    }

    fn perform(register: &mut Arc<R>, operation: Operation, _id: u64, steps: &mut Vec<Step>) {
        steps.push(match operation {
            Event(number, value) => {
                let stamp = Seq(number);
                // Newer events come from slower clocks.
                let written = Written { stamp, clock_ms: 10 - number };
                let answer = LastWriterWins::offer(&**register, written, value);
                Step::Offered(Stamped { value, stamp }, answer)
            }
            Load => Step::Seen(LastWriterWins::load(&**register)),
            Stamp => Step::Stamp(register.stamp()),
            IsStale(number) => Step::IsStale(Seq(number), register.is_stale(Seq(number))),
        });
    }

    fn end(register: Arc<R>, threads: Vec<Vec<Step>>) {
        let end = LastWriterWins::load(&*register);
        explain(&Greatest(None), &threads, |newest| newest.0 == end);
    }
}

/// The newest event so far.
#[derive(Clone)]
struct Greatest(Option<Stamped<u64, Seq>>);

impl Model for Greatest {
    type Step = Step;

    fn admits(&mut self, _thread: usize, step: &Step) -> bool {
        let newest = self.0;
        match step {
            Step::Offered(event, answer) => {
                let rejected = event.value;
                *answer
                    == match newest {
                        Some(current) if event.stamp < current.stamp => Offer::Stale { rejected },
                        Some(current) if *event == current => Offer::Duplicate { rejected },
                        Some(current) if event.stamp == current.stamp => {
                            Offer::Conflict { current, rejected }
                        }
                        _ => Offer::Applied { replaced: self.0.replace(*event) },
                    }
            }
            Step::Seen(seen) => *seen == newest,
            Step::Stamp(stamp) => *stamp == newest.map(|newest| newest.stamp),
            Step::IsStale(stamp, is_stale) => {
                *is_stale == newest.is_some_and(|newest| *stamp < newest.stamp)
            }
        }
    }
}
