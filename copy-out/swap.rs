//! What the copied primitives need from their environment: std's names, and locks, backoff and
//! waiting in the shape that the primitives are written against.
//!
//! Put this file beside them, so that `super::swap` is this module. It has the paths of
//! `selvedge::swap`, with which the primitives were checked, and no dependencies. Whatever provides
//! the same names will do as well: to run scenarios on the copies, put `pub use selvedge::swap::*;`
//! in its place.

// Each primitive uses a part of it.
#![allow(dead_code, unused_imports)]

/// `std::cell::UnsafeCell`, with closures for accesses.
pub mod cell {
    /// As std's; the pointer is for use within the closure.
    #[derive(Debug, Default)]
    #[repr(transparent)]
    pub struct UnsafeCell<T: ?Sized>(std::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        /// Wraps a value.
        pub const fn new(value: T) -> Self {
            UnsafeCell(std::cell::UnsafeCell::new(value))
        }
    }

    impl<T: ?Sized> UnsafeCell<T> {
        /// Calls `f` with a pointer for reading.
        pub fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
            f(self.0.get())
        }

        /// Calls `f` with a pointer for reading and writing.
        pub fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            f(self.0.get())
        }
    }
}

/// `std::sync`, with a mutex that has no poison.
pub mod sync {
    use std::cell::Cell;
    use std::marker::PhantomData;
    use std::ops::{Deref, DerefMut};
    use std::sync::PoisonError;

    use super::time::{Duration, Instant};

    pub use std::sync::{Arc, WaitTimeoutResult};

    /// `std::sync::atomic`.
    pub mod atomic {
        pub use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
    }

    /// `std::sync::Mutex`, in parking_lot's shape: a panic unlocks it, and that is all.
    ///
    /// The primitives leave what it guards whole before anything in them can panic.
    #[derive(Debug, Default)]
    pub struct Mutex<T: ?Sized>(std::sync::Mutex<T>);

    impl<T> Mutex<T> {
        /// Creates an unlocked mutex.
        pub const fn new(value: T) -> Self {
            Mutex(std::sync::Mutex::new(value))
        }
    }

    impl<T: ?Sized> Mutex<T> {
        /// Blocks until the lock is free, and takes it.
        pub fn lock(&self) -> MutexGuard<'_, T> {
            MutexGuard(Some(self.0.lock().unwrap_or_else(PoisonError::into_inner)))
        }

