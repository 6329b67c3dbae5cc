//! The shares of an `Arc` under the graph engine. Where the engine has learned that a count of
//! operations is needed, they are std's, with std's orderings; everywhere else it only takes notes.
//!
//! A count is nobody's object: it may be asked wherever the `Arc` has got to, and does nothing in
//! another execution than its own.
//!
//! An answer of `None` means that std's count has it, which is the same in every order of the
//! execution; or that the execution was given up.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::{Arc, Weak};

use super::super::super::execution::Backend;
use super::super::origin::backend;
use super::perform_alone;
use crate::graph::operations::{Atomic, fence};
use crate::graph::owners::{self, Others, Share};
use crate::graph::{Place, Refusal, Update};

/// The weak count while somebody finds out whether there are weak shares.
const LOCKED: u64 = u64::MAX;

const ONE_MORE: Update = change_by(1);
const ONE_LESS: Update = change_by(-1);
/// One strong share more, if there is one.
const ONE_MORE_OF_SOME: Update =
    Update::Attempt { attempt: |shares, _| (shares > 0).then(|| shares + 1), operand: 0 };
/// One weak share more, unless the count is locked.
const ONE_MORE_UNLESS_LOCKED: Update =
    Update::Attempt { attempt: |shares, _| (shares != LOCKED).then(|| shares + 1), operand: 0 };

const fn change_by(change: i64) -> Update {
    let compute = |shares: u64, change: u64| shares.wrapping_add(change);
    Update::Compute { compute, operand: change as u64 }
}

/// The owners of an object.
#[derive(Clone, Copy)]
pub struct Owners(owners::Owners);

/// How many strong and weak shares std counts.
#[derive(Clone, Copy)]
pub struct Physical {
    pub strong: usize,
    pub weak: usize,
}

impl Physical {
    pub fn of<T: ?Sized>(value: &Arc<T>) -> Physical {
        Physical { strong: Arc::strong_count(value), weak: Arc::weak_count(value) }
    }

    /// What an owner finds of others.
    fn others(self) -> [Others; 2] {
        match self.strong {
            1 => [Others::Gone, self.weak_others()],
            _ => [Others::Present, Others::Ignored],
        }
    }

    fn weak_others(self) -> Others {
        if self.weak == 0 { Others::Gone } else { Others::Present }
    }
}

impl Owners {
    /// The owners of a new object with one of them; `None` on other backends.
    pub fn of<T: ?Sized>(value: &Arc<T>, place: Place) -> Option<Owners> {
        Owners::create(1, place, || Arc::as_ptr(value).addr())
    }

    /// The owners of an object that is yet to be made, with none.
    pub fn of_none<T>(value: &Weak<T>, place: Place) -> Option<Owners> {
        Owners::create(0, place, || value.as_ptr().addr())
    }

    fn create(strong: u64, place: Place, address: impl FnOnce() -> usize) -> Option<Owners> {
        if backend() != Backend::Graph {
            return None;
        }
        let owners = perform_alone(|| owners::Owners::new(strong, place))?;
        owners.place_at(address());
        Some(Owners(owners))
    }

    /// The owners of the object that is there.
    pub fn find(address: usize) -> Option<Owners> {
        if backend() != Backend::Graph {
            return None;
        }
        owners::Owners::find(address).map(Owners)
    }

    /// Performs an operation of the count, if it is one of operations.
    fn count<R>(
        self,
        share: Share,
        operation: impl FnOnce(&Atomic) -> Result<R, Refusal>,
    ) -> Option<R> {
        let count = self.0.count(share)?;
        perform_alone(|| operation(&count))
    }

    fn is_counted(self, share: Share) -> bool {
        self.0.count(share).is_some()
    }

    fn add(self, share: Share, place: Place) {
        // Relaxed, as in std: whoever adds a share has one.
        self.count(share, |count| count.update(ONE_MORE, [Relaxed; 2], place));
    }

    /// Another strong share, for somebody who has one.
    pub fn add_strong(self, place: Place) {
        self.add(Share::Strong, place);
    }

    /// Another weak share, for somebody who has one.
    pub fn add_weak(self, place: Place) {
        self.add(Share::Weak, place);
    }

