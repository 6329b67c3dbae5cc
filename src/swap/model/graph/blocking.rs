//! What blocks, under the graph engine: each a word or two, and operations that wait for values of
//! them. The engine performs such an operation when it can go on.
//!
//! An answer of `None`, or `false` from what only waits, means that the execution was given up.

use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

use super::super::super::execution::current_thread;
use super::super::condvar::Entry;
use super::super::hint::wait_in_graph;
use super::super::origin::Origin;
use super::super::time::{ManualClock, with_clock};
use super::{perform, perform_alone};
use crate::graph::operations::{Atomic, ends_unusually, is_out_of_time};
use crate::graph::{Contents, Place, Unusual, Update};

fn word(contents: Contents, place: Place) -> Option<Atomic> {
    perform_alone(|| Atomic::new(0, contents, place))
}

/// A mutex: 0 is free, 1 is locked.
pub struct Lock(Atomic);

impl Lock {
    const TAKE: [u64; 2] = [0, 1];

    pub fn create(place: Place) -> Option<Lock> {
        word(Contents::Words, place).map(Lock)
    }

    pub fn lock(&self, origin: &Origin, place: Place) -> bool {
        let [current, new] = Lock::TAKE;
        let take = Update::Exchange { current, new, weak: false };
        perform(origin, || self.0.update_when_possible(take, [Acquire, Relaxed], place)).is_some()
    }

    /// Without a happens-before it may find a lock that was freed already still taken.
    pub fn try_lock(&self, origin: &Origin, place: Place) -> Option<bool> {
        let exchange = || self.0.exchange(Lock::TAKE, false, [Acquire, Relaxed], place);
        perform(origin, exchange).map(|(_, taken)| taken)
    }

    pub fn unlock(&self, origin: &Origin, place: Place) {
        perform(origin, || self.0.store(0, Release, place));
    }
}

/// A reader-writer lock: the number of its readers, or [`WRITER`](Self::WRITER).
pub struct SharedLock(Atomic);

impl SharedLock {
    const WRITER: u64 = u64::MAX;

    pub fn create(place: Place) -> Option<SharedLock> {
        word(Contents::Words, place).map(SharedLock)
    }

    fn entering(exclusive: bool) -> Update {
        let attempt: fn(u64, u64) -> Option<u64> = match exclusive {
            true => |holders, _| (holders == 0).then_some(Self::WRITER),
            false => |holders, _| (holders != Self::WRITER).then(|| holders + 1),
        };
        // Updates are told apart by their operands, not by their functions.
        Update::Attempt { attempt, operand: u64::from(exclusive) }
    }

    pub fn enter(&self, exclusive: bool, origin: &Origin, place: Place) -> bool {
        let update = Self::entering(exclusive);
        perform(origin, || self.0.update_when_possible(update, [Acquire, Relaxed], place)).is_some()
    }

    pub fn try_enter(&self, exclusive: bool, origin: &Origin, place: Place) -> Option<bool> {
        let update = Self::entering(exclusive);
        let before = perform(origin, || self.0.update(update, [Acquire, Relaxed], place))?;
        Some(update.apply(before, 0).is_some())
    }

    pub fn leave(&self, origin: &Origin, place: Place) {
        let compute = |holders: u64, _| if holders == Self::WRITER { 0 } else { holders - 1 };
        let update = Update::Compute { compute, operand: 0 };
        perform(origin, || self.0.update(update, [Release; 2], place));
    }

    pub fn downgrade(&self, origin: &Origin, place: Place) {
        perform(origin, || self.0.store(1, Release, place));
    }
}

/// A token: 1 while it is there.
pub struct Token(Atomic);

impl Token {
    pub fn create(place: Place) -> Option<Token> {
        word(Contents::Words, place).map(Token)
    }

    /// Takes the token when it is there, or gives up when the time has come.
    pub fn take(&self, deadline: Option<u64>, origin: &Origin, place: Place) {
        let take = Update::Exchange { current: 1, new: 0, weak: false };
        let Some(deadline) = deadline else {
            perform(origin, || self.0.update_when_possible(take, [Acquire, Relaxed], place));
            return;
        };
        wait_in_time(deadline, place, || {
            let exchange = || self.0.exchange([1, 0], false, [Acquire, Relaxed], place);
            perform(origin, exchange).is_none_or(|(_, taken)| taken)
        });
    }

