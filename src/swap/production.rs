//! The production build of the swap: re-exports, and newtypes that compile to nothing.

/// `std::cell`.
pub mod cell {
    #[doc(no_inline)]
    pub use std::cell::{
        BorrowError, BorrowMutError, Cell, LazyCell, OnceCell, Ref, RefCell, RefMut,
    };

    /// `std::cell::UnsafeCell` with closures instead of `get`, so that an access has a begin and an
    /// end that the model build can check.
    #[derive(Debug, Default)]
    #[repr(transparent)]
    pub struct UnsafeCell<T: ?Sized>(std::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        /// Wraps a value.
        #[inline]
        pub const fn new(value: T) -> Self {
            UnsafeCell(std::cell::UnsafeCell::new(value))
        }

        /// The value, by consuming the cell.
        #[inline]
        pub fn into_inner(self) -> T {
            self.0.into_inner()
        }
    }

    impl<T: ?Sized> UnsafeCell<T> {
        /// Calls `f` with a pointer for reading. A write by another thread at the same time is a
        /// data race: undefined behavior.
        #[inline]
        pub fn with<F, R>(&self, f: F) -> R
        where
            F: FnOnce(*const T) -> R,
        {
            f(self.0.get())
        }

        /// Calls `f` with a pointer for reading and writing. Any access by another thread at the
        /// same time is a data race: undefined behavior.
        #[inline]
        pub fn with_mut<F, R>(&self, f: F) -> R
        where
            F: FnOnce(*mut T) -> R,
        {
            f(self.0.get())
        }

        /// The value, by exclusive access.
        #[inline]
        pub fn get_mut(&mut self) -> &mut T {
            self.0.get_mut()
        }
    }

    impl<T> From<T> for UnsafeCell<T> {
        #[inline]
        fn from(value: T) -> Self {
            UnsafeCell::new(value)
        }
    }
}

/// `std::sync`, with locks of parking_lot.
pub mod sync {
    #[doc(no_inline)]
    pub use crossbeam_utils::CachePadded;
    #[doc(no_inline)]
    pub use crossbeam_utils::sync::{Parker, Unparker};
    #[doc(no_inline)]
    pub use parking_lot::{
        Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard, WaitTimeoutResult,
    };
    #[doc(no_inline)]
    pub use std::sync::{Arc, Barrier, BarrierWaitResult, Once, OnceLock, OnceState, Weak};

    /// `std::sync::atomic`.
    pub mod atomic {
        #[doc(no_inline)]
        pub use std::sync::atomic::{
            AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr,
            AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Ordering, compiler_fence,
            fence,
        };
    }
}

/// `std::thread`.
pub mod thread {
    #[cfg(feature = "harness")]
    pub use super::super::threads::*;
    #[doc(no_inline)]
    pub use std::thread::{AccessError, LocalKey, sleep};
    #[cfg(not(feature = "harness"))]
    #[doc(no_inline)]
    pub use std::thread::{
        Builder, JoinHandle, Result, Scope, ScopedJoinHandle, Thread, ThreadId, current, panicking,
        scope, spawn, yield_now,
    };
}

/// `std::hint`, and crossbeam-utils' backoff.
pub mod hint {
    #[doc(no_inline)]
    pub use crossbeam_utils::Backoff;
    #[doc(no_inline)]
    pub use std::hint::{assert_unchecked, black_box, spin_loop, unreachable_unchecked};

    #[cfg(feature = "harness")]
    pub(crate) fn turn() {
        std::thread::yield_now();
    }

    /// Waits in a loop until `condition` holds: spins first, then yields, then sleeps for short
    /// times, so that a thread of lower priority for which it waits gets to run. Prefer it to a
    /// loop of one's own: the engines of the model build know it. The condition is to depend on
    /// nothing but what it reads, and to change nothing while it does not hold.
    ///
    /// Returns `true`. In the model build it returns `false` to a destructor that runs because an
    /// execution was given up, so that nobody will make the condition hold.
    #[inline]
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

/// The hasher of maps inside of code under test: random keys here, fixed ones in the model build.
pub mod hash {
    #[doc(no_inline)]
    pub use std::hash::RandomState;
}

/// Time: the real clock here, a manual one inside of a scenario of the model build.
pub mod time {
    #[doc(no_inline)]
    pub use std::time::{Duration, Instant};

    /// Lets `duration` pass, by sleeping for it. In the model build it moves a scenario's clock.
    pub fn advance(duration: Duration) {
        std::thread::sleep(duration);
    }
}
