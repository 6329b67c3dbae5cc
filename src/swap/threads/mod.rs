//! std's `thread`, for code under test: spawn, join, yield; and scopes.
//!
//! Outside of a scenario these are std's threads. Inside, they belong to the engine that runs it,
//! and the runner knows them: a scenario in which no second thread ran tested nothing, and a
//! thread that nobody joined is reported. On every engine a panic in a thread becomes the `Err` of
//! its `join`, as in std.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::Arc;

use parking_lot::Mutex;

#[cfg(any(loom, shuttle, selvedge))]
use super::execution::Abandon;
use super::execution::{self, Backend, Execution};
use super::gate::ThreadRecord;

mod scope;

pub use scope::{Scope, ScopedJoinHandle, scope};
pub use std::thread::Result;

/// Identifies a thread for the life of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ThreadId(Identity);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Identity {
    Outside(std::thread::ThreadId),
    Inside { execution: u64, thread: u32 },
}

/// A handle to a thread: its id and its name.
#[derive(Clone, Debug)]
pub struct Thread {
    id: ThreadId,
    name: Option<String>,
}

impl Thread {
    /// The thread's identifier.
    pub fn id(&self) -> ThreadId {
        self.id
    }

    /// The name given by [`Builder::name`]; the closure of a scenario is `main`.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

/// A handle to the calling thread.
pub fn current() -> Thread {
    let inside = execution::with_current(|execution| {
        let thread = execution::current_thread();
        let name = execution.progress.lock().threads[thread as usize].name.clone();
        Thread { id: ThreadId(Identity::Inside { execution: execution.id(), thread }), name }
    });
    inside.unwrap_or_else(|| {
        let thread = std::thread::current();
        Thread {
            id: ThreadId(Identity::Outside(thread.id())),
            name: thread.name().map(str::to_owned),
        }
    })
}

/// Whether the calling thread unwinds because of a panic.
pub fn panicking() -> bool {
    execution::is_unwinding()
}

/// Lets another thread run. Never needed for correctness.
#[track_caller]
pub fn yield_now() {
    super::hint::turn();
}

/// The engine's handle to a thread whose closure returns nothing; results travel in a [`Packet`].
enum Handle {
    Plain(std::thread::JoinHandle<()>),
    /// The thread's number; none if its execution was given up before it was spawned.
    #[cfg(any(loom, shuttle, selvedge))]
    Graph(Option<u32>),
    #[cfg(any(loom, shuttle, selvedge))]
    Loom(loom::thread::JoinHandle<()>),
    #[cfg(any(loom, shuttle, selvedge))]
    Shuttle(shuttle::thread::JoinHandle<()>),
}

impl Handle {
    /// Waits for the end of the thread. The threads' closures catch panics, so there is no other
    /// result.
    #[cfg_attr(not(any(loom, shuttle, selvedge)), allow(unused_variables))]
    fn join(self, place: &'static Location<'static>) {
        match self {
            Handle::Plain(handle) => drop(handle.join()),
            #[cfg(any(loom, shuttle, selvedge))]
            Handle::Graph(number) => {
                if let Some(number) = number {
                    super::model::join_thread(number, place);
                }
            }
            #[cfg(any(loom, shuttle, selvedge))]
            Handle::Loom(handle) => drop(handle.join()),
            #[cfg(any(loom, shuttle, selvedge))]
            Handle::Shuttle(handle) => drop(handle.join()),
        }
    }
}

/// Where a thread leaves its result.
type Packet<T> = Arc<Mutex<Option<Result<T>>>>;

/// A thread that was started, and not joined yet.
struct Started {
    handle: Handle,
    member: Option<(Arc<Execution>, u32)>,
    place: &'static Location<'static>,
}

impl Started {
    /// Waits for the end of the thread.
    fn join(self, place: &'static Location<'static>) {
        let Some((execution, number)) = self.member else {
            self.handle.join(place);
            return;
        };
        execution.gate.closure_waits();
        if execution.is_abandoned() && execution.backend != Backend::Plain {
            execution::step_aside();
            return;
        }
        #[cfg(any(loom, shuttle, selvedge))]
        super::model::waiting(&execution, number, place);
        execution::switching(|| self.handle.join(place));
        execution.progress.lock().threads[number as usize].joined = true;
        #[cfg(any(loom, shuttle, selvedge))]
        super::model::joined(number, place);
    }
}

/// Configures a thread before it is spawned.
#[derive(Debug, Default)]
pub struct Builder {
    name: Option<String>,
    stack_size: Option<usize>,
}

impl Builder {
    /// A thread without a name, with the default stack.
    pub fn new() -> Self {
        Builder::default()
    }

