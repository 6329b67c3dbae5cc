//! Deliveries by chance, for proptest: for more messages than can be enumerated.

use proptest::collection::vec;
use proptest::strategy::{BoxedStrategy, Strategy as _};

use super::{Arrival, Arrivals, Delivery, Fate};

/// A strategy of deliveries. It shrinks to the delivery in which each message arrives once, in
/// order, at one instance: the first, or, if they are alike, the last.
pub type Strategy<M> = BoxedStrategy<Delivery<M>>;

/// A copy of a message, as it was drawn.
#[derive(Clone, Copy, Debug)]
struct Copy {
    arrives: bool,
    /// Copies arrive in the order of their ranks; of equal ranks, in the order of the messages.
    rank: u16,
    instance: usize,
    fate: usize,
}

impl<M: Clone + std::fmt::Debug + 'static> Arrivals<M> {
    /// Deliveries by chance.
    pub fn strategy(&self) -> Strategy<M> {
        let arrivals = self.clone();
        let copy = (proptest::bool::ANY, 0..=u16::MAX, 0..self.instances, 0..self.fates.len());
        let copy =
            copy.prop_map(|(arrives, rank, instance, fate)| Copy { arrives, rank, instance, fate });
        let copies = vec(vec(copy, self.copies), self.messages.len());
        copies.prop_map(move |copies| arrivals.drawn(&copies)).boxed()
    }

    fn drawn(&self, copies: &[Vec<Copy>]) -> Delivery<M> {
        let mut drawn: Vec<(usize, Copy)> = Vec::new();
        for (number, copies) in copies.iter().enumerate() {
            let arriving = copies.iter().enumerate();
            let mut arriving: Vec<Copy> = arriving
                .filter(|(index, copy)| *index == 0 || copy.arrives)
                .map(|(_, copy)| *copy)
                .collect();
            if arriving.iter().all(|copy| self.fates[copy.fate] != Fate::Answered) {
                arriving[0].fate = 0;
            }
            drawn.extend(arriving.into_iter().map(|copy| (number, copy)));
        }
        drawn.sort_by_key(|(_, copy)| copy.rank);
        let mut instances = vec![Vec::new(); self.instances];
        for (number, copy) in drawn {
            let message = self.messages[number].clone();
            let fate = self.fates[copy.fate];
            instances[copy.instance].push(Arrival { message, number, fate });
        }
        if self.alike {
            // In the order of the enumerated ones: empty ones first.
            instances.sort_by_key(|arrivals: &Vec<Arrival<M>>| {
                let arrivals = arrivals.iter().map(|arrival| (arrival.number, arrival.fate));
                arrivals.unzip::<_, _, Vec<_>, Vec<_>>()
            });
        }
        Delivery { instances }
    }
}