    /// The first strong share of an object that was made with none.
    pub fn begin(self, place: Place) {
        // Release, as in std: the object is there.
        self.count(Share::Strong, |count| count.update(ONE_MORE, [Release; 2], place));
    }

    /// A weak share, for somebody who has a strong one.
    pub fn downgrade(self, place: Place) {
        // Acquire, as in std: from whoever has locked the count.
        self.count(Share::Weak, |count| {
            count.update_when_possible(ONE_MORE_UNLESS_LOCKED, [Acquire, Relaxed], place)
        });
    }

    /// A strong share, for somebody who has a weak one. Returns whether there is one.
    pub fn upgrade(self, strong: usize, place: Place) -> Option<bool> {
        if self.is_counted(Share::Strong) {
            // Acquire, as in std: from whoever has made the object.
            let before = self.count(Share::Strong, |count| {
                count.update(ONE_MORE_OF_SOME, [Acquire, Relaxed], place)
            })?;
            return Some(before > 0);
        }
        let others = if strong == 0 { Others::Gone } else { Others::Present };
        self.ask([others, Others::Ignored]);
        None
    }

    /// Gives a strong share up. With the last one the object is destroyed.
    pub fn drop_strong<T: ?Sized>(self, value: Arc<T>) {
        if !self.is_counted(Share::Strong) {
            let last = Arc::strong_count(&value) == 1;
            return self.0.let_go(Share::Strong, last, || drop(value));
        }
        self.take_strong(&value);
        drop(value);
    }

    /// Gives a strong share up. Returns whether it was the last one, if operations tell.
    fn take_strong<T: ?Sized>(self, value: &Arc<T>) -> Option<bool> {
        let created = self.0.created()?;
        // Release, as in std: what this owner did happens before the end of the object.
        let before =
            self.count(Share::Strong, |count| count.update(ONE_LESS, [Release; 2], created))?;
        if before == 1 {
            self.is_last(value, created);
        }
        Some(before == 1)
    }

    /// The caller has taken the last strong share.
    fn is_last<T: ?Sized>(self, value: &Arc<T>, place: Place) {
        assert_eq!(Arc::strong_count(value), 1, "the last one to be counted is the last owner");
        // Acquire, as in std: it pairs with the Release of the other owners.
        perform_alone(|| fence(Acquire, place));
    }

    /// Gives a weak share up.
    pub fn drop_weak<T: ?Sized>(self, value: Weak<T>) {
        if !self.is_counted(Share::Weak) {
            return self.0.let_go(Share::Weak, false, || drop(value));
        }
        if let Some(created) = self.0.created() {
            // Release, as in std: it pairs with the Acquire of who looks for weak shares.
            self.count(Share::Weak, |count| count.update(ONE_LESS, [Release; 2], created));
        }
        drop(value);
    }

    /// Takes the object out, with a strong share that is the only one. Returns whether it is.
    pub fn try_unwrap<T>(self, value: &Arc<T>, place: Place) -> Option<bool> {
        if self.is_counted(Share::Strong) {
            // Relaxed, as in std: a fence follows.
            let take = |count: &Atomic| count.exchange([1, 0], false, [Relaxed; 2], place);
            let (_, taken) = self.count(Share::Strong, take)?;
            if taken {
                self.is_last(value, place);
            }
            return Some(taken);
        }
        let physical = Physical::of(value);
        self.ask(physical.others());
        if physical.strong == 1 {
            self.0.let_go(Share::Strong, false, || ());
        }
        None
    }

    /// Gives a strong share up, and takes the object out if it was the last one. Returns whether it
    /// was.
    pub fn into_inner<T>(self, value: &Arc<T>) -> Option<bool> {
        if self.is_counted(Share::Strong) {
            return self.take_strong(value);
        }
        self.ask(Physical::of(value).others());
        self.0.let_go(Share::Strong, false, || ());
        None
    }

