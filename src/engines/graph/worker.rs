//! One worker of the graph engine: what it runs, and what comes of each run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::super::deadlock::deadlock;
use super::super::determinism::NONDETERMINISTIC;
use super::super::execution_end::{judge, run_body};
use super::super::{Plan, Subject, violation};
use super::Shared;
use crate::graph::{End, Fault, Program, Pulse, Run, operations};
use crate::scenario::{Bound, ViolationKind};
use crate::swap::choices::{Choices, Script};
use crate::swap::execution::{Backend, Entered, Execution, FaultKind};
use crate::swap::model::{explain_fault, forget_locals, start_clock};

/// Runs between two looks at whether it is time to tell how far the exploration has come.
const TOLD_EVERY: u64 = 1_024;

/// One worker's view of a scenario.
pub(super) struct Worker {
    plan: Plan,
    subject: Subject,
    shared: Arc<Shared>,
    /// Used by one run after the other.
    execution: Arc<Execution>,
    _entered: Entered,
    body: Arc<dyn Fn() + Send + Sync>,
    /// Whether the closure returned.
    returned: Arc<AtomicBool>,
    /// What showed that the closure is not deterministic: the next run may show nothing.
    nondeterminism: Option<String>,
    /// What the others know already: whether a second thread ran, and the input.
    noted: Option<(bool, Script)>,
    /// The part of the whole that this worker has explored, as far as it was told.
    explored: f64,
}

impl Worker {
    pub(super) fn new(plan: &Plan, subject: Subject, shared: &Arc<Shared>, clock: bool) -> Worker {
        let execution = Execution::new(
            Arc::clone(&plan.scenario),
            Backend::Graph,
            Choices::default(),
            plan.model_settings(),
        );
        let returned = Arc::new(AtomicBool::new(false));
        let body = {
            let (execution, subject) = (Arc::clone(&execution), subject.clone());
            let returned = Arc::clone(&returned);
            Arc::new(move || {
                if clock {
                    start_clock(&execution);
                }
                // Relaxed: it is read on this operating-system thread.
                returned.store(run_body(&execution, &subject), Ordering::Relaxed);
            })
        };
        let _entered = execution.enter(0);
        Worker {
            plan: plan.clone(),
            subject,
            shared: Arc::clone(shared),
            execution,
            _entered,
            body,
            returned,
            nondeterminism: None,
            noted: None,
            explored: 0.0,
        }
    }

    fn script(&self) -> Script {
        self.plan.input.clone().unwrap_or_default()
    }

    fn deadlock(&self) -> String {
        // Runs without a trace are repeated with one, before anybody sees their message.
        let loops = operations::blocked().into_iter();
        let loops: Vec<_> = loops.map(|(thread, place)| (thread as u32, place)).collect();
        deadlock(&self.execution, &loops)
    }

    /// Ends a run without a verdict.
    fn discard(&self) {
        (self.subject.commit)(false);
        forget_locals(&self.execution);
    }

    /// Notes whether a second thread ran, and what was chosen.
    fn note(&mut self, threaded: bool, made: Script) {
        let noted = self.noted.as_ref();
        if noted.is_some_and(|(before, input)| *before >= threaded && *input == made) {
            return;
        }
        self.noted = Some((threaded, made.clone()));
        let mut tally = self.shared.tally.lock();
        tally.threaded |= threaded;
        if !made.0.is_empty() && tally.input != made {
            tally.inputs.insert(made.clone());
            tally.input = made;
        }
    }
}

impl Run for Worker {
    fn is_given_up(&self) -> bool {
        self.execution.is_abandoned()
    }

    fn fail(&self, fault: &Fault) {
        let (kind, message) = explain_fault(fault);
        self.execution.fail(kind, message);
    }

    fn give_up(&self, end: End) {
        match end {
            End::Deadlock => self.execution.fail(FaultKind::Deadlock, self.deadlock()),
            End::Diverged => {
                self.execution.fail(FaultKind::NonDeterministic, NONDETERMINISTIC.to_owned());
            }
            End::Complete | End::Blocked | End::GivenUp => self.execution.give_up(),
        }
    }

