//! `SequencedRegister` against the greatest of its stamps, whatever the delivery, and with values
//! that misbehave.

#[path = "common/deliveries.rs"]
mod deliveries;
#[path = "common/stamps.rs"]
mod stamps;

use std::cell::Cell;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};

use deliveries::deliveries;
use proptest::prelude::*;
use selvedge::sync::Arc;
use selvedge::{Hlc, Offer, Seq, SequencedRegister, Stamp, Stamped, thread};
use stamps::{hlc, lamport, seq};

/// The value that belongs to a stamp.
fn of<S: Stamp + Debug>(stamp: S) -> String {
    format!("{stamp:?}")
}

/// The register shows what a maximum does.
fn shows<S: Stamp + Debug>(register: &SequencedRegister<String, S>, greatest: Option<S>) {
    let expected = greatest.map(|stamp| Stamped { value: Arc::new(of(stamp)), stamp });
    assert_eq!(register.load(), expected);
    assert_eq!(register.stamp(), greatest);
    assert!(format!("{register:?}").contains(&format!("{expected:?}")));
}

/// Offers one event after the other, and compares each answer with a model.
fn agrees_with_the_maximum<S: Stamp + Debug>(register: SequencedRegister<String, S>, events: &[S]) {
    let mut greatest = register.stamp();
    for &stamp in events {
        assert_eq!(register.is_stale(stamp), Some(stamp) < greatest);
        let before = register.load();
        let answer = register.offer(stamp, of(stamp));
        let expected = match greatest {
            Some(current) if stamp < current => Offer::Stale { rejected: of(stamp) },
            Some(current) if stamp == current => Offer::Duplicate { rejected: of(stamp) },
            _ => Offer::Applied { replaced: before },
        };
        assert_eq!(answer, expected);
        greatest = greatest.max(Some(stamp));
        shows(&register, greatest);
        let conflict = register.offer(stamp, String::from("another"));
        match greatest {
            Some(current) if stamp == current => {
                let current = register.load().unwrap();
                let rejected = String::from("another");
                assert_eq!(conflict, Offer::Conflict { current, rejected });
            }
            _ => assert_eq!(conflict.into_rejected().as_deref(), Some("another")),
        }
        shows(&register, greatest);
    }
}

/// Two replicas receive the same events, one from one thread and one from two.
fn replicas_agree<S: Stamp + Debug>(received: [Vec<S>; 2], split: usize) {
    let [one, other] = received;
    let greatest = one.iter().max().copied();
    let first = one[0];
    agrees_with_the_maximum(SequencedRegister::new(), &one);
    agrees_with_the_maximum(SequencedRegister::with_value(first, of(first)), &other);
    let threaded = SequencedRegister::new();
    let (left, right) = other.split_at(split % other.len());
    thread::scope(|scope| {
        for part in [left, right] {
            let threaded = &threaded;
            scope.spawn(move || {
                for &stamp in part {
                    let answer = threaded.offer(stamp, of(stamp));
                    assert!(!matches!(answer, Offer::Conflict { .. }));
                    assert!(threaded.stamp() >= Some(stamp));
                }
            });
        }
    });
    shows(&threaded, greatest);
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: 1_000,
        ..ProptestConfig::default()
    })]

    #[test]
    fn g2_replicas_converge_by_sequence(received in deliveries(seq()), split: usize) {
        replicas_agree(received, split);
    }

    #[test]
    fn g2_replicas_converge_by_lamport_clock(received in deliveries(lamport()), split: usize) {
        replicas_agree(received, split);
    }

    #[test]
    fn g2_replicas_converge_by_hybrid_clock(received in deliveries(hlc()), split: usize) {
        replicas_agree(received, split);
    }

    /// Every value is dropped once, and as soon as nobody holds it.
    #[test]
    fn values_are_dropped_once(stamps in prop::collection::vec((0..6_u64, 0..2_i32), 0..32)) {
        let alive = Rc::new(Cell::new(0));
        let register = SequencedRegister::new();
        for (stamp, value) in stamps {
            let before = alive.get();
            let answer = register.offer(Seq(stamp), Counted::new(value, &alive));
            prop_assert_eq!(alive.get(), before + 1, "the new one, and the one that it gives back");
            drop(answer);
            prop_assert_eq!(alive.get(), 1);
        }
        drop(register);
        prop_assert_eq!(alive.get(), 0);
    }
}

/// Counts the values that are alive.
#[derive(Debug)]
struct Counted(i32, Rc<Cell<i32>>);

impl Counted {
    fn new(value: i32, alive: &Rc<Cell<i32>>) -> Self {
        alive.set(alive.get() + 1);
        Counted(value, Rc::clone(alive))
    }
}

impl PartialEq for Counted {
    fn eq(&self, other: &Counted) -> bool {
        self.0 == other.0
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.1.set(self.1.get() - 1);
    }
}

/// A value whose destructor, comparison and `Debug` use the register in which it was.
struct Nosy {
    register: Arc<SequencedRegister<Nosy, Seq>>,
    seen: Arc<AtomicU32>,
}

impl Nosy {
    fn look(&self) {
        let stamp = self.register.load().map(|current| current.stamp);
        assert_eq!(self.register.stamp(), stamp);
        // Relaxed: one thread.
        self.seen.fetch_add(1, Ordering::Relaxed);
    }
}