    /// Names the thread. Names appear in traces and panic messages.
    pub fn name(mut self, name: String) -> Self {
        self.name = Some(name);
        self
    }

    /// Sets the size of the stack, in bytes.
    pub fn stack_size(mut self, size: usize) -> Self {
        self.stack_size = Some(size);
        self
    }

    /// Spawns the thread.
    ///
    /// # Errors
    /// The operating system's, when it has no thread to give. Never inside of loom or Shuttle.
    #[track_caller]
    pub fn spawn<F, T>(self, f: F) -> std::io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let place = Location::caller();
        let packet: Packet<T> = Arc::new(Mutex::new(None));
        let body = into_packet(f, Arc::clone(&packet));
        let (started, thread) = start(self, Box::new(body), place)?;
        Ok(JoinHandle { started, packet, thread })
    }
}

/// The closure that runs `f` and leaves its result, or its panic, in `packet`.
fn into_packet<T, F: FnOnce() -> T>(f: F, packet: Packet<T>) -> impl FnOnce() {
    move || {
        let result = catch_unwind(AssertUnwindSafe(f));
        *packet.lock() = Some(result);
    }
}

fn start(
    builder: Builder,
    body: Box<dyn FnOnce() + Send>,
    place: &'static Location<'static>,
) -> std::io::Result<(Started, Thread)> {
    let Builder { name, stack_size } = builder;
    #[cfg(any(loom, shuttle, selvedge))]
    if execution::with_current(|execution| execution.backend) == Some(Backend::Graph) {
        return Ok(start_in_graph(name, stack_size, body, place));
    }
    let mut plain = std::thread::Builder::new();
    if let Some(size) = stack_size {
        plain = plain.stack_size(size);
    }
    let Some(execution) = execution::current() else {
        if let Some(name) = &name {
            plain = plain.name(name.clone());
        }
        let handle = plain.spawn(body)?;
        let id = ThreadId(Identity::Outside(handle.thread().id()));
        let started = Started { handle: Handle::Plain(handle), member: None, place };
        return Ok((started, Thread { id, name }));
    };
    let number = {
        let mut progress = execution.progress.lock();
        progress.threads.push(ThreadRecord::new(name.clone(), place));
        (progress.threads.len() - 1) as u32
    };
    execution.gate.expect_one();
    let inherited = Arc::clone(&execution);
    let inner = move || inside(&inherited, number, body);
    let handle = match execution.backend {
        #[cfg(any(loom, shuttle, selvedge))]
        Backend::Graph => unreachable!("the graph engine starts its threads by itself"),
        Backend::Plain => {
            #[cfg(any(loom, shuttle, selvedge))]
            super::model::spawned(number, place);
            Handle::Plain(plain.name(execution.thread_name(number)).spawn(inner)?)
        }
        #[cfg(any(loom, shuttle, selvedge))]
        Backend::Loom => {
            super::model::spawned(number, place);
            super::model::refuse_too_many_threads(number, place);
            // loom counts a stack in words. Its own default is 32 KiB.
            let words = stack_size.unwrap_or(1 << 18).div_ceil(size_of::<usize>());
            let builder = loom::thread::Builder::new().stack_size(words);
            Handle::Loom(execution::switching(|| builder.spawn(inner))?)
        }
        #[cfg(any(loom, shuttle, selvedge))]
        Backend::Shuttle => {
            super::model::spawned(number, place);
            let builder = shuttle::thread::Builder::new();
            let builder = match stack_size {
                Some(size) => builder.stack_size(size),
                None => builder,
            };
            Handle::Shuttle(execution::switching(|| builder.spawn(inner))?)
        }
    };
    let id = ThreadId(Identity::Inside { execution: execution.id(), thread: number });
    let started = Started { handle, member: Some((execution, number)), place };
    Ok((started, Thread { id, name }))
}

