//! Lessons: what an exploration has to know of its program from its first execution on, and learns
//! on the way. Then it begins again.

use std::panic::Location as Place;

/// What was learned so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lessons {
    /// Whether the program looks at the clock.
    pub clock: bool,
    spins: Vec<Spin>,
    counted: Vec<(&'static Place<'static>, usize)>,
    owners: Vec<(&'static Place<'static>, bool)>,
}

/// Something to be learned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lesson {
    /// The program looks at the clock.
    Clock,
    /// It waits in a loop.
    Spin(Spin),
    /// A loop with a hint at this place leaves by itself, after so many turns with the same values.
    Counted { place: &'static Place<'static>, turns: usize },
    /// The owners of the objects that are created here are to be counted by operations; the weak
    /// ones too, or the strong ones only.
    Owners { created: &'static Place<'static>, weak: bool },
}

/// A loop that waits: where its hint is, and where an iteration reads before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spin {
    pub hint: &'static Place<'static>,
    pub reads: Vec<&'static Place<'static>>,
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
                match self.counted.iter_mut().find(|(counted, _)| *counted == place) {
                    // It was stopped after as many as were known, and went on for these.
                    Some((_, most)) => *most += turns + 1,
                    None => self.counted.push((place, turns)),
                }
            }
            Lesson::Owners { created, weak } => {
                match self.owners.iter_mut().find(|(place, _)| *place == created) {
                    Some((_, weak_too)) => *weak_too |= weak,
                    None => self.owners.push((created, weak)),
                }
            }
        }
    }

    /// After how many turns with the same values a loop with this hint leaves by itself, as far as
    /// is known, if one does.
    pub fn turns(&self, hint: &'static Place<'static>) -> Option<usize> {
        self.counted.iter().find(|(counted, _)| *counted == hint).map(|(_, turns)| *turns)
    }

    /// Whether strong and weak owners of objects that are created here are counted by operations.
    pub fn counts(&self, created: &'static Place<'static>) -> [bool; 2] {
        let learned = self.owners.iter().find(|(place, _)| *place == created);
        learned.map_or([false; 2], |(_, weak)| [true, *weak])
    }

    /// The loops with this hint.
    pub fn spins(&self, hint: &'static Place<'static>) -> impl Iterator<Item = &Spin> {
        self.spins.iter().filter(move |spin| spin.hint == hint)
    }
}
