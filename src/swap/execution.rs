//! One run of a scenario's closure, as the code inside of it finds it: which engine runs it, which
//! of its threads this is, and what happened so far.
//!
//! The engine enters an [`Execution`] on the operating-system thread that runs the closure;
//! threads that the scenario spawns inherit it. Loom and Shuttle run all threads of a scenario on
//! one operating-system thread, so "which thread is this" is a cell that every call into an engine
//! restores when it comes back (see [`switching`]).

// Half of it serves the model build only.
#![cfg_attr(not(any(loom, shuttle, selvedge)), allow(dead_code))]

use std::cell::{Cell, RefCell};
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use parking_lot::Mutex;

use super::choices::Choices;
pub(crate) use super::fault::{Fault, FaultKind, PanicRecord};
use super::gate::{Gate, ThreadRecord};
pub(crate) use super::leaving::*;
#[cfg(any(loom, shuttle, selvedge))]
use super::model::{ModelSettings, OrderOfOwners, Trace, time::ManualClock};
#[cfg(any(loom, shuttle, selvedge))]
use crate::graph::Pulse;

/// What the objects of an execution are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backend {
    /// std and parking_lot on real threads.
    Plain,
    /// The types of the graph engine.
    #[cfg(any(loom, shuttle, selvedge))]
    Graph,
    /// `loom`'s types.
    #[cfg(any(loom, shuttle, selvedge))]
    Loom,
    /// Shuttle's types.
    #[cfg(any(loom, shuttle, selvedge))]
    Shuttle,
}

/// How far an execution has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Life {
    Runs,
    /// It was given up. Threads leave at their next operation; destructors on their way find
    /// modeled objects fallen back to plain values.
    Abandoned,
    /// Its engine takes it apart. Only destructors run.
    Dismantled,
}

/// What is known of the execution besides its trace.
#[derive(Default)]
pub(crate) struct Progress {
    pub threads: Vec<ThreadRecord>,
    pub panics: Vec<PanicRecord>,
    pub fault: Option<Fault>,
}

/// The panic payload that leaves an execution which has a fault. The hook prints nothing for it.
pub(crate) struct Abandon;

pub(crate) struct Execution {
    /// Unique in the process, never 0. An engine that uses an execution again gives it a new one.
    id: AtomicU64,
    pub scenario: Arc<str>,
    pub backend: Backend,
    pub choices: Mutex<Choices>,
    pub progress: Mutex<Progress>,
    pub gate: Gate,
    /// A [`Life`].
    life: AtomicU8,
    #[cfg(any(loom, shuttle, selvedge))]
    pub owners: Mutex<OrderOfOwners>,
    /// Operations of destructors since the execution was given up.
    #[cfg(any(loom, shuttle, selvedge))]
    last_operations: AtomicU64,
    #[cfg(any(loom, shuttle, selvedge))]
    pub settings: ModelSettings,
    #[cfg(any(loom, shuttle, selvedge))]
    pub trace: Mutex<Trace>,
    /// Beats under the graph engine, whose traces are mostly empty.
    #[cfg(any(loom, shuttle, selvedge))]
    pub pulse: Arc<Pulse>,
    #[cfg(any(loom, shuttle, selvedge))]
    pub clock: Mutex<Option<Arc<ManualClock>>>,
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<Execution>>> = const { RefCell::new(None) };
    static EXECUTION_ID: Cell<u64> = const { Cell::new(0) };
    static THREAD: Cell<u32> = const { Cell::new(0) };
    /// Whether operations are recorded in the trace.
    static TRACED: Cell<bool> = const { Cell::new(true) };
}

