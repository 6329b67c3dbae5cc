//! The condition variable of the model build: a queue of tokens, first come, first woken.
//!
//! Waits never end spuriously; timed waits end when the scenario's clock is advanced. The graph
//! engine wakes any of those that wait, and may be asked for spurious ends and timeouts.
//!
//! Who waits with another mutex than those who wait already is told, where parking_lot panics: the
//! panic could be lost in a thread's result.

use std::collections::VecDeque;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use super::super::execution::{self, FaultKind};
use super::graph::{self, EndOfWait, Waiters};
use super::mutex::{Mutex, MutexGuard};
use super::origin::{Origin, Route};
use super::parker::Token;
use super::time::Instant;
use super::trace::Effect;

/// A condition variable, in parking_lot's shape.
pub struct Condvar {
    origin: Origin,
    raw: Raw,
}

// Of such objects there are few at a time.
#[allow(clippy::large_enum_variant)]
enum Raw {
    Queue(Mutex<VecDeque<Queued>>),
    Graph(Waiters),
}

/// A thread in the queue.
struct Queued {
    token: Arc<Token>,
    entry: Entry,
}

/// Who waits, with which mutex, and where.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    thread: u32,
    /// The address of the mutex.
    mutex: usize,
    place: &'static Location<'static>,
}

impl Entry {
    fn of<T: ?Sized>(guard: &MutexGuard<'_, T>, place: &'static Location<'static>) -> Entry {
        let mutex = std::ptr::from_ref(MutexGuard::mutex(guard)).cast::<()>().addr();
        Entry { thread: execution::current_thread(), mutex, place }
    }

    /// Whether both may wait at the same time.
    pub fn fits(&self, other: &Entry) -> bool {
        self.mutex == other.mutex
    }

    /// Ends an execution in which another thread waits with another mutex.
    #[cold]
    pub fn refuse_beside(&self, other: &Entry) {
        let name = |thread| execution::with_current(|e| e.thread_name(thread)).unwrap_or_default();
        let message = format!(
            "{} waits on a condition variable, at {}, with another mutex than {}, which waits on it at {}: \
             parking_lot panics at that. As long as threads wait, they are to have one mutex",
            name(self.thread),
            self.place,
            name(other.thread),
            other.place,
        );
        execution::abandon(FaultKind::Panic, message);
    }
}

impl Raw {
    #[track_caller]
    fn new() -> Raw {
        match graph::create(Location::caller(), Waiters::create) {
            Some(waiters) => Raw::Graph(waiters),
            None => Raw::Queue(Mutex::silent(VecDeque::new())),
        }
    }
}

/// Whether a timed wait ended by its timeout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// Whether the wait ended without a notification.
    pub fn timed_out(&self) -> bool {
        self.0
    }
}

impl Condvar {
    /// Creates a condition variable on which nobody waits.
    #[track_caller]
    pub fn new() -> Self {
        Condvar { origin: Origin::new("Condvar"), raw: Raw::new() }
    }

    /// A condition variable inside of another object of the swap, which traces do not show.
    #[track_caller]
    pub(super) fn silent() -> Self {
        Condvar { origin: Origin::silent("Condvar"), raw: Raw::new() }
    }

