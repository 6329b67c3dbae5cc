//! Judges findings by the rules, but for the gaps that are known.

use std::collections::{BTreeMap, BTreeSet};

use super::findings::{Findings, Found, LEAST, Outcomes};
use super::rules::{Difference, Rule};

/// A difference between engines that is known: exactly these outcomes, in this scenario. It must
/// occur.
#[derive(Clone, Copy, Debug)]
pub struct Gap {
    pub rule: Rule,
    pub scenario: &'static str,
    pub outcomes: &'static [&'static str],
    pub reason: &'static str,
}

/// What the comparison of several scenarios came to.
#[derive(Debug, Default)]
pub struct Comparison {
    gaps: Vec<Gap>,
    /// The gaps that occurred, by their places.
    needed: BTreeSet<usize>,
    names: BTreeSet<String>,
    /// Scenarios with enough outcomes, and without.
    compared: usize,
    left_out: usize,
    /// Outcomes that each engine found.
    outcomes: BTreeMap<&'static str, usize>,
    /// Scenarios that each rule was applied to.
    applied: BTreeMap<Rule, usize>,
    complaints: Vec<String>,
}

impl Comparison {
    pub fn new(gaps: &[Gap]) -> Comparison {
        Comparison { gaps: gaps.to_vec(), ..Comparison::default() }
    }

    /// Judges a scenario that must have enough outcomes.
    pub fn add(&mut self, findings: &Findings) {
        if !self.try_add(findings) {
            let scenario = &findings.scenario;
            self.complaints.push(format!(
                "{scenario}: compares nothing, because it has fewer than {LEAST} outcomes"
            ));
        }
    }

    /// Judges a scenario, and says whether it has enough outcomes. If not, it is not counted.
    pub fn try_add(&mut self, findings: &Findings) -> bool {
        let scenario = &findings.scenario;
        if !self.names.insert(scenario.clone()) {
            self.complaints.push(format!("{scenario}: two scenarios have this name"));
        }
        for (engine, found) in findings.engines() {
            match found {
                Found::Failed(message) => {
                    self.complaints.push(format!("{scenario}: {engine} fails it: {message}"));
                }
                Found::Outcomes { complete: false, .. } if engine.starts_with("graph") => {
                    self.complaints.push(format!("{scenario}: {engine} is not complete"));
                }
                Found::Outcomes { .. } => {}
            }
        }
        let compares = findings.compares();
        for rule in Rule::ALL {
            let Some(differences) = rule.differences(findings) else { continue };
            if compares {
                *self.applied.entry(rule).or_default() += 1;
            }
            if !differences.is_empty() {
                self.judge(scenario, rule, &differences);
            }
        }
        if !compares {
            self.left_out += 1;
            return false;
        }
        self.compared += 1;
        for (engine, found) in findings.engines() {
            *self.outcomes.entry(engine).or_default() += found.outcomes().map_or(0, BTreeSet::len);
        }
        true
    }

    /// Notes that a known gap occurred, or complains.
    fn judge(&mut self, scenario: &str, rule: Rule, differences: &[Difference]) {
        let known = self.gaps.iter().position(|gap| gap.rule == rule && gap.scenario == scenario);
        let Some(index) = known else {
            let complaints = differences.iter().map(|Difference { who, outcomes }| {
                format!("{scenario}: {rule}: {who} {outcomes:?}")
            });
            self.complaints.extend(complaints);
            return;
        };
        self.needed.insert(index);
        let found: Outcomes = differences.iter().flat_map(|d| d.outcomes.clone()).collect();
        let gap = self.gaps[index].outcomes.iter().map(|outcome| (*outcome).to_owned());
        let gap: Outcomes = gap.collect();
        if found != gap {
            self.complaints.push(format!(
                "{scenario}: {rule}: the known gap is {gap:?}, but {found:?} differ"
            ));
        }
    }

    /// Complains if a rule was applied to fewer scenarios than this: bounds that are too low
    /// compare nothing.
    pub fn demand(&mut self, rule: Rule, least: usize) {
        let applied = self.applied(rule);
        if applied < least {
            self.complaints
                .push(format!("{rule}: applied to {applied} scenarios, and not to {least}"));
        }
    }

    /// What is wrong, gaps that did not occur among it.
    pub fn complaints(&self) -> Vec<String> {
        let gaps = self.gaps.iter().enumerate();
        let unneeded = gaps.filter(|(index, _)| !self.needed.contains(index));
        let unneeded = unneeded.map(|(_, Gap { rule, scenario, reason, .. })| {
            let why = if self.names.contains(*scenario) { "occurs" } else { "has its scenario" };
            format!("{scenario}: {rule}: the known gap no longer {why}; take it out: {reason}")
        });
        self.complaints.iter().cloned().chain(unneeded).collect()
    }

    /// How many scenarios were compared.
    pub fn compared(&self) -> usize {
        self.compared
    }

    /// How many of them by this rule.
    pub fn applied(&self, rule: Rule) -> usize {
        self.applied.get(&rule).copied().unwrap_or(0)
    }

    /// The numbers, for people.
    pub fn summary(&self, what: &str) -> String {
        let Comparison { compared, left_out, gaps, .. } = self;
        let mut lines = vec![format!(
            "{what}: {compared} scenarios compared, {left_out} with fewer than {LEAST} outcomes \
             not counted, {} known gaps",
            gaps.len()
        )];
        lines.extend(Rule::ALL.map(|rule| format!("  {:>5} by {rule}", self.applied(rule))));
        let outcomes = self.outcomes.iter().map(|(engine, count)| format!("{engine} {count}"));
        lines.push(format!("  outcomes: {}", outcomes.collect::<Vec<_>>().join(", ")));
        lines.join("\n")
    }
}
