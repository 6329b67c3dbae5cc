//! What must hold between the findings of two engines.

use std::fmt;

use super::findings::{Findings, Found, Outcomes};

/// A relation between what two engines find.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// What happens under sequential consistency happens under RC11.
    ScWithinRc11,
    /// Shuttle, where it is complete, finds what the graph engine finds under sequential
    /// consistency.
    ShuttleIsSc,
    /// Shuttle, where it is not complete, finds nothing else.
    ShuttleWithinSc,
    /// Shuttle, where it is not complete but samples well, finds all that the graph engine finds
    /// under sequential consistency.
    ScWithinSample,
    /// What this machine does is possible under RC11.
    ThreadsWithinRc11,
    /// What loom finds is possible under RC11.
    LoomWithinRc11,
    /// loom, where it is complete, finds all that happens under sequential consistency.
    ScWithinLoom,
    /// loom, where it is complete, finds what happens under RC11 alone.
    WeakWithinLoom,
}

impl Rule {
    pub const ALL: [Rule; 8] = [
        Rule::ScWithinRc11,
        Rule::ShuttleIsSc,
        Rule::ShuttleWithinSc,
        Rule::ScWithinSample,
        Rule::ThreadsWithinRc11,
        Rule::LoomWithinRc11,
        Rule::ScWithinLoom,
        Rule::WeakWithinLoom,
    ];

    /// How the findings differ from the rule: `None` if it does not apply to them.
    pub fn differences(self, findings: &Findings) -> Option<Vec<Difference>> {
        let Findings { sc, rc11, loom, shuttle, threads, .. } = findings;
        let difference = match self {
            Rule::ScWithinRc11 => beyond(sc.all()?, rc11.all()?, "graph RC11 lacks"),
            Rule::ShuttleIsSc => {
                let (graph, shuttle) = (sc.all()?, shuttle.all()?);
                let lacking = beyond(shuttle, graph, "graph SC lacks, or Shuttle makes up");
                let too_many = beyond(graph, shuttle, "Shuttle lacks, or graph SC makes up");
                return Some(lacking.into_iter().chain(too_many).collect());
            }
            Rule::ShuttleWithinSc => match shuttle {
                Found::Outcomes { outcomes, complete: false } => {
                    beyond(outcomes, sc.all()?, "graph SC lacks, or Shuttle makes up")
                }
                _ => return None,
            },
            Rule::ScWithinSample if !findings.sampled_well => return None,
            Rule::ScWithinSample => beyond(
                sc.all()?,
                shuttle.outcomes()?,
                "Shuttle's sample lacks, or graph SC makes up",
            ),
            Rule::ThreadsWithinRc11 => beyond(threads.outcomes()?, rc11.all()?, "graph RC11 lacks"),
            Rule::LoomWithinRc11 => {
                beyond(loom.outcomes()?, rc11.all()?, "loom makes up, or graph RC11 lacks")
            }
            Rule::ScWithinLoom => {
                beyond(sc.all()?, loom.all()?, "loom lacks, or graph SC makes up")
            }
            Rule::WeakWithinLoom => {
                let weak: Outcomes = rc11.all()?.difference(sc.all()?).cloned().collect();
                beyond(&weak, loom.all()?, "loom lacks, or graph RC11 makes up")
            }
        };
        Some(difference.into_iter().collect())
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Rule::ScWithinRc11 => "graph SC within graph RC11",
            Rule::ShuttleIsSc => "Shuttle equals graph SC",
            Rule::ShuttleWithinSc => "Shuttle within graph SC",
            Rule::ScWithinSample => "graph SC within Shuttle's sample",
            Rule::ThreadsWithinRc11 => "real threads within graph RC11",
            Rule::LoomWithinRc11 => "loom within graph RC11",
            Rule::ScWithinLoom => "graph SC within loom",
            Rule::WeakWithinLoom => "what is weak in graph RC11 within loom",
        })
    }
}

/// Outcomes that are missing, or too many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which engine is wrong about them.
    pub who: &'static str,
    pub outcomes: Outcomes,
}

/// What of the first is not in the second.
fn beyond(part: &Outcomes, whole: &Outcomes, who: &'static str) -> Option<Difference> {
    let outcomes: Outcomes = part.difference(whole).cloned().collect();
    (!outcomes.is_empty()).then_some(Difference { who, outcomes })
}
