//! The cell of the model build: plain memory whose accesses the engine checks for races.

use std::cell::RefCell;
use std::fmt;
use std::panic::Location;
use std::sync::atomic::Ordering;

use super::super::execution::{self, Backend, FaultKind, switching};
use super::graph::perform;
use super::origin::{Origin, Route, backend};
use super::trace::Effect;
use crate::graph::operations::PlainCell;

/// `std::cell::UnsafeCell` with closures instead of `get`, so that an access has a begin and an
/// end.
pub struct UnsafeCell<T: ?Sized> {
    origin: Origin,
    variant: Variant,
    data: std::cell::UnsafeCell<T>,
}

enum Variant {
    Plain,
    /// The graph engine checks happens-before, on entry.
    Graph(PlainCell),
    /// loom checks happens-before.
    Loom(loom::cell::UnsafeCell<()>),
    /// Shuttle does not check cells. A load is a scheduling point at which another thread can come
    /// in between, and find the access in the list.
    Shuttle {
        point: shuttle::sync::atomic::AtomicBool,
        accesses: RefCell<Vec<Access>>,
    },
}

#[derive(Clone, Copy)]
struct Access {
    thread: u32,
    writes: bool,
    place: &'static Location<'static>,
}

// SAFETY: as std's `UnsafeCell`, whose contents move between threads if `T` does. The engines'
// parts are used on one operating-system thread only, which `Origin::admit` enforces.
unsafe impl<T: ?Sized + Send> Send for UnsafeCell<T> {}

impl<T> UnsafeCell<T> {
    /// Wraps a value.
    #[track_caller]
    pub fn new(value: T) -> Self {
        let origin = Origin::new("UnsafeCell");
        let variant = match backend() {
            Backend::Plain => Variant::Plain,
            Backend::Graph => perform(&origin, || PlainCell::new(origin.place()))
                .map_or(Variant::Plain, Variant::Graph),
            Backend::Loom => Variant::Loom(loom::cell::UnsafeCell::new(())),
            Backend::Shuttle => Variant::Shuttle {
                point: shuttle::sync::atomic::AtomicBool::new(false),
                accesses: RefCell::new(Vec::new()),
            },
        };
        UnsafeCell { origin, variant, data: std::cell::UnsafeCell::new(value) }
    }

    /// The value, by consuming the cell.
    pub fn into_inner(self) -> T {
        self.data.into_inner()
    }
}

impl<T: ?Sized> UnsafeCell<T> {
    /// Calls `f` with a pointer for reading. Reading through it after `f` returned is not checked.
    ///
    /// A write by another thread at the same time is a data race: undefined behavior in
    /// production, a violation inside of a scenario, under the engines that check it.
    #[track_caller]
    pub fn with<F, R>(&self, f: F) -> R
    where
        F: FnOnce(*const T) -> R,
    {
        self.access(false, Location::caller(), |pointer| f(pointer))
    }

    /// Calls `f` with a pointer for reading and writing.
    ///
    /// Any access by another thread at the same time is a data race: see [`with`](Self::with).
    #[track_caller]
    pub fn with_mut<F, R>(&self, f: F) -> R
    where
        F: FnOnce(*mut T) -> R,
    {
        self.access(true, Location::caller(), f)
    }

    /// The value, by exclusive access.
    pub fn get_mut(&mut self) -> &mut T {
        self.data.get_mut()
    }

    fn access<R>(
        &self,
        writes: bool,
        place: &'static Location<'static>,
        f: impl FnOnce(*mut T) -> R,
    ) -> R {
        let pointer = self.data.get();
        let operation = if writes { "with_mut" } else { "with" };
        if let Variant::Graph(cell) = &self.variant {
            let admitted = perform(&self.origin, || cell.access(writes, place));
            if admitted.is_some() && execution::is_traced() {
                self.origin.report(operation, [None; 2], Effect::Nothing, place);
            }
            return f(pointer);
        }
        if self.origin.admit() != Route::Engine {
            self.origin.report(operation, [None; 2], Effect::Nothing, place);
            return f(pointer);
        }
        match &self.variant {
            Variant::Plain | Variant::Graph(_) => f(pointer),
            Variant::Loom(cell) => {
                self.origin.report(operation, [None; 2], Effect::Nothing, place);
                if writes { cell.with_mut(|_| f(pointer)) } else { cell.with(|_| f(pointer)) }
            }
            Variant::Shuttle { point, accesses } => {
                let mine = Access { thread: execution::current_thread(), writes, place };
                let other = Self::conflict(mine, &accesses.borrow());
                if let Some(other) = other {
                    Self::refuse_race(mine, other);
                }
                accesses.borrow_mut().push(mine);
                let _leave = Leave { accesses, thread: mine.thread };
                switching(|| point.load(Ordering::SeqCst));
                self.origin.report(operation, [None; 2], Effect::Nothing, place);
                f(pointer)
            }
        }
    }

    fn conflict(mine: Access, others: &[Access]) -> Option<Access> {
        let conflicts =
            |other: &&Access| other.thread != mine.thread && (other.writes || mine.writes);
        others.iter().find(conflicts).copied()
    }

    #[cold]
    fn refuse_race(mine: Access, other: Access) {
        let name = |thread| execution::with_current(|e| e.thread_name(thread)).unwrap_or_default();
        let verb = |access: Access| if access.writes { "writes" } else { "reads" };
        execution::abandon(
            FaultKind::DataRace,
            format!(
                "{} {} an UnsafeCell at {}, while {} {} it at {}",
                name(mine.thread),
                verb(mine),
                mine.place,
                name(other.thread),
                verb(other),
                other.place
            ),
        );
    }
}

/// Ends an access under Shuttle.
struct Leave<'a> {
    accesses: &'a RefCell<Vec<Access>>,
    thread: u32,
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        let mut accesses = self.accesses.borrow_mut();
        if let Some(index) = accesses.iter().rposition(|access| access.thread == self.thread) {
            accesses.remove(index);
        }
    }
}

impl<T: Default> Default for UnsafeCell<T> {
    #[track_caller]
    fn default() -> Self {
        UnsafeCell::new(T::default())
    }
}

impl<T> From<T> for UnsafeCell<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        UnsafeCell::new(value)
    }
}

impl<T: ?Sized> fmt::Debug for UnsafeCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnsafeCell { .. }")
    }
}
