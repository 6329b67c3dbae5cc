//! The condition variable of the model build: a queue of tokens, first come, first woken.
//!
//! One implementation serves every engine. Waits never end spuriously; timed waits end when the
//! scenario's clock is advanced.

use std::collections::VecDeque;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use super::mutex::{Mutex, MutexGuard};
use super::origin::{Origin, Route};
use super::parker::Token;
use super::time::Instant;
use super::trace::Effect;

/// A condition variable, in parking_lot's shape.
pub struct Condvar {
    origin: Origin,
    queue: Mutex<VecDeque<Arc<Token>>>,
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
        Condvar { origin: Origin::new("Condvar"), queue: Mutex::silent(VecDeque::new()) }
    }

    /// A condition variable inside of another object of the swap, which traces do not show.
    #[track_caller]
    pub(super) fn silent() -> Self {
        Condvar { origin: Origin::silent("Condvar"), queue: Mutex::silent(VecDeque::new()) }
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
        let token = Arc::new(Token::new());
        // Enqueued before the mutex is unlocked, so that no notification is lost in between.
        self.queue.lock().push_back(Arc::clone(&token));
        let timed_out = MutexGuard::unlocked_at(guard, place, || {
            token.take(&self.origin, deadline, operation, place);
            let mut queue = self.queue.lock();
            let waiting = queue.iter().position(|waiting| Arc::ptr_eq(waiting, &token));
            if let Some(index) = waiting {
                queue.remove(index);
            }
            waiting.is_some()
        });
        WaitTimeoutResult(timed_out)
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
        let woken: Vec<_> = {
            let mut queue = self.queue.lock();
            let count = queue.len().min(most);
            queue.drain(..count).collect()
        };
        self.origin.report(operation, [None; 2], Effect::Nothing, place);
        for token in &woken {
            token.give();
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
