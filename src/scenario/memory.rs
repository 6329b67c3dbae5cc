//! The memory models of the graph engine.

use std::fmt;
use std::str::FromStr;

/// Which executions count as possible, under the graph engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Memory {
    /// The C++20 memory model, which is Rust's, as repaired by Lahav, Vafeiadis, Kang, Hur and
    /// Dreyer (*Repairing Sequential Consistency in C/C++11*, PLDI 2017): the orderings mean what
    /// they say. Without load buffering.
    #[default]
    Rc11,
    /// Sequential consistency: every operation takes effect at once and in the order of its thread,
    /// whatever its ordering. Races of [`UnsafeCell`](crate::cell::UnsafeCell)s still go by the
    /// orderings.
    Sc,
}

impl Memory {
    /// The model's name in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Memory::Rc11 => "RC11",
            Memory::Sc => "sequential consistency",
        }
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Memory {
    type Err = String;

    fn from_str(name: &str) -> Result<Memory, String> {
        match name {
            "rc11" => Ok(Memory::Rc11),
            "sc" => Ok(Memory::Sc),
            _ => Err(format!("unknown memory model {name:?}; there are rc11 and sc")),
        }
    }
}
