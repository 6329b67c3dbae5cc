//! `LamportClock` on one thread: histories of several nodes, and the ends of the counter.

#[path = "common/history.rs"]
mod history;

use std::error::Error;

use history::{NODES, Step, UnderWay, history};
use proptest::prelude::*;
use selvedge::lamport_clock::CounterOverflow;
use selvedge::{Lamport, LamportClock, Stamp};

/// An event, and how many of each node's events happened before it or are it.
#[derive(Clone, Copy, Debug)]
struct Event {
    reading: Lamport,
    causes: [u32; NODES],
}

impl Event {
    fn happened_before(&self, other: &Event) -> bool {
        self.causes != other.causes
            && self.causes.iter().zip(other.causes).all(|(mine, others)| *mine <= others)
    }
}

/// A node with its clock, and the model of it.
struct Node {
    number: usize,
    clock: LamportClock,
    causes: [u32; NODES],
    longest_chain: u64,
}

impl Node {
    fn new(number: usize) -> Self {
        let clock = LamportClock::new(number as u64);
        Node { number, clock, causes: [0; NODES], longest_chain: 0 }
    }

    fn event(&mut self, message: Option<Event>) -> Event {
        let reading = match message {
            None => self.clock.tick().unwrap(),
            Some(Event { reading, causes }) => {
                self.longest_chain = self.longest_chain.max(reading.counter);
                for (own, sender) in self.causes.iter_mut().zip(causes) {
                    *own = (*own).max(sender);
                }
                self.clock.observe(reading).unwrap()
            }
        };
        self.causes[self.number] += 1;
        self.longest_chain += 1;
        assert_eq!(reading, Lamport { counter: self.longest_chain, node: self.number as u64 });
        assert_eq!(self.clock.latest(), reading);
        Event { reading, causes: self.causes }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(1_000)
    })]

    /// A reading counts the longest chain of events before it; causes have smaller ones.
    #[test]
    fn g4_readings_follow_causes(steps in history(0)) {
        let mut nodes: [Node; NODES] = std::array::from_fn(Node::new);
        let mut under_way = UnderWay::new();
        let mut events: Vec<Event> = Vec::new();
        for step in steps {
            match step {
                Step::Event { node } => events.push(nodes[node].event(None)),
                Step::Send { from, to, copies } => {
                    let sent = nodes[from].event(None);
                    events.push(sent);
                    under_way.send(to, sent, copies);
                }
                Step::Arrive { which } => {
                    for (to, message) in under_way.arrive(Some(which)) {
                        events.push(nodes[to].event(Some(message)));
                    }
                }
                Step::Jump { .. } => {}
            }
        }
        for (to, message) in under_way.arrive(None) {
            events.push(nodes[to].event(Some(message)));
        }
        for (index, a) in events.iter().enumerate() {
            for b in &events[index + 1..] {
                prop_assert_ne!(a.reading, b.reading);
                prop_assert!(!a.happened_before(b) || a.reading < b.reading, "{:?} {:?}", a, b);
                prop_assert!(!b.happened_before(a), "{:?} {:?}", a, b);
            }
        }
    }

    /// Near the end of the counter, an event is counted exactly, or refused and nothing changes.
    #[test]
    fn g5_the_counter_never_wraps(
        left in 0..4_u64,
        remotes in prop::collection::vec(prop::option::of((0..4_u64, any::<u64>())), 1..8),
    ) {
        let start = Lamport { counter: u64::MAX - left, node: 7 };
        let clock = LamportClock::resume_from(start);
        let mut model = u128::from(start.counter);
        for remote in remotes {
            let (event, expected) = match remote {
                None => (clock.tick(), model + 1),
                Some((left, node)) => {
                    let counter = u64::MAX - left;
                    let expected = model.max(u128::from(counter)) + 1;
                    (clock.observe(Lamport { counter, node }), expected)
                }
            };
            match u64::try_from(expected) {
                Ok(counter) => {
                    prop_assert_eq!(event, Ok(Lamport { counter, node: 7 }));
                    model = expected;
                }
                Err(_) => prop_assert_eq!(event, Err(CounterOverflow { node: 7 })),
            }
            prop_assert_eq!(u128::from(clock.latest().prefix()), model);
        }
    }
}

#[test]
fn g5_the_last_reading_is_followed_by_an_error() {
    let clock = LamportClock::resume_from(Lamport { counter: u64::MAX - 1, node: 3 });
    let last = clock.tick().unwrap();
    assert_eq!(last, Lamport { counter: u64::MAX, node: 3 });
    let refusals = [clock.tick(), clock.observe(Lamport { counter: 0, node: 9 })];
    assert_eq!(refusals, [Err(CounterOverflow { node: 3 }); 2]);
    assert_eq!(clock.latest(), last);
    let error = refusals[0].unwrap_err();
    assert_eq!(error.to_string(), "logical clock of node 3 has no reading left");
    assert!(error.source().is_none());
}

#[test]
fn g7_a_resumed_clock_goes_on() {
    let before = LamportClock::new(1);
    before.observe(Lamport { counter: 41, node: 2 }).unwrap();
    let persisted = before.latest();

    let after = LamportClock::resume_from(persisted);
    assert_eq!((after.node(), after.latest()), (1, persisted));
    assert_eq!(after.tick(), Ok(Lamport { counter: 43, node: 1 }));
    assert_eq!(LamportClock::new(1).latest(), Lamport { counter: 0, node: 1 });
}

#[test]
fn clocks_are_shared_and_printed() {
    fn shared<T: Send + Sync + std::panic::UnwindSafe + std::panic::RefUnwindSafe>() {}
    shared::<LamportClock>();
    let printed = format!("{:?}", LamportClock::new(8));
    assert_eq!(printed, "LamportClock { latest: Lamport { counter: 0, node: 8 } }");
}

#[test]
#[cfg(all(target_arch = "x86_64", not(any(loom, shuttle, selvedge))))]
fn a_clock_takes_as_many_bytes_as_its_page_says() {
    assert_eq!(size_of::<LamportClock>(), 256);
}
