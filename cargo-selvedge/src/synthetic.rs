//! Report lines for tests.

use selvedge::scenario::{CoverageLine, Method, ReportLine, ViolationLine};

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
        engine: engine.to_owned(),
        memory_model: "sequential consistency".to_owned(),
        executions: 12,
        blocked: 0,
        overlapped: Some(8),
        violating: 0,
        outcomes: vec![("()".to_owned(), 12)],
        coverage: CoverageLine::Complete,
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
    coverage: CoverageLine,
) -> ReportLine {
    with(line, |line| {
        line.executions = executions;
        line.overlapped = Some(overlapped);
        line.violating = violating;
        line.coverage = coverage;
        if violating > 0 {
            line.violation = Some(violation("panic"));
        }
    })
}

/// A violation with a text of three lines.
pub fn violation(kind: &str) -> ViolationLine {
    ViolationLine {
        kind: kind.to_owned(),
        message: "2 increments, final value 1".to_owned(),
        text: format!("{kind}: 2 increments, final value 1\n  #  one\n  1  load value -> 0"),
    }
}

/// Sampled with a seed.
pub const SAMPLED: CoverageLine = CoverageLine::Sampled { seed: Some(42) };
/// Everything with two preemptions at most.
pub const TWO_PREEMPTIONS: CoverageLine = CoverageLine::Bounded {
    preemptions: Some(2),
    executions: None,
    seconds: None,
    violation: false,
};
/// Up to the first violation.
pub const UNTIL_VIOLATION: CoverageLine =
    CoverageLine::Bounded { preemptions: None, executions: None, seconds: None, violation: true };
/// Cut after a time.
pub const CUT: CoverageLine = CoverageLine::Bounded {
    preemptions: None,
    executions: None,
    seconds: Some(10.0),
    violation: false,
};
