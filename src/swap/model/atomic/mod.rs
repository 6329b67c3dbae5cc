//! The atomics of the model build: one of any word, and std's types over it.

mod graph;
mod types;

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::sync::atomic::Ordering;

pub use types::{
    AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8,
    AtomicU16, AtomicU32, AtomicU64, AtomicUsize,
};

use super::super::execution::{self, Backend, switching};
use super::origin::{Origin, Route, backend, report, route};
use super::trace::{Effect, Event};
use super::word::{Arithmetic, EngineAtomic, Word};
use crate::graph::operations::Atomic as GraphAtomic;

/// An atomic of any word.
struct Atomic<T: Word> {
    origin: Origin,
    variant: Variant<T>,
    /// The value itself on the plain route; the last one that an engine wrote otherwise.
    plain: T::Plain,
}

enum Variant<T: Word> {
    Plain,
    Graph(GraphAtomic),
    Loom { atomic: T::Loom, probe: Option<loom::sync::atomic::AtomicU8> },
    Shuttle(T::Shuttle),
}

/// The engine's atomic; `$call` is compiled for each.
macro_rules! on_engine {
    ($self:ident, $atomic:ident => $call:expr) => {
        switching(|| match &$self.variant {
            Variant::Plain | Variant::Graph(_) => {
                let $atomic = &$self.plain;
                $call
            }
            Variant::Loom { atomic: $atomic, probe } => {
                if let Some(probe) = probe {
                    // Relaxed: the probe is there to be seen by loom's scheduler, not to order.
                    probe.fetch_add(0, Ordering::Relaxed);
                }
                $call
            }
            Variant::Shuttle($atomic) => $call,
        })
    };
}

/// Which part of a SeqCst access an operation is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Load,
    Store,
    ReadModifyWrite,
}

impl<T: Word> Atomic<T> {
    fn new(value: T, origin: Origin) -> Self {
        let variant = match backend() {
            Backend::Plain => Variant::Plain,
            Backend::Graph => graph::create(value, origin.place()),
            Backend::Loom => Variant::Loom {
                atomic: T::Loom::create(value),
                probe: execution::with_current(|execution| execution.settings.probe)
                    .unwrap_or(false)
                    .then(|| loom::sync::atomic::AtomicU8::new(0)),
            },
            Backend::Shuttle => Variant::Shuttle(T::Shuttle::create(value)),
        };
        Atomic { origin, variant, plain: T::Plain::create(value) }
    }

    /// Performs an engine operation with the orderings that the engine needs to honor `orders`.
    fn ordered<R>(
        &self,
        access: Access,
        orders: [Ordering; 2],
        f: impl FnOnce([Ordering; 2]) -> R,
    ) -> R {
        let mapped = orders[0] == Ordering::SeqCst
            && matches!(self.variant, Variant::Loom { .. })
            && execution::with_current(|execution| execution.settings.seq_cst_fences) == Some(true);
        if !mapped {
            return f(orders);
        }
        // The classic mapping: a fence before each SeqCst load and after each SeqCst store, so that
        // a store and a later load of another location cannot both miss the other thread's.
        if access != Access::Store {
            loom::sync::atomic::fence(Ordering::SeqCst);
        }
        let result = f(match access {
            Access::Load => [Ordering::Acquire; 2],
            Access::Store => [Ordering::Release; 2],
            Access::ReadModifyWrite => [Ordering::AcqRel, acquire_part(orders[1])],
        });
        if access != Access::Load {
            loom::sync::atomic::fence(Ordering::SeqCst);
        }
        result
    }

    /// Keeps the last value for destructors that run after the execution was given up.
    fn remember(&self, value: T) {
        if !matches!(self.variant, Variant::Plain) {
            // Relaxed: all modeled threads share one operating-system thread.
            self.plain.store(value, Ordering::Relaxed);
        }
    }

