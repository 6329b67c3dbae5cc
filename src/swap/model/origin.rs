//! Where a modeled object comes from, and whether an operation on it may run here.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::super::execution::{self, Abandon, Backend, Execution, FaultKind};
use super::trace::{Effect, Event, Span};
use crate::graph::operations;

/// The execution, number and place of creation of an object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    /// 0 outside of a scenario.
    execution: u64,
    number: u32,
    kind: &'static str,
    place: &'static Location<'static>,
}

/// Who performs an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// The production type: outside of a scenario, or on real threads.
    Plain,
    /// The engine that the object belongs to.
    Engine,
    /// Nobody: the execution was given up, and this is a destructor on the way out. The object's
    /// last known value serves.
    Shadow,
}

/// Who performs an operation of the current thread, inside of a scenario, and on which backend.
/// Leaves an execution that was given up.
pub(super) fn route() -> (Route, Backend) {
    super::mutex::release_deferred();
    super::arc::note_operation();
    let found = execution::with_current(|execution| {
        let route = match execution.backend {
            Backend::Plain => Some(Route::Plain),
            _ if !execution.is_abandoned() => Some(Route::Engine),
            _ if execution.is_dismantled() || execution::is_unwinding() => Some(Route::Shadow),
            _ => None,
        };
        (route, execution.backend)
    });
    match found {
        None => (Route::Plain, Backend::Plain),
        Some((Some(Route::Shadow), backend)) => {
            execution::pause();
            execution::with_current(Execution::count_last_operation);
            (Route::Shadow, backend)
        }
        Some((Some(route), backend)) => (route, backend),
        Some((None, _)) => execution::leave(),
    }
}

/// Which engine a new object belongs to.
pub(super) fn backend() -> Backend {
    if execution::current_id() == 0 {
        return Backend::Plain;
    }
    let found = execution::with_current(|execution| {
        // After an execution was given up its engine may be gone; destructors get plain objects.
        if execution.is_abandoned() { Backend::Plain } else { execution.backend }
    });
    found.unwrap_or(Backend::Plain)
}

impl Origin {
    /// The origin of an object that is created here.
    #[track_caller]
    pub fn new(kind: &'static str) -> Origin {
        let place = Location::caller();
        let execution = execution::current_id();
        let number = if execution == 0 || !execution::is_traced() {
            Event::NO_OBJECT
        } else {
            let added =
                execution::with_current(|execution| execution.trace.lock().add_object(kind));
            added.unwrap_or(Event::NO_OBJECT)
        };
        Origin { execution, number, kind, place }
    }

    /// Where the object was created.
    pub fn place(&self) -> &'static Location<'static> {
        self.place
    }

    /// The origin of an object inside of another one of the swap: its operations are not reported.
    #[track_caller]
    pub fn silent(kind: &'static str) -> Origin {
        let execution = execution::current_id();
        Origin { execution, number: Event::SILENT, kind, place: Location::caller() }
    }

    /// Whether an operation on the object may run here, and who performs it. An object that was
    /// carried into or out of a scenario ends the scenario.
    pub fn admit(&self) -> Route {
        let current = execution::current_id();
        if self.execution != current {
            self.refuse(current);
            return Route::Shadow;
        }
        if current == 0 {
            return Route::Plain;
        }
        route().0
    }

    #[cold]
    fn refuse(&self, current: u64) {
        let Origin { kind, place, .. } = self;
        let message = if current == 0 {
            format!(
                "this {kind}, created inside of a scenario at {place}, is used outside of it; return plain \
                 values from the closure, and use the scenario's objects on threads that it spawned with \
                 selvedge::thread"
            )
        } else if self.execution == 0 {
            format!(
                "this {kind}, created outside of the scenario at {place}, is used inside of it; create \
                 everything that the closure shares inside of the closure"
            )
        } else {
            format!(
                "this {kind}, created at {place}, belongs to another execution of a scenario (a static, or a \
                 value that outlived its execution); create everything that the closure shares inside of it"
            )
        };
        if current == 0 {
            // A foreign thread of a scenario that runs: it is that scenario's violation.
            let owner = execution::live().into_iter().find(|live| live.id() == self.execution);
            if let Some(owner) = owner {
                owner.fail(FaultKind::CarriedObject, message.clone());
            }
        }
        execution::abandon(FaultKind::CarriedObject, message);
    }

    /// Reports an operation that was performed.
    pub fn report(
        &self,
        operation: &'static str,
        orderings: [Option<Ordering>; 2],
        effect: Effect,
        place: &'static Location<'static>,
    ) {
        report(self.number, operation, orderings, effect, place);
    }

