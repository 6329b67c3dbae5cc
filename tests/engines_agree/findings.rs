//! What the engines found of one scenario.

use std::collections::BTreeSet;

/// What executions came to, as text: all that their threads read and returned.
pub type Outcomes = BTreeSet<String>;

/// Fewer outcomes hardly tell engines apart.
pub const LEAST: usize = 3;

/// What one engine found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The outcomes, and whether the engine says that there are no others.
    Outcomes { outcomes: Outcomes, complete: bool },
    /// The scenario failed, or could not be run: in the engine's words.
    Failed(String),
}

impl Found {
    /// The outcomes, if there are any.
    pub fn outcomes(&self) -> Option<&Outcomes> {
        match self {
            Found::Outcomes { outcomes, .. } => Some(outcomes),
            Found::Failed(_) => None,
        }
    }

    /// The outcomes, if the engine says that these are all.
    pub fn all(&self) -> Option<&Outcomes> {
        match self {
            Found::Outcomes { outcomes, complete: true } => Some(outcomes),
            _ => None,
        }
    }
}

/// What each engine found of one scenario.
#[derive(Clone, Debug)]
pub struct Findings {
    pub scenario: String,
    /// The graph engine under sequential consistency.
    pub sc: Found,
    /// The graph engine under RC11.
    pub rc11: Found,
    pub loom: Found,
    pub shuttle: Found,
    /// Whether Shuttle's schedules were chosen by chance, and are so many that each outcome should
    /// be among them.
    pub sampled_well: bool,
    /// Real threads.
    pub threads: Found,
}

impl Findings {
    /// The engines by their names in complaints.
    pub fn engines(&self) -> [(&'static str, &Found); 5] {
        [
            ("graph SC", &self.sc),
            ("graph RC11", &self.rc11),
            ("loom", &self.loom),
            ("Shuttle", &self.shuttle),
            ("real threads", &self.threads),
        ]
    }

    /// Whether there are enough outcomes to compare engines by.
    pub fn compares(&self) -> bool {
        self.rc11.outcomes().is_some_and(|outcomes| outcomes.len() >= LEAST)
    }
}