    fn load(&self, order: Ordering, place: &'static Location<'static>) -> T {
        assert!(
            !matches!(order, Ordering::Release | Ordering::AcqRel),
            "there is no such thing as a release load or an acquire-release load"
        );
        if let Variant::Graph(atomic) = &self.variant {
            return self.load_in_graph(atomic, order, place);
        }
        let value = match self.origin.admit() {
            Route::Engine => {
                self.ordered(Access::Load, [order; 2], |o| on_engine!(self, a => a.load(o[0])))
            }
            Route::Plain | Route::Shadow => self.plain.load(order),
        };
        self.origin.report("load", [Some(order), None], Effect::Read(value.value()), place);
        value
    }

    fn store(&self, value: T, order: Ordering, place: &'static Location<'static>) {
        assert!(
            !matches!(order, Ordering::Acquire | Ordering::AcqRel),
            "there is no such thing as an acquire store or an acquire-release store"
        );
        if let Variant::Graph(atomic) = &self.variant {
            return self.store_in_graph(atomic, value, order, place);
        }
        match self.origin.admit() {
            Route::Engine => {
                self.ordered(
                    Access::Store,
                    [order; 2],
                    |o| on_engine!(self, a => a.store(value, o[0])),
                );
                self.remember(value);
            }
            Route::Plain | Route::Shadow => self.plain.store(value, order),
        }
        self.origin.report("store", [Some(order), None], Effect::Wrote(value.value()), place);
    }

    fn swap(&self, value: T, order: Ordering, place: &'static Location<'static>) -> T {
        if let Variant::Graph(atomic) = &self.variant {
            return self.swap_in_graph(atomic, value, order, place);
        }
        let old = match self.origin.admit() {
            Route::Engine => {
                let old = self.ordered(
                    Access::ReadModifyWrite,
                    [order, Ordering::Relaxed],
                    |o| on_engine!(self, a => a.swap(value, o[0])),
                );
                self.remember(value);
                old
            }
            Route::Plain | Route::Shadow => self.plain.swap(value, order),
        };
        let effect = Effect::Updated { read: old.value(), written: value.value() };
        self.origin.report("swap", [Some(order), None], effect, place);
        old
    }

    fn exchange(
        &self,
        [current, new]: [T; 2],
        orders: [Ordering; 2],
        weak: bool,
        place: &'static Location<'static>,
    ) -> Result<T, T> {
        assert!(
            !matches!(orders[1], Ordering::Release | Ordering::AcqRel),
            "there is no such thing as a release failure ordering or an acquire-release failure ordering"
        );
        if let Variant::Graph(atomic) = &self.variant {
            return self.exchange_in_graph(atomic, [current, new], orders, weak, place);
        }
        let result = match self.origin.admit() {
            Route::Engine => {
                let result = self.ordered(Access::ReadModifyWrite, orders, |[success, failure]| {
                    on_engine!(self, a => if weak {
                        a.exchange_weak(current, new, success, failure)
                    } else {
                        a.exchange(current, new, success, failure)
                    })
                });
                if result.is_ok() {
                    self.remember(new);
                }
                result
            }
            Route::Plain | Route::Shadow if weak => {
                self.plain.exchange_weak(current, new, orders[0], orders[1])
            }
            Route::Plain | Route::Shadow => self.plain.exchange(current, new, orders[0], orders[1]),
        };
        let effect = match result {
            Ok(read) => Effect::Updated { read: read.value(), written: new.value() },
            Err(read) => Effect::Refused { read: read.value() },
        };
        let name = if weak { "compare_exchange_weak" } else { "compare_exchange" };
        self.origin.report(name, orders.map(Some), effect, place);
        result
    }

