//! `ReorderBuffer`, and its twin.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::num::NonZeroUsize;

use selvedge::cell::UnsafeCell;
use selvedge::naive::{self, InOrder};
use selvedge::reorder_buffer::{Delivery, Skipped};
use selvedge::scenario::Scenario;
use selvedge::sync::Arc;
use selvedge::time::Duration;
use selvedge::{Push, ReorderBuffer};

use super::order::{Model, explain};
use super::program::{Program, caller_panics, catch_callers_panic, shared};

pub type Guarded = Items<ReorderBuffer<u64>>;
pub type Twin = Items<naive::ReorderBuffer<u64>>;

/// Threads push items, and apply those that are ready.
pub struct Items<B>(PhantomData<B>);

#[derive(Clone, Copy, Debug)]
pub enum Operation {
    /// An item of this number, and delivers unless somebody is at it.
    Arrive(u64),
    Push(u64),
    /// Waits for the right to deliver.
    Deliver,
    /// As long as a timeout.
    DeliverSoon,
    /// Panics at the first item.
    Panic,
    SkipTo(u64),
}

use Operation::*;

const ALL: &[Operation] = &[Arrive(0), Arrive(1), Push(2), SkipTo(1), Deliver, Panic, DeliverSoon];
const OF_TWINS: &[Operation] = &[Arrive(0), Arrive(1)];

/// So many numbers are taken.
const WINDOW: u64 = 2;

/// What was applied; only one at a time may do so.
struct Applied(UnsafeCell<Vec<u64>>);

// SAFETY: used inside of a model only, whose threads share one operating-system thread.
unsafe impl Sync for Applied {}
// SAFETY: as above.
unsafe impl Send for Applied {}

impl Applied {
    fn push(&self, number: u64) {
        // SAFETY: none needed: the engine admits no two accesses at once.
        self.0.with_mut(|numbers| unsafe { (*numbers).push(number) });
    }

    fn numbers(&self) -> Vec<u64> {
        // SAFETY: as above.
        self.0.with(|numbers| unsafe { (*numbers).clone() })
    }
}

#[derive(Debug)]
pub enum Step {
    Pushed {
        number: u64,
        value: u64,
        answer: Push<u64>,
    },
    /// Somebody else has the right to deliver.
    Taken,
    Takes,
    Popped(Option<(u64, u64)>),
    /// Gives the right back, whatever is ready.
    Leaves,
    Skipped {
        to: u64,
        values: Vec<(u64, u64)>,
        missing: u64,
        ready: usize,
    },
}

/// What the guarded form has beyond its twin.
pub trait Buffer: InOrder<u64> {
    const NAME: &'static str;
    const OPERATIONS: &'static [Operation];

    /// Whether its steps are told.
    const EXPLAINS: bool;

    /// Takes the right to deliver: if nobody has it, by waiting for it, or for so long.
    fn drain(&self, _wait: Wait) -> Option<Delivery<'_, u64>> {
        unreachable!("no twin has it")
    }

    fn skip_to(&self, _number: u64) -> Skipped<u64> {
        unreachable!("no twin has it")
    }
}

#[derive(Clone, Copy)]
pub enum Wait {
    Not,
    Forever,
    Some,
}

impl Buffer for ReorderBuffer<u64> {
    const NAME: &'static str = "ReorderBuffer";
    const OPERATIONS: &'static [Operation] = ALL;
    const EXPLAINS: bool = true;

    fn drain(&self, wait: Wait) -> Option<Delivery<'_, u64>> {
        match wait {
            Wait::Not => self.try_drain_ready(),
            Wait::Forever => Some(self.drain_ready()),
            Wait::Some => self.drain_ready_timeout(Duration::from_micros(1)),
        }
    }

    fn skip_to(&self, number: u64) -> Skipped<u64> {
        self.skip_to(number)
    }
}

impl Buffer for naive::ReorderBuffer<u64> {
    const NAME: &'static str = "naive ReorderBuffer";
    const OPERATIONS: &'static [Operation] = OF_TWINS;
    const EXPLAINS: bool = false;
}

pub struct Shared<B> {
    buffer: B,
    applied: Applied,
}

impl<B: Buffer> Shared<B> {
    fn push(&self, number: u64, value: u64, steps: &mut Vec<Step>) {
        let answer = self.buffer.push(number, value);
        steps.push(Step::Pushed { number, value, answer });
    }

    fn deliver(&self, wait: Wait, steps: &mut Vec<Step>) {
        if !B::EXPLAINS {
            return self.buffer.deliver(|number, _| self.applied.push(number));
        }
        let Some(mut delivery) = self.buffer.drain(wait) else {
            return steps.push(Step::Taken);
        };
        steps.push(Step::Takes);
        loop {
            let item = delivery.next();
            steps.push(Step::Popped(item));
            match item {
                Some((number, _)) => self.applied.push(number),
                None => return,
            }
        }
    }