/// Starts a thread of the graph engine, which numbers it.
#[cfg(any(loom, shuttle, selvedge))]
fn start_in_graph(
    name: Option<String>,
    stack_size: Option<usize>,
    body: Box<dyn FnOnce() + Send>,
    place: &'static Location<'static>,
) -> (Started, Thread) {
    let execution = execution::current().expect("the caller found it");
    let inherited = Arc::clone(&execution);
    let number = super::model::spawn_thread(
        |number| Box::new(move || inside(&inherited, number, body)),
        stack_size.unwrap_or(0),
        place,
    );
    let thread = number.unwrap_or(0);
    if number.is_some() {
        let mut progress = execution.progress.lock();
        let threads = &mut progress.threads;
        while threads.len() <= thread as usize {
            // Numbers of threads that are spawned later, or of none.
            threads.push(ThreadRecord { joined: true, ..ThreadRecord::new(None, place) });
        }
        threads[thread as usize] = ThreadRecord::new(name.clone(), place);
        drop(progress);
        super::model::spawned(thread, place);
    }
    let id = ThreadId(Identity::Inside { execution: execution.id(), thread });
    let member = Some((execution, thread));
    (Started { handle: Handle::Graph(number), member, place }, Thread { id, name })
}

/// What a thread of a scenario does around its closure.
fn inside(execution: &Arc<Execution>, number: u32, body: Box<dyn FnOnce() + Send>) {
    match execution.backend {
        Backend::Plain => {
            let _entered = execution.enter(number);
            execution.gate.pass();
            body();
            #[cfg(any(loom, shuttle, selvedge))]
            super::model::thread_ends(execution, number);
        }
        #[cfg(any(loom, shuttle, selvedge))]
        Backend::Graph | Backend::Loom | Backend::Shuttle => {
            execution::set_current_thread(number);
            body();
            super::model::thread_ends(execution, number);
            if execution.is_abandoned() && execution.backend == Backend::Loom {
                // Leave loom's run: the engine takes the fault from the execution.
                std::panic::panic_any(Abandon);
            }
        }
    }
}

/// Owns the permission to wait for a thread. See [`spawn`].
pub struct JoinHandle<T> {
    started: Started,
    packet: Packet<T>,
    thread: Thread,
}

impl<T> JoinHandle<T> {
    /// Waits for the thread to finish. What it did happens before the return.
    ///
    /// # Errors
    /// The payload of the thread's panic.
    #[track_caller]
    pub fn join(self) -> Result<T> {
        self.started.join(Location::caller());
        take_result(&self.packet)
    }

    /// The thread's id and name.
    pub fn thread(&self) -> &Thread {
        &self.thread
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle")
            .field("thread", &self.thread)
            .field("spawned", &self.started.place)
            .finish()
    }
}

fn take_result<T>(packet: &Packet<T>) -> Result<T> {
    let result = packet.lock().take();
    result.unwrap_or_else(|| {
        Err(Box::new("the thread was given up with its execution") as Box<dyn Any + Send>)
    })
}

/// Spawns a thread. See [`std::thread::spawn`].
///
/// # Panics
/// If the operating system has no thread to give.
#[track_caller]
pub fn spawn<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    Builder::new().spawn(f).expect("failed to spawn thread")
}
