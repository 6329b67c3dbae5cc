//! The reader-writer lock of the model build: a count of readers, under a mutex or in a word of the
//! graph engine. Readers order each other by it, which real ones do not: a race that only
//! unordered readers have is not seen.

use std::cell::UnsafeCell;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::panic::Location;

use super::condvar::Condvar;
use super::graph::{self, SharedLock};
use super::mutex::Mutex;
use super::origin::{Origin, Route};
use super::trace::Effect;

/// A reader-writer lock in parking_lot's shape: a panic unlocks it, there is no poison.
pub struct RwLock<T: ?Sized> {
    origin: Origin,
    raw: Raw,
    data: UnsafeCell<T>,
}

/// The lock without its data.
// Of such objects there are few at a time.
#[allow(clippy::large_enum_variant)]
enum Raw {
    Counted { state: Mutex<State>, changed: Condvar },
    Graph(SharedLock),
}

impl Raw {
    #[track_caller]
    fn new() -> Raw {
        match graph::create(Location::caller(), SharedLock::create) {
            Some(lock) => Raw::Graph(lock),
            None => {
                let state = Mutex::silent(State::Readers(0));
                Raw::Counted { state, changed: Condvar::silent() }
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Readers(usize),
    Writer,
}

impl State {
    /// The state with one more holder, if the lock has room for it.
    fn entered(self, exclusive: bool) -> Option<State> {
        match (self, exclusive) {
            (State::Readers(readers), false) => Some(State::Readers(readers + 1)),
            (State::Readers(0), true) => Some(State::Writer),
            _ => None,
        }
    }

    /// The state with one holder less.
    fn left(self) -> State {
        match self {
            State::Readers(readers) => State::Readers(readers.saturating_sub(1)),
            State::Writer => State::Readers(0),
        }
    }
}

// SAFETY: the lock hands out `&mut T` to one writer and `&T` to readers, as every such lock does.
unsafe impl<T: ?Sized + Send> Send for RwLock<T> {}
// SAFETY: as for `Send`; readers share `&T` between threads, so `T` is `Sync`.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLock<T> {}
impl<T: ?Sized> std::panic::UnwindSafe for RwLock<T> {}
impl<T: ?Sized> std::panic::RefUnwindSafe for RwLock<T> {}

impl<T> RwLock<T> {
    /// Creates an unlocked lock.
    #[track_caller]
    pub fn new(value: T) -> Self {
        RwLock { origin: Origin::new("RwLock"), raw: Raw::new(), data: UnsafeCell::new(value) }
    }

    /// The value, by consuming the lock.
    pub fn into_inner(self) -> T {
        self.data.into_inner()
    }
}

impl<T: ?Sized> RwLock<T> {
    fn enter(
        &self,
        exclusive: bool,
        operation: &'static str,
        place: &'static Location<'static>,
    ) -> bool {
        if self.origin.admit() == Route::Shadow {
            return false;
        }
        self.origin.begin_wait(operation, place);
        match &self.raw {
            Raw::Graph(lock) => {
                if !lock.enter(exclusive, &self.origin, place) {
                    return false;
                }
            }
            Raw::Counted { state, changed } => {
                let mut state = state.lock();
                *state = loop {
                    match state.entered(exclusive) {
                        Some(next) => break next,
                        None => changed.wait(&mut state),
                    }
                };
            }
        }
        self.origin.report(operation, [None; 2], Effect::Nothing, place);
        true
    }

    fn try_enter(
        &self,
        exclusive: bool,
        operations: [&'static str; 2],
        place: &'static Location<'static>,
    ) -> bool {
        if self.origin.admit() == Route::Shadow {
            return true;
        }
        let entered = match &self.raw {
            Raw::Graph(lock) => match lock.try_enter(exclusive, &self.origin, place) {
                Some(entered) => entered,
                None => return true,
            },
            Raw::Counted { state, .. } => {
                let mut state = state.lock();
                let next = state.entered(exclusive);
                *state = next.unwrap_or(*state);
                next.is_some()
            }
        };
        let operation = operations[usize::from(!entered)];
        self.origin.report(operation, [None; 2], Effect::Nothing, place);
        entered
    }

    fn leave(&self, operation: &'static str, place: &'static Location<'static>) {
        if self.origin.admit() == Route::Shadow {
            return;
        }
        let report = || self.origin.report(operation, [None; 2], Effect::Nothing, place);
        match &self.raw {
            Raw::Graph(lock) => {
                lock.leave(&self.origin, place);
                report();
            }
            Raw::Counted { state, changed } => {
                report();
                let mut state = state.lock();
                *state = state.left();
                drop(state);
                changed.notify_all();
            }
        }
    }

    /// Turns the writer into a reader.
    fn downgrade(&self, place: &'static Location<'static>) {
        if self.origin.admit() == Route::Shadow {
            return;
        }
        let report = || self.origin.report("downgrade", [None; 2], Effect::Nothing, place);
        match &self.raw {
            Raw::Graph(lock) => {
                lock.downgrade(&self.origin, place);
                report();
            }
            Raw::Counted { state, changed } => {
                report();
                *state.lock() = State::Readers(1);
                changed.notify_all();
            }
        }
    }

    /// Blocks until no writer holds the lock, and shares it.
    #[track_caller]
    pub fn read(&self) -> RwLockReadGuard<'_, T> {
        let held = self.enter(false, "read", Location::caller());
        RwLockReadGuard { lock: self, held, place: Location::caller(), not_send: PhantomData }
    }

    /// Shares the lock unless a writer holds it. Does not block.
    #[track_caller]
    pub fn try_read(&self) -> Option<RwLockReadGuard<'_, T>> {
        let place = Location::caller();
        // Not `then_some`: a guard that is made and dropped unlocks.
        self.try_enter(false, ["try_read", "try_read failed"], place).then(|| RwLockReadGuard {
            lock: self,
            held: true,
            place,
            not_send: PhantomData,
        })
    }

    /// Blocks until nobody holds the lock, and takes it.
    #[track_caller]
    pub fn write(&self) -> RwLockWriteGuard<'_, T> {
        let held = self.enter(true, "write", Location::caller());
        RwLockWriteGuard { lock: self, held, place: Location::caller(), not_send: PhantomData }
    }

    /// Takes the lock if nobody holds it. Does not block.
    #[track_caller]
    pub fn try_write(&self) -> Option<RwLockWriteGuard<'_, T>> {
        let place = Location::caller();
        // Not `then_some`: a guard that is made and dropped unlocks.
        self.try_enter(true, ["try_write", "try_write failed"], place).then(|| RwLockWriteGuard {
            lock: self,
            held: true,
            place,
            not_send: PhantomData,
        })
    }