    /// Reports that the thread is about to wait for the object.
    pub fn begin_wait(&self, operation: &'static str, place: &'static Location<'static>) {
        execution::with_current(|execution| {
            let traces = execution.backend != Backend::Plain && execution::is_traced();
            if traces && self.number != Event::SILENT {
                let thread = execution::current_thread();
                execution.trace.lock().begin_wait(thread, self.number, operation, place);
            }
        });
    }
}

thread_local! {
    /// Real threads: the spans of this thread, until it ends, and its number of joins.
    static TIMED: RefCell<Vec<Span<Instant>>> = const { RefCell::new(Vec::new()) };
    static JOINS: Cell<u32> = const { Cell::new(0) };
}

/// Reports an operation to the current execution.
pub(super) fn report(
    object: u32,
    operation: &'static str,
    orderings: [Option<Ordering>; 2],
    effect: Effect,
    place: &'static Location<'static>,
) {
    if execution::current_id() == 0 || object == Event::SILENT || !execution::is_traced() {
        return;
    }
    let thread = execution::current_thread();
    let exceeded = execution::with_current(|execution| {
        if execution.backend == Backend::Plain {
            if object != Event::NO_OBJECT {
                let now = Instant::now();
                TIMED.with_borrow_mut(|spans| {
                    Span::extend(spans, object, thread, JOINS.get(), now, now)
                });
            }
            return false;
        }
        let mut trace = execution.trace.lock();
        let began = trace.end_wait(thread);
        // What a loop sees again was reported at its first look.
        if execution.backend == Backend::Graph && operations::is_probed() {
            return false;
        }
        trace.events.push(Event { thread, object, operation, orderings, effect, place, began });
        // The graph engine counts by itself, in runs without a trace too.
        execution.backend != Backend::Graph
            && trace.events.len() > execution.settings.max_events
            && !execution.is_abandoned()
    });
    if exceeded == Some(true) {
        let limit = execution::with_current(|execution| execution.settings.max_events).unwrap_or(0);
        execution::abandon(
            FaultKind::Livelock,
            format!(
                "an execution of more than {limit} operations: a loop that waits for another thread without \
                 hint::spin_loop or thread::yield_now, threads that keep each other busy, or a scenario larger \
                 than max_events"
            ),
        );
    }
}

/// Reports that a thread was spawned.
pub(crate) fn spawned(thread: u32, place: &'static Location<'static>) {
    super::arc::note_operation();
    report(Event::NO_OBJECT, "spawn", [None; 2], Effect::Spawned(thread), place);
}

/// Reports that the current thread is about to wait for the end of another, which may need what
/// the current one left locked while it unwound.
pub(crate) fn waiting(execution: &Execution, thread: u32, place: &'static Location<'static>) {
    super::arc::note_operation();
    if execution.backend != Backend::Plain && execution::is_traced() {
        super::mutex::release_deferred();
        let me = execution::current_thread();
        execution.trace.lock().begin_join(me, thread, place);
    }
}

/// Reports that the current thread has seen the end of another.
pub(crate) fn joined(thread: u32, place: &'static Location<'static>) {
    JOINS.set(JOINS.get() + 1);
    report(Event::NO_OBJECT, "join", [None; 2], Effect::Joined(thread), place);
}

/// Destroys the thread-locals of a thread that ends, releases what it left locked, and hands in
/// what it measured.
pub(crate) fn thread_ends(execution: &Execution, thread: u32) {
    while let Err(payload) =
        catch_unwind(AssertUnwindSafe(|| super::local::destroy(execution, thread)))
    {
        if !payload.is::<Abandon>() {
            let message = format!(
                "a destructor of a thread-local of {} panicked, which aborts the process in production",
                execution.thread_name(thread)
            );
            execution.fail(FaultKind::Panic, message);
        }
    }
    if !execution.is_abandoned() {
        super::mutex::release_deferred();
    }
    if execution.backend == Backend::Plain {
        JOINS.set(0);
        let spans = TIMED.take();
        execution.trace.lock().timed.extend(spans);
    }
}

/// loom runs at most five threads; it would fail with an internal assertion.
pub(crate) fn refuse_too_many_threads(thread: u32, place: &'static Location<'static>) {
    const LOOM_THREADS: u32 = 5;
    if thread >= LOOM_THREADS {
        execution::abandon(
            FaultKind::Misuse,
            format!(
                "loom runs at most {LOOM_THREADS} threads, the closure's own among them, and a sixth is spawned \
                 at {place}; make the scenario smaller, or leave loom out of its engines by \
                 .without(Engine::Loom): the graph engine runs 64"
            ),
        );
    }
}
