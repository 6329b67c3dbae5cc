//! The right to deliver.

use std::fmt;
use std::iter::FusedIterator;

use super::ReorderBuffer;

/// The right to deliver the ready items of a [`ReorderBuffer`], one after the other, and those that
/// become ready meanwhile.
///
/// Apply an item before asking for the next: those that are collected first, or sent on, are
/// applied without the right, and so in any order with another delivery's.
///
/// It has the right until it returns `None`, or is dropped. In the first case nothing was ready at
/// that moment. In the second, by a panic for example, ready items stay for the next delivery, and
/// nobody is told; the item that was being applied was handed out, and does not come again. If it
/// is leaked, nobody delivers any more.
#[must_use = "it has the right to deliver, and delivers when it is iterated over"]
pub struct Delivery<'a, T> {
    /// The buffer, while it has the right.
    buffer: Option<&'a ReorderBuffer<T>>,
}

impl<'a, T> Delivery<'a, T> {
    /// With the right, which the caller has taken.
    pub(super) fn begin(buffer: &'a ReorderBuffer<T>) -> Self {
        Delivery { buffer: Some(buffer) }
    }
}

impl<T> Iterator for Delivery<'_, T> {
    type Item = (u64, T);

    fn next(&mut self) -> Option<(u64, T)> {
        let buffer = self.buffer?;
        // L1 lock: sees what was pushed; pairs with L2.
        let mut state = buffer.state.lock();
        let item = state.slots.pop_ready();
        if item.is_none() {
            // In this step, or an item that becomes ready after it would be left behind.
            state.delivering = false;
            self.buffer = None;
        }
        // L2 unlock: hands on the right with what its holder did; pairs with L1.
        drop(state);
        if item.is_none() {
            // N1: one who waits in drain_ready_until.
            buffer.returned.notify_one();
        }
        item
    }
}

impl<T> FusedIterator for Delivery<'_, T> {}

impl<T> Drop for Delivery<'_, T> {
    fn drop(&mut self) {
        if let Some(buffer) = self.buffer {
            // L1 lock, L2 unlock: as in next.
            buffer.state.lock().delivering = false;
            // N1: as in next.
            buffer.returned.notify_one();
        }
    }
}

impl<T> fmt::Debug for Delivery<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery").field("has_the_right", &self.buffer.is_some()).finish()
    }
}