impl Execution {
    /// A new execution, in which the calling thread's closure will be thread 0, and makes these
    /// choices.
    #[track_caller]
    pub fn new(
        scenario: Arc<str>,
        backend: Backend,
        choices: Choices,
        #[cfg(any(loom, shuttle, selvedge))] settings: ModelSettings,
    ) -> Arc<Execution> {
        let main = ThreadRecord::new(Some("main".to_owned()), Location::caller());
        Arc::new(Execution {
            id: AtomicU64::new(next_id()),
            scenario,
            backend,
            choices: Mutex::new(choices),
            progress: Mutex::new(Progress { threads: vec![main], ..Progress::default() }),
            gate: Gate::default(),
            life: AtomicU8::new(Life::Runs as u8),
            #[cfg(any(loom, shuttle, selvedge))]
            owners: Mutex::default(),
            #[cfg(any(loom, shuttle, selvedge))]
            last_operations: AtomicU64::new(0),
            #[cfg(any(loom, shuttle, selvedge))]
            settings,
            #[cfg(any(loom, shuttle, selvedge))]
            trace: Mutex::new(Trace::default()),
            #[cfg(any(loom, shuttle, selvedge))]
            pulse: Arc::default(),
            #[cfg(any(loom, shuttle, selvedge))]
            clock: Mutex::new(None),
        })
    }

    /// Unique in the process, never 0.
    #[inline]
    pub fn id(&self) -> u64 {
        // Relaxed: it changes between runs only, on the thread that runs them.
        self.id.load(Ordering::Relaxed)
    }

    /// Makes it another execution of the same scenario, which the calling thread has entered
    /// already. `traced`: its operations are recorded.
    #[cfg(any(loom, shuttle, selvedge))]
    pub fn restart(&self, choices: Choices, traced: bool) {
        let id = next_id();
        // Relaxed: as in `id`; threads of the run before are gone.
        self.id.store(id, Ordering::Relaxed);
        self.life.store(Life::Runs as u8, Ordering::Relaxed);
        EXECUTION_ID.set(id);
        TRACED.set(traced);
        THREAD.set(0);
        *self.choices.lock() = choices;
        let mut progress = self.progress.lock();
        progress.threads.truncate(1);
        progress.panics.clear();
        progress.fault = None;
        drop(progress);
        if traced {
            *self.trace.lock() = Trace::default();
        }
    }

    /// Makes this the calling thread's execution until the guard is dropped.
    pub fn enter(self: &Arc<Self>, thread: u32) -> Entered {
        CURRENT.with(|current| *current.borrow_mut() = Some(Arc::clone(self)));
        EXECUTION_ID.set(self.id());
        THREAD.set(thread);
        let closure_of = (thread == 0).then_some(Arc::as_ptr(self).addr());
        if closure_of.is_some() {
            LIVE.lock().push(Arc::clone(self));
        }
        Entered { closure_of }
    }

    /// Records the first fault and gives the execution up. Does not unwind; see [`abandon`].
    pub fn fail(&self, kind: FaultKind, message: String) {
        let mut progress = self.progress.lock();
        if progress.fault.is_none() {
            progress.fault = Some(Fault { kind, message });
        }
        drop(progress);
        self.give_up();
    }

    /// Marks the execution as not to be continued, without a fault of its own.
    pub fn give_up(&self) {
        self.proceed_to(Life::Abandoned);
    }

    /// Marks the execution as being taken apart by its engine.
    pub fn dismantle(&self) {
        self.proceed_to(Life::Dismantled);
    }

    /// Whether the execution was given up.
    #[inline]
    pub fn is_abandoned(&self) -> bool {
        self.has_come_to(Life::Abandoned)
    }

    /// Whether its engine takes the execution apart.
    pub fn is_dismantled(&self) -> bool {
        self.has_come_to(Life::Dismantled)
    }

    // Relaxed in both: modeled threads share one operating-system thread, and real threads only
    // take it as a hint.
    fn proceed_to(&self, life: Life) {
        self.life.fetch_max(life as u8, Ordering::Relaxed);
    }

    fn has_come_to(&self, life: Life) -> bool {
        self.life.load(Ordering::Relaxed) >= life as u8
    }

    /// Counts an operation of a destructor after the execution was given up. One that waits for
    /// another thread waits forever, and a thread that unwinds cannot be stopped but with its
    /// process.
    #[cfg(any(loom, shuttle, selvedge))]
    pub fn count_last_operation(&self) {
        const MANY: u64 = 10_000_000;
        // Relaxed: modeled threads share one operating-system thread.
        if self.last_operations.fetch_add(1, Ordering::Relaxed) < MANY {
            return;
        }
        let progress = self.progress.lock();
        let cause = progress.fault.as_ref().map(|fault| fault.message.as_str());
        let cause = cause.or(progress.panics.first().map(|panic| panic.message.as_str()));
        eprintln!(
            "selvedge: a destructor does not come to an end after its execution was given up, because it waits \
             for a thread that no longer runs. The execution was given up because of this: {}",
            cause.unwrap_or("a panic")
        );
        std::process::abort();
    }

