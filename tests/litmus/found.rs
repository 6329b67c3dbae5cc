//! What an exploration found, and how that differs from what it must find.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use selvedge::scenario::Coverage;

/// What the observer was told.
#[derive(Default)]
pub struct Observed {
    calls: u64,
    /// Hashes of the executions: of millions of executions, two differ in all likelihood.
    distinct: HashSet<u64>,
}

impl Observed {
    pub fn add(&mut self, execution: &str) {
        let mut hasher = DefaultHasher::new();
        execution.hash(&mut hasher);
        self.calls += 1;
        self.distinct.insert(hasher.finish());
    }
}

/// What an exploration came to.
pub struct Found {
    pub executions: u64,
    pub blocked: u64,
    pub coverage: Coverage,
    pub observed: Observed,
}

impl Found {
    /// # Errors
    /// Everything that is not as it should be.
    pub fn compare(&self, expected: u64) -> Result<(), String> {
        let Found { executions, blocked, ref coverage, ref observed } = *self;
        let distinct = observed.distinct.len() as u64;
        let mut wrong = Vec::new();
        if executions != expected {
            wrong.push(if executions < expected {
                format!("{} missing", expected - executions)
            } else {
                format!("{} too many", executions - expected)
            });
        }
        if distinct != observed.calls {
            wrong.push(format!("{} of them met again", observed.calls - distinct));
        }
        if observed.calls != executions {
            wrong.push(format!("the observer was told of {}", observed.calls));
        }
        if blocked != 0 {
            wrong.push(format!("{blocked} blocked, although nothing waits"));
        }
        if *coverage != Coverage::Complete {
            wrong.push(format!("coverage {coverage}"));
        }
        if wrong.is_empty() {
            return Ok(());
        }
        Err(format!("expected {expected}, found {executions} ({})", wrong.join("; ")))
    }
}
