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
    /// By place: the smallest is woken first.
    entries: BTreeMap<Place, Waiter>,
    front: i64,
    back: i64,
}

/// What wakes one that waits.
pub struct Waiter(Unparker);

impl Waiter {
    pub fn new(unparker: &Unparker) -> Waiter {
        Waiter(unparker.clone())
    }

    /// Not under the lock: it may be the caller's code.
    fn wake(self) {
        self.0.unpark();
    }
}

/// The place of an entry. It is not used again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(i64);

/// At which end of the list a sender is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It has waited before, and was overtaken.
    Front,
    Back,
}

impl Waiting {
    #[track_caller]
    pub fn new(first: u64) -> Waiting {
        Waiting { head: AtomicU64::new(Head::at(first).0), list: Mutex::default() }
    }

    /// The head as it was not long ago.
    #[inline]
    pub fn head(&self) -> Head {
        // H1 Relaxed: a number of values, which may be out of date.
        Head(self.head.load(Ordering::Relaxed))
    }

    /// Enters a sender, and returns its place and the head. Every value that is received after
    /// that head wakes a sender.
    pub fn enter(&self, waiter: Waiter, end: End) -> (Place, Head) {
        let mut list = self.list.lock();
        let place = list.place(end);
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
        // H3 Release: the slots are free; pairs with H2 in enter. One read-modify-write tells the
        // head, and learns whether somebody entered the list before.
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
    fn place(&mut self, end: End) -> Place {
        match end {
            End::Front => {
                self.front -= 1;
                Place(self.front)
            }
            End::Back => {
                self.back += 1;
                Place(self.back)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::swap::sync::Parker;
    use super::*;

    fn enter(waiting: &Waiting, end: End) -> Place {
        waiting.enter(Waiter::new(Parker::new().unparker()), end).0
    }

    #[test]
    fn senders_are_woken_in_their_order_and_those_that_were_overtaken_before() {
        let waiting = Waiting::new(0);
        let [first, second] = [(); 2].map(|()| enter(&waiting, End::Back));
        let overtaken = enter(&waiting, End::Front);
        waiting.advance(1);
        assert!(!waiting.leave(overtaken), "it was woken");
        assert!(waiting.head().senders_wait());
        waiting.advance(1);
        assert!(!waiting.leave(first), "it was woken");
        assert!(waiting.leave(second), "it waits");
        assert_eq!(waiting.head(), Head::at(2));
    }

    #[test]
    fn one_that_has_left_is_not_woken_in_anothers_place() {
        let waiting = Waiting::new(7);
        let [first, second] = [(); 2].map(|()| enter(&waiting, End::Back));
        assert!(waiting.leave(first));
        waiting.advance(1);
        assert!(!waiting.leave(second), "it was woken");
        waiting.advance(1);
        assert_eq!(waiting.head(), Head::at(9));
    }
}
