//! Arrivals are not events: the network between a client and the instances of a service, as an
//! adversary.
//!
//! Clients retry, networks reorder and duplicate, balancers distribute, mobiles reconnect, and a
//! consumer that crashes before it acknowledges gets the message again. What is left of the order
//! and the number of events is *at least once, in any order, anywhere*. [`Arrivals`] plays all of
//! it: every [`Delivery`] in which each message arrives at least once and at most so many times, in
//! any order, split over the instances.
//!
//! ```
//! use selvedge::VersionedCell;
//! use selvedge::arrivals::Arrivals;
//! use selvedge::scenario::Scenario;
//! use selvedge::thread;
//! use std::collections::BTreeSet;
//!
//! let purchases = Arrivals::of(["tea", "rice"]).at_most(2).instances(2);
//! assert_eq!(purchases.deliveries().count(), 60);
//!
//! let report = Scenario::new("a set of purchases").check(move || {
//!     let delivery = purchases.deliver();
//!     let cart = VersionedCell::new(BTreeSet::new());
//!     let add = |item| drop(cart.update(|cart| cart | &BTreeSet::from([item])));
//!     thread::scope(|scope| {
//!         for arrivals in delivery.instances() {
//!             scope.spawn(move || arrivals.iter().for_each(|arrival| add(arrival.message)));
//!         }
//!     });
//!     assert_eq!(cart.load().value.len(), 2, "a set does not mind that a purchase comes twice");
//! });
//! assert!(report.inputs.is_some());
//! ```
//!
//! Which instance's arrival comes first is no part of a delivery: the instances are threads, and
//! their interleavings are the engine's.
//!
//! A [`Fate`] is told, and not played: what an instance does when it crashes is the scenario's.
//! After `Crashed`, it forgets what it had in memory and acknowledges nothing; after `ReplyLost`,
//! nobody counts on the answer.
//!
//! ```
//! use selvedge::arrivals::{Arrivals, Fate};
//!
//! let event = Arrivals::of(["paid"]).at_most(2).crashes();
//! for delivery in event.deliveries() {
//!     let (mut effects, mut acknowledged) = (0, false);
//!     for arrival in delivery.arrivals() {
//!         effects += 1;
//!         if arrival.fate == Fate::Crashed {
//!             continue; // What comes next was not reached.
//!         }
//!         acknowledged = true;
//!     }
//!     assert!(acknowledged, "at last");
//!     assert!(effects <= 2, "one too many, if it crashed once");
//! }
//! ```
//!
//! What is not played: messages that never arrive, and messages that are changed on the way. Both
//! need an answer from the sender, not from the receiver.

mod deliveries;
#[cfg(feature = "proptest")]
mod strategy;

use std::fmt::{self, Debug};
use std::sync::{Arc, OnceLock};

use crate::scenario::{describe, misuse, pick};

pub use deliveries::Deliveries;
#[cfg(feature = "proptest")]
pub use strategy::Strategy;

/// Messages, and what may happen to them on their way.
#[derive(Clone, Debug)]
pub struct Arrivals<M> {
    messages: Vec<M>,
    copies: usize,
    instances: usize,
    alike: bool,
    fates: Vec<Fate>,
    /// The deliveries of a scenario, once one asked.
    all: Arc<OnceLock<Vec<Delivery<M>>>>,
}

/// What becomes of an arrival once it had its effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// The sender gets the answer.
    Answered,
    /// The answer is lost on its way: the receiver is done, and the sender does not know.
    ReplyLost,
    /// The receiver crashes between the effect and its acknowledgement, and is started again.
    Crashed,
}

/// A message that arrives.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arrival<M> {
    /// The message.
    pub message: M,
    /// The number of the message in the list of messages, from 0: equal for copies of one message,
    /// and different for two messages of equal content.
    pub number: usize,
    /// What becomes of it.
    pub fate: Fate,
}

/// What arrives where, in which order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Delivery<M> {
    instances: Vec<Vec<Arrival<M>>>,
}

impl<M: Clone> Arrivals<M> {
    /// Deliveries in which a scenario may be explored. More of them are generated, with a seed,
    /// rather than enumerated.
    const MOST: usize = 100_000;

    /// Instances, which are threads.
    const MOST_INSTANCES: usize = 64;

    /// These messages, each of which arrives once, at one instance, and is answered, until the
    /// other methods say what else may happen.
    ///
    /// # Panics
    /// If there are no messages.
    #[track_caller]
    pub fn of(messages: impl IntoIterator<Item = M>) -> Self {
        let messages: Vec<M> = messages.into_iter().collect();
        if messages.is_empty() {
            misuse("without messages nothing arrives".to_owned());
        }
        let fates = vec![Fate::Answered];
        Arrivals { messages, copies: 1, instances: 1, alike: false, fates, all: Arc::default() }
    }

