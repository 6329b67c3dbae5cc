//! Values that are counted when they are dropped.

// Each test target uses a part of it.
#![allow(dead_code)]

use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicUsize, Ordering};

/// A value, and what it is called.
pub struct Value {
    /// The sender's number, times how many values each sends, and the value's number.
    pub id: usize,
    drops: Arc<Vec<AtomicUsize>>,
}

impl Drop for Value {
    fn drop(&mut self) {
        // Relaxed: threads that drop values are joined before somebody asks.
        self.drops[self.id].fetch_add(1, Ordering::Relaxed);
    }
}

/// How often each value was dropped.
pub struct Ledger {
    drops: Arc<Vec<AtomicUsize>>,
    each: usize,
}

impl Ledger {
    /// For so many senders, each with so many values.
    pub fn new(senders: usize, each: usize) -> Ledger {
        let count = senders * each;
        let drops = (0..count).map(|_| AtomicUsize::new(0)).collect::<Vec<_>>();
        Ledger { drops: Arc::new(drops), each }
    }

    /// The values of a sender, in their order.
    pub fn values(&self, sender: usize) -> Vec<Value> {
        let ids = sender * self.each..(sender + 1) * self.each;
        ids.map(|id| Value { id, drops: Arc::clone(&self.drops) }).collect()
    }

    /// Asserts that the values of each sender come in their order, and none twice.
    #[track_caller]
    pub fn in_order(&self, received: &[usize]) {
        for sender in 0..self.drops.len() / self.each {
            let own = received.iter().filter(|id| *id / self.each == sender);
            assert!(own.is_sorted_by(|a, b| a < b), "out of order, or twice: {received:?}");
        }
    }

    /// Asserts how often each value was dropped.
    #[track_caller]
    pub fn dropped(&self, expected: &[usize]) {
        // Relaxed: as in the drop of a value.
        let dropped: Vec<_> =
            self.drops.iter().map(|drops| drops.load(Ordering::Relaxed)).collect();
        assert_eq!(dropped, expected, "how often each value was dropped");
    }

    /// Asserts that each value was dropped, once.
    #[track_caller]
    pub fn all_dropped(&self) {
        self.dropped(&vec![1; self.drops.len()]);
    }
}
