//! Every delivery, each once: four wheels, of which the last turns fastest.

use super::{Arrival, Arrivals, Delivery, Fate};

/// The deliveries of some [`Arrivals`].
#[derive(Clone, Debug)]
pub struct Deliveries<'a, M> {
    of: &'a Arrivals<M>,
    /// `None` after the last.
    wheels: Option<Wheels>,
}

/// A delivery, without its messages.
#[derive(Clone, Debug)]
struct Wheels {
    /// How often each message arrives.
    copies: Vec<usize>,
    /// The numbers of the messages, as they arrive: at the first instance, at the second, …
    order: Vec<usize>,
    /// Where the arrivals of each instance but the last end in `order`.
    ends: Vec<usize>,
    /// What becomes of each arrival.
    fates: Vec<Fate>,
}

impl<'a, M: Clone> Deliveries<'a, M> {
    pub(super) fn new(of: &'a Arrivals<M>) -> Self {
        let mut wheels = Wheels {
            copies: vec![1; of.messages.len()],
            order: Vec::new(),
            ends: vec![0; of.instances - 1],
            fates: Vec::new(),
        };
        wheels.restart_order();
        Deliveries { of, wheels: Some(wheels) }
    }

    /// Whether the wheels show a delivery that counts.
    fn shows_one(&self, wheels: &Wheels) -> bool {
        let answered = |number| {
            let mut fates = wheels.order.iter().zip(&wheels.fates);
            fates.any(|(arriving, fate)| *arriving == number && *fate == Fate::Answered)
        };
        (0..wheels.copies.len()).all(answered) && (!self.of.alike || wheels.is_sorted())
    }

    fn delivery(&self, wheels: &Wheels) -> Delivery<M> {
        let arrival = |index: usize| {
            let number = wheels.order[index];
            let message = self.of.messages[number].clone();
            Arrival { message, number, fate: wheels.fates[index] }
        };
        let instances = wheels.ranges().map(|range| range.map(arrival).collect()).collect();
        Delivery { instances }
    }
}

impl<M: Clone> Iterator for Deliveries<'_, M> {
    type Item = Delivery<M>;

    fn next(&mut self) -> Option<Delivery<M>> {
        loop {
            let mut wheels = self.wheels.take()?;
            let delivery = self.shows_one(&wheels).then(|| self.delivery(&wheels));
            if wheels.turn(self.of.copies, &self.of.fates) {
                self.wheels = Some(wheels);
            }
            if delivery.is_some() {
                return delivery;
            }
        }
    }
}

impl Wheels {
    /// Turns to the next delivery; `false` after the last.
    fn turn(&mut self, most_copies: usize, fates: &[Fate]) -> bool {
        if self.turn_fates(fates) || self.turn_ends() {
            return true;
        }
        if self.turn_order() {
            self.ends.fill(0);
            return true;
        }
        let turned = self.turn_copies(most_copies);
        self.restart_order();
        turned
    }

    /// The next combination of fates, or else the first one. A message that arrives once is
    /// answered: to turn its fate would only be refused later, at great length.
    fn turn_fates(&mut self, fates: &[Fate]) -> bool {
        for (number, fate) in self.order.iter().zip(&mut self.fates) {
            if self.copies[*number] == 1 {
                continue;
            }
            let next = fates.iter().position(|other| other == fate).map_or(0, |index| index + 1);
            if let Some(next) = fates.get(next) {
                *fate = *next;
                return true;
            }
            *fate = fates[0];
        }
        false
    }

    /// The next way to split the order: ends are ascending.
    fn turn_ends(&mut self) -> bool {
        let most = self.order.len();
        let Some(index) = self.ends.iter().rposition(|end| *end < most) else { return false };
        let end = self.ends[index] + 1;
        self.ends[index..].fill(end);
        true
    }

    /// The next permutation in lexicographic order (Knuth, *The Art of Computer Programming* 4A,
    /// 7.2.1.2, algorithm L).
    fn turn_order(&mut self) -> bool {
        let order = &mut self.order;
        let Some(pivot) = order.windows(2).rposition(|pair| pair[0] < pair[1]) else {
            return false;
        };
        let greater = order.iter().rposition(|number| *number > order[pivot]);
        order.swap(pivot, greater.expect("the pivot is smaller than what follows it"));
        order[pivot + 1..].reverse();
        true
    }

    fn turn_copies(&mut self, most: usize) -> bool {
        for copies in self.copies.iter_mut().rev() {
            if *copies < most {
                *copies += 1;
                return true;
            }
            *copies = 1;
        }
        false
    }

    /// The first order, split and fates of these copies.
    fn restart_order(&mut self) {
        let copies = self.copies.iter().enumerate();
        self.order = copies.flat_map(|(number, copies)| vec![number; *copies]).collect();
        self.ends.fill(0);
        self.fates = vec![Fate::Answered; self.order.len()];
    }

    /// Where the arrivals of each instance stand in `order`.
    fn ranges(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        let ends = self.ends.iter().copied().chain([self.order.len()]);
        begins.zip(ends).map(|(begin, end)| begin..end)
    }

    /// Whether no instance gets less, in some order of arrivals, than the one before it.
    fn is_sorted(&self) -> bool {
        let arrivals = |range: std::ops::Range<usize>| {
            (self.order[range.clone()].to_vec(), self.fates[range].to_vec())
        };
        self.ranges().map(arrivals).is_sorted()
    }
}