    /// Whether a strong share is the only share.
    pub fn is_unique<T: ?Sized>(self, value: &Arc<T>, place: Place) -> Option<bool> {
        let physical = Physical::of(value);
        if !self.is_counted(Share::Strong) {
            self.ask(physical.others());
            return None;
        }
        let is_alone = || {
            // Acquire, as in std: it pairs with the Release of the other owners.
            let shares = self.count(Share::Strong, |count| count.load(Acquire, place))?;
            Some(shares == 1)
        };
        if !self.is_counted(Share::Weak) {
            let alone = is_alone()?;
            if alone {
                // Of others there are weak shares at most.
                self.ask([Others::Ignored, physical.weak_others()]);
            }
            return (!alone).then_some(false);
        }
        // Acquire, as in std: it pairs with the Release of who gave a weak share up.
        let lock = |count: &Atomic| count.exchange([1, LOCKED], false, [Acquire, Relaxed], place);
        let (_, locked) = self.count(Share::Weak, lock)?;
        if !locked {
            return Some(false);
        }
        let alone = is_alone();
        // Release, as in std: it pairs with the Acquire of `downgrade`.
        self.count(Share::Weak, |count| count.store(1, Release, place));
        alone
    }

    /// Begins to take exclusive access to the object, with a strong share. Returns what is to be
    /// done for it.
    pub fn make_unique<T>(self, value: &Arc<T>, place: Place) -> Unique {
        let physical = Physical::of(value);
        let as_it_is = Unique::of(physical);
        if !self.is_counted(Share::Strong) {
            self.ask(physical.others());
            if as_it_is == Unique::Move {
                self.0.let_go(Share::Strong, false, || ());
            }
            return as_it_is;
        }
        // Acquire, as in std: it pairs with the Release of the other owners.
        let take = |count: &Atomic| count.exchange([1, 0], false, [Acquire, Relaxed], place);
        match self.count(Share::Strong, take) {
            None => return as_it_is,
            Some((_, false)) => return Unique::Clone,
            Some((_, true)) => {}
        }
        let others = if self.is_counted(Share::Weak) {
            // Relaxed, as in std: weak shares that come to their end meanwhile do no harm.
            self.count(Share::Weak, |count| count.load(Relaxed, place)).map(|shares| shares > 1)
        } else {
            self.ask([Others::Ignored, physical.weak_others()]);
            None
        };
        if others.unwrap_or(physical.weak > 0) {
            return Unique::Move;
        }
        // Release, as in std: nobody could look meanwhile.
        self.count(Share::Strong, |count| count.store(1, Release, place));
        Unique::Stay
    }

    /// How many strong shares there are.
    pub fn strong_count(self, place: Place) -> Option<usize> {
        if !self.is_counted(Share::Strong) {
            self.ask([Others::Present, Others::Ignored]);
        }
        self.count(Share::Strong, |count| count.load(Relaxed, place)).map(|shares| shares as usize)
    }

    /// How many weak shares there are, for somebody who has a strong one.
    pub fn weak_count(self, place: Place) -> Option<usize> {
        if !self.is_counted(Share::Weak) {
            self.ask([Others::Ignored, Others::Present]);
        }
        self.count(Share::Weak, |count| count.load(Relaxed, place)).map(without_strong)
    }

    /// How many weak shares there are, as long as there is a strong one.
    pub fn weak_count_of_weak(self, place: Place) -> Option<usize> {
        if !self.is_counted(Share::Weak) {
            self.ask([Others::Ignored, Others::Present]);
            return None;
        }
        // Acquire, as in std: whoever gave the last strong share up did it before.
        let shares = self.count(Share::Weak, |count| count.load(Acquire, place))?;
        // Who counts weak shares counts strong ones.
        let strong = self.count(Share::Strong, |count| count.load(Relaxed, place))?;
        Some(if strong == 0 { 0 } else { without_strong(shares) })
    }

    /// Learns, and leaves, unless std's count has the same answer in every order.
    fn ask(self, others: [Others; 2]) {
        perform_alone(|| self.0.ask(others));
    }
}

/// The strong shares have one weak share together.
fn without_strong(shares: u64) -> usize {
    if shares == LOCKED { 0 } else { shares as usize - 1 }
}

/// What gives an owner exclusive access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unique {
    /// It has it.
    Stay,
    /// The object has to leave its weak shares behind.
    Move,
    /// Others own the object.
    Clone,
}

impl Unique {
    /// By std's count.
    pub fn of(physical: Physical) -> Unique {
        match physical {
            Physical { strong: 1, weak: 0 } => Unique::Stay,
            Physical { strong: 1, .. } => Unique::Move,
            _ => Unique::Clone,
        }
    }
}
