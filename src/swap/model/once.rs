//! One-time initialization in the model build.

use std::cell::UnsafeCell;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::Ordering;

use super::atomic::AtomicU8;
use super::mutex::Mutex;

const NEW: u8 = 0;
const DONE: u8 = 1;
const POISONED: u8 = 2;

/// Whether an earlier closure of a [`Once`] panicked. See [`Once::call_once_force`].
#[derive(Debug)]
pub struct OnceState {
    poisoned: bool,
}

impl OnceState {
    /// Whether an earlier closure panicked.
    pub fn is_poisoned(&self) -> bool {
        self.poisoned
    }
}

/// Runs one closure, once.
pub struct Once {
    state: AtomicU8,
    running: Mutex<()>,
}

impl Once {
    /// A `Once` that has not run.
    #[track_caller]
    pub fn new() -> Self {
        Once { state: AtomicU8::new(NEW), running: Mutex::silent(()) }
    }

    /// Runs `f` unless one ran before. Blocks while another thread runs its closure. What the
    /// closure did happens before the return.
    ///
    /// # Panics
    /// If an earlier closure panicked, as std's does.
    #[track_caller]
    pub fn call_once<F: FnOnce()>(&self, f: F) {
        // Acquire: pairs with the Release below; what the closure wrote is visible.
        if self.state.load(Ordering::Acquire) != DONE {
            self.call_once_slow(false, |_| f());
        }
    }

    /// As [`call_once`](Self::call_once), but runs `f` although earlier closures panicked.
    #[track_caller]
    pub fn call_once_force<F: FnOnce(&OnceState)>(&self, f: F) {
        // Acquire: as in `call_once`.
        if self.state.load(Ordering::Acquire) != DONE {
            self.call_once_slow(true, f);
        }
    }

    #[cold]
    #[track_caller]
    fn call_once_slow<F: FnOnce(&OnceState)>(&self, force: bool, f: F) {
        struct Poison<'a>(&'a AtomicU8);
        impl Drop for Poison<'_> {
            fn drop(&mut self) {
                // Relaxed: read under the mutex only.
                self.0.store(POISONED, Ordering::Relaxed);
            }
        }
        let _running = self.running.lock();
        // Relaxed: the mutex orders it after the closure that ran.
        match self.state.load(Ordering::Relaxed) {
            DONE => {}
            POISONED if !force => panic!("Once instance has previously been poisoned"),
            state => {
                let poison = Poison(&self.state);
                f(&OnceState { poisoned: state == POISONED });
                std::mem::forget(poison);
                // Release: publishes what the closure wrote to the fast path.
                self.state.store(DONE, Ordering::Release);
            }
        }
    }

    /// Whether a closure ran to its end.
    #[track_caller]
    pub fn is_completed(&self) -> bool {
        // Acquire: pairs with the Release of `call_once`.
        self.state.load(Ordering::Acquire) == DONE
    }
}

impl Default for Once {
    #[track_caller]
    fn default() -> Self {
        Once::new()
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Once { .. }")
    }
}

/// A cell that is written once.
pub struct OnceLock<T> {
    state: AtomicU8,
    writing: Mutex<()>,
    value: UnsafeCell<Option<T>>,
}

// SAFETY: the value is written once, under the mutex, and shared only after that.
unsafe impl<T: Send> Send for OnceLock<T> {}
// SAFETY: as for `Send`; references to the value are shared, so `T` is `Sync`, and any thread may
// initialize it, so `T` is `Send`.
unsafe impl<T: Send + Sync> Sync for OnceLock<T> {}

impl<T> OnceLock<T> {
    /// An empty cell.
    #[track_caller]
    pub fn new() -> Self {
        OnceLock {
            state: AtomicU8::new(NEW),
            writing: Mutex::silent(()),
            value: UnsafeCell::new(None),
        }
    }

    /// The value, if it is there. Does not block.
    #[track_caller]
    pub fn get(&self) -> Option<&T> {
        // Acquire: pairs with the Release of `write`; the value is visible.
        if self.state.load(Ordering::Acquire) == DONE {
            // SAFETY: DONE is stored after the only write of the value.
            unsafe { (*self.value.get()).as_ref() }
        } else {
            None
        }
    }

    /// The value, by exclusive access.
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.value.get_mut().as_mut()
    }

    /// Sets the value.
    ///
    /// # Errors
    /// The argument, if there was a value already.
    #[track_caller]
    pub fn set(&self, value: T) -> Result<(), T> {
        let mut value = Some(value);
        self.get_or_init(|| value.take().expect("the closure runs once"));
        value.map_or(Ok(()), Err)
    }

    /// The value; runs `f` to make it if there is none. Blocks while another thread makes it. If
    /// `f` panics, the cell stays empty.
    #[track_caller]
    pub fn get_or_init<F: FnOnce() -> T>(&self, f: F) -> &T {
        if let Some(value) = self.get() {
            return value;
        }
        {
            let _writing = self.writing.lock();
            // Relaxed: the mutex orders it after the write.
            if self.state.load(Ordering::Relaxed) != DONE {
                let value = f();
                // SAFETY: the mutex excludes other writers, and nobody reads before DONE.
                unsafe { *self.value.get() = Some(value) };
                // Release: publishes the value to `get`.
                self.state.store(DONE, Ordering::Release);
            }
        }
        // SAFETY: the value was written, by this thread or before it took the mutex.
        unsafe { (*self.value.get()).as_ref() }.expect("the value was written above")
    }

    /// The value, by consuming the cell.
    pub fn into_inner(self) -> Option<T> {
        self.value.into_inner()
    }

    /// Takes the value out, and leaves the cell empty.
    #[track_caller]
    pub fn take(&mut self) -> Option<T> {
        let value = self.value.get_mut().take();
        *self.state.get_mut() = NEW;
        value
    }
}

impl<T: Clone> Clone for OnceLock<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        self.get().map_or_else(OnceLock::new, |value| OnceLock::from(value.clone()))
    }
}

impl<T: PartialEq> PartialEq for OnceLock<T> {
    #[track_caller]
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl<T: Eq> Eq for OnceLock<T> {}

impl<T: UnwindSafe> UnwindSafe for OnceLock<T> {}
impl<T: RefUnwindSafe + UnwindSafe> RefUnwindSafe for OnceLock<T> {}

impl<T> Default for OnceLock<T> {
    #[track_caller]
    fn default() -> Self {
        OnceLock::new()
    }
}

impl<T> From<T> for OnceLock<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        OnceLock {
            state: AtomicU8::new(DONE),
            writing: Mutex::silent(()),
            value: UnsafeCell::new(Some(value)),
        }
    }
}

impl<T> fmt::Debug for OnceLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnceLock { .. }")
    }
}
