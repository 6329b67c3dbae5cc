//! Whether all tests ran, or a part of them.

use std::process::Command;

/// What ran before this test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Everything.
    Whole,
    /// Less, or with other budgets; with the reason.
    Part(String),
}

/// The process that runs the tests.
pub struct Parent {
    pub id: u32,
    /// Its command line; empty if it cannot be seen.
    pub command: Vec<String>,
}

/// The process that runs this one.
pub fn parent_process() -> Parent {
    #[cfg(unix)]
    let id = std::os::unix::process::parent_id();
    #[cfg(not(unix))]
    let id = 0;
    let command = match std::fs::read(format!("/proc/{id}/cmdline")) {
        Ok(bytes) => {
            let words = bytes.split(|byte| *byte == 0).filter(|word| !word.is_empty());
            words.map(|word| String::from_utf8_lossy(word).into_owned()).collect()
        }
        Err(_) => listed(id),
    };
    Parent { id, command }
}

/// The command line as `ps` shows it.
fn listed(id: u32) -> Vec<String> {
    let output = Command::new("ps").args(["-o", "args=", "-p", &id.to_string()]).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    text.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

/// Arguments of libtest's that leave no test out.
const HARMLESS: [&str; 9] = [
    "--color",
    "--format",
    "--include-ignored",
    "--no-capture",
    "--nocapture",
    "--quiet",
    "--show-output",
    "--test-threads",
    "-q",
];

/// Those of them that have a value.
const WITH_VALUE: [&str; 3] = ["--color", "--format", "--test-threads"];

/// Arguments of cargo's that choose targets. `--tests` and `--all-targets` choose all tests.
const CHOICES: [&str; 9] = [
    "--bench",
    "--benches",
    "--bin",
    "--bins",
    "--doc",
    "--example",
    "--examples",
    "--lib",
    "--test",
];

/// Variables that change how much is run.
const BUDGETS: [&str; 7] = [
    "SELVEDGE_ENGINES",
    "SELVEDGE_LITMUS",
    "SELVEDGE_MAX_DURATION",
    "SELVEDGE_MAX_EVENTS",
    "SELVEDGE_MAX_EXECUTIONS",
    "SELVEDGE_PREEMPTION_BOUND",
    "SELVEDGE_REPLAY",
];

/// What ran, judged by this test's arguments, which are those of every test; the names of the
/// environment's variables; and the command line of the process that runs the tests.
pub fn of(
    arguments: &[String],
    variables: impl Iterator<Item = String>,
    command: &[String],
) -> Extent {
    let part = |reason: String| Extent::Part(reason);
    if let Some(argument) = filter(arguments) {
        return part(format!("the argument {argument} leaves tests out"));
    }
    if let Some(variable) = variables.into_iter().find(|name| BUDGETS.contains(&name.as_str())) {
        return part(format!("{variable} is set"));
    }
    let runner = command.first().map(String::as_str).unwrap_or_default();
    let runner = runner.rsplit(['/', '\\']).next().unwrap_or_default();
    if !["cargo", "cargo.exe"].contains(&runner) {
        return part("no cargo runs the tests, as far as can be seen".to_owned());
    }
    let mut words = command.iter().skip(1).take_while(|word| *word != "--");
    match words.find(|word| CHOICES.contains(&word.split('=').next().unwrap_or_default())) {
        Some(choice) => part(format!("cargo's argument {choice} leaves targets out")),
        None => Extent::Whole,
    }
}

/// The first argument that leaves tests out.
fn filter(arguments: &[String]) -> Option<&str> {
    let mut arguments = arguments.iter().map(String::as_str);
    while let Some(argument) = arguments.next() {
        let name = argument.split('=').next().unwrap_or_default();
        if !HARMLESS.contains(&name) {
            return Some(argument);
        }
        if WITH_VALUE.contains(&argument) {
            arguments.next();
        }
    }
    None
}