        /// The value, by exclusive access.
        pub fn get_mut(&mut self) -> &mut T {
            self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
        }
    }

    /// Access to the data of a locked [`Mutex`]; unlocks it when dropped.
    ///
    /// It is empty while a [`Condvar`] has std's guard, and then nobody sees it.
    #[derive(Debug)]
    #[must_use = "a mutex is unlocked as soon as its guard is dropped"]
    pub struct MutexGuard<'a, T: ?Sized>(Option<std::sync::MutexGuard<'a, T>>);

    impl<T: ?Sized> Deref for MutexGuard<'_, T> {
        type Target = T;
        fn deref(&self) -> &T {
            self.0.as_deref().expect("the guard is back when the wait is over")
        }
    }

    impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
        fn deref_mut(&mut self) -> &mut T {
            self.0.as_deref_mut().expect("the guard is back when the wait is over")
        }
    }

    /// `std::sync::Condvar`, in parking_lot's shape: it borrows the guard.
    #[derive(Debug, Default)]
    pub struct Condvar(std::sync::Condvar);

    impl Condvar {
        /// Creates a condition variable on which nobody waits.
        pub const fn new() -> Self {
            Condvar(std::sync::Condvar::new())
        }

        /// Unlocks the mutex, blocks until notified, and locks it again.
        pub fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
            let inner = guard.0.take().expect("a guard waits in one place");
            guard.0 = Some(self.0.wait(inner).unwrap_or_else(PoisonError::into_inner));
        }

        /// As [`wait`](Self::wait), but for `timeout` at most.
        pub fn wait_for<T>(
            &self,
            guard: &mut MutexGuard<'_, T>,
            timeout: Duration,
        ) -> WaitTimeoutResult {
            let inner = guard.0.take().expect("a guard waits in one place");
            let (inner, result) =
                self.0.wait_timeout(inner, timeout).unwrap_or_else(PoisonError::into_inner);
            guard.0 = Some(inner);
            result
        }

        /// As [`wait`](Self::wait), but until `deadline` at most.
        pub fn wait_until<T>(
            &self,
            guard: &mut MutexGuard<'_, T>,
            deadline: Instant,
        ) -> WaitTimeoutResult {
            self.wait_for(guard, deadline.saturating_duration_since(Instant::now()))
        }

        /// Wakes one thread that waits.
        pub fn notify_one(&self) {
            self.0.notify_one();
        }

        /// Wakes all threads that wait.
        pub fn notify_all(&self) {
            self.0.notify_all();
        }
    }

    /// Blocks its thread until an [`Unparker`] gives it a token; as crossbeam-utils' type.
    ///
    /// `std::thread::park` would not do: whoever else unparks the thread takes the token's place.
    #[derive(Debug, Default)]
    pub struct Parker {
        unparker: Unparker,
        // One thread at a time waits.
        not_sync: PhantomData<Cell<()>>,
    }

    impl Parker {
        /// Creates a parker without a token.
        pub fn new() -> Self {
            Parker::default()
        }

        /// Blocks until there is a token, and takes it.
        pub fn park(&self) {
            let (token, given) = &*self.unparker.0;
            let mut token = token.lock();
            while !std::mem::take(&mut *token) {
                given.wait(&mut token);
            }
        }

        /// As [`park`](Self::park), but until `deadline` at most.
        pub fn park_deadline(&self, deadline: Instant) {
            let (token, given) = &*self.unparker.0;
            let mut token = token.lock();
            while !std::mem::take(&mut *token) {
                if Instant::now() >= deadline {
                    return;
                }
                given.wait_until(&mut token, deadline);
            }
        }

        /// The other end.
        pub fn unparker(&self) -> &Unparker {
            &self.unparker
        }
    }

    /// Gives the token to a [`Parker`].
    #[derive(Clone, Debug, Default)]
    pub struct Unparker(Arc<(Mutex<bool>, Condvar)>);

    impl Unparker {
        /// Makes the token available, and wakes the thread that waits for it.
        pub fn unpark(&self) {
            let (token, given) = &*self.0;
            *token.lock() = true;
            given.notify_one();
        }
    }

    /// A value on cache lines of its own.
    ///
    /// 128 bytes: x86-64 fetches lines in pairs, and some ARM cores have lines of that size.
    #[derive(Clone, Copy, Debug, Default)]
    #[repr(align(128))]
    pub struct CachePadded<T>(T);

    impl<T> CachePadded<T> {
        /// Pads a value.
        pub const fn new(value: T) -> Self {
            CachePadded(value)
        }
    }

    impl<T> Deref for CachePadded<T> {
        type Target = T;
        fn deref(&self) -> &T {
            &self.0
        }
    }

    impl<T> DerefMut for CachePadded<T> {
        fn deref_mut(&mut self) -> &mut T {
            &mut self.0
        }
    }
}

/// `std::hint`, with backoff and waiting.
pub mod hint {
    use std::cell::Cell;

    pub use std::hint::spin_loop;

    /// Waits longer each time, up to yielding the processor; as crossbeam-utils' type.
    #[derive(Debug, Default)]
    pub struct Backoff {
        step: Cell<u32>,
    }

    impl Backoff {
        /// From this step on it yields instead of spinning; the step before spins 64 times.
        const YIELD: u32 = 7;
        /// After this step it is time to block.
        const LAST: u32 = 10;

        /// Starts with the shortest wait.
        pub const fn new() -> Self {
            Backoff { step: Cell::new(0) }
        }

        /// Waits for another thread to make progress.
        pub fn snooze(&self) {
            let step = self.step.get();
            if step < Backoff::YIELD {
                (0..1 << step).for_each(|_| spin_loop());
            } else {
                std::thread::yield_now();
            }
            if !self.is_completed() {
                self.step.set(step + 1);
            }
        }

        /// Whether it has yielded often enough, and it is time to block instead.
        pub fn is_completed(&self) -> bool {
            self.step.get() > Backoff::LAST
        }
    }

    /// Waits in a loop until `condition` holds: spins first, then yields, then sleeps for short
    /// times, so that a thread of lower priority for which it waits gets to run. Returns `true`;
    /// where scenarios run, `false` to a destructor whose scenario was given up.
    pub fn wait_until(mut condition: impl FnMut() -> bool) -> bool {
        let backoff = Backoff::new();
        while !condition() {
            if backoff.is_completed() {
                std::thread::sleep(std::time::Duration::from_micros(50));
            } else {
                backoff.snooze();
            }
        }
        true
    }
}

/// The hasher of maps.
pub mod hash {
    pub use std::hash::RandomState;
}

/// `std::thread`.
pub mod thread {
    pub use std::thread::{Builder, JoinHandle, ThreadId, current, panicking};
}

/// `std::time`.
pub mod time {
    pub use std::time::{Duration, Instant};
}
