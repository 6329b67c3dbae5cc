//! Who chooses the next task: one of Shuttle's schedulers, or the steps of a ticket.

use shuttle::scheduler::{
    DfsScheduler, PctScheduler, RandomScheduler, Schedule, Scheduler, Task, TaskId,
    UrwRandomScheduler,
};

use crate::scenario::Sampler;

use super::super::{Plan, Tally};

/// What chooses the next task.
pub(super) enum Source {
    Shuttle {
        scheduler: Box<dyn Scheduler>,
        sampler: Sampler,
    },
    Replay {
        steps: Vec<usize>,
        position: usize,
        begun: bool,
    },
    /// The run is over.
    Spent,
}

/// What a source says when it is asked for a task.
pub(super) enum Choice {
    Task(TaskId),
    /// The scheduler wants no more of this execution.
    Stop,
    /// The ticket names a task that cannot run.
    Stale,
}

impl Source {
    /// What the plan's engine chooses with.
    pub fn new(plan: &Plan, sampler: Sampler) -> Source {
        // The schedulers' own limits are never reached: the plan's are kept by the caller, exactly.
        const ALL: usize = usize::MAX;
        let scheduler: Box<dyn Scheduler> = match sampler {
            Sampler::Random => Box::new(RandomScheduler::new_from_seed(plan.seed, ALL)),
            Sampler::Pct { depth } => {
                Box::new(PctScheduler::new_from_seed(plan.seed, depth.max(1), ALL))
            }
            Sampler::Urw => Box::new(UrwRandomScheduler::new_from_seed(plan.seed, ALL)),
            Sampler::Dfs => Box::new(DfsScheduler::new(None, false)),
        };
        Source::Shuttle { scheduler, sampler }
    }

    pub fn replay(steps: Vec<usize>) -> Source {
        Source::Replay { steps, position: 0, begun: false }
    }

    /// Begins an execution, if there is one left. `had_choice`: an earlier one had two tasks to
    /// choose from.
    pub fn begin(&mut self, plan: &Plan, tally: &Tally, had_choice: bool) -> Option<Schedule> {
        let pct = match self {
            Source::Shuttle { sampler: sampler @ Sampler::Pct { .. }, .. } => Some(*sampler),
            _ => None,
        };
        if let (Some(sampler), false, true) = (pct, had_choice, tally.executions > 0) {
            // PCT asserts that there was something to choose. Where there was not, all executions
            // of an input are the same.
            if tally.all_inputs {
                return None;
            }
            *self = Source::new(plan, sampler);
        }
        match self {
            Source::Shuttle { scheduler, .. } => scheduler.new_execution(),
            Source::Replay { begun, .. } => {
                (!std::mem::replace(begun, true)).then(|| Schedule::new(0))
            }
            Source::Spent => None,
        }
    }

    /// Chooses among `runnable`, all of which but the sentinel are `others`; there are some.
    pub fn choose(
        &mut self,
        runnable: &[&Task],
        others: &[&Task],
        current: Option<TaskId>,
        is_yielding: bool,
    ) -> Choice {
        let chosen = match self {
            // It insists on seeing every task. The sentinel's turns lie anywhere with equal
            // chances, and so leave the chances of the others' interleavings equal.
            Source::Shuttle { scheduler, sampler: Sampler::Urw } => {
                scheduler.next_task(runnable, current, is_yielding)
            }
            // It would let a waiting thread look again and again, forever, without the others.
            Source::Shuttle { scheduler, sampler: Sampler::Dfs } if is_yielding => {
                let waiting = |task: &&&Task| Some(task.id()) != current;
                let moving: Vec<&Task> = others.iter().filter(waiting).copied().collect();
                let candidates = if moving.is_empty() { others } else { moving.as_slice() };
                scheduler.next_task(candidates, current, is_yielding)
            }
            Source::Shuttle { scheduler, .. } => scheduler.next_task(others, current, is_yielding),
            Source::Replay { steps, position, .. } => match steps.get(*position) {
                Some(step) if runnable.iter().any(|task| usize::from(task.id()) == *step) => {
                    *position += 1;
                    Some(TaskId::from(*step))
                }
                Some(_) => return Choice::Stale,
                // The ticket ends where the violation was found; what follows does not matter.
                None => Some(others[0].id()),
            },
            Source::Spent => None,
        };
        chosen.map_or(Choice::Stop, Choice::Task)
    }

    pub fn next_u64(&mut self) -> u64 {
        match self {
            Source::Shuttle { scheduler, .. } => scheduler.next_u64(),
            Source::Replay { .. } | Source::Spent => 0,
        }
    }

    /// Ends the run. Shuttle's random scheduler prints when it is dropped before its own limit, so
    /// schedulers are forgotten.
    pub fn stop(&mut self) {
        if let Source::Shuttle { scheduler, .. } = std::mem::replace(self, Source::Spent) {
            std::mem::forget(scheduler);
        }
    }
}