impl PartialEq for Nosy {
    fn eq(&self, _: &Nosy) -> bool {
        self.look();
        // Replaces the value that is being compared.
        let next = self.register.stamp().map_or(0, |stamp| stamp.0 + 1);
        let value = Nosy { register: Arc::clone(&self.register), seen: Arc::clone(&self.seen) };
        self.register.offer(Seq(next), value).is_applied()
    }
}

impl Drop for Nosy {
    fn drop(&mut self) {
        self.look();
    }
}

impl Debug for Nosy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.look();
        f.write_str("Nosy")
    }
}

#[test]
fn g7_user_code_runs_outside_the_lock() {
    let register = Arc::new(SequencedRegister::new());
    let seen = Arc::new(AtomicU32::new(0));
    let nosy = || Nosy { register: Arc::clone(&register), seen: Arc::clone(&seen) };
    // Relaxed: one thread.
    let seen_so_far = || seen.load(Ordering::Relaxed);

    drop(register.offer(Seq(1), nosy()));
    assert!(format!("{register:?}").contains("Nosy"));
    assert_eq!(seen_so_far(), 1, "Debug");
    drop(register.offer(Seq(2), nosy()));
    assert_eq!(seen_so_far(), 2, "the value that was replaced");
    drop(register.offer(Seq(1), nosy()));
    assert_eq!(seen_so_far(), 3, "the value that was stale");
    let answer = register.offer(Seq(2), nosy());
    assert!(matches!(answer, Offer::Duplicate { .. }), "as it was when they were compared");
    assert_eq!(register.stamp(), Some(Seq(3)), "replaced by the comparison");
    assert_eq!(seen_so_far(), 5, "the comparison, and the value that it has replaced");
}

/// A value whose destructor and comparison panic once they are armed.
struct Explosive(Arc<AtomicU32>);

impl Explosive {
    fn explode(&self) {
        // Relaxed: one thread.
        if self.0.swap(0, Ordering::Relaxed) == 1 {
            resume_unwind(Box::new("the value's panic"));
        }
    }
}

impl PartialEq for Explosive {
    fn eq(&self, _: &Explosive) -> bool {
        self.explode();
        true
    }
}

impl Drop for Explosive {
    fn drop(&mut self) {
        self.explode();
    }
}

/// A stamp whose order panics for one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Unlucky(u64);

impl PartialOrd for Unlucky {
    fn partial_cmp(&self, other: &Unlucky) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Unlucky {
    fn cmp(&self, other: &Unlucky) -> std::cmp::Ordering {
        if self.0 == 13 {
            resume_unwind(Box::new("the stamp's panic"));
        }
        self.0.cmp(&other.0)
    }
}

impl Stamp for Unlucky {
    fn prefix(&self) -> u64 {
        0
    }
}

#[test]
fn g7_a_panic_of_the_value_leaves_the_register_usable() {
    let armed = Arc::new(AtomicU32::new(0));
    let explodes = |stamp: u64, register: &SequencedRegister<Explosive, Seq>| {
        let value = Explosive(Arc::clone(&armed));
        // Relaxed: one thread.
        armed.store(1, Ordering::Relaxed);
        let offer = AssertUnwindSafe(|| drop(register.offer(Seq(stamp), value)));
        let panic = catch_unwind(offer).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"the value's panic"));
    };
    let register = SequencedRegister::with_value(Seq(1), Explosive(Arc::clone(&armed)));
    explodes(1, &register);
    assert_eq!(register.stamp(), Some(Seq(1)), "the comparison panicked");
    explodes(0, &register);
    assert_eq!(register.stamp(), Some(Seq(1)), "the drop of the refused value panicked");
    explodes(2, &register);
    assert_eq!(register.stamp(), Some(Seq(2)), "the drop of the replaced value panicked");
    assert!(register.offer(Seq(3), Explosive(Arc::clone(&armed))).is_applied());
}

#[test]
fn g7_a_panic_of_the_stamps_order_leaves_the_register_usable() {
    let register = SequencedRegister::with_value(Unlucky(1), 'a');
    let panic = catch_unwind(|| register.offer(Unlucky(13), 'b')).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"the stamp's panic"));
    let replaced = Some(Stamped { value: Arc::new('a'), stamp: Unlucky(1) });
    assert_eq!(register.offer(Unlucky(14), 'c'), Offer::Applied { replaced });
}

#[test]
fn a_value_that_does_not_equal_itself_is_a_conflict() {
    let register = SequencedRegister::with_value(Seq(1), f64::NAN);
    assert!(matches!(register.offer(Seq(1), f64::NAN), Offer::Conflict { .. }));
}

#[test]
fn registers_are_made_in_the_usual_ways() {
    assert_eq!(SequencedRegister::<i32, Seq>::default().load(), None);
    fn shared<T: Send + Sync + std::panic::UnwindSafe + std::panic::RefUnwindSafe>() {}
    shared::<SequencedRegister<String, Hlc>>();
}

#[test]
#[cfg(all(target_arch = "x86_64", not(any(loom, shuttle, selvedge))))]
fn a_register_takes_as_many_bytes_as_its_page_says() {
    assert_eq!(size_of::<SequencedRegister<[u64; 100], Seq>>(), 256);
}