    /// Panics at the first item, if one is ready.
    fn panic(&self, steps: &mut Vec<Step>) {
        let Some(mut delivery) = self.buffer.drain(Wait::Not) else {
            return steps.push(Step::Taken);
        };
        steps.push(Step::Takes);
        let item = delivery.next();
        steps.push(Step::Popped(item));
        if let Some((number, _)) = item {
            self.applied.push(number);
            catch_callers_panic(|| {
                let _delivery = delivery;
                caller_panics()
            });
            steps.push(Step::Leaves);
        }
    }
}

impl<B: Buffer> Program for Items<B> {
    const NAME: &'static str = B::NAME;
    type Operation = Operation;
    type Step = Step;
    type Hand = Arc<Shared<B>>;
    type Rest = Arc<Shared<B>>;

    fn operations(_thread: usize, _threads: usize) -> &'static [Operation] {
        B::OPERATIONS
    }

    fn settings(scenario: Scenario) -> Scenario {
        scenario.timeouts(1)
    }

    fn begin(threads: usize) -> (Vec<Self::Hand>, Self::Rest) {
        let window = NonZeroUsize::new(WINDOW as usize).expect("is not 0");
        let applied = Applied(UnsafeCell::new(Vec::new()));
        shared(threads, Shared { buffer: B::new(0, window), applied })
    }

    fn perform(shared: &mut Self::Hand, operation: Operation, id: u64, steps: &mut Vec<Step>) {
        match operation {
            Arrive(number) => {
                shared.push(number, id, steps);
                shared.deliver(Wait::Not, steps);
            }
            Push(number) => shared.push(number, id, steps),
            Deliver => shared.deliver(Wait::Forever, steps),
            DeliverSoon => shared.deliver(Wait::Some, steps),
            Panic => shared.panic(steps),
            SkipTo(to) => {
                let Skipped { values, missing, ready } = shared.buffer.skip_to(to);
                steps.push(Step::Skipped { to, values, missing, ready });
            }
        }
    }

    fn end(shared: Self::Rest, threads: Vec<Vec<Step>>) {
        let mut rest = Vec::new();
        shared.deliver(Wait::Not, &mut rest);
        let applied = shared.applied.numbers();
        assert!(applied.is_sorted_by(|a, b| a < b), "applied in another order: {applied:?}");
        if B::EXPLAINS {
            explain(&Slots::default(), &threads, |slots| {
                let mut end = slots.clone();
                rest.iter().all(|step| end.admits(threads.len(), step)) && end.ready() == 0
            });
        }
    }
}

/// What waits, and who has the right to deliver.
#[derive(Clone, Default)]
struct Slots {
    next: u64,
    waiting: BTreeMap<u64, u64>,
    delivers: Option<usize>,
}

impl Slots {
    fn ready(&self) -> usize {
        (self.next..).take_while(|number| self.waiting.contains_key(number)).count()
    }

    fn push(&mut self, number: u64, value: u64) -> Push<u64> {
        let (next, limit) = (self.next, self.next + WINDOW);
        if number < next {
            return Push::Late { next, value };
        }
        if number >= limit {
            return Push::TooFar { next, limit, value };
        }
        if self.waiting.contains_key(&number) {
            return Push::Duplicate(value);
        }
        self.waiting.insert(number, value);
        match self.ready() {
            0 => Push::Buffered,
            ready => Push::Ready(ready),
        }
    }
}

impl Model for Slots {
    type Step = Step;

    fn admits(&mut self, thread: usize, step: &Step) -> bool {
        match step {
            Step::Pushed { number, value, answer } => self.push(*number, *value) == *answer,
            Step::Taken => self.delivers.is_some(),
            Step::Takes => self.delivers.replace(thread).is_none(),
            Step::Popped(item) => {
                let ready = self.waiting.remove_entry(&self.next);
                match ready {
                    Some(_) => self.next += 1,
                    None => self.delivers = None,
                }
                *item == ready
            }
            Step::Leaves => self.delivers.take() == Some(thread),
            Step::Skipped { to, values, missing, ready } => {
                let end = self.next.max(*to);
                let kept = self.waiting.split_off(&end);
                let gone = std::mem::replace(&mut self.waiting, kept);
                let holes = end - self.next - gone.len() as u64;
                self.next = end;
                gone.into_iter().eq(values.iter().copied())
                    && (*missing, *ready) == (holes, self.ready())
            }
        }
    }
}
