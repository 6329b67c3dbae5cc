//! What is still to be explored of a graph, and how large a part of the whole that is.

use super::event::EventId;

/// An alternative that is still to be explored.
#[derive(Clone, Copy, Debug)]
pub enum Item {
    /// The read reads from another write.
    Read { read: EventId, source: EventId },
    /// The write stands elsewhere in modification order.
    Place { write: EventId, after: EventId },
    /// A read reads from a write that came later.
    Revisit { read: EventId, write: EventId, after: EventId },
    /// Another alternative is chosen, in the graph that has so many events.
    Choice { event: EventId, choice: u32, events: u32 },
}

/// Items, oldest first, each with its share of the whole exploration.
///
/// A graph and the alternatives that it leaves have equal shares: an estimate like Knuth's
/// (*Estimating the Efficiency of Backtrack Programs*, 1975).
#[derive(Debug, Default)]
pub struct Alternatives(Vec<(Item, f64)>);

impl Alternatives {
    /// The share of an item that was found while its graph was run.
    const UNKNOWN: f64 = -1.0;

    pub fn of(item: (Item, f64)) -> Alternatives {
        Alternatives(vec![item])
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    #[inline]
    pub fn add(&mut self, item: Item) {
        self.0.push((item, Self::UNKNOWN));
    }

    /// The newest, which is explored next.
    pub fn take_newest(&mut self) -> Option<(Item, f64)> {
        self.0.pop()
    }

    /// The oldest, which is likely the largest.
    pub fn take_oldest(&mut self) -> (Item, f64) {
        self.0.remove(0)
    }

    /// Divides a share among the items that have none yet, and their graph itself if it was run.
    /// Returns what was explored of it.
    pub fn divide(&mut self, share: f64, ran: bool) -> f64 {
        let known = self.0.iter().rposition(|(_, share)| *share != Self::UNKNOWN);
        let new = &mut self.0[known.map_or(0, |at| at + 1)..];
        let parts = new.len() + usize::from(ran);
        if parts == 0 {
            return share;
        }
        let part = share / parts as f64;
        new.iter_mut().for_each(|(_, share)| *share = part);
        if ran { part } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(alternatives: &mut Alternatives, count: usize) {
        let item = Item::Choice { event: EventId(0), choice: 1, events: 1 };
        (0..count).for_each(|_| alternatives.add(item));
    }

    #[test]
    fn a_graph_and_what_it_leaves_have_equal_shares() {
        let mut alternatives = Alternatives::default();
        add(&mut alternatives, 3);
        assert_eq!(alternatives.divide(1.0, true), 0.25);
        let (_, share) = alternatives.take_newest().unwrap();
        assert_eq!(share, 0.25);
        // That alternative leaves one, and is not run itself.
        add(&mut alternatives, 1);
        assert_eq!(alternatives.divide(share, false), 0.0);
        let (_, share) = alternatives.take_newest().unwrap();
        assert_eq!(share, 0.25);
        assert_eq!(alternatives.divide(share, true), 0.25);
        assert_eq!(alternatives.take_oldest().1, 0.25);
        assert_eq!(alternatives.len(), 1);
    }

    #[test]
    fn what_leaves_nothing_is_explored() {
        let mut alternatives = Alternatives::default();
        assert_eq!(alternatives.divide(0.5, true), 0.5);
        assert_eq!(alternatives.divide(0.5, false), 0.5);
    }
}