    pub fn give(&self, place: Place) {
        perform_alone(|| self.0.update(Update::Swap(1), [Release; 2], place));
    }
}

/// The time, in nanoseconds.
pub struct Clock(Atomic);

impl Clock {
    pub fn create(place: Place) -> Option<Clock> {
        word(Contents::Clock, place).map(Clock)
    }

    /// The time; to a destructor on its way out, the end of it.
    pub fn now(&self, place: Place) -> u64 {
        perform_alone(|| self.0.load(Relaxed, place)).unwrap_or(u64::MAX)
    }

    /// Lets so much time pass, and returns when that is over; `None` if it would be beyond the end.
    pub fn advance(&self, step: u64, place: Place) -> Option<u64> {
        let attempt = |now: u64, step| now.checked_add(step);
        let update = Update::Attempt { attempt, operand: step };
        let before = perform_alone(|| self.0.update(update, [Relaxed; 2], place));
        before.unwrap_or(0).checked_add(step)
    }

    /// Lets the time pass until then, if it has not come yet.
    pub fn pass(&self, deadline: u64, place: Place) {
        let attempt = |now, deadline| (now < deadline).then_some(deadline);
        let update = Update::Attempt { attempt, operand: deadline };
        perform_alone(|| self.0.update(update, [Relaxed; 2], place));
    }
}

fn has_come(deadline: u64) -> bool {
    with_clock(|clock| clock.now() >= deadline) || is_out_of_time()
}

/// Waits until something has happened, or the time has come.
fn wait_in_time(deadline: u64, place: Place, mut has_happened: impl FnMut() -> bool) {
    pass_time(deadline, place);
    wait_in_graph(|| has_happened() || has_come(deadline), place, true);
}

/// Lets the time pass up to a deadline, if it is chosen that the wait ends by it.
fn pass_time(deadline: u64, place: Place) {
    if perform_alone(|| ends_unusually(Unusual::TimeOut, place)) == Some(true) {
        with_clock(|clock| match clock {
            ManualClock::Graph(clock) => clock.pass(deadline, place),
            ManualClock::Word { .. } => {}
        });
    }
}

/// A condition variable: the set of threads that wait, a bit each; and for each of them a word that
/// is 1 when it was notified. It orders nothing but what its mutex does.
pub struct Waiters {
    set: Atomic,
    /// By thread. No operation of the scenario: who finds a bit finds what it stands for.
    entered: parking_lot::Mutex<Vec<Option<Entered>>>,
}

/// Who waits, and its word.
type Entered = (Entry, Arc<Atomic>);

// A panic finds the words as they were.
impl std::panic::UnwindSafe for Waiters {}
impl std::panic::RefUnwindSafe for Waiters {}

/// A thread that waits.
pub struct Waiter {
    bit: u64,
    notified: Arc<Atomic>,
    deadline: Option<u64>,
    /// Whether it is going to wait for nothing.
    wakes: bool,
}

/// How a wait for a notification ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndOfWait {
    Notified,
    TimedOut,
    /// For no reason.
    Spurious,
}

impl Waiters {
    pub fn create(place: Place) -> Option<Waiters> {
        let set = word(Contents::Words, place)?;
        Some(Waiters { set, entered: parking_lot::Mutex::default() })
    }

    /// Enters the current thread.
    pub fn enter(
        &self,
        entry: Entry,
        deadline: Option<u64>,
        origin: &Origin,
        place: Place,
    ) -> Option<Waiter> {
        let thread = current_thread() as usize;
        let notified = Arc::new(word(Contents::Internal, place)?);
        {
            let mut entered = self.entered.lock();
            if entered.len() <= thread {
                entered.resize_with(thread + 1, || None);
            }
            entered[thread] = Some((entry, Arc::clone(&notified)));
        }
        let bit = 1 << thread;
        let enter = Update::Compute { compute: |set, bit| set | bit, operand: bit };
        let others = perform(origin, || self.set.update(enter, [Relaxed; 2], place))?;
        if let Some(other) = self.entries(others).find(|other| !entry.fits(other)) {
            entry.refuse_beside(&other);
            return None;
        }
        let wakes = perform_alone(|| ends_unusually(Unusual::WakeUp, place))?;
        Some(Waiter { bit, notified, deadline, wakes })
    }

