//! Lessons: what an exploration has to know of its program from its first execution on, and learns
//! on the way. Then it begins again.

use std::collections::BTreeMap;

use super::Place;

/// What was learned so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lessons {
    /// Whether the program looks at the clock.
    pub clock: bool,
    spins: Vec<Spin>,
    /// By hint: after how many turns with the same values a loop leaves.
    counted: BTreeMap<Place, usize>,
    /// By place of creation: whether the weak ones are counted too.
    owners: BTreeMap<Place, bool>,
}

/// Something to be learned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lesson {
    /// The program looks at the clock.
    Clock,
    /// It waits in a loop.
    Spin(Spin),
    /// A loop with a hint at this place leaves by itself, after so many turns with the same values.
    Counted { place: Place, turns: usize },
    /// The owners of the objects that are created here are to be counted by operations; the weak
    /// ones too, or the strong ones only.
    Owners { created: Place, weak: bool },
}

/// A loop that waits: where its hint is, and where an iteration reads before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spin {
    pub hint: Place,
    pub reads: Vec<Place>,
}

impl Lessons {
    /// Learns something.
    pub fn learn(&mut self, lesson: Lesson) {
        match lesson {
            Lesson::Clock => self.clock = true,
            Lesson::Spin(spin) if !self.spins.contains(&spin) => self.spins.push(spin),
            Lesson::Spin(_) => {}
            Lesson::Counted { place, turns } => {
                self.spins.retain(|spin| spin.hint != place);
                // One that is known was stopped after as many, and went on for these.
                self.counted.entry(place).and_modify(|most| *most += turns + 1).or_insert(turns);
            }
            Lesson::Owners { created, weak } => {
                *self.owners.entry(created).or_default() |= weak;
            }
        }
    }

    /// After how many turns with the same values a loop with this hint leaves by itself, as far as
    /// is known, if one does.
    pub fn turns(&self, hint: Place) -> Option<usize> {
        self.counted.get(&hint).copied()
    }

    /// Whether strong and weak owners of objects that are created here are counted by operations.
    pub fn counts(&self, created: Place) -> [bool; 2] {
        self.owners.get(&created).map_or([false; 2], |weak| [true, *weak])
    }

    /// The loops with this hint.
    pub fn spins(&self, hint: Place) -> impl Iterator<Item = &Spin> {
        self.spins.iter().filter(move |spin| spin.hint == hint)
    }
}
