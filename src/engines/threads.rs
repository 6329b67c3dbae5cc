//! Real threads: rounds of the closure, its threads let go together, until the time or the count is
//! used up.
//!
//! The rounds run on a thread of their own, so that a round that hangs can be given up: the caller
//! hears of each round that ends. That thread keeps the budget, so that no round begins beyond it.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};

use parking_lot::Mutex;

use crate::scenario::{Coverage, Violation, ViolationKind};
use crate::swap::execution::{Backend, Execution};
#[cfg(any(loom, shuttle, selvedge))]
use crate::swap::model::start_clock;

use super::execution_end::{Ended, judge, run_body};
use super::{Plan, Run, Subject, Tally, violation};

/// One run at a time: threads of two rounds that share the processors hardly ever meet their own.
static ALONE: Mutex<()> = Mutex::new(());

/// Runs the subject on real threads.
pub(super) fn run(plan: &Plan, subject: &Subject) -> Run {
    let _alone = ALONE.lock();
    // `None` when the run is over for the watching side.
    let shared = Arc::new(Mutex::new(Some(State { tally: Tally::new(), running: None })));
    let (sender, rounds) = mpsc::channel::<()>();
    let runner = {
        let (plan, subject, shared) = (plan.clone(), subject.clone(), Arc::clone(&shared));
        std::thread::Builder::new().name("scenario".to_owned()).spawn(move || {
            loop {
                let execution = shared.lock().as_mut().and_then(|state| state.next(&plan));
                let Some(execution) = execution else { break };
                let ended = round(&plan, &subject, &execution);
                if let Some(state) = &mut *shared.lock() {
                    state.tally.add(ended);
                }
                // The watching side may have left.
                let _ = sender.send(());
            }
        })
    };
    let ended = match runner {
        Ok(runner) => watch(plan, &rounds).then(|| runner.join()),
        Err(error) => {
            let message = format!("the operating system has no thread to give: {error}");
            let mut tally = Tally::new();
            tally.violation = Some(violation(plan, ViolationKind::Misuse, message));
            return tally.finish(plan, Coverage::Sampled { seed: None });
        }
    };
    let state = shared.lock().take();
    let State { mut tally, running } = state.expect("only the watching side takes it");
    match ended {
        Some(Ok(())) => {}
        Some(Err(_)) => {
            let message = "the thread that runs the rounds ended by itself".to_owned();
            tally.violation = Some(violation(plan, ViolationKind::Misuse, message));
        }
        None => {
            let message = format!(
                "round {} did not end within {} s on real threads: a deadlock, a lost wake-up, or a loop \
                 that waits forever; its threads are left behind",
                tally.executions + 1,
                plan.watchdog.as_secs_f64()
            );
            let (input, chosen) = running.map_or_else(Default::default, |execution| {
                let mut choices = execution.choices.lock();
                (choices.end().unwrap_or_default(), choices.in_words())
            });
            let hung = Violation { chosen, ..violation(plan, ViolationKind::Hung, message) };
            tally.add(Ended {
                threaded: true,
                overlapped: false,
                one_order_of_owners: false,
                input,
                violation: Some(hung),
            });
        }
    }
    tally.finish(plan, Coverage::Sampled { seed: None })
}

/// What the two sides share.
struct State {
    tally: Tally,
    /// The last round that began.
    running: Option<Arc<Execution>>,
}

impl State {
    /// Begins the next round, if there is to be one.
    fn next(&mut self, plan: &Plan) -> Option<Arc<Execution>> {
        if self.tally.cut(plan).is_some() {
            return None;
        }
        let execution = Execution::new(
            Arc::clone(&plan.scenario),
            Backend::Plain,
            self.tally.next_choices(plan),
            #[cfg(any(loom, shuttle, selvedge))]
            plan.model_settings(),
        );
        self.running = Some(Arc::clone(&execution));
        Some(execution)
    }
}

/// Waits until the thread that runs the rounds has ended; `false` if a round does not.
fn watch(plan: &Plan, rounds: &mpsc::Receiver<()>) -> bool {
    loop {
        match rounds.recv_timeout(plan.watchdog) {
            Ok(()) => {}
            Err(RecvTimeoutError::Disconnected) => return true,
            Err(RecvTimeoutError::Timeout) => return false,
        }
    }
}

/// One round.
fn round(plan: &Plan, subject: &Subject, execution: &Arc<Execution>) -> Ended {
    let _entered = execution.enter(0);
    #[cfg(any(loom, shuttle, selvedge))]
    start_clock(execution);
    let returned = run_body(execution, subject);
    judge(plan, subject, execution, returned, true)
}