    /// How many operations there were. `None` on a backend that does not tell.
    pub fn operations(&self) -> Option<u64> {
        match self.backend {
            Backend::Plain => None,
            #[cfg(any(loom, shuttle, selvedge))]
            Backend::Graph => Some(self.pulse.operations()),
            #[cfg(any(loom, shuttle, selvedge))]
            Backend::Loom | Backend::Shuttle => Some(self.trace.lock().events.len() as u64),
        }
    }

    /// The name of a thread, for messages.
    pub fn thread_name(&self, thread: u32) -> String {
        let progress = self.progress.lock();
        match progress.threads.get(thread as usize).and_then(|t| t.name.clone()) {
            Some(name) => name,
            None => format!("thread {thread}"),
        }
    }
}

/// A number that no execution has had. Threads take a thousand at once: workers of an engine need
/// one every microsecond.
fn next_id() -> u64 {
    const BLOCK: u64 = 1_000;
    static NEXT: AtomicU64 = AtomicU64::new(BLOCK);
    thread_local! {
        static LAST: Cell<u64> = const { Cell::new(0) };
    }
    let next = LAST.get() + 1;
    // Relaxed: only uniqueness matters.
    let id = if next % BLOCK == 1 { NEXT.fetch_add(BLOCK, Ordering::Relaxed) + 1 } else { next };
    LAST.set(id);
    id
}

/// The executions that run in this process, by the operating-system threads of their closures.
static LIVE: Mutex<Vec<Arc<Execution>>> = Mutex::new(Vec::new());

/// The executions that run in this process.
pub(crate) fn live() -> Vec<Arc<Execution>> {
    LIVE.lock().clone()
}

/// Leaves the execution when dropped.
pub(crate) struct Entered {
    /// The address of the execution that lives as long as this; `None` for its further threads.
    closure_of: Option<usize>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        EXECUTION_ID.set(0);
        THREAD.set(0);
        TRACED.set(true);
        if let Some(left) = self.closure_of {
            LIVE.lock().retain(|execution| Arc::as_ptr(execution).addr() != left);
        }
        // Taken out first: dropping the execution may run destructors that ask for the current one.
        let left = CURRENT.with(|current| current.borrow_mut().take());
        drop(left);
    }
}

/// The execution that the calling code runs in.
pub(crate) fn current() -> Option<Arc<Execution>> {
    CURRENT.try_with(|current| current.borrow().clone()).ok().flatten()
}

/// Calls `f` with the execution that the calling code runs in.
#[inline]
pub(crate) fn with_current<R>(f: impl FnOnce(&Execution) -> R) -> Option<R> {
    CURRENT.try_with(|current| current.borrow().as_deref().map(f)).ok().flatten()
}

/// The id of the current execution; 0 outside of any.
#[cfg_attr(not(any(loom, shuttle, selvedge)), allow(dead_code))]
#[inline]
pub(crate) fn current_id() -> u64 {
    EXECUTION_ID.try_with(Cell::get).unwrap_or(0)
}

/// Whether operations of the current execution are recorded in its trace.
#[cfg_attr(not(any(loom, shuttle, selvedge)), allow(dead_code))]
#[inline]
pub(crate) fn is_traced() -> bool {
    TRACED.try_with(Cell::get).unwrap_or(false)
}

/// The number of the current thread in its execution; 0 is the closure's own.
#[inline]
pub(crate) fn current_thread() -> u32 {
    THREAD.try_with(Cell::get).unwrap_or(0)
}

/// Sets the number of the current thread, when a modeled thread begins.
#[inline]
pub(crate) fn set_current_thread(thread: u32) {
    THREAD.set(thread);
}

/// Runs a call into an engine, during which other modeled threads may run on this
/// operating-system thread, and makes the caller the current thread again afterwards.
#[inline]
pub(crate) fn switching<R>(f: impl FnOnce() -> R) -> R {
    struct Restore(u32);
    impl Drop for Restore {
        fn drop(&mut self) {
            THREAD.set(self.0);
        }
    }
    let _restore = Restore(current_thread());
    f()
}