    /// Waits until the thread is notified, or its time has come.
    pub fn wait(&self, waiter: &Waiter, origin: &Origin, place: Place) -> EndOfWait {
        let notified = &waiter.notified;
        let until_notified = || {
            perform(origin, || notified.load_when(|value, _| value != 0, 0, Relaxed, place));
        };
        match waiter.deadline {
            _ if waiter.wakes => {}
            None => {
                until_notified();
                return EndOfWait::Notified;
            }
            Some(deadline) => {
                let mut was_notified = false;
                wait_in_time(deadline, place, || {
                    let value = perform(origin, || notified.load(Relaxed, place));
                    was_notified = value.is_none_or(|value| value != 0);
                    was_notified
                });
                if was_notified {
                    return EndOfWait::Notified;
                }
            }
        }
        let leave = Update::Compute { compute: |set, bit| set & !bit, operand: waiter.bit };
        let before = perform(origin, || self.set.update(leave, [Relaxed; 2], place));
        let was_there = before.is_none_or(|before| before & waiter.bit != 0);
        if !was_there {
            // Somebody has taken the bit, and is about to say so.
            until_notified();
            return EndOfWait::Notified;
        }
        if waiter.wakes { EndOfWait::Spurious } else { EndOfWait::TimedOut }
    }

    /// Notifies one of the threads that wait, whichever. Returns whether there was one.
    pub fn notify_one(&self, origin: &Origin, place: Place) -> bool {
        let bit = perform(origin, || self.set.take_bit(Relaxed, place)).unwrap_or(0);
        self.tell(bit, place);
        bit != 0
    }

    /// Notifies all threads that wait. Returns how many.
    pub fn notify_all(&self, origin: &Origin, place: Place) -> usize {
        let attempt = |set, _| (set != 0).then_some(0);
        let take = Update::Attempt { attempt, operand: 0 };
        let set = perform(origin, || self.set.update(take, [Relaxed; 2], place)).unwrap_or(0);
        self.tell(set, place);
        set.count_ones() as usize
    }

    fn tell(&self, set: u64, place: Place) {
        for thread in threads(set) {
            let word = self.entered.lock()[thread].as_ref().map(|(_, word)| Arc::clone(word));
            if let Some(word) = word {
                perform_alone(|| word.store(1, Relaxed, place));
            }
        }
    }

    fn entries(&self, set: u64) -> impl Iterator<Item = Entry> + '_ {
        threads(set).filter_map(|thread| Some(self.entered.lock()[thread].as_ref()?.0))
    }
}

/// The threads of a set.
fn threads(mut set: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let thread = set.trailing_zeros();
        set &= set.wrapping_sub(1);
        (thread < u64::BITS).then_some(thread as usize)
    })
}

/// A barrier: how many have come so far, and how many groups are complete.
pub struct Groups {
    arrived: Atomic,
    complete: Atomic,
}

impl Groups {
    pub fn create(place: Place) -> Option<Groups> {
        let arrived = word(Contents::Words, place)?;
        Some(Groups { arrived, complete: word(Contents::Words, place)? })
    }

    /// Waits until the group of this many is complete. Returns whether the caller completed it.
    pub fn wait(&self, size: usize, origin: &Origin, place: Place) -> bool {
        let size = size.max(1) as u64;
        let arrive = Update::Compute { compute: |arrived, _| arrived + 1, operand: 0 };
        let Some(before) = perform(origin, || self.arrived.update(arrive, [AcqRel; 2], place))
        else {
            return true;
        };
        let group = before / size;
        let leads = (before + 1) % size == 0;
        if leads {
            perform(origin, || self.complete.store(group + 1, Release, place));
        } else {
            let is_complete = |complete, group| complete > group;
            perform(origin, || self.complete.load_when(is_complete, group, Acquire, place));
        }
        leads
    }
}
