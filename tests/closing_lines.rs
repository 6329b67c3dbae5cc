//! The parts of `tests/whole_run.rs`, which itself has no harness.

#[path = "whole_run/count.rs"]
mod count;
#[path = "whole_run/extent.rs"]
mod extent;
#[path = "whole_run/floor.rs"]
mod floor;

use count::{Count, Counts, counts, end_of};
use extent::Extent;
use selvedge::scenario::{Coverage, Method, ReportLine, ViolationKind, ViolationLine};

fn line(scenario: &str, engine: &str, parent: u32) -> ReportLine {
    ReportLine {
        schema: ReportLine::SCHEMA,
        scenario: scenario.to_owned(),
        setting: None,
        instances: None,
        method: Method::Check,
        engine: engine.parse().unwrap(),
        memory_model: "this machine".to_owned(),
        inputs: None,
        executions: 1_000,
        blocked: 0,
        overlapped: Some(600),
        violating: 0,
        outcomes: Vec::new(),
        coverage: Coverage::Complete,
        violation: None,
        seconds: 0.1,
        test: None,
        package: None,
        parent: Some(parent),
    }
}

/// The lines as a report file has them.
fn report(lines: &[ReportLine]) -> String {
    let file = std::env::temp_dir().join(format!("closing-lines-{}", std::process::id()));
    let file = file.with_extension(format!("{:?}", std::thread::current().id()));
    for line in lines {
        line.append(&file).unwrap();
    }
    let report = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    report
}

fn refuted(scenario: &str, engine: &str, parent: u32) -> ReportLine {
    let violation = ViolationLine {
        ticket: None,
        repeat: None,
        kind: ViolationKind::Panic,
        message: "lost update".to_owned(),
        text: String::new(),
    };
    let method = Method::Refute;
    ReportLine { method, violation: Some(violation), ..line(scenario, engine, parent) }
}

#[test]
fn lines_of_this_run_are_summed_by_engine() {
    let report = report(&[
        line("a", "loom", 7),
        line("a", "loom", 7),
        refuted("b", "loom", 7),
        line("a", "loom", 8),
        ReportLine { overlapped: None, ..line("a", "threads", 7) },
    ]);
    assert_eq!(
        counts(&report, 7).to_string(),
        "  loom: 2 scenarios, 3,000 executions (1,800 overlapping), 1 violation, as expected\n  \
         threads: 1 scenario, 1,000 executions, 0 violations, as expected\n"
    );
}

#[test]
fn lines_of_an_earlier_run_and_of_other_versions_are_left_out() {
    let lines = report(&[line("a", "loom", 7)]);
    let other = lines.replace("\"schema\":1", "\"schema\":0");
    let text = format!("{lines}{}{other}half a li\n{}{lines}", end_of(7), end_of(8));
    let counted = counts(&text, 7);
    assert_eq!(counted.engines["loom"].executions, 1_000);
    assert_eq!(counted.unreadable, 2);
    assert!(counted.to_string().ends_with("2 lines of another version were left out\n"));
    assert_eq!(counts("", 7), Counts::default());
}

fn ran(scenarios: u64, executions: u64) -> Counts {
    let scenarios = (0..scenarios).map(|number| number.to_string()).collect();
    let count = Count { scenarios, executions, ..Count::default() };
    Counts { engines: [("loom".to_owned(), count)].into(), unreadable: 0 }
}

#[test]
fn less_than_the_floor_is_told() {
    let text = "# build engine scenarios executions\n\nloom loom 5 1,000 # why\nshuttle loom 9 9\n";
    let rows = floor::parse(text).unwrap();
    let complaints = |build, counts: &Counts| floor::complaints(&rows, build, counts);
    assert_eq!(complaints("loom", &ran(5, 1_000)), [""; 0]);
    for below in [ran(4, 1_000), ran(5, 999), Counts::default()] {
        let complaints = complaints("loom", &below);
        assert_eq!(complaints.len(), 1, "{complaints:?}");
        assert!(complaints[0].contains("at least 5 and 1,000"), "{complaints:?}");
    }
    let mut unknown = ran(5, 1_000);
    unknown.engines.insert("graph".to_owned(), Count::default());
    assert_eq!(complaints("loom", &unknown), ["ci/floor has no row for loom graph"]);
    assert!(complaints("selvedge", &Counts::default())[0].contains("no row for the selvedge"));
}

#[test]
fn a_floor_that_cannot_be_read_is_told() {
    assert!(floor::parse("loom loom 5").unwrap_err().starts_with("line 1: "));
    assert!(floor::parse("\nloom loom many 5").unwrap_err().starts_with("line 2: "));
}

#[test]
fn the_floor_in_the_tree_can_be_read_and_knows_every_build() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("ci/floor");
    let rows = floor::parse(&std::fs::read_to_string(path).unwrap()).unwrap();
    for build in ["production", "loom", "shuttle", "selvedge"] {
        assert!(rows.iter().any(|row| row.build == build), "{build}");
    }
    assert!(rows.iter().all(|row| row.scenarios > 0 && row.executions > 0));
    assert!(rows.iter().any(|row| row.build == floor::build()));
}

#[track_caller]
fn extent(arguments: &str, variables: &str, command: &str) -> Extent {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    extent::of(&words(arguments), words(variables).into_iter(), &words(command))
}

#[test]
fn a_part_of_the_tests_is_not_the_whole_run() {
    for (arguments, variables, command) in [
        ("", "PATH SELVEDGE_REPORT SELVEDGE_SEED SELVEDGE_EXPECT", "/usr/bin/cargo test"),
        ("--nocapture --test-threads 1 -q --color=always", "", "cargo test --release --workspace"),
        ("", "", "cargo test --tests --all-targets -p selvedge --locked"),
        ("--nocapture", "", "cargo test -- --nocapture"),
        ("", "", "cargo loom"),
        ("", "", "C:\\bin\\cargo.exe t"),
    ] {
        assert_eq!(extent(arguments, variables, command), Extent::Whole, "{command} {arguments}");
    }
    for (arguments, variables, command, reason) in [
        ("g1_", "", "cargo test g1_", "g1_"),
        ("--test-threads 1 name", "", "cargo test", "name"),
        ("--ignored", "", "cargo test", "--ignored"),
        ("--skip g1", "", "cargo test", "--skip"),
        ("", "SELVEDGE_ENGINES", "cargo test", "SELVEDGE_ENGINES"),
        ("", "SELVEDGE_MAX_EXECUTIONS", "cargo test", "SELVEDGE_MAX_EXECUTIONS"),
        ("", "", "cargo test --test engines --test whole_run", "--test"),
        ("", "", "cargo test --test=whole_run", "--test=whole_run"),
        ("", "", "bash", "no cargo"),
        ("", "", "", "no cargo"),
    ] {
        match extent(arguments, variables, command) {
            Extent::Part(told) => assert!(told.contains(reason), "{told}"),
            Extent::Whole => panic!("{command} {arguments} is not the whole run"),
        }
    }
}

#[test]
fn the_process_that_runs_the_tests_is_seen() {
    let parent = extent::parent_process();
    assert_eq!(cfg!(unix), parent.id > 0);
    assert_eq!(cfg!(target_os = "linux"), !parent.command.is_empty() && cfg!(target_os = "linux"));
}
