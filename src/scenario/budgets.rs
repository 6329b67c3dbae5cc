//! What may happen by itself under the graph engine, and how often.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Scenario;

/// What may happen without a cause under the graph engine: how often in each thread, at most.
///
/// Each budget is a thread's own, and counts anew in each execution. The exploration has all
/// executions in which every thread keeps to its budgets, those without any such event among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Budgets {
    /// Failures of `compare_exchange_weak` although the value matches.
    pub spurious_failures: u32,
    /// Ends of a wait on a condition variable although nobody notified it.
    pub spurious_wakeups: u32,
    /// Ends of a timed wait although its time has not come.
    pub timeouts: u32,
}

/// The budgets that an exploration met: of each kind that could have happened once more somewhere,
/// the budget which kept it from that. A kind without a budget here was explored in full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct BudgetsMet {
    /// See [`Budgets::spurious_failures`].
    pub spurious_failures: Option<u32>,
    /// See [`Budgets::spurious_wakeups`].
    pub spurious_wakeups: Option<u32>,
    /// See [`Budgets::timeouts`].
    pub timeouts: Option<u32>,
}

impl BudgetsMet {
    /// Whether no budget was met, so that nothing was left out.
    pub fn is_none(&self) -> bool {
        *self == BudgetsMet::default()
    }

    /// What two parts of an exploration met together.
    pub fn or(self, other: BudgetsMet) -> BudgetsMet {
        BudgetsMet {
            // Of two budgets, what lies within the smaller one is what both parts have.
            spurious_failures: smaller(self.spurious_failures, other.spurious_failures),
            spurious_wakeups: smaller(self.spurious_wakeups, other.spurious_wakeups),
            timeouts: smaller(self.timeouts, other.timeouts),
        }
    }

    /// The budgets that were met, each with the noun for one and for several.
    fn named(&self) -> impl Iterator<Item = (u32, [&'static str; 2])> {
        let kinds = [
            (self.timeouts, ["timeout", "timeouts"]),
            (self.spurious_wakeups, ["spurious wake-up", "spurious wake-ups"]),
            (self.spurious_failures, ["spurious failure", "spurious failures"]),
        ];
        kinds.into_iter().filter_map(|(most, nouns)| Some((most?, nouns)))
    }
}

fn smaller(one: Option<u32>, other: Option<u32>) -> Option<u32> {
    one.into_iter().chain(other).min()
}

impl fmt::Display for BudgetsMet {
    /// `up to 1 timeout a thread, without spurious failures`; nothing if none was met.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let up_to: Vec<String> = self
            .named()
            .filter(|(most, _)| *most > 0)
            .map(|(most, [one, several])| {
                format!("{most} {}", if most == 1 { one } else { several })
            })
            .collect();
        let without: Vec<String> = self
            .named()
            .filter(|(most, _)| *most == 0)
            .map(|(_, [_, several])| several.to_owned())
            .collect();
        let mut parts = Vec::new();
        if !up_to.is_empty() {
            parts.push(format!("up to {} a thread", enumeration(&up_to, "and")));
        }
        if !without.is_empty() {
            parts.push(format!("without {}", enumeration(&without, "or")));
        }
        f.write_str(&parts.join(", "))
    }
}

/// `a, b and c`.
fn enumeration(words: &[String], last: &str) -> String {
    match words {
        [] => String::new(),
        [word] => word.clone(),
        [first @ .., word] => format!("{} {last} {word}", first.join(", ")),
    }
}

/// Budgets of the graph engine. Other engines do not look at them.
impl Scenario {
    /// The graph engine: how often, in each thread at most, a `compare_exchange_weak` may fail
    /// although the value matches, as it may on some machines. Default: 0, so that none does.
    pub fn spurious_failures(mut self, failures: u32) -> Self {
        self.budgets.spurious_failures = failures;
        self
    }

    /// The graph engine: how often, in each thread at most, a wait on a condition variable may end
    /// although nobody notified it. Default: 0, so that none does.
    ///
    /// It shows whether the caller looks again at what it waits for.
    pub fn spurious_wakeups(mut self, wakeups: u32) -> Self {
        self.budgets.spurious_wakeups = wakeups;
        self
    }

    /// The graph engine: how often, in each thread at most, a timed wait may end by itself, as if
    /// its time had come. Default: 0, so that none does.
    ///
    /// Otherwise time stands still until a thread calls [`time::advance`](crate::time::advance):
    /// a timed wait ends when what it waits for happens, or when time was advanced that far.
    pub fn timeouts(mut self, timeouts: u32) -> Self {
        self.budgets.timeouts = timeouts;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Coverage;

    fn met(timeouts: Option<u32>, wakeups: Option<u32>, failures: Option<u32>) -> BudgetsMet {
        BudgetsMet { timeouts, spurious_wakeups: wakeups, spurious_failures: failures }
    }

    #[test]
    fn a_coverage_names_the_budgets_that_were_met() {
        let table = [
            (met(None, None, None), "complete"),
            (met(Some(1), None, None), "complete up to 1 timeout a thread"),
            (met(None, Some(3), None), "complete up to 3 spurious wake-ups a thread"),
            (
                met(Some(1), None, Some(2)),
                "complete up to 1 timeout and 2 spurious failures a thread",
            ),
            (
                met(Some(2), Some(1), Some(1)),
                "complete up to 2 timeouts, 1 spurious wake-up and 1 spurious failure a thread",
            ),
            (met(None, None, Some(0)), "complete without spurious failures"),
            (
                met(Some(0), Some(0), Some(0)),
                "complete without timeouts, spurious wake-ups or spurious failures",
            ),
            (
                met(Some(1), None, Some(0)),
                "complete up to 1 timeout a thread, without spurious failures",
            ),
        ];
        for (met, text) in table {
            assert_eq!(Coverage::within(met).to_string(), text);
        }
    }

    #[test]
    fn without_a_budget_that_was_met_it_is_complete() {
        assert_eq!(Coverage::within(BudgetsMet::default()), Coverage::Complete);
        let failures = met(None, None, Some(0));
        assert_eq!(Coverage::within(failures), Coverage::Within(failures));
    }

    #[test]
    fn parts_of_an_exploration_have_met_what_one_of_them_has() {
        let (one, other) = (met(Some(1), None, Some(2)), met(None, Some(0), Some(1)));
        assert_eq!(one.or(other), met(Some(1), Some(0), Some(1)));
        assert!(!one.or(BudgetsMet::default()).is_none());
        assert!(BudgetsMet::default().or(BudgetsMet::default()).is_none());
    }

    #[test]
    fn a_scenario_has_no_budget_that_it_does_not_ask_for() {
        assert_eq!(Scenario::new("none").budgets, Budgets::default());
        let asked = Scenario::new("each").timeouts(1).spurious_wakeups(2).spurious_failures(3);
        let each = Budgets { timeouts: 1, spurious_wakeups: 2, spurious_failures: 3 };
        assert_eq!(asked.budgets, each);
        assert_eq!(asked.timeouts(0).budgets, Budgets { timeouts: 0, ..each });
    }
}
