//! `cargo selvedge`: runs the tests, and prints what their scenarios report.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::ExitCode;

use console::Term;
use selvedge::scenario::ReportLine;

use crate::arguments::{ExploreArguments, chose_engines, engines};
use crate::cargo_test::{CargoTest, TestRun, test_filter};
use crate::failure::{FAILED, Failure};
use crate::flags::{ModelBuild, lost_flags};
use crate::left_out::LeftOut;
use crate::output::print_line;
use crate::package::Workspace;
use crate::paint::Paint;
use crate::report::ReportFile;
use crate::verdict::{Case, cases, is_problem};
use crate::{instances, json, matrix, summary};

/// Runs the tests and prints the result; the exit code says whether all is as expected.
///
/// # Errors
/// The arguments ask for what is not there, or cargo could not be run.
pub fn explore(arguments: &ExploreArguments) -> Result<ExitCode, Failure> {
    let of_environment = variable("SELVEDGE_ENGINES");
    let engines = engines(&arguments.engines, of_environment.as_deref())?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let folder = std::env::current_dir()
        .map_err(|error| Failure::new(format!("cannot tell the current folder: {error}")))?;
    let workspace = Workspace::read(&cargo, arguments.manifest_path.as_deref())?;
    let targets = workspace.test_targets(arguments, &folder);
    let no_color = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
    let paint = |is_terminal| Paint::new(arguments.color, no_color, is_terminal);
    let errors = paint(std::io::stderr().is_terminal());

    if let Some(place) = lost_flags(variable, &folder) {
        eprintln!("warning: the model build does not use {place}; set RUSTFLAGS if it must");
    }
    let build = ModelBuild::compose(variable);
    let colored = errors.is_colored();
    let mut command = CargoTest::new(&cargo, build.clone(), arguments, &targets, colored);
    // A name that no test has can be a setting's. Which settings there are, only a run tells.
    let of_no_test = match &arguments.only {
        Some(only) => command.list()?.iter().all(|test| !test.contains(&test_filter(only))),
        None => false,
    };
    if of_no_test {
        let all = ExploreArguments { only: None, ..arguments.clone() };
        command = CargoTest::new(&cargo, build, &all, &targets, colored);
    }
    let mut report = ReportFile::create(&workspace.target_folder()?.join("selvedge"))?;
    let run = command.run(&engines, &mut report)?;

    let mut unexplained = false;
    if !run.passed && !is_explained(&run, report.lines()) {
        unexplained = true;
        for line in &run.output {
            eprintln!("{line}");
        }
    }
    if report.lines().is_empty() {
        return Err(no_lines(&run, &command, arguments, &targets));
    }

    let mut lines = chosen(report.lines(), arguments.only.as_deref(), &run.failed());
    let only = arguments.only.as_deref().filter(|_| of_no_test);
    if let Some(only) = only.filter(|only| !lines.iter().any(|line| is_of_setting(line, only))) {
        return Err(Failure::arguments(no_match(only, &command.list()?, &settings(&lines))));
    }
    let mut left_out = LeftOut::default();
    if chose_engines(&arguments.engines, of_environment.as_deref()) {
        lines = left_out.take_other_engines(lines, &engines, &run.failed(), arguments.all);
    }
    left_out.count_without_setting(&lines, arguments.all);
    let cases = cases(&lines, arguments.all);
    let text = if arguments.json {
        json::document(&cases, &lines, run.passed).to_string()
    } else {
        let paint = paint(std::io::stdout().is_terminal());
        text(&cases, &lines, &left_out, &run.failed(), width(), paint)
    };
    print_line(&text)?;
    if let Some(text) = failed_tests(&run, unexplained) {
        eprintln!("error: {text}");
    }
    let good = run.passed && summary::is_good(&cases);
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}

