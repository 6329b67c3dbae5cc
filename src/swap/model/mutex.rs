//! The mutex of the model build. The engine keeps the lock; the data is ours.

use std::cell::UnsafeCell;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::sync::{Arc, PoisonError, TryLockError};

use super::super::execution::{self, Backend, FaultKind, switching};
use super::graph::Lock as GraphLock;
use super::origin::{Origin, Route, backend};
use super::trace::Effect;

mod deferred;

use deferred::{LoomHeld, take_deferred};
pub use deferred::{forget_deferred, release_deferred};

/// A mutual-exclusion lock in parking_lot's shape: a panic unlocks it, there is no poison.
pub struct Mutex<T: ?Sized> {
    lock: RawMutex,
    data: UnsafeCell<T>,
}

// SAFETY: the mutex hands out its data to one thread at a time, as every mutex does. The engines'
// locks are used on one operating-system thread only, which `Origin::admit` enforces.
unsafe impl<T: ?Sized + Send> Send for Mutex<T> {}
// SAFETY: as for `Send`.
unsafe impl<T: ?Sized + Send> Sync for Mutex<T> {}
impl<T: ?Sized> std::panic::UnwindSafe for Mutex<T> {}
impl<T: ?Sized> std::panic::RefUnwindSafe for Mutex<T> {}

/// The lock without its data.
struct RawMutex {
    origin: Origin,
    variant: Variant,
    /// The thread that holds it, plus 1; for the engines only.
    holder: std::sync::atomic::AtomicU32,
}

enum Variant {
    Plain(parking_lot::Mutex<()>),
    Graph(GraphLock),
    Loom(Arc<loom::sync::Mutex<()>>),
    Shuttle(shuttle::sync::Mutex<()>),
}

/// The engine's own guard.
enum Held<'a> {
    Plain {
        _guard: parking_lot::MutexGuard<'a, ()>,
    },
    Graph,
    Loom(LoomHeld),
    Shuttle {
        _guard: shuttle::sync::MutexGuard<'a, ()>,
    },
    /// The execution was given up.
    Shadow,
}

impl RawMutex {
    #[track_caller]
    fn new(kind: &'static str, silent: bool) -> Self {
        let origin = if silent { Origin::silent(kind) } else { Origin::new(kind) };
        let variant = match backend() {
            Backend::Plain => Variant::Plain(parking_lot::Mutex::new(())),
            Backend::Graph => GraphLock::create(origin.place())
                .map_or_else(|| Variant::Plain(parking_lot::Mutex::new(())), Variant::Graph),
            Backend::Loom => Variant::Loom(Arc::new(loom::sync::Mutex::new(()))),
            Backend::Shuttle => Variant::Shuttle(shuttle::sync::Mutex::new(())),
        };
        RawMutex { origin, variant, holder: std::sync::atomic::AtomicU32::new(0) }
    }

    fn lock(&self, place: &'static Location<'static>) -> Held<'_> {
        let held = match self.origin.admit() {
            Route::Shadow => return Held::Shadow,
            Route::Plain => self.lock_engine(),
            Route::Engine => {
                self.refuse_reentrance(place);
                self.origin.begin_wait("lock", place);
                let held = match &self.variant {
                    Variant::Graph(lock) if !lock.lock(&self.origin, place) => return Held::Shadow,
                    Variant::Graph(_) => Held::Graph,
                    _ => switching(|| self.lock_engine()),
                };
                self.set_holder(execution::current_thread() + 1);
                held
            }
        };
        self.origin.report("lock", [None; 2], Effect::Nothing, place);
        held
    }

    fn lock_engine(&self) -> Held<'_> {
        match &self.variant {
            Variant::Plain(mutex) => Held::Plain { _guard: mutex.lock() },
            Variant::Graph(_) => unreachable!("the graph engine's lock asks for the place"),
            Variant::Loom(mutex) => Held::Loom(take_deferred(mutex).unwrap_or_else(|| {
                let guard = mutex.lock().unwrap_or_else(PoisonError::into_inner);
                LoomHeld::new(guard, mutex)
            })),
            Variant::Shuttle(mutex) => {
                Held::Shuttle { _guard: mutex.lock().unwrap_or_else(PoisonError::into_inner) }
            }
        }
    }

    fn try_lock(&self, place: &'static Location<'static>) -> Option<Held<'_>> {
        let route = self.origin.admit();
        if route == Route::Shadow {
            return Some(Held::Shadow);
        }
        // Under loom it can be kept waiting; see the limits.
        self.origin.begin_wait("try_lock", place);
        let held = switching(|| match &self.variant {
            Variant::Plain(mutex) => mutex.try_lock().map(|guard| Held::Plain { _guard: guard }),
            Variant::Graph(lock) => match lock.try_lock(&self.origin, place) {
                Some(taken) => taken.then_some(Held::Graph),
                None => Some(Held::Shadow),
            },
            Variant::Loom(mutex) => take_deferred(mutex)
                .or_else(|| mutex.try_lock().ok().map(|guard| LoomHeld::new(guard, mutex)))
                .map(Held::Loom),
            Variant::Shuttle(mutex) => match mutex.try_lock() {
                Ok(guard) => Some(Held::Shuttle { _guard: guard }),
                Err(TryLockError::Poisoned(poisoned)) => {
                    Some(Held::Shuttle { _guard: poisoned.into_inner() })
                }
                Err(TryLockError::WouldBlock) => None,
            },
        });
        if held.is_some() && route == Route::Engine {
            self.set_holder(execution::current_thread() + 1);
        }
        let name = if held.is_some() { "try_lock" } else { "try_lock failed" };
        self.origin.report(name, [None; 2], Effect::Nothing, place);
        held
    }

    fn unlock(&self, held: Held<'_>, place: &'static Location<'static>) {
        let abandoned =
            execution::with_current(|execution| execution.is_abandoned()).unwrap_or(false);
        match held {
            Held::Graph if abandoned => {}
            Held::Shadow => {}
            Held::Plain { .. } => {
                self.origin.report("unlock", [None; 2], Effect::Nothing, place);
                drop(held);
            }
            Held::Graph => {
                self.set_holder(0);
                if let Variant::Graph(lock) = &self.variant {
                    lock.unlock(&self.origin, place);
                }
                self.origin.report("unlock", [None; 2], Effect::Nothing, place);
            }
            // The engine may be gone, and the lock with it.
            Held::Loom(held) if abandoned => std::mem::forget(held),
            Held::Shuttle { .. } if abandoned => std::mem::forget(held),
            Held::Loom(held) if held.must_wait() => {
                self.set_holder(0);
                self.origin.report("unlock", [None; 2], Effect::Nothing, place);
                held.defer();
            }
            held => {
                self.set_holder(0);
                self.origin.report("unlock", [None; 2], Effect::Nothing, place);
                switching(|| drop(held));
            }
        }
    }

    fn set_holder(&self, holder: u32) {
        // Relaxed: all threads that use the engine share one operating-system thread.
        self.holder.store(holder, std::sync::atomic::Ordering::Relaxed);
    }

    fn refuse_reentrance(&self, place: &'static Location<'static>) {
        // Relaxed: as in `set_holder`.
        if self.holder.load(std::sync::atomic::Ordering::Relaxed) == execution::current_thread() + 1
        {
            let thread = execution::with_current(|e| e.thread_name(execution::current_thread()));
            execution::abandon(
                FaultKind::Deadlock,
                format!(
                    "{} locks, at {place}, a mutex that it holds already",
                    thread.unwrap_or_default()
                ),
            );
        }
    }
}

