//! What the reorder buffer and its naive twin have in common.

use std::num::NonZeroUsize;

use crate::reorder_buffer::Push;

/// A place where numbered items arrive in any order, and from which they are applied.
pub trait InOrder<T>: Send + Sync + 'static {
    /// With the first number, and how many numbers from the next one on are taken.
    fn new(first: u64, window: NonZeroUsize) -> Self;

    /// An item arrives.
    fn push(&self, number: u64, value: T) -> Push<T>;

    /// Applies what is ready, unless somebody else is at it.
    fn deliver(&self, apply: impl FnMut(u64, T));
}

impl<T: Send + 'static> InOrder<T> for crate::ReorderBuffer<T> {
    fn new(first: u64, window: NonZeroUsize) -> Self {
        crate::ReorderBuffer::new(first, window)
    }

    fn push(&self, number: u64, value: T) -> Push<T> {
        self.push(number, value)
    }

    fn deliver(&self, mut apply: impl FnMut(u64, T)) {
        for (number, value) in self.try_drain_ready().into_iter().flatten() {
            apply(number, value);
        }
    }
}
