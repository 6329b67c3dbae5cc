//! How many executions of the wrong programs fail, as the lines of a report tell it: a process of
//! its own writes them.

use std::process::Command;

use selvedge::scenario::{Coverage, Engine, ReportLine, Scenario};
use selvedge::sync::atomic::Ordering::*;

use super::{
    dekkers_entry, message_in_an_atomic, message_in_memory, new_node, taken_away, two_writers,
};

/// The variable that asks for the inner test, which an ordinary run does not want.
const INNER: &str = "INNER_TEST";

#[test]
fn inner_refutes() {
    if std::env::var_os(INNER).is_none() {
        return;
    }
    let refute = |name, program: Box<dyn Fn() + Send + Sync>| {
        let _ = Scenario::new(name).engine(Engine::Graph).refute(program);
    };
    refute("message in memory", Box::new(message_in_memory(Relaxed)));
    refute("message in an atomic", Box::new(message_in_an_atomic(Relaxed)));
    refute("Dekker", Box::new(dekkers_entry([Release, Acquire])));
    refute("two writers", Box::new(two_writers(0)));
    refute("new node", Box::new(new_node(Relaxed)));
    refute("freed at once", Box::new(taken_away(true, true)));
}

/// Explored to their end, wrong programs have as many executions as the right ones and some more,
/// and only these fail.
#[test]
fn failing_executions_are_counted() {
    let file = std::env::temp_dir().join(format!("graph-findings-{}", std::process::id()));
    let mut command = Command::new(std::env::current_exe().unwrap());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SELVEDGE_") {
            command.env_remove(name);
        }
    }
    let output = command
        .args(["--exact", "--nocapture", "counts::inner_refutes"])
        .env(INNER, "1")
        .env("SELVEDGE_REPORT", &file)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let report = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let lines: Vec<ReportLine> = report.lines().map(|line| line.parse().unwrap()).collect();
    let counts: Vec<_> =
        lines.iter().map(|line| (&*line.scenario, line.executions, line.violating)).collect();
    assert_eq!(
        counts,
        [
            ("message in memory", 2, 1),
            ("message in an atomic", 3, 1),
            ("Dekker", 4, 1),
            ("two writers", 1, 1),
            ("new node", 2, 1),
            ("freed at once", 2, 1),
        ]
    );
    for line in &lines {
        assert_eq!(line.coverage, Coverage::Complete, "{line:?}");
        assert_eq!(line.blocked, 0, "{line:?}");
    }
}
