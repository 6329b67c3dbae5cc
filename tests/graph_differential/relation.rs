//! Relations between the events of one execution: what the axioms are written with.

use std::ops::{BitAnd, BitOr};

/// As many events as an execution may have here.
pub const EVENTS: usize = 32;

/// A relation between events, by their numbers: a row of bits for each event, in which those are
/// set that it is related to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relation([u32; EVENTS]);

impl Relation {
    pub const EMPTY: Relation = Relation([0; EVENTS]);

    /// The pairs of which this holds, among that many events.
    pub fn of_pairs(events: usize, holds: impl Fn(usize, usize) -> bool) -> Relation {
        let mut relation = Relation::EMPTY;
        for from in 0..events {
            for to in (0..events).filter(|to| holds(from, *to)) {
                relation.insert(from, to);
            }
        }
        relation
    }

    /// `[S]`: the pairs of an event of the set with itself.
    pub fn identity(events: usize, is_in_set: impl Fn(usize) -> bool) -> Relation {
        let mut identity = Relation::EMPTY;
        (0..events).filter(|event| is_in_set(*event)).for_each(|event| {
            identity.insert(event, event);
        });
        identity
    }

    pub fn insert(&mut self, from: usize, to: usize) {
        self.0[from] |= 1 << to;
    }

    /// `self ; next`: from where this begins to where the next ends.
    pub fn then(self, next: Relation) -> Relation {
        let mut composed = Relation::EMPTY;
        for (row, middles) in composed.0.iter_mut().zip(self.0) {
            for middle in set_bits(middles) {
                *row |= next.0[middle];
            }
        }
        composed
    }

    /// `self?`: or not at all.
    pub fn or_not(self) -> Relation {
        let mut reflexive = self;
        for (event, row) in reflexive.0.iter_mut().enumerate() {
            *row |= 1 << event;
        }
        reflexive
    }

    /// `self⁺`: once or several times.
    pub fn closure(self) -> Relation {
        let mut closed = self;
        // Warshall's algorithm.
        for middle in 0..EVENTS {
            let onwards = closed.0[middle];
            if onwards != 0 {
                for row in &mut closed.0 {
                    if *row >> middle & 1 == 1 {
                        *row |= onwards;
                    }
                }
            }
        }
        closed
    }

    /// `self*`: any number of times.
    pub fn any_times(self) -> Relation {
        self.closure().or_not()
    }

    /// `self⁻¹`.
    pub fn inverse(self) -> Relation {
        let mut inverse = Relation::EMPTY;
        for (from, row) in self.0.into_iter().enumerate() {
            for to in set_bits(row) {
                inverse.insert(to, from);
            }
        }
        inverse
    }

    pub fn is_empty(self) -> bool {
        self == Relation::EMPTY
    }

    pub fn is_irreflexive(self) -> bool {
        self.0.into_iter().enumerate().all(|(event, row)| row >> event & 1 == 0)
    }

    pub fn is_acyclic(self) -> bool {
        self.closure().is_irreflexive()
    }
}

fn set_bits(mut row: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let first = row.trailing_zeros();
        row &= row.checked_sub(1)?;
        Some(first as usize)
    })
}

impl BitOr for Relation {
    type Output = Relation;

    fn bitor(mut self, other: Relation) -> Relation {
        self.0.iter_mut().zip(other.0).for_each(|(row, other)| *row |= other);
        self
    }
}

impl BitAnd for Relation {
    type Output = Relation;

    fn bitand(mut self, other: Relation) -> Relation {
        self.0.iter_mut().zip(other.0).for_each(|(row, other)| *row &= other);
        self
    }
}

#[test]
fn relations_compose_close_and_turn_round() {
    let mut steps = Relation::EMPTY;
    steps.insert(0, 1);
    steps.insert(1, 2);
    let mut two_steps = Relation::EMPTY;
    two_steps.insert(0, 2);
    assert_eq!(steps.then(steps), two_steps);
    assert_eq!(steps.closure(), steps | two_steps);
    assert!((steps.closure() & two_steps.inverse()).is_empty());
    assert!(steps.is_acyclic() && !steps.or_not().is_irreflexive());
    assert!(!(steps | two_steps.inverse()).is_acyclic());
    assert_eq!(steps.then(Relation::identity(3, |event| event == 2)), {
        Relation::of_pairs(3, |from, to| (from, to) == (1, 2))
    });
}
