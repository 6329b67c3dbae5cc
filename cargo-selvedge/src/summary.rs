//! What stands beneath the matrix: violations, the meaning of the words, and the result.

use std::collections::HashSet;

use selvedge::scenario::{Bound, Coverage, ReportLine};

use crate::instances;
use crate::paint::Paint;
use crate::table::{width_of_text, wrap};
use crate::verdict::{Case, Form, Row, Verdict, is_problem, no_test};

/// The words of the matrix, explained; only those that occur. A line of at most 80 columns each.
pub fn legend(cases: &[Case<'_>], paint: Paint) -> String {
    let rows = || cases.iter().flat_map(|case| &case.rows);
    let shows = |verdict| rows().any(|row| row.verdict == verdict);
    // Of a run that tested nothing, the matrix names no coverage.
    let tests = || rows().filter(|row| row.is_test());
    let within = tests().any(|row| matches!(row.line.coverage, Coverage::Within(_)));
    let complete = tests().any(|row| row.line.coverage == Coverage::Complete);
    let stopped = tests().any(|row| row.bad().is_none());
    let inputs = rows().any(|row| row.line.inputs.is_some());
    let bounded = |by: fn(&Bound) -> bool| {
        tests().any(|row| matches!(&row.line.coverage, Coverage::Bounded(bound) if by(bound)))
    };
    let sampled = tests().any(|row| matches!(row.line.coverage, Coverage::Sampled { .. }));
    let cut = bounded(|bound| bound.executions.is_some() || bound.duration.is_some());
    let fair = bounded(|bound| bound.fair);
    let owners = bounded(|bound| bound.one_order_of_owners);
    let preemptions = bounded(|bound| bound.preemptions.is_some());
    let proved = match within {
        true => "no execution that the memory model and the budgets allow goes wrong",
        false => "no execution that the memory model allows goes wrong",
    };
    let form = |form| cases.iter().any(|case| case.form == form);
    let words = [
        (form(Form::Naive), "naive", "a scenario that `refute` runs: it must go wrong"),
        (form(Form::Guarded), "guarded", "a scenario that `check` runs: it must hold"),
        (
            shows(Verdict::Refuted),
            "refuted",
            "an execution went wrong, as one of a naive form must",
        ),
        (shows(Verdict::Held), "held", "nothing goes wrong, in all that the coverage names"),
        (shows(Verdict::Proved), "proved", proved),
        (within, "budgets", "timeouts and the like, by themselves: up to so many a thread"),
        (shows(Verdict::NotRefuted), "not refuted", "nothing went wrong in what was tried"),
        (shows(Verdict::Violated), "violated", "an execution went wrong that must not"),
        (
            shows(Verdict::NotTested),
            "not tested",
            "the run cannot tell: a limit was met, or the test is at fault; see above",
        ),
        (inputs, "inputs", "deliveries, or other choices, as far as the coverage says"),
        (true, "overlap", "executions in which two threads worked on one object at once"),
        (true, "bad", "share of the executions that went wrong"),
        (stopped, "–", "not known: the search stopped at the first that went wrong"),
        (complete, "complete", "all executions, under the engine's memory model"),
        (sampled, "sampled", "some executions, chosen by chance or by the machine"),
        (cut, "cut", "the budget ended first; inputs share it, and may leave some of it"),
        (preemptions, "preemption", "a switch away from a thread that could have gone on"),
        (fair, "fair waits", "all executions in which a thread that waits lets others move"),
        (owners, "Arc order", "owners of an Arc come and go in one order only"),
    ];
    let occurring = words.iter().filter(|(occurs, ..)| *occurs);
    let lines: Vec<String> =
        occurring.map(|(_, word, meaning)| paint.dim(&format!("{word:<11}  {meaning}"))).collect();
    lines.join("\n")
}

/// The whole text of each violation that should not be, of a case or of a test that failed. (A test
/// may look for a violation, and pass.) One for each scenario and kind, not one for each engine.
pub fn violations(
    cases: &[Case<'_>],
    lines: &[ReportLine],
    failed: &[&str],
    paint: Paint,
) -> Vec<String> {
    let is_of_case = |line: &ReportLine| {
        cases.iter().flat_map(|case| &case.rows).any(|row| std::ptr::eq(row.line, line))
    };
    let failed =
        |line: &ReportLine| line.test.as_deref().is_some_and(|test| failed.contains(&test));
    let mut problems: Vec<&ReportLine> = lines
        .iter()
        .filter(|line| is_problem(line) && (is_of_case(line) || failed(line)))
        .collect();
    let mut told = HashSet::new();
    let mut texts = Vec::new();
    // An exhaustive engine's is the shortest, as a rule.
    problems.sort_by_key(|line| !line.engine.is_exhaustive());
    for line in problems {
        let Some(violation) = &line.violation else { continue };
        if told.insert((&line.scenario, line.instances, violation.kind)) {
            let (first, rest) = violation.text.split_once('\n').unwrap_or((&violation.text, ""));
            let text = format!("{}\n{rest}", paint.bad(first));
            texts.push(text.trim_end().to_owned());
        }
    }
    texts
}

/// The number of cases that are as expected, what was proved, and why cases are not as expected.
/// Without an end of line.
pub fn result(cases: &[Case<'_>], width: usize, paint: Paint) -> String {
    let counted = || cases.iter().filter(|case| case.counted);
    let good = counted().filter(|case| case.is_as_expected()).count();
    let all = counted().count();
    let shown = instances::without_shares(cases).iter().filter(|case| case.counted).count();
    let mut line = match all - shown {
        0 => format!("{good} of {all} forms as expected"),
        shares => format!("{good} of {all} forms as expected, {shares} of them among the shares"),
    };
    match cases.len() - all {
        0 => {}
        uncounted => line.push_str(&format!("; {uncounted} without a setting not counted")),
    }
    let width = width_of_text(width);
    let line = wrap(&line, width - 2).join("\n  ");
    let mut lines = vec![if good == all { paint.good(&line) } else { paint.bad(&line) }];
    let mut add = |case: &Case<'_>, what: &str| {
        let text = format!("{}, {}: {what}", case.label, case.form);
        let text = wrap(&text, width - 4).join("\n    ");
        lines.push(format!("  {text}"));
    };
    for case in cases {
        if let Some(proof) = case.proof() {
            add(case, &format!("proved ({proof})"));
        }
    }
    // Last, since that is what is read first.
    for case in counted() {
        if let Some(reason) = reason(case) {
            add(case, &reason);
        }
    }
    lines.join("\n")
}

/// Whether all cases that are counted are as expected.
pub fn is_good(cases: &[Case<'_>]) -> bool {
    cases.iter().filter(|case| case.counted).all(Case::is_as_expected)
}

/// Why a case is not as expected, and what to do; `None` if it is.
pub fn reason(case: &Case<'_>) -> Option<String> {
    if case.is_as_expected() {
        return None;
    }
    let engines = |which: fn(&Row<'_>) -> bool| {
        let named = |row: &Row<'_>| match no_test(row.line) {
            Some(kind) => format!("{} ({kind})", row.line.engine),
            None => row.line.engine.to_string(),
        };
        let names: Vec<String> = case.rows.iter().filter(|row| which(row)).map(named).collect();
        names.join(" and ")
    };
    let ran = engines(|_| true);
    let exhaustive = engines(|row| row.line.engine.is_exhaustive());
    Some(match (case.form, case.verdict) {
        (_, Verdict::Violated) => {
            format!("violated under {}", engines(|row| row.verdict == Verdict::Violated))
        }
        (_, Verdict::NotTested) => {
            format!("not tested under {}", engines(|row| !row.is_test()))
        }
        (Form::Naive, _) => format!("not refuted: no execution went wrong under {ran}"),
        (Form::Guarded, _) if exhaustive.is_empty() => format!(
            "not refuted, which is all that {ran} can show; add --engine graph, loom or \
             shuttle-dfs, which can finish"
        ),
        (Form::Guarded, _) => {
            let cut = case.rows.iter().find_map(|row| match row.line.coverage {
                Coverage::Bounded(bound) if bound.duration.is_some() => Some("a longer time"),
                Coverage::Bounded(bound) if bound.executions.is_some() => Some("more executions"),
                _ => None,
            });
            let cure = match cut {
                Some(cut) => format!("{cut}, or a smaller scenario"),
                None => "a smaller scenario".to_owned(),
            };
            format!("not refuted: {exhaustive} did not finish; give it {cure}")
        }
    })
}

#[cfg(test)]
mod tests {
    use selvedge::scenario::Method;

    use super::*;
    use crate::synthetic::{SAMPLED, cut, line, ran, rc11, until_violation, with, within};
    use crate::verdict::cases;

    #[test]
    fn all_as_expected() {
        let lines = [
            ran(line("cart", Method::Refute, "loom"), (9, 9, 1), until_violation()),
            line("cart", Method::Check, "loom"),
            ran(
                rc11("till", Method::Check),
                (1_234_567, 9, 0),
                within(|met| met.timeouts = Some(1)),
            ),
        ];
        let cases = cases(&lines, false);
        assert!(is_good(&cases));
        insta::assert_snapshot!(result(&cases, 80, Paint::PLAIN));
        let legend = legend(&cases, Paint::PLAIN);
        assert!(legend.lines().all(|line| line.chars().count() <= 80), "{legend}");
        insta::assert_snapshot!(legend);
    }

    #[test]
    fn what_is_shown_and_not_counted_is_told() {
        let bare = with(line("cart", Method::Check, "loom"), |line| line.setting = None);
        let lines = [line("cart", Method::Check, "loom"), bare];
        let told = "1 of 1 forms as expected; 1 without a setting not counted";
        assert_eq!(result(&cases(&lines, true), 80, Paint::PLAIN), told);
    }

    #[test]
    fn each_case_that_is_not_has_its_reason() {
        let lines = [
            ran(line("a", Method::Refute, "shuttle-pct"), (9, 9, 0), SAMPLED),
            ran(line("b", Method::Check, "threads"), (9, 9, 0), SAMPLED),
            ran(line("c", Method::Check, "loom"), (9, 9, 1), until_violation()),
            ran(line("c", Method::Check, "shuttle-random"), (9, 9, 1), SAMPLED),
            ran(line("d", Method::Check, "loom"), (9, 9, 0), cut()),
            line("e", Method::Check, "loom"),
            rc11("f", Method::Check),
        ];
        let cases = cases(&lines, false);
        assert!(!is_good(&cases));
        insta::assert_snapshot!(result(&cases, 80, Paint::PLAIN));
        insta::assert_snapshot!(legend(&cases, Paint::PLAIN));
    }

    #[test]
    fn a_violation_is_told_once_a_scenario() {
        let lines = [
            ran(line("c", Method::Check, "threads"), (9, 9, 1), SAMPLED),
            with(ran(line("c", Method::Check, "loom"), (9, 9, 1), until_violation()), |line| {
                line.violation.as_mut().unwrap().text = "loom's\ntext\n".to_owned();
            }),
            ran(line("d", Method::Refute, "loom"), (9, 9, 1), until_violation()),
        ];
        let texts = violations(&cases(&lines, false), &lines, &[], Paint::PLAIN);
        assert_eq!(texts, ["loom's\ntext"]);
    }

    #[test]
    fn a_violation_that_a_test_looked_for_is_not_told() {
        let violated = ran(line("c", Method::Check, "loom"), (9, 9, 1), until_violation());
        let lines = [
            with(violated, |line| {
                line.setting = None;
                line.test = Some("c_keeps_all".to_owned());
            }),
            line("d", Method::Check, "loom"),
        ];
        let told =
            |failed: &[&str]| violations(&cases(&lines, false), &lines, failed, Paint::PLAIN).len();
        assert_eq!(told(&[]), 0);
        assert_eq!(told(&["c_keeps_all"]), 1);
    }
}
