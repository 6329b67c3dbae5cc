//! Report lines for tests.

use std::time::Duration;

use selvedge::scenario::{
    Bound, BudgetsMet, Coverage, Method, ReportLine, ViolationKind, ViolationLine,
};

/// A complete run of 12 executions without a violation.
pub fn line(setting: &str, method: Method, engine: &str) -> ReportLine {
    ReportLine {
        schema: ReportLine::SCHEMA,
        scenario: format!(
            "{setting} {}",
            if method == Method::Refute { "naive" } else { "guarded" }
        ),
        setting: Some(setting.to_owned()),
        instances: None,
        method,
        engine: engine.parse().unwrap(),
        memory_model: "sequential consistency".to_owned(),
        inputs: None,
        executions: 12,
        blocked: 0,
        overlapped: Some(8),
        violating: 0,
        outcomes: vec![("()".to_owned(), 12)],
        coverage: Coverage::Complete,
        violation: None,
        seconds: 0.25,
        test: Some(format!("{}_keeps_all", setting.replace(' ', "_"))),
        package: Some("catalogue".to_owned()),
        parent: None,
    }
}

/// The same line, changed.
pub fn with(mut line: ReportLine, change: impl FnOnce(&mut ReportLine)) -> ReportLine {
    change(&mut line);
    line
}

/// Ran so often, with so many overlapping and so many wrong executions, and this coverage.
pub fn ran(
    line: ReportLine,
    (executions, overlapped, violating): (u64, u64, u64),
    coverage: Coverage,
) -> ReportLine {
    with(line, |line| {
        line.executions = executions;
        line.overlapped = Some(overlapped);
        line.violating = violating;
        line.coverage = coverage;
        if violating > 0 {
            line.violation = Some(violation(ViolationKind::Panic));
        }
    })
}

/// A violation with a text of three lines.
pub fn violation(kind: ViolationKind) -> ViolationLine {
    ViolationLine {
        kind,
        ticket: None,
        repeat: None,
        message: "2 increments, final value 1".to_owned(),
        text: format!("{kind}: 2 increments, final value 1\n  #  one\n  1  load value -> 0"),
    }
}

/// Sampled with a seed.
pub const SAMPLED: Coverage = Coverage::Sampled { seed: Some(42) };
/// Everything, within a bound.
pub fn bounded(change: impl FnOnce(&mut Bound)) -> Coverage {
    let mut bound = Bound::default();
    change(&mut bound);
    Coverage::Bounded(bound)
}

/// Everything within budgets, of which these were met.
pub fn within(change: impl FnOnce(&mut BudgetsMet)) -> Coverage {
    let mut met = BudgetsMet::default();
    change(&mut met);
    Coverage::within(met)
}

/// A line of the graph engine under RC11.
pub fn rc11(setting: &str, method: Method) -> ReportLine {
    with(line(setting, method, "graph"), |line| line.memory_model = "RC11".to_owned())
}

/// Everything with two preemptions at most.
pub fn two_preemptions() -> Coverage {
    bounded(|bound| bound.preemptions = Some(2))
}

/// Up to the first violation.
pub fn until_violation() -> Coverage {
    bounded(|bound| bound.violation = true)
}

/// Cut after a time.
pub fn cut() -> Coverage {
    bounded(|bound| bound.duration = Some(Duration::from_secs(10)))
}