    fn arithmetic(
        &self,
        operation: Arithmetic,
        operand: T,
        order: Ordering,
        place: &'static Location<'static>,
    ) -> T {
        if let Variant::Graph(atomic) = &self.variant {
            return self.arithmetic_in_graph(atomic, operation, operand, order, place);
        }
        let old = match self.origin.admit() {
            Route::Engine => {
                let old = self.ordered(
                    Access::ReadModifyWrite,
                    [order, Ordering::Relaxed],
                    |o| on_engine!(self, a => a.arithmetic(operation, operand, o[0])),
                );
                self.remember(T::arithmetic(operation, old, operand));
                old
            }
            Route::Plain | Route::Shadow => self.plain.arithmetic(operation, operand, order),
        };
        let written = T::arithmetic(operation, old, operand);
        let effect = Effect::Updated { read: old.value(), written: written.value() };
        self.origin.report(operation.name(), [Some(order), None], effect, place);
        old
    }

    fn update(
        &self,
        orders: [Ordering; 2],
        place: &'static Location<'static>,
        mut f: impl FnMut(T) -> Option<T>,
    ) -> Result<T, T> {
        let mut old = self.load(orders[1], place);
        while let Some(new) = f(old) {
            match self.exchange([old, new], orders, true, place) {
                Ok(read) => return Ok(read),
                Err(read) => old = read,
            }
        }
        Err(old)
    }

    fn get_mut(&mut self, place: &'static Location<'static>) -> GetMut<'_, T> {
        // Exclusive access happens after every other access, so the newest value is the only one
        // that can be read. It is not loaded from the engine: what proves the access exclusive may
        // be an `Arc`, which loom does not see, so that it would offer older values too.
        if let Variant::Graph(atomic) = &self.variant {
            let value = self.load_exclusively_in_graph(atomic, place);
            return GetMut { value, before: value, atomic: self, place };
        }
        self.origin.admit();
        let value = *T::plain_mut(&mut self.plain);
        self.origin.report("get_mut", [None; 2], Effect::Read(value.value()), place);
        GetMut { value, before: value, atomic: self, place }
    }

    fn into_inner(mut self, place: &'static Location<'static>) -> T {
        self.get_mut(place).value
    }
}

/// The acquire part of an ordering, for a failed compare-exchange.
fn acquire_part(order: Ordering) -> Ordering {
    match order {
        Ordering::Relaxed => Ordering::Relaxed,
        _ => Ordering::Acquire,
    }
}

impl<T: Word> fmt::Debug for Atomic<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.plain.fmt(f)
    }
}

/// Exclusive access to the value of an atomic; writes it back when dropped.
struct GetMut<'a, T: Word> {
    value: T,
    before: T,
    atomic: &'a mut Atomic<T>,
    place: &'static Location<'static>,
}

impl<T: Word> Deref for GetMut<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Word> DerefMut for GetMut<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: Word> Drop for GetMut<'_, T> {
    fn drop(&mut self) {
        if self.value == self.before {
            return;
        }
        match self.atomic.origin.admit() {
            Route::Plain | Route::Shadow => *T::plain_mut(&mut self.atomic.plain) = self.value,
            Route::Engine => self.atomic.store(self.value, Ordering::Relaxed, self.place),
        }
    }
}

/// A memory fence.
///
/// # Panics
/// If `order` is `Relaxed`.
#[track_caller]
pub fn fence(order: Ordering) {
    assert!(order != Ordering::Relaxed, "there is no such thing as a relaxed fence");
    let place = Location::caller();
    match route() {
        (Route::Plain, _) | (_, Backend::Plain) => std::sync::atomic::fence(order),
        (Route::Shadow, _) => return,
        (Route::Engine, Backend::Graph) => graph::fence(order, place),
        (Route::Engine, Backend::Loom) => switching(|| loom::sync::atomic::fence(order)),
        (Route::Engine, Backend::Shuttle) => switching(|| shuttle::sync::atomic::fence(order)),
    }
    if execution::is_traced() {
        report(Event::NO_OBJECT, "fence", [Some(order), None], Effect::Nothing, place);
    }
}
