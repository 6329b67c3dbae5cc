//! The senders that wait for a free slot, in the order in which they are woken.

use std::collections::BTreeMap;

use super::super::swap::sync::atomic::{AtomicU64, Ordering};
use super::super::swap::sync::{Mutex, Unparker};
use super::words::Head;

/// The list of waiting senders, and the head, one bit of which tells the receiver that there are
/// any.
///
/// While the lock is free, the bit is set if the list has an entry, and only then.
pub struct Waiting {
    head: AtomicU64,
    list: Mutex<List>,
}

#[derive(Default)]
struct List {
    /// The smallest place is woken first.
    entries: BTreeMap<Place, Waiter>,
    /// How many places were given out.
    places: u64,
}

/// What wakes one that waits.
pub struct Waiter(Unparker);

impl Waiter {
    pub fn new(unparker: &Unparker) -> Waiter {
        Waiter(unparker.clone())
    }

    /// Not under the lock, which whoever is woken takes next.
    fn wake(self) {
        self.0.unpark();
    }
}

/// A sender's place in the line, which is its own from when it first enters the list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(u64);

impl Waiting {
    #[track_caller]
    pub fn new(first: u64) -> Waiting {
        Waiting { head: AtomicU64::new(Head::at(first).0), list: Mutex::default() }
    }

    /// The head as it was not long ago.
    #[inline]
    pub fn head(&self) -> Head {
        // H1 Acquire: a tail that is read after it is not behind it; pairs with H3 in advance.
        Head(self.head.load(Ordering::Acquire))
    }

    /// Enters a sender, at the place that it has had before, or at the end. Returns the place and
    /// the head: every value that is received after that head wakes a sender.
    pub fn enter(&self, waiter: Waiter, place: Option<Place>) -> (Place, Head) {
        let mut list = self.list.lock();
        let place = place.unwrap_or_else(|| list.next_place());
        list.entries.insert(place, waiter);
        // H2 Acquire: the slots up to this head are seen to be free; pairs with H3 in advance.
        (place, Head(self.head.fetch_or(Head::SENDERS_WAIT, Ordering::Acquire)))
    }

    /// Takes an entry out. Returns whether it was there: if not, its waiter was woken, or is about
    /// to be.
    pub fn leave(&self, place: Place) -> bool {
        let mut list = self.list.lock();
        let waiter = list.entries.remove(&place);
        self.show(&list);
        drop(list);
        waiter.is_some()
    }

    /// The receiver has freed so many slots. Wakes as many senders.
    #[inline]
    pub fn advance(&self, received: usize) {
        // H3 Release: the slots are free; pairs with H2 in enter and H1 in head. One
        // read-modify-write tells the head, and learns whether somebody entered the list before.
        let before = Head(self.head.fetch_add(Head::step(received as u64), Ordering::Release));
        if before.senders_wait() {
            self.wake(received);
        }
    }

    /// Wakes that many senders, if so many wait.
    pub fn wake(&self, count: usize) {
        let mut list = self.list.lock();
        let mut woken = Vec::with_capacity(count.min(list.entries.len()));
        while woken.len() < count {
            let Some((_, waiter)) = list.entries.pop_first() else { break };
            woken.push(waiter);
        }
        self.show(&list);
        drop(list);
        woken.into_iter().for_each(Waiter::wake);
    }

    /// Wakes all senders that wait, without a look at the bit: it may lag behind the list, for a
    /// thread that did not set it.
    pub fn wake_all(&self) {
        self.wake(usize::MAX);
    }

    /// Lets the bit tell what is in the list. Under its lock.
    fn show(&self, list: &List) {
        if list.entries.is_empty() {
            // H4 Relaxed: the bit changes under the lock only, and no slot changes its owner.
            self.head.fetch_and(!Head::SENDERS_WAIT, Ordering::Relaxed);
        }
    }
}

impl List {
    fn next_place(&mut self) -> Place {
        self.places += 1;
        Place(self.places)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::swap::sync::Parker;
    use super::*;

    fn enter(waiting: &Waiting, place: Option<Place>) -> Place {
        waiting.enter(Waiter::new(Parker::new().unparker()), place).0
    }

    #[test]
    fn senders_are_woken_in_the_order_in_which_they_first_came() {
        let waiting = Waiting::new(0);
        let [first, second, third] = [(); 3].map(|()| enter(&waiting, None));
        waiting.advance(2);
        assert!(!waiting.leave(second) && !waiting.leave(first), "they were woken");
        assert!(waiting.head().senders_wait());
        // Both were overtaken. They come back in another order.
        let back = [second, first].map(|place| enter(&waiting, Some(place)));
        assert!(back == [second, first]);
        waiting.advance(1);
        assert!(!waiting.leave(first), "it was woken");
        waiting.advance(1);
        assert!(!waiting.leave(second), "it was woken");
        assert!(waiting.leave(third), "it waits");
        assert_eq!(waiting.head(), Head::at(4));
    }

    #[test]
    fn one_that_has_left_is_not_woken_in_anothers_place() {
        let waiting = Waiting::new(7);
        let [first, second] = [(); 2].map(|()| enter(&waiting, None));
        assert!(waiting.leave(first));
        waiting.advance(1);
        assert!(!waiting.leave(second), "it was woken");
        waiting.advance(1);
        assert_eq!(waiting.head(), Head::at(9));
    }
}
