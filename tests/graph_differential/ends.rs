//! How executions end, and how what the engine says of that may differ from what is expected.

use std::collections::{BTreeMap, BTreeSet};

use selvedge::scenario::GraphEnd;

/// Executions in the engine's notation, each with its end.
pub type Executions = BTreeSet<(GraphEnd, String)>;

/// How often the engine has come to each execution.
pub type Findings = BTreeMap<(GraphEnd, String), u64>;

/// How many executions end so.
pub fn count(executions: &Executions, end: GraphEnd) -> usize {
    executions.iter().filter(|(other, _)| *other == end).count()
}

/// What the engine has missed, invented or repeated. It need not come to blocked executions: how
/// many it meets depends on the order in which it explores.
pub fn difference(expected: &Executions, found: &Findings) -> Option<String> {
    let missing = expected
        .iter()
        .filter(|execution| execution.0 != GraphEnd::Blocked && !found.contains_key(*execution));
    let extra = found.keys().filter(|execution| !expected.contains(*execution));
    let repeated = found.iter().filter(|(_, times)| **times > 1);
    let text = |(end, key): &(GraphEnd, String)| format!("{end:?} {key}");
    let mut lines: Vec<String> = missing.map(|it| format!("missing: {}", text(it))).collect();
    lines.extend(extra.map(|it| format!("extra: {}", text(it))));
    lines.extend(repeated.map(|(it, times)| format!("{times} times: {}", text(it))));
    (!lines.is_empty()).then(|| lines.join("\n"))
}

#[test]
fn differences_are_told_apart() {
    use GraphEnd::{Blocked, Complete, Deadlock};
    let execution = |(end, key): (GraphEnd, &str)| (end, key.to_owned());
    let expected = [(Complete, "a"), (Complete, "b"), (Blocked, "c"), (Deadlock, "d")];
    let found = [((Complete, "b"), 2), ((Complete, "e"), 1), ((Blocked, "d"), 1)];
    let found = found.map(|(found, times)| (execution(found), times));
    let difference = difference(&expected.map(execution).into(), &found.into());
    let lines = [
        "missing: Complete a",
        "missing: Deadlock d",
        "extra: Complete e",
        "extra: Blocked d",
        "2 times: Complete b",
    ];
    assert_eq!(difference, Some(lines.join("\n")));
}
