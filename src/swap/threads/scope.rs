//! Threads that may borrow from the stack of who spawns them.

use std::fmt;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::sync::Arc;

use parking_lot::Mutex;

use super::super::execution;
use super::{Builder, Packet, Result, Started, Thread, into_packet, start, take_result};

impl Builder {
    /// Spawns the thread in a [`scope`].
    ///
    /// # Errors
    /// As [`Builder::spawn`].
    #[track_caller]
    pub fn spawn_scoped<'scope, 'env, F, T>(
        self,
        scope: &'scope Scope<'scope, 'env>,
        f: F,
    ) -> std::io::Result<ScopedJoinHandle<'scope, T>>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        let place = Location::caller();
        let packet: Packet<T> = Arc::new(Mutex::new(None));
        let failed = Arc::clone(&scope.failed);
        let to_packet = into_packet(f, Arc::clone(&packet));
        let unjoined = Arc::clone(&packet);
        let body: Box<dyn FnOnce() + Send + 'scope> = Box::new(move || {
            to_packet();
            if matches!(&*unjoined.lock(), Some(Err(_))) {
                *failed.lock() += 1;
            }
        });
        // SAFETY: only the lifetime changes. The thread ends before 'scope does: `scope` joins
        // every thread of the list below before it returns or unwinds, unless the execution was
        // given up, and then the engine never runs the thread again.
        let body: Box<dyn FnOnce() + Send + 'static> = unsafe { std::mem::transmute(body) };
        let body = Borrowing(Some(body));
        let (started, thread) = start(self, Box::new(move || body.run()), place)?;
        let number = started.member.as_ref().map_or(0, |(_, number)| *number);
        let started = Arc::new(Mutex::new(Some(started)));
        let slot = Arc::clone(&started);
        let spawner = execution::current_thread();
        scope.started.lock().push(Spawned { spawner, number, started: slot });
        Ok(ScopedJoinHandle {
            started,
            packet,
            failed: Arc::clone(&scope.failed),
            thread,
            scope: PhantomData,
        })
    }
}

/// The closure of a scoped thread. If it never ran, because its execution was given up, it is
/// forgotten: the engine drops it when the stack that it borrows from may be gone.
struct Borrowing(Option<Box<dyn FnOnce() + Send>>);

impl Borrowing {
    fn run(mut self) {
        if let Some(body) = self.0.take() {
            body();
        }
    }
}

impl Drop for Borrowing {
    fn drop(&mut self) {
        std::mem::forget(self.0.take());
    }
}

/// A thread of a scope.
struct Spawned {
    /// Who spawned it.
    spawner: u32,
    number: u32,
    started: Arc<Mutex<Option<Started>>>,
}

impl Scope<'_, '_> {
    /// The next thread to be joined. Which ones the others have spawned so far depends on how far
    /// they are, so the first is one that a thread spawned which was joined: the last of these.
    fn next(&self, joined: &[u32]) -> Option<Spawned> {
        let mut started = self.started.lock();
        let known = |spawned: &Spawned| joined.contains(&spawned.spawner);
        let at = started.iter().rposition(known).or(started.len().checked_sub(1))?;
        Some(started.remove(at))
    }
}

/// Threads that may borrow from the caller's stack. See [`scope`].
pub struct Scope<'scope, 'env: 'scope> {
    started: Mutex<Vec<Spawned>>,
    /// The number of threads that panicked and whose panic nobody received by `join`.
    failed: Arc<Mutex<usize>>,
    scope: PhantomData<&'scope mut &'scope ()>,
    env: PhantomData<&'env mut &'env ()>,
}

impl<'scope, 'env> Scope<'scope, 'env> {
    /// Spawns a thread that ends before the scope does.
    ///
    /// # Panics
    /// If the operating system has no thread to give.
    #[track_caller]
    pub fn spawn<F, T>(&'scope self, f: F) -> ScopedJoinHandle<'scope, T>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        Builder::new().spawn_scoped(self, f).expect("failed to spawn thread")
    }
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").field("threads", &self.started.lock().len()).finish()
    }
}

/// Owns the permission to wait for a thread of a [`scope`].
pub struct ScopedJoinHandle<'scope, T> {
    started: Arc<Mutex<Option<Started>>>,
    packet: Packet<T>,
    failed: Arc<Mutex<usize>>,
    thread: Thread,
    scope: PhantomData<&'scope ()>,
}

impl<T> ScopedJoinHandle<'_, T> {
    /// Waits for the thread to finish. What it did happens before the return.
    ///
    /// # Errors
    /// The payload of the thread's panic.
    #[track_caller]
    pub fn join(self) -> Result<T> {
        let started = self.started.lock().take();
        if let Some(started) = started {
            started.join(Location::caller());
        }
        let result = take_result(&self.packet);
        if result.is_err() {
            let mut failed = self.failed.lock();
            *failed = failed.saturating_sub(1);
        }
        result
    }

    /// The thread's id and name.
    pub fn thread(&self) -> &Thread {
        &self.thread
    }
}

impl<T> fmt::Debug for ScopedJoinHandle<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedJoinHandle").field("thread", &self.thread).finish()
    }
}

/// Runs `f`, which may spawn threads that borrow from the caller, and waits for all of them.
/// See [`std::thread::scope`].
///
/// # Panics
/// If a thread panicked and was not joined by hand.
#[track_caller]
pub fn scope<'env, F, T>(f: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    let place = Location::caller();
    let scope = Scope {
        started: Mutex::new(Vec::new()),
        failed: Arc::new(Mutex::new(0)),
        scope: PhantomData,
        env: PhantomData,
    };
    let result = catch_unwind(AssertUnwindSafe(|| f(&scope)));
    // Threads of the scope may spawn more of them.
    let mut joined = vec![execution::current_thread()];
    while let Some(Spawned { number, started, .. }) = scope.next(&joined) {
        joined.push(number);
        let started = started.lock().take();
        if let Some(started) = started {
            started.join(place);
        }
    }
    match result {
        Err(payload) => resume_unwind(payload),
        Ok(_) if *scope.failed.lock() > 0 => panic!("a scoped thread panicked"),
        Ok(value) => value,
    }
}