/// The result for people, without an end of line.
fn text(
    cases: &[Case<'_>],
    lines: &[ReportLine],
    left_out: &LeftOut,
    failed: &[&str],
    width: usize,
    paint: Paint,
) -> String {
    let mut parts = Vec::new();
    if cases.is_empty() {
        parts.push(match lines.len() {
            1 => "1 exploration; no scenario has to hold or to be refuted".to_owned(),
            count => format!("{count} explorations; no scenario has to hold or to be refuted"),
        });
    } else {
        parts.push(matrix::render(&instances::without_shares(cases), width, paint));
        parts.extend(instances::render(cases, width, paint));
    }
    parts.extend(summary::violations(cases, lines, failed, paint));
    if !cases.is_empty() {
        parts.push(summary::legend(cases, paint));
    }
    parts.extend(left_out.render(width));
    if !cases.is_empty() {
        parts.push(summary::result(cases, width, paint));
    }
    parts.join("\n\n")
}

/// The lines of the settings with `only` in their name, and those that tell why a test failed; all
/// lines if no setting has it, since the tests were chosen by it already.
fn chosen(lines: &[ReportLine], only: Option<&str>, failed: &[&str]) -> Vec<ReportLine> {
    let Some(only) = only else { return lines.to_vec() };
    let has_it = |line: &ReportLine| is_of_setting(line, only);
    let tells = |line: &ReportLine| {
        is_problem(line) && line.test.as_deref().is_some_and(|test| failed.contains(&test))
    };
    match lines.iter().any(has_it) {
        true => lines.iter().filter(|line| has_it(line) || tells(line)).cloned().collect(),
        false => lines.to_vec(),
    }
}

/// Whether the line's setting has `only` in its name.
fn is_of_setting(line: &ReportLine, only: &str) -> bool {
    let setting = line.setting.as_deref().unwrap_or_default();
    test_filter(setting).to_lowercase().contains(&test_filter(only).to_lowercase())
}

/// Whether the scenarios' lines tell why the tests failed.
fn is_explained(run: &TestRun, lines: &[ReportLine]) -> bool {
    let failed = run.failed();
    let is_told = |test: &&str| {
        lines.iter().any(|line| line.test.as_deref() == Some(*test) && is_problem(line))
    };
    !run.crashed() && !failed.is_empty() && failed.iter().all(is_told)
}

/// Which tests failed, and where it is said why; `None` if none did.
fn failed_tests(run: &TestRun, unexplained: bool) -> Option<String> {
    let failed = run.failed();
    let tests = match failed.len() {
        _ if run.passed => return None,
        0 => "`cargo test` failed".to_owned(),
        1 => format!("the test {} failed", failed[0]),
        _ => format!("the tests {} failed", failed.join(", ")),
    };
    let why = match unexplained {
        true => "for more than scenarios report; see the output above the matrix",
        false => "see why beneath the matrix",
    };
    Some(format!("{tests}: {why}"))
}

/// Why there is no line at all.
fn no_lines(
    run: &TestRun,
    command: &CargoTest,
    arguments: &ExploreArguments,
    targets: &[String],
) -> Failure {
    if !run.passed {
        return Failure::new(
            "the tests failed before a scenario reported; see cargo's output above",
        );
    }
    if let Some(only) = &arguments.only {
        return match command.list() {
            Ok(tests) => Failure::arguments(no_match(only, &tests, &[])),
            Err(failure) => failure,
        };
    }
    let ran = match targets.len() {
        0 => "the tests that ran have".to_owned(),
        _ => format!("the test target {} has", targets.join(", ")),
    };
    Failure::arguments(format!(
        "{ran} no selvedge scenario: no report line was written; add `selvedge = {{ version = \
         \"{}\", features = [\"harness\"] }}` to [dev-dependencies] and a test that calls \
         `selvedge::scenario::Scenario::new(\"its name\").check(|| …)`",
        env!("CARGO_PKG_VERSION")
    ))
}

/// The settings of the lines, each once.
fn settings(lines: &[ReportLine]) -> Vec<&str> {
    let settings: BTreeSet<&str> =
        lines.iter().filter_map(|line| line.setting.as_deref()).collect();
    settings.into_iter().collect()
}

fn no_match(only: &str, tests: &[String], settings: &[&str]) -> String {
    if tests.is_empty() {
        return format!("no test matches --only {only}: there are no tests");
    }
    let mut text = format!("no test with a scenario matches --only {only}; the tests are");
    for test in tests {
        text.push_str("\n  ");
        text.push_str(test);
    }
    if !settings.is_empty() {
        text.push_str("\nand the settings are");
    }
    for setting in settings {
        text.push_str("\n  ");
        text.push_str(setting);
    }
    text
}

/// The columns that there are for the result.
fn width() -> usize {
    let stdout = Term::stdout();
    let columns = variable("COLUMNS");
    let terminal = stdout.size_checked().map(|(_, columns)| columns);
    width_of(columns.as_deref(), stdout.is_term(), terminal)
}

/// The width that `COLUMNS` tells, or else the terminal's. A terminal that does not tell its size,
/// as one without a number of rows, has 80 columns; what is no terminal has 100.
fn width_of(columns: Option<&str>, is_terminal: bool, terminal: Option<u16>) -> usize {
    let columns = columns.and_then(|columns| columns.trim().parse().ok());
    match columns.filter(|columns| *columns > 0) {
        Some(columns) => columns,
        None if is_terminal => terminal.map_or(80, usize::from),
        None => 100,
    }
}

/// A variable of the environment, if it is set, and is text.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
#[path = "explore_tests.rs"]
mod tests;