impl<T> Mutex<T> {
    /// Creates an unlocked mutex.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Mutex { lock: RawMutex::new("Mutex", false), data: UnsafeCell::new(value) }
    }

    /// A mutex inside of another object of the swap, which traces do not show.
    #[track_caller]
    pub(super) fn silent(value: T) -> Self {
        Mutex { lock: RawMutex::new("Mutex", true), data: UnsafeCell::new(value) }
    }

    /// The value, by consuming the mutex.
    pub fn into_inner(self) -> T {
        self.data.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Blocks until the lock is free, and takes it.
    ///
    /// Inside of a scenario, a thread that locks what it holds already is reported as a deadlock.
    #[track_caller]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        let held = self.lock.lock(Location::caller());
        MutexGuard {
            mutex: self,
            held: Some(held),
            place: Location::caller(),
            not_send: PhantomData,
        }
    }

    /// Takes the lock if it is free. Does not block.
    #[track_caller]
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        let held = self.lock.try_lock(Location::caller())?;
        let place = Location::caller();
        Some(MutexGuard { mutex: self, held: Some(held), place, not_send: PhantomData })
    }

    /// The value, by exclusive access.
    pub fn get_mut(&mut self) -> &mut T {
        self.data.get_mut()
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Printing is no operation of the scenario, so that a trace does not change what it shows.
        f.write_str("Mutex { .. }")
    }
}

impl<T: Default> Default for Mutex<T> {
    #[track_caller]
    fn default() -> Self {
        Mutex::new(T::default())
    }
}

impl<T> From<T> for Mutex<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Mutex::new(value)
    }
}

/// Access to the data of a locked [`Mutex`]; unlocks it when dropped.
#[must_use = "a mutex is unlocked as soon as its guard is dropped"]
pub struct MutexGuard<'a, T: ?Sized> {
    mutex: &'a Mutex<T>,
    /// `None` while the guard is given to a condition variable.
    held: Option<Held<'a>>,
    /// Where it was locked, which is where traces place its unlocking.
    place: &'static Location<'static>,
    not_send: PhantomData<*const ()>,
}

// SAFETY: a shared guard gives shared access to the data only.
unsafe impl<T: ?Sized + Sync> Sync for MutexGuard<'_, T> {}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// The mutex that the guard holds.
    pub fn mutex(guard: &Self) -> &'a Mutex<T> {
        guard.mutex
    }

    /// Unlocks the mutex, runs `f`, and locks it again.
    #[track_caller]
    pub fn unlocked<R>(guard: &mut Self, f: impl FnOnce() -> R) -> R {
        Self::unlocked_at(guard, Location::caller(), f)
    }

    pub(super) fn unlocked_at<R>(
        guard: &mut Self,
        place: &'static Location<'static>,
        f: impl FnOnce() -> R,
    ) -> R {
        struct Relock<'g, 'a, T: ?Sized>(&'g mut MutexGuard<'a, T>, &'static Location<'static>);
        impl<T: ?Sized> Drop for Relock<'_, '_, T> {
            fn drop(&mut self) {
                self.0.held = Some(self.0.mutex.lock.lock(self.1));
            }
        }
        if let Some(held) = guard.held.take() {
            guard.mutex.lock.unlock(held, place);
        }
        let _relock = Relock(guard, place);
        f()
    }
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: the guard holds the lock, so nobody has `&mut T`.
        unsafe { &*self.mutex.data.get() }
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the guard holds the lock, and is borrowed exclusively.
        unsafe { &mut *self.mutex.data.get() }
    }
}

impl<T: ?Sized> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        if let Some(held) = self.held.take() {
            self.mutex.lock.unlock(held, self.place);
        }
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