    /// Each message arrives at least once, and at most `copies` times.
    ///
    /// # Panics
    /// If it is 0.
    #[track_caller]
    pub fn at_most(mut self, copies: usize) -> Self {
        if copies == 0 {
            misuse("a message arrives at least once".to_owned());
        }
        self.copies = copies.max(1);
        self.changed()
    }

    /// They arrive at so many instances. Default: 1.
    ///
    /// # Panics
    /// If it is 0, or more than 64: instances are threads.
    #[track_caller]
    pub fn instances(mut self, instances: usize) -> Self {
        if !(1..=Self::MOST_INSTANCES).contains(&instances) {
            let most = Self::MOST_INSTANCES;
            misuse(format!("messages arrive at 1 to {most} instances, and not at {instances}"));
        }
        self.instances = instances.clamp(1, Self::MOST_INSTANCES);
        self.changed()
    }

    /// The instances do not differ: of the deliveries that differ in which instance gets which
    /// arrivals only, there is one.
    pub fn alike(mut self) -> Self {
        self.alike = true;
        self.changed()
    }

    /// Answers may get lost: all of a message's but one.
    pub fn lost_replies(self) -> Self {
        self.or(Fate::ReplyLost)
    }

    /// An instance may crash between the effect of an arrival and its acknowledgement: at all
    /// arrivals of a message but one.
    pub fn crashes(self) -> Self {
        self.or(Fate::Crashed)
    }

    fn or(mut self, fate: Fate) -> Self {
        if !self.fates.contains(&fate) {
            self.fates.push(fate);
        }
        self.changed()
    }

    /// What was enumerated for other settings does not count.
    fn changed(mut self) -> Self {
        self.all = Arc::default();
        self
    }

    /// The messages.
    pub fn messages(&self) -> &[M] {
        &self.messages
    }

    /// Every delivery, each once: the one in which each message arrives once, in order, at the last
    /// instance, comes first.
    pub fn deliveries(&self) -> Deliveries<'_, M> {
        Deliveries::new(self)
    }

    /// One of the deliveries: the scenario that calls it before its first thread is explored in
    /// all of them. See [`choose`](crate::scenario::choose).
    ///
    /// # Panics
    /// As `choose`; and if there are more than 100,000 deliveries, which is a misuse, too.
    #[track_caller]
    pub fn deliver(&self) -> Delivery<M>
    where
        M: Debug + Send + Sync + 'static,
    {
        let all = self.all.get_or_init(|| self.deliveries().take(Self::MOST + 1).collect());
        if all.len() > Self::MOST {
            misuse(format!(
                "there are more than {} deliveries, too many to explore each; use fewer messages, copies or \
                 instances, or generate deliveries by proptest",
                Self::MOST
            ));
        }
        let number = pick(all.len());
        let delivery = all[number].clone();
        let shared = Arc::clone(&self.all);
        describe(move || {
            let all = shared.get().map_or(&[][..], Vec::as_slice);
            let delivery = all.get(number).map(ToString::to_string).unwrap_or_default();
            format!("delivery {} of {}: {delivery}", number + 1, all.len())
        });
        delivery
    }
}

impl<M> Delivery<M> {
    /// What arrives at each instance, in order.
    pub fn instances(&self) -> impl ExactSizeIterator<Item = &[Arrival<M>]> {
        self.instances.iter().map(Vec::as_slice)
    }

    /// What arrives at each instance, to be moved into its thread.
    pub fn into_instances(self) -> impl ExactSizeIterator<Item = Vec<Arrival<M>>> {
        self.instances.into_iter()
    }

    /// All arrivals, those of the first instance first.
    pub fn arrivals(&self) -> impl Iterator<Item = &Arrival<M>> {
        self.instances.iter().flatten()
    }
}

impl<M: Debug> fmt::Display for Delivery<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, arrivals) in self.instances.iter().enumerate() {
            let separator = if number == 0 { "" } else { "; " };
            write!(f, "{separator}instance {}: ", number + 1)?;
            if arrivals.is_empty() {
                f.write_str("nothing")?;
            }
            for (index, arrival) in arrivals.iter().enumerate() {
                let separator = if index == 0 { "" } else { ", " };
                let fate = match arrival.fate {
                    Fate::Answered => "",
                    Fate::ReplyLost => " (reply lost)",
                    Fate::Crashed => " (crashes before it acknowledges)",
                };
                write!(f, "{separator}{:?}{fate}", arrival.message)?;
            }
        }
        Ok(())
    }
}
