//! Vector clocks of all events of a graph, in one allocation.
//!
//! A clock has a component for each thread: how many of its first events come before. So an event
//! comes before another in the clock's order if the component of its thread exceeds its index.

/// The threads that a row of clocks has room for grow by this many at once: a vector register.
const LANES: usize = 8;

/// Which order a clock is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Happens-before.
    HappensBefore = 0,
    /// The union of program order and reads-from, closed: what an event depends on.
    Causal = 1,
    /// Of writes: what happens before a read that acquires from this one.
    Released = 2,
}

const ORDERS: usize = 3;

/// For each event three clocks.
#[derive(Debug)]
pub struct Clocks {
    components: Vec<u16>,
    /// Components of one clock, a multiple of [`LANES`].
    width: usize,
}

// By hand, here as in graphs: a derived `clone_from` would not use the allocation again.
impl Clone for Clocks {
    fn clone(&self) -> Self {
        Clocks { components: self.components.clone(), width: self.width }
    }

    fn clone_from(&mut self, other: &Self) {
        self.components.clone_from(&other.components);
        self.width = other.width;
    }
}

impl Default for Clocks {
    fn default() -> Self {
        Clocks { components: Vec::new(), width: LANES }
    }
}

impl Clocks {
    /// Makes room for a thread.
    pub fn widen(&mut self, thread: usize) {
        if thread < self.width {
            return;
        }
        let width = (thread + 1).next_multiple_of(LANES);
        let mut wider = Vec::with_capacity(self.components.len() / self.width * width);
        for clock in self.components.chunks_exact(self.width) {
            wider.extend_from_slice(clock);
            wider.resize(wider.len() + width - self.width, 0);
        }
        *self = Clocks { components: wider, width };
    }

    /// Adds an event whose clocks are zero.
    #[inline]
    pub fn push(&mut self) {
        self.components.resize(self.components.len() + ORDERS * self.width, 0);
    }

    /// Adds an event with the clocks that `event` has among others of the same width.
    pub fn push_from(&mut self, other: &Clocks, event: usize) {
        let row = ORDERS * self.width;
        self.components.extend_from_slice(&other.components[event * row..(event + 1) * row]);
    }

    /// Forgets all events from this one on.
    pub fn truncate(&mut self, events: usize) {
        self.components.truncate(events * ORDERS * self.width);
    }

    /// Forgets all events, and has room for as many threads as other clocks.
    pub fn clear_for(&mut self, other: &Clocks) {
        self.components.clear();
        self.width = other.width;
    }

    #[inline]
    fn start(&self, event: usize, order: Order) -> usize {
        (event * ORDERS + order as usize) * self.width
    }

    /// A clock of an event.
    #[inline]
    pub fn get(&self, event: usize, order: Order) -> &[u16] {
        let start = self.start(event, order);
        &self.components[start..start + self.width]
    }

    /// One component of a clock.
    #[inline]
    pub fn component(&self, event: usize, order: Order, thread: usize) -> u16 {
        self.components[self.start(event, order) + thread]
    }

    /// Sets one component of a clock.
    #[inline]
    pub fn set(&mut self, event: usize, order: Order, thread: usize, value: u16) {
        let start = self.start(event, order);
        self.components[start + thread] = value;
    }

    /// Makes a clock a copy of another event's.
    #[inline]
    pub fn copy(&mut self, event: usize, order: Order, from: usize, of: Order) {
        let source = self.start(from, of);
        let target = self.start(event, order);
        self.components.copy_within(source..source + self.width, target);
    }

    /// Adds to a clock all that comes before another event.
    #[inline]
    pub fn join(&mut self, event: usize, order: Order, from: usize, of: Order) {
        let (target, source) = (self.start(event, order), self.start(from, of));
        if target == source {
            return;
        }
        let width = self.width;
        let (into, from) = if target < source {
            let (low, high) = self.components.split_at_mut(source);
            (&mut low[target..target + width], &high[..width])
        } else {
            let (low, high) = self.components.split_at_mut(target);
            (&mut high[..width], &low[source..source + width])
        };
        let pairs = into.chunks_exact_mut(LANES).zip(from.chunks_exact(LANES));
        for (into, from) in pairs {
            for lane in 0..LANES {
                into[lane] = into[lane].max(from[lane]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wider_clocks_keep_their_components() {
        let mut clocks = Clocks::default();
        clocks.push();
        clocks.push();
        clocks.set(1, Order::Causal, 7, 3);
        clocks.widen(8);
        assert_eq!(clocks.width, 16);
        clocks.set(0, Order::Causal, 15, 5);
        clocks.join(1, Order::Causal, 0, Order::Causal);
        assert_eq!(clocks.component(1, Order::Causal, 7), 3);
        assert_eq!(clocks.component(1, Order::Causal, 15), 5);
        assert_eq!(clocks.get(1, Order::HappensBefore), [0; 16]);
    }
}
