//! The twin of [`crate::ReorderBuffer`]: a queue with a lock.
//!
//! The mistake: it takes the order of arrival for the order of the numbers. And although items
//! leave the queue in that order, two threads that take them apply them in any.

use std::collections::VecDeque;
use std::num::NonZeroUsize;

use super::InOrder;
use crate::reorder_buffer::Push;
use crate::swap::sync::Mutex;

/// Items as they arrived.
#[derive(Debug)]
pub struct ReorderBuffer<T> {
    arrived: Mutex<VecDeque<(u64, T)>>,
}

impl<T: Send + 'static> InOrder<T> for ReorderBuffer<T> {
    fn new(_first: u64, _window: NonZeroUsize) -> Self {
        ReorderBuffer { arrived: Mutex::new(VecDeque::new()) }
    }

    fn push(&self, number: u64, value: T) -> Push<T> {
        let mut arrived = self.arrived.lock();
        arrived.push_back((number, value));
        Push::Ready(arrived.len())
    }

    fn deliver(&self, mut apply: impl FnMut(u64, T)) {
        loop {
            let first = self.arrived.lock().pop_front();
            let Some((number, value)) = first else { return };
            apply(number, value);
        }
    }
}
