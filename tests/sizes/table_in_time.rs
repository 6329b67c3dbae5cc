//! `IdempotencyTable`, with leases that end and results that expire.

use selvedge::IdempotencyTable;
use selvedge::idempotency_table::OnInFlight;
use selvedge::sync::Arc;
use selvedge::time::{self, Duration};

use super::order::explain;
use super::program::{Program, shared};
use super::runs::{KEY, LEASE, OTHER_KEY, PAY, ROOM, Runs, Step, TTL};
use super::table::{Effect, Table, call};

pub type GivenUp = InTime<false>;
pub type WaitedFor = InTime<true>;

/// Threads ask for effects, some of which take longer than they may.
pub struct InTime<const WAITS: bool>;

#[derive(Clone, Copy, Debug)]
pub enum Operation {
    Run,
    /// The effect takes as long as a lease.
    Slow,
    /// Waits as long as a lease at most.
    WaitSoon,
    /// Another key, for which there is no room as long as a result is replayed.
    OtherKey,
    /// The key is claimed, and given up when as much time has passed as a lease has.
    GiveUp,
    Purge,
}

use Operation::*;

/// A product of all of them would take hours.
const GIVEN_UP: &[Operation] = &[Slow, Run, GiveUp, Purge];
const WAITED_FOR: &[Operation] = &[Slow, Run, WaitSoon, OtherKey];

/// A unit of time.
const MOMENT: Duration = Duration::from_micros(1);

fn moments(number: u64) -> Duration {
    MOMENT * number as u32
}

fn advance(steps: &mut Vec<Step>) {
    time::advance(MOMENT);
    steps.push(Step::Advanced);
}

impl<const WAITS: bool> Program for InTime<WAITS> {
    const NAME: &'static str = "IdempotencyTable in time";
    type Operation = Operation;
    type Step = Step;
    type Hand = Arc<IdempotencyTable<u64, u64>>;
    type Rest = Arc<IdempotencyTable<u64, u64>>;

    fn operations(_thread: usize, _threads: usize) -> &'static [Operation] {
        if WAITS { WAITED_FOR } else { GIVEN_UP }
    }

    fn begin(threads: usize) -> (Vec<Self::Hand>, Self::Rest) {
        let builder = IdempotencyTable::builder().max_entries(ROOM).shards(1);
        let builder = builder.ttl(moments(TTL)).in_flight_lease(moments(LEASE));
        shared(threads, builder.build().expect("the settings make sense"))
    }

    fn perform(table: &mut Self::Hand, operation: Operation, id: u64, steps: &mut Vec<Step>) {
        let table = &**table;
        let quick = |_: &mut Vec<Step>| Effect::Succeeds;
        let slow = |steps: &mut Vec<Step>| {
            advance(steps);
            Effect::Succeeds
        };
        match operation {
            Run => call(table, OnInFlight::Wait, (KEY, PAY), id, quick, steps),
            Slow => call(table, OnInFlight::Wait, (KEY, PAY), id, slow, steps),
            WaitSoon => {
                steps.push(Step::Waits);
                let policy = OnInFlight::WaitFor(moments(LEASE));
                call(table, policy, (KEY, PAY), id, quick, steps);
            }
            OtherKey => call(table, OnInFlight::Wait, (OTHER_KEY, PAY), id, slow, steps),
            GiveUp => {
                advance(steps);
                table.give_up(id, steps);
            }
            Purge => {
                steps.push(Step::Reads);
                steps.push(Step::Purged(table.purge_expired()));
            }
        }
    }

    fn end(table: Self::Rest, threads: Vec<Vec<Step>>) {
        let stats = table.stats();
        assert!(stats.entries <= ROOM && stats.in_flight == 0, "{stats:?}");
        let mut last = Vec::new();
        let quick = |_: &mut Vec<Step>| Effect::Succeeds;
        call(&*table, OnInFlight::Wait, (KEY, PAY), 1, quick, &mut last);
        explain(&Runs::default(), &threads, |runs| runs.admit_all(threads.len(), &last));
    }
}
