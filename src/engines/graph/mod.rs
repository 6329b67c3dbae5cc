//! The graph engine: every execution under a memory model, each once. See [`crate::graph`].

mod worker;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use parking_lot::Mutex;

use self::worker::Worker;
use super::hook::text_of;
use super::inputs::search_inputs;
use super::progress::Progress;
use super::{Attempt, Plan, Run, Subject, Tally, violation};
use crate::graph::{self, End, Lessons, Limits, Met, Model};
use crate::scenario::{
    Bound, BudgetsMet, Coverage, GraphEnd, GraphObserver, Memory, ViolationKind,
};

/// Threads of an execution at most.
const MAX_THREADS: usize = 64;

/// Workers at most; more than there are processors gain nothing.
const MAX_WORKERS: usize = 64;

/// Events of an execution at most, whatever the scenario asks for: clocks count in 16 bits.
const MAX_EVENTS: usize = 60_000;

/// Runs the subject under the graph engine.
pub(super) fn run(plan: &Plan, subject: &Subject) -> Run {
    // One execution tells which inputs there are.
    let inputs = {
        let once = Plan {
            max_executions: 1,
            workers: Some(1),
            probes: Default::default(),
            ..plan.clone()
        };
        let unseen = (subject.attempt)().subject;
        search(&once, &unseen, &Whole::new(plan, 1)).0.input.inputs()
    };
    let whole = Whole::new(plan, inputs);
    let (mut tally, cut) = search_inputs(plan, inputs, |plan| search(plan, subject, &whole));
    if let Some(violation) = &mut tally.violation {
        violation.repeat = Some(
            "run the same test in the same build; the graph engine comes to every execution that there is"
                .to_owned(),
        );
    }
    let met = whole.met.into_inner();
    let named = |met: bool, budget: u32| met.then_some(budget);
    let met = BudgetsMet {
        spurious_failures: named(met.spurious_failures, plan.budgets.spurious_failures),
        // By default, as in production, waits do not end by themselves, and the clock stands still.
        spurious_wakeups: named(met.spurious_wakeups, plan.budgets.spurious_wakeups)
            .filter(|n| *n > 0),
        timeouts: named(met.timeouts, plan.budgets.timeouts).filter(|n| *n > 0),
    };
    tally.finish(plan, cut.map_or_else(|| Coverage::within(met), Coverage::Bounded))
}

/// What the workers of a search share.
struct Shared {
    tally: Mutex<Tally>,
    began: Instant,
    /// Executions that were begun.
    begun: AtomicU64,
    /// Executions that were blocked.
    blocked: AtomicU64,
    /// About which part of the whole was explored, by what workers have told.
    explored: Mutex<f64>,
    cut: Mutex<Option<Bound>>,
    progress: Arc<Progress>,
}

/// What the searches of all inputs share.
struct Whole {
    /// What was learned of the closure.
    lessons: Mutex<Lessons>,
    /// Which budgets kept alternatives out.
    met: Mutex<Met>,
    progress: Arc<Progress>,
}

impl Whole {
    fn new(plan: &Plan, inputs: u64) -> Whole {
        Whole {
            lessons: Mutex::default(),
            met: Mutex::default(),
            progress: Arc::new(Progress::new(plan, inputs)),
        }
    }
}

/// Explores one input, again and again until nothing is learned any more.
fn search(plan: &Plan, subject: &Subject, whole: &Whole) -> (Tally, Option<Bound>) {
    let began = Instant::now();
    loop {
        let Attempt { subject: attempted, keep } = (subject.attempt)();
        let lessons = whole.lessons.lock().clone();
        let (tally, cut, summary) = explore(plan, &attempted, began, lessons, &whole.progress);
        if summary.learned.is_empty() {
            keep();
            whole.progress.finish_part(tally.executions, tally.blocked);
            whole.met.lock().add(summary.met);
            return (tally, cut);
        }
        let mut lessons = whole.lessons.lock();
        summary.learned.into_iter().for_each(|lesson| lessons.learn(lesson));
    }
}

/// Explores one input, as far as it goes without learning something.
fn explore(
    plan: &Plan,
    subject: &Subject,
    began: Instant,
    lessons: Lessons,
    progress: &Arc<Progress>,
) -> (Tally, Option<Bound>, graph::Summary) {
    let shared = Arc::new(Shared {
        tally: Mutex::new(Tally::new()),
        began,
        begun: AtomicU64::new(0),
        blocked: AtomicU64::new(0),
        explored: Mutex::new(0.0),
        cut: Mutex::new(None),
        progress: Arc::clone(progress),
    });
    let settings = graph::Settings {
        model: match plan.memory {
            Memory::Rc11 => Model::Rc11,
            Memory::Sc => Model::Sc,
        },
        workers: plan.workers.unwrap_or_else(processors).min(MAX_WORKERS),
        limits: Limits { events: plan.max_events.min(MAX_EVENTS), threads: MAX_THREADS },
        budgets: graph::Budgets {
            spurious_failures: plan.budgets.spurious_failures,
            spurious_wakeups: plan.budgets.spurious_wakeups,
            timeouts: plan.budgets.timeouts,
        },
        lessons: lessons.clone(),
        thread_order: plan.probes.thread_order,
        observer: plan.probes.observer.clone().map(observing),
    };
    let explored = catch_unwind(AssertUnwindSafe(|| {
        graph::explore(&settings, || Worker::new(plan, (subject.fork)(), &shared, lessons.clock))
    }));
    let mut tally = std::mem::replace(&mut *shared.tally.lock(), Tally::new());
    let found = explored.unwrap_or_else(|payload| {
        let said = text_of(&*payload).unwrap_or("nothing");
        let message = format!("the graph engine failed, which is an error in selvedge: {said}");
        tally.violation = Some(violation(plan, ViolationKind::Misuse, message));
        graph::Summary::default()
    });
    tally.executions = found.executions;
    tally.blocked = found.blocked;
    tally.overlapped = found.overlapped;
    tally.violating = found.violating;
    let cut = *shared.cut.lock();
    (tally, cut, found)
}

/// What the workers call.
fn observing(observer: GraphObserver) -> graph::Observer {
    Arc::new(move |end, execution| {
        let end = match end {
            End::Complete => GraphEnd::Complete,
            End::Blocked => GraphEnd::Blocked,
            End::Deadlock => GraphEnd::Deadlock,
            End::Diverged | End::GivenUp => return,
        };
        observer(end, execution);
    })
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