    /// Unlocks the mutex, blocks until notified, and locks it again.
    #[track_caller]
    pub fn wait<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>) {
        self.wait_inner(guard, None, "wait", Location::caller());
    }

    /// Waits while `condition` holds.
    #[track_caller]
    pub fn wait_while<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        mut condition: impl FnMut(&mut T) -> bool,
    ) {
        while condition(&mut **guard) {
            self.wait_inner(guard, None, "wait", Location::caller());
        }
    }

    /// As [`wait`](Self::wait), but for `timeout` at most.
    #[track_caller]
    pub fn wait_for<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        timeout: Duration,
    ) -> WaitTimeoutResult {
        let deadline = Instant::now().checked_add(timeout);
        self.wait_inner(guard, deadline, "wait_for", Location::caller())
    }

    /// As [`wait`](Self::wait), but until `deadline` at most.
    #[track_caller]
    pub fn wait_until<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        deadline: Instant,
    ) -> WaitTimeoutResult {
        self.wait_inner(guard, Some(deadline), "wait_until", Location::caller())
    }

    /// Waits while `condition` holds, but for `timeout` at most.
    #[track_caller]
    pub fn wait_while_for<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        condition: impl FnMut(&mut T) -> bool,
        timeout: Duration,
    ) -> WaitTimeoutResult {
        let deadline = Instant::now().checked_add(timeout);
        self.wait_while_inner(guard, condition, deadline, "wait_for", Location::caller())
    }

    /// Waits while `condition` holds, but until `deadline` at most.
    #[track_caller]
    pub fn wait_while_until<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        condition: impl FnMut(&mut T) -> bool,
        deadline: Instant,
    ) -> WaitTimeoutResult {
        self.wait_while_inner(guard, condition, Some(deadline), "wait_until", Location::caller())
    }

    /// As parking_lot's: a timeout is reported even if `condition` no longer holds after it.
    fn wait_while_inner<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        mut condition: impl FnMut(&mut T) -> bool,
        deadline: Option<Instant>,
        operation: &'static str,
        place: &'static Location<'static>,
    ) -> WaitTimeoutResult {
        let mut result = WaitTimeoutResult(false);
        while !result.timed_out() && condition(&mut **guard) {
            result = self.wait_inner(guard, deadline, operation, place);
        }
        result
    }

    fn wait_inner<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        deadline: Option<Instant>,
        operation: &'static str,
        place: &'static Location<'static>,
    ) -> WaitTimeoutResult {
        let queue = match &self.raw {
            Raw::Queue(queue) => queue,
            Raw::Graph(waiters) => {
                return self.wait_in_graph(waiters, guard, deadline, operation, place);
            }
        };
        let token = Arc::new(Token::new());
        let entry = Entry::of(guard, place);
        let other = {
            let mut queue = queue.lock();
            let other = queue.iter().map(|queued| queued.entry).find(|other| !entry.fits(other));
            if other.is_none() {
                // Before the mutex is unlocked, so that no notification is lost in between.
                queue.push_back(Queued { token: Arc::clone(&token), entry });
            }
            other
        };
        if let Some(other) = other {
            entry.refuse_beside(&other);
            return WaitTimeoutResult(false);
        }
        let timed_out = MutexGuard::unlocked_at(guard, place, || {
            token.take(&self.origin, deadline, operation, place);
            let mut queue = queue.lock();
            let waiting = queue.iter().position(|queued| Arc::ptr_eq(&queued.token, &token));
            if let Some(index) = waiting {
                queue.remove(index);
            }
            waiting.is_some()
        });
        WaitTimeoutResult(timed_out)
    }

    fn wait_in_graph<T: ?Sized>(
        &self,
        waiters: &Waiters,
        guard: &mut MutexGuard<'_, T>,
        deadline: Option<Instant>,
        operation: &'static str,
        place: &'static Location<'static>,
    ) -> WaitTimeoutResult {
        if self.origin.admit() == Route::Shadow {
            return WaitTimeoutResult(false);
        }
        let deadline = deadline.map(Instant::nanos);
        // Entered before the mutex is unlocked, as above.
        let entry = Entry::of(guard, place);
        let Some(waiter) = waiters.enter(entry, deadline, &self.origin, place) else {
            return WaitTimeoutResult(false);
        };
        WaitTimeoutResult(MutexGuard::unlocked_at(guard, place, || {
            self.origin.begin_wait(operation, place);
            let end = waiters.wait(&waiter, &self.origin, place);
            let effect = match end {
                EndOfWait::Notified => Effect::Nothing,
                EndOfWait::TimedOut => Effect::Ended("timed out"),
                EndOfWait::Spurious => Effect::Ended("woke without cause"),
            };
            self.origin.report(operation, [None; 2], effect, place);
            end == EndOfWait::TimedOut
        }))
    }

    /// Wakes the thread that has waited longest. Returns whether there was one.
    #[track_caller]
    pub fn notify_one(&self) -> bool {
        self.notify("notify_one", 1, Location::caller()) == 1
    }

    /// Wakes all threads that wait. Returns their number.
    #[track_caller]
    pub fn notify_all(&self) -> usize {
        self.notify("notify_all", usize::MAX, Location::caller())
    }

    fn notify(
        &self,
        operation: &'static str,
        most: usize,
        place: &'static Location<'static>,
    ) -> usize {
        if self.origin.admit() == Route::Shadow {
            return 0;
        }
        let queue = match &self.raw {
            Raw::Queue(queue) => queue,
            Raw::Graph(waiters) => {
                // Reported first, as `unpark` is.
                self.origin.report(operation, [None; 2], Effect::Nothing, place);
                return match most {
                    1 => usize::from(waiters.notify_one(&self.origin, place)),
                    _ => waiters.notify_all(&self.origin, place),
                };
            }
        };
        let woken: Vec<_> = {
            let mut queue = queue.lock();
            let count = queue.len().min(most);
            queue.drain(..count).collect()
        };
        self.origin.report(operation, [None; 2], Effect::Nothing, place);
        for queued in &woken {
            queued.token.give(place);
        }
        woken.len()
    }
}

impl Default for Condvar {
    #[track_caller]
    fn default() -> Self {
        Condvar::new()
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Condvar { .. }")
    }
}
