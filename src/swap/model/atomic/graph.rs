//! Atomics under the graph engine.

use std::panic::Location;
use std::sync::atomic::Ordering;

use super::super::super::execution;
use super::super::graph::{perform, perform_alone};
use super::super::trace::Effect;
use super::super::word::{Arithmetic, EngineAtomic, Word};
use super::{Atomic, GraphAtomic, Variant};
use crate::graph::{Contents, Refusal, Update, operations};

/// A new atomic's variant; a plain one for a destructor on its way out.
pub(super) fn create<T: Word>(value: T, place: &'static Location<'static>) -> Variant<T> {
    let contents = if T::IS_POINTER { Contents::Addresses } else { Contents::Words };
    let created = perform_alone(|| GraphAtomic::new(value.to_bits(), contents, place));
    created.map_or(Variant::Plain, Variant::Graph)
}

/// A fence.
pub(super) fn fence(order: Ordering, place: &'static Location<'static>) {
    perform_alone(|| operations::fence(order, place));
}

/// The word that an arithmetic operation makes of two.
fn compute<T: Word>(operation: Arithmetic) -> fn(u64, u64) -> u64 {
    macro_rules! computing {
        ($($operation:ident)*) => {
            match operation {
                $(Arithmetic::$operation => |old, operand| {
                    let [old, operand] = [old, operand].map(T::from_bits);
                    T::arithmetic(Arithmetic::$operation, old, operand).to_bits()
                },)*
            }
        };
    }
    computing!(Add Sub And Nand Or Xor Max Min)
}

impl<T: Word> Atomic<T> {
    pub(super) fn load_in_graph(
        &self,
        atomic: &GraphAtomic,
        order: Ordering,
        place: &'static Location<'static>,
    ) -> T {
        let value = self.read_in_graph(|| atomic.load(order, place));
        self.trace("load", [Some(order), None], place, || Effect::Read(value.value()));
        value
    }

    pub(super) fn load_exclusively_in_graph(
        &self,
        atomic: &GraphAtomic,
        place: &'static Location<'static>,
    ) -> T {
        let value = self.read_in_graph(|| atomic.load_exclusively(place));
        self.trace("get_mut", [None; 2], place, || Effect::Read(value.value()));
        value
    }

    pub(super) fn store_in_graph(
        &self,
        atomic: &GraphAtomic,
        value: T,
        order: Ordering,
        place: &'static Location<'static>,
    ) {
        perform(&self.origin, || atomic.store(value.to_bits(), order, place));
        self.remember(value);
        self.trace("store", [Some(order), None], place, || Effect::Wrote(value.value()));
    }

    pub(super) fn swap_in_graph(
        &self,
        atomic: &GraphAtomic,
        value: T,
        order: Ordering,
        place: &'static Location<'static>,
    ) -> T {
        let update = Update::Swap(value.to_bits());
        let old = self.read_in_graph(|| atomic.update(update, [order; 2], place));
        self.remember(value);
        let effect = || Effect::Updated { read: old.value(), written: value.value() };
        self.trace("swap", [Some(order), None], place, effect);
        old
    }

    pub(super) fn exchange_in_graph(
        &self,
        atomic: &GraphAtomic,
        [current, new]: [T; 2],
        orders: [Ordering; 2],
        weak: bool,
        place: &'static Location<'static>,
    ) -> Result<T, T> {
        let values = [current.to_bits(), new.to_bits()];
        let exchanged = perform(&self.origin, || atomic.exchange(values, weak, orders, place));
        let (read, succeeds) = match exchanged {
            Some((read, succeeds)) => (T::from_bits(read), succeeds),
            // Relaxed: as in `read_in_graph`.
            None => {
                let read = self.plain.load(Ordering::Relaxed);
                (read, read.to_bits() == values[0])
            }
        };
        let name = if weak { "compare_exchange_weak" } else { "compare_exchange" };
        self.trace(name, orders.map(Some), place, || match succeeds {
            true => Effect::Updated { read: read.value(), written: new.value() },
            false => Effect::Refused { read: read.value() },
        });
        if succeeds {
            self.remember(new);
            Ok(read)
        } else {
            Err(read)
        }
    }

    pub(super) fn arithmetic_in_graph(
        &self,
        atomic: &GraphAtomic,
        operation: Arithmetic,
        operand: T,
        order: Ordering,
        place: &'static Location<'static>,
    ) -> T {
        let update =
            Update::Compute { compute: compute::<T>(operation), operand: operand.to_bits() };
        let old = self.read_in_graph(|| atomic.update(update, [order; 2], place));
        let new = T::arithmetic(operation, old, operand);
        self.remember(new);
        let effect = || Effect::Updated { read: old.value(), written: new.value() };
        self.trace(operation.name(), [Some(order), None], place, effect);
        old
    }

    /// Performs an operation that reads. A destructor on its way out finds the last known value.
    #[inline]
    fn read_in_graph(&self, operation: impl FnOnce() -> Result<u64, Refusal>) -> T {
        let read = perform(&self.origin, operation);
        // Relaxed: whoever gets here is alone with the last known value.
        read.map_or_else(|| self.plain.load(Ordering::Relaxed), T::from_bits)
    }

    /// Reports an operation, in the runs that are told in detail.
    fn trace(
        &self,
        operation: &'static str,
        orderings: [Option<Ordering>; 2],
        place: &'static Location<'static>,
        effect: impl FnOnce() -> Effect,
    ) {
        if execution::is_traced() {
            self.origin.report(operation, orderings, effect(), place);
        }
    }
}
