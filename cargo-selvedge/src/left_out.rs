//! What the matrix leaves out, and how to see it.

use std::collections::BTreeSet;

use selvedge::scenario::{Engine, ReportLine};

use crate::table::{width_of_text, wrap};
use crate::verdict::{Form, has_setting, is_problem};

/// The scenarios that ran and are no cases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    without_setting: usize,
    of_other_engines: usize,
    other_engines: Vec<String>,
}

impl LeftOut {
    /// Takes the lines out whose scenario chose its engine itself, and chose one that was not asked
    /// for; not those that tell why a test failed. If there would be none left, all stay.
    pub fn take_other_engines(
        &mut self,
        lines: Vec<ReportLine>,
        asked: &[Engine],
        failed: &[&str],
        all: bool,
    ) -> Vec<ReportLine> {
        let tells = |line: &ReportLine| {
            is_problem(line) && line.test.as_deref().is_some_and(|test| failed.contains(&test))
        };
        let any_setting = has_setting(&lines);
        let (kept, others): (Vec<ReportLine>, Vec<ReportLine>) =
            lines.into_iter().partition(|line| asked.contains(&line.engine) || tells(line));
        if kept.is_empty() {
            return others;
        }
        let stay: BTreeSet<_> = kept.iter().filter_map(scenario).collect();
        let gone = |line: &&ReportLine| {
            (line.setting.is_some() || all || !any_setting)
                && scenario(line).is_some_and(|scenario| !stay.contains(&scenario))
        };
        let gone = || others.iter().filter(gone);
        self.of_other_engines = gone().filter_map(scenario).collect::<BTreeSet<_>>().len();
        let engines: BTreeSet<Engine> = gone().map(|line| line.engine).collect();
        self.other_engines = engines.iter().map(Engine::to_string).collect();
        kept
    }

    /// Counts the scenarios without a setting that are no cases, since others have one.
    pub fn count_without_setting(&mut self, lines: &[ReportLine], all: bool) {
        let bare = lines.iter().filter(|line| line.setting.is_none());
        let bare: BTreeSet<_> = bare.filter_map(scenario).collect();
        self.without_setting = if all || !has_setting(lines) { 0 } else { bare.len() };
    }

    /// A sentence for each reason, in at most so many columns; `None` if nothing is left out.
    pub fn render(&self, width: usize) -> Option<String> {
        let mut sentences = Vec::new();
        if self.without_setting > 0 {
            let (scenarios, them) = counted(self.without_setting);
            sentences.push(format!(
                "left out: {scenarios} without a setting; --all shows {them}, uncounted"
            ));
        }
        if self.of_other_engines > 0 {
            let (scenarios, them) = counted(self.of_other_engines);
            let own = if self.of_other_engines == 1 { "its own" } else { "their own" };
            let engines = self.other_engines.join(",");
            sentences.push(format!(
                "left out: {scenarios} with an engine of {own} choice; --engine {engines} \
                 shows {them}"
            ));
        }
        let lines: Vec<String> = sentences
            .iter()
            .map(|sentence| wrap(sentence, width_of_text(width) - 2).join("\n  "))
            .collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}

/// What makes a scenario one case.
fn scenario(line: &ReportLine) -> Option<(&str, Option<u32>, Form)> {
    Some((line.scenario.as_str(), line.instances, Form::of(line)?))
}

fn counted(scenarios: usize) -> (String, &'static str) {
    match scenarios {
        1 => ("1 scenario".to_owned(), "it"),
        count => (format!("{count} scenarios"), "them"),
    }
}

#[cfg(test)]
mod tests {
    use selvedge::scenario::{Method, Sampler};

    use super::*;
    use crate::synthetic::{SAMPLED, line, ran, until_violation, with};
    use crate::verdict::cases;

    fn bare(name: &str, method: Method, engine: &str) -> ReportLine {
        with(line(name, method, engine), |line| line.setting = None)
    }

    #[test]
    fn scenarios_without_a_setting_are_not_left_out_without_a_word() {
        let lines = [
            line("cart", Method::Check, "loom"),
            bare("till", Method::Check, "loom"),
            bare("till", Method::Check, "threads"),
            bare("till", Method::Refute, "threads"),
            bare("clock", Method::Explore, "loom"),
        ];
        let count = |lines: &[ReportLine], all| {
            let mut left_out = LeftOut::default();
            left_out.count_without_setting(lines, all);
            left_out
        };
        let told = "left out: 2 scenarios without a setting; --all shows them, uncounted";
        assert_eq!(count(&lines, false).render(80).as_deref(), Some(told));
        let one = "left out: 1 scenario without a setting; --all shows it, uncounted";
        assert_eq!(count(&lines[..2], false).render(80).as_deref(), Some(one));
        assert_eq!(count(&lines, true).render(80), None);
        assert_eq!(count(&lines[1..], false).render(80), None);
    }

    /// The naive forms of three and more instances choose an engine that samples.
    fn gallery() -> Vec<ReportLine> {
        let share = |instances| {
            let line = ran(line("cart", Method::Refute, "shuttle-random"), (9, 9, 4), SAMPLED);
            with(line, |line| line.instances = Some(instances))
        };
        let naive = ran(line("cart", Method::Refute, "loom"), (9, 9, 1), until_violation());
        let naive = with(naive, |line| line.instances = Some(2));
        vec![naive, share(3), share(4), bare("till", Method::Check, "shuttle-random")]
    }

    #[test]
    fn engines_that_were_not_asked_for_are_left_out() {
        let asked = [Engine::Loom, Engine::Shuttle(Sampler::Dfs)];
        let mut left_out = LeftOut::default();
        let lines = left_out.take_other_engines(gallery(), &asked, &[], false);
        assert_eq!(lines, &gallery()[..1]);
        assert_eq!(
            crate::instances::render(&cases(&lines, false), 80, crate::paint::Paint::PLAIN),
            None
        );
        let told = "left out: 2 scenarios with an engine of their own choice; --engine\n  \
                    shuttle-random shows them";
        assert_eq!(left_out.render(80).as_deref(), Some(told));
    }

    #[test]
    fn a_scenario_under_an_engine_that_was_asked_for_is_not_left_out() {
        let both = [line("cart", Method::Check, "loom"), line("cart", Method::Check, "graph")];
        let mut left_out = LeftOut::default();
        let lines = left_out.take_other_engines(both.to_vec(), &[Engine::Loom], &[], false);
        assert_eq!(lines, &both[..1]);
        assert_eq!(left_out, LeftOut::default());
    }

    #[test]
    fn what_tells_why_a_test_failed_is_not_left_out() {
        let violated = ran(line("till", Method::Check, "threads"), (9, 9, 1), SAMPLED);
        let lines = vec![line("cart", Method::Check, "loom"), violated];
        let take = |failed: &[&str]| {
            LeftOut::default().take_other_engines(lines.clone(), &[Engine::Loom], failed, false)
        };
        assert_eq!(take(&["till_keeps_all"]), lines);
        assert_eq!(take(&[]), &lines[..1]);
    }

    #[test]
    fn where_nothing_would_be_left_all_stay() {
        let mut left_out = LeftOut::default();
        let lines = left_out.take_other_engines(gallery(), &[Engine::Threads], &[], false);
        assert_eq!(lines, gallery());
        assert_eq!(left_out, LeftOut::default());
    }
}
