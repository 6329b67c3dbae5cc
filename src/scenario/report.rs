//! What a run covered.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{BudgetsMet, Engine, LoomSearch, Memory};

/// The result of running a scenario under an engine.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report<O = ()> {
    /// The scenario's name.
    pub name: String,
    /// What ran it.
    pub engine: Engine,
    /// The memory model, if the graph engine ran it.
    pub memory: Option<Memory>,
    /// Inputs that were explored: what the closure can [`choose`](super::choose), and in how many
    /// ways messages can [arrive](crate::arrivals). `None` if it chose nothing.
    pub inputs: Option<u64>,
    /// Executions that ran to their end, or to a violation.
    pub executions: u64,
    /// Executions that the engine began and had to give up without a verdict: under the graph
    /// engine, those that ended at a waiting loop which others leave. 0 for the other engines.
    pub blocked: u64,
    /// Executions in which two threads worked on one object at the same time: each had operations
    /// on it between the other's first and last. `None` in a production build, where operations
    /// are not observed.
    pub overlapped: Option<u64>,
    /// Executions that ended in a violation. More than 1 only by
    /// [`refute`](super::Scenario::refute).
    pub(crate) violating: u64,
    /// What the closure returned, and in how many executions.
    pub outcomes: BTreeMap<O, u64>,
    /// How much of what can happen these executions cover.
    pub coverage: Coverage,
    /// Wall-clock time.
    pub elapsed: Duration,
    /// The other engines' reports, when the build or the environment chose several.
    pub others: Vec<Report<O>>,
}

impl<O> Report<O> {
    /// This report and the other engines', which `Display` prints as well.
    pub fn all(&self) -> impl Iterator<Item = &Report<O>> {
        std::iter::once(self).chain(self.others.iter())
    }
}

impl<O: fmt::Debug> fmt::Display for Report<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {}{}{} under {}{}, {} ({:.1} s)",
            self.name,
            counted(self.executions, "execution"),
            if self.blocked > 0 { format!(" and {} blocked", self.blocked) } else { String::new() },
            self.inputs
                .map(|inputs| format!(" of {}", counted(inputs, "input")))
                .unwrap_or_default(),
            self.engine,
            self.memory.map(|memory| format!(", {memory}")).unwrap_or_default(),
            self.coverage,
            self.elapsed.as_secs_f64()
        )?;
        for (outcome, count) in &self.outcomes {
            let outcome = format!("{outcome:?}");
            // A check has no outcomes.
            if outcome != "()" {
                write!(f, "\n  {count:>10} × {outcome}")?;
            }
        }
        for other in &self.others {
            write!(f, "\n{other}")?;
        }
        Ok(())
    }
}

/// A number with its noun.
fn counted(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// How much of what can happen was explored, under the engine's memory model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum Coverage {
    /// Everything that the engine can tell apart.
    Complete,
    /// Everything in which each thread keeps to these budgets: see [`Scenario::timeouts`] and the
    /// other two. Only those are named that left something out.
    ///
    /// [`Scenario::timeouts`]: super::Scenario::timeouts
    Within(BudgetsMet),
    /// Everything within a bound, or the beginning of everything.
    Bounded(Bound),
    /// A number of executions chosen by chance.
    Sampled {
        /// What repeats the choice; `None` for real threads, which nothing repeats.
        seed: Option<u64>,
    },
}

/// What a search left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Bound {
    /// Only executions with this many preemptions at most.
    pub preemptions: Option<u8>,
    /// The search was cut after this many executions.
    pub executions: Option<u64>,
    /// The search was cut after this time.
    #[serde(rename = "seconds", with = "super::line::seconds")]
    pub duration: Option<Duration>,
    /// The search stopped at a violation.
    pub violation: bool,
    /// Shuttle's depth-first search: only executions in which a thread that waits in a loop, or
    /// yields, lets another one move before it looks again.
    pub fair: bool,
    /// loom and Shuttle's depth-first search: the owners of an `Arc` came and went in one order
    /// only, between operations, though somebody asked about them, or the last one's destructor did
    /// something. The graph engine has all of them.
    #[serde(default)]
    pub one_order_of_owners: bool,
    /// Which of loom's two searches ran.
    pub search: LoomSearch,
}

impl Bound {
    /// Whether the search was cut before it had seen all that lies within its bound.
    pub fn is_cut(&self) -> bool {
        self.executions.is_some() || self.duration.is_some() || self.violation
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if self.violation {
            parts.push("up to the violation".to_owned());
        }
        if let Some(executions) = self.executions {
            parts.push(format!("the first {}", counted(executions, "execution")));
        }
        if let Some(duration) = self.duration {
            parts.push(format!("the first {} s", duration.as_secs_f64()));
        }
        if let Some(preemptions) = self.preemptions {
            parts.push(format!("at most {}", counted(u64::from(preemptions), "preemption")));
        }
        if self.fair {
            parts.push("fair waiting only".to_owned());
        }
        if self.one_order_of_owners {
            parts.push("one order of Arc owners".to_owned());
        }
        match self.search {
            LoomSearch::Plain => parts.push("without the probed search".to_owned()),
            LoomSearch::Probed => parts.push("without the plain search".to_owned()),
            LoomSearch::Both => {}
        }
        f.write_str(&parts.join(", "))
    }
}

impl Coverage {
    /// Of an exploration that came to its end, and met these budgets.
    pub fn within(met: BudgetsMet) -> Coverage {
        if met.is_none() { Coverage::Complete } else { Coverage::Within(met) }
    }

    /// Whether everything was explored, or all that keeps to the budgets.
    pub fn is_complete(&self) -> bool {
        matches!(self, Coverage::Complete | Coverage::Within(_))
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Coverage::Complete => f.write_str("complete"),
            Coverage::Within(met) if met.is_none() => f.write_str("complete"),
            Coverage::Within(met) => write!(f, "complete {met}"),
            Coverage::Bounded(bound) => write!(f, "bounded: {bound}"),
            Coverage::Sampled { seed: Some(seed) } => write!(f, "sampled, seed {seed}"),
            Coverage::Sampled { seed: None } => f.write_str("sampled"),
        }
    }
}