    fn dismantle(&self) {
        self.execution.dismantle();
    }
}

impl Program for Worker {
    fn pulse(&self) -> Arc<Pulse> {
        Arc::clone(&self.execution.pulse)
    }

    fn begin(&mut self, in_detail: bool) -> (u64, Arc<dyn Fn() + Send + Sync>) {
        self.execution.restart(Choices::following(self.script()), in_detail);
        self.returned.store(false, Ordering::Relaxed);
        (self.execution.id(), Arc::clone(&self.body))
    }

    fn end(&mut self, end: End, counts: bool) -> bool {
        let threaded = {
            let progress = self.execution.progress.lock();
            let fault = progress.fault.as_ref();
            let fault = fault.filter(|fault| fault.kind == FaultKind::NonDeterministic);
            self.nondeterminism = fault.map(|fault| fault.message.clone());
            progress.threads.len() > 1
        };
        let mut fine = end == End::Blocked;
        if end == End::Blocked && counts {
            // Relaxed: a number for a person.
            self.shared.blocked.fetch_add(1, Ordering::Relaxed);
        }
        if end == End::Complete {
            let made = self.execution.choices.lock().end();
            fine = made.is_ok() && self.returned.load(Ordering::Relaxed);
            if counts && (threaded || made.as_ref().is_ok_and(|made| !made.0.is_empty())) {
                self.note(threaded, made.unwrap_or_default());
            }
        }
        (self.subject.commit)(fine && counts && end == End::Complete);
        if end != End::Complete {
            forget_locals(&self.execution);
        }
        fine
    }

    fn explain(&mut self) {
        let mut tally = self.shared.tally.lock();
        if tally.violation.is_some() {
            drop(tally);
            return self.discard();
        }
        let returned = self.returned.load(Ordering::Relaxed);
        let ended = judge(&self.plan, &self.subject, &self.execution, returned, true);
        forget_locals(&self.execution);
        let mut found = ended.violation.unwrap_or_else(|| {
            let shown = self.nondeterminism.take();
            let message = shown.unwrap_or_else(|| NONDETERMINISTIC.to_owned());
            violation(&self.plan, ViolationKind::NonDeterministic, message)
        });
        // Relaxed: a number for a person.
        found.execution = Some(self.shared.begun.load(Ordering::Relaxed));
        tally.threaded |= ended.threaded;
        tally.input = ended.input;
        tally.violation = Some(found);
    }

    fn admits_another(&mut self, explored: f64) -> bool {
        let cut = |bound: Bound| {
            self.shared.cut.lock().get_or_insert(bound);
            false
        };
        let most = self.plan.max_executions;
        // Relaxed: a counter.
        let begun = self.shared.begun.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |begun| {
            (begun < most).then_some(begun + 1)
        });
        if begun.is_err() {
            return cut(Bound { executions: Some(most), ..Bound::default() });
        }
        if let Some(begun) = begun.ok().filter(|begun| begun % TOLD_EVERY == 0) {
            let blocked = self.shared.blocked.load(Ordering::Relaxed);
            let mut whole = self.shared.explored.lock();
            *whole += explored - std::mem::replace(&mut self.explored, explored);
            self.shared.progress.tell(begun.saturating_sub(blocked), blocked, Some(*whole));
        }
        let Some(limit) = self.plan.max_duration else { return true };
        if begun != Ok(0) && self.shared.began.elapsed() >= limit {
            return cut(Bound { duration: Some(limit), ..Bound::default() });
        }
        true
    }

    fn goes_on_after_violation(&mut self) -> bool {
        let tally = self.shared.tally.lock();
        let finding = tally.violation.as_ref().is_none_or(|v| v.kind.is_finding());
        let goes_on = finding && !self.plan.stop_at_first;
        if !goes_on {
            let bound = Bound { violation: true, ..Bound::default() };
            self.shared.cut.lock().get_or_insert(bound);
        }
        goes_on
    }
}