    /// The value, by exclusive access.
    pub fn get_mut(&mut self) -> &mut T {
        self.data.get_mut()
    }
}

impl<T: ?Sized> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RwLock { .. }")
    }
}

impl<T: Default> Default for RwLock<T> {
    #[track_caller]
    fn default() -> Self {
        RwLock::new(T::default())
    }
}

impl<T> From<T> for RwLock<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        RwLock::new(value)
    }
}

macro_rules! guard {
    ($name:ident, $exclusive:literal, $operations:expr, $what:literal) => {
        #[doc = $what]
        #[must_use = "a lock is unlocked as soon as its guard is dropped"]
        pub struct $name<'a, T: ?Sized> {
            lock: &'a RwLock<T>,
            held: bool,
            /// Where it was locked, which is where traces place its unlocking.
            place: &'static Location<'static>,
            not_send: PhantomData<*const ()>,
        }

        // SAFETY: a shared guard gives shared access to the data only.
        unsafe impl<T: ?Sized + Sync> Sync for $name<'_, T> {}

        impl<'a, T: ?Sized> $name<'a, T> {
            /// The lock that the guard holds.
            pub fn rwlock(guard: &Self) -> &'a RwLock<T> {
                guard.lock
            }

            /// Unlocks the lock, runs `f`, and locks it again in the same way.
            #[track_caller]
            pub fn unlocked<R>(guard: &mut Self, f: impl FnOnce() -> R) -> R {
                struct Relock<'g, 'a, T: ?Sized>(&'g mut $name<'a, T>, &'static Location<'static>);
                impl<T: ?Sized> Drop for Relock<'_, '_, T> {
                    fn drop(&mut self) {
                        self.0.held = self.0.lock.enter($exclusive, $operations[0], self.1);
                    }
                }
                let place = Location::caller();
                if std::mem::take(&mut guard.held) {
                    guard.lock.leave($operations[1], place);
                }
                let _relock = Relock(guard, place);
                f()
            }
        }

        impl<T: ?Sized> Deref for $name<'_, T> {
            type Target = T;
            fn deref(&self) -> &T {
                // SAFETY: the guard holds the lock, so nobody else has `&mut T`.
                unsafe { &*self.lock.data.get() }
            }
        }

        impl<T: ?Sized> Drop for $name<'_, T> {
            fn drop(&mut self) {
                if self.held {
                    self.lock.leave($operations[1], self.place);
                }
            }
        }

        impl<T: ?Sized + fmt::Debug> fmt::Debug for $name<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<T: ?Sized + fmt::Display> fmt::Display for $name<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }
    };
}

guard!(
    RwLockReadGuard,
    false,
    ["read", "unlock read"],
    "Shared access to the data of an [`RwLock`]; unlocks it when dropped."
);
guard!(
    RwLockWriteGuard,
    true,
    ["write", "unlock write"],
    "Exclusive access to the data of an [`RwLock`]; unlocks it when dropped."
);

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    /// Shares the lock with readers, without letting another writer in before.
    #[track_caller]
    pub fn downgrade(mut guard: Self) -> RwLockReadGuard<'a, T> {
        let RwLockWriteGuard { lock, place, .. } = guard;
        let held = std::mem::take(&mut guard.held);
        if held {
            lock.downgrade(Location::caller());
        }
        RwLockReadGuard { lock, held, place, not_send: PhantomData }
    }
}

impl<T: ?Sized> DerefMut for RwLockWriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the guard holds the lock for writing, and is borrowed exclusively.
        unsafe { &mut *self.lock.data.get() }
    }
}
