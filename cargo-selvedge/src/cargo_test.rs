//! One run of `cargo test` in the model build, and what it prints.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use selvedge::scenario::Engine;

use crate::arguments::ExploreArguments;
use crate::failure::Failure;
use crate::flags::{ModelBuild, is_of_outer_cargo};
use crate::progress::Progress;
use crate::report::ReportFile;

/// What a run of `cargo test` came to.
#[derive(Debug)]
pub struct TestRun {
    /// Whether everything was built and every test passed.
    pub passed: bool,
    /// What cargo and the tests printed.
    pub output: Vec<String>,
}

impl TestRun {
    /// The tests that failed.
    pub fn failed(&self) -> Vec<&str> {
        self.output.iter().filter_map(|line| failed_test(line)).collect()
    }

    /// Whether a test process ended by a signal, or by itself, rather than with failed tests.
    pub fn crashed(&self) -> bool {
        self.output.iter().any(|line| line.contains("process didn't exit successfully"))
    }
}

/// `cargo test` with the arguments that choose what is built and run.
#[derive(Debug)]
pub struct CargoTest {
    cargo: OsString,
    build: ModelBuild,
    arguments: Vec<OsString>,
    test_arguments: Vec<String>,
    colors: bool,
}

impl CargoTest {
    /// The command for these arguments and test targets; all targets if there are none.
    pub fn new(
        cargo: &OsStr,
        build: ModelBuild,
        arguments: &ExploreArguments,
        targets: &[String],
        colors: bool,
    ) -> CargoTest {
        let mut words: Vec<OsString> = Vec::new();
        let mut option = |name: &str, value: &OsStr| words.extend([name.into(), value.into()]);
        for package in &arguments.packages {
            option("--package", package.as_ref());
        }
        if let Some(path) = &arguments.manifest_path {
            option("--manifest-path", path.as_ref());
        }
        for target in arguments.tests.iter().chain(targets) {
            option("--test", target.as_ref());
        }
        if arguments.release {
            words.push("--release".into());
        }
        let mut parts = arguments.cargo_test.splitn(2, |argument| argument == "--");
        let of_cargo = parts.next().unwrap_or_default();
        if !of_cargo.iter().any(|argument| argument == "--no-fail-fast") {
            words.push("--no-fail-fast".into());
        }
        words.extend(of_cargo.iter().map(OsString::from));
        let mut test_arguments = parts.next().unwrap_or_default().to_vec();
        test_arguments.extend(arguments.only.as_deref().map(test_filter));
        CargoTest { cargo: cargo.to_owned(), build, arguments: words, test_arguments, colors }
    }

    /// Runs the tests; their reports go to `report`, which is read meanwhile.
    ///
    /// # Errors
    /// cargo cannot be run, or the report cannot be read.
    pub fn run(&self, engines: &[Engine], report: &mut ReportFile) -> Result<TestRun, Failure> {
        let names: Vec<String> = engines.iter().map(Engine::to_string).collect();
        let mut command = self.command(&self.test_arguments);
        command.env("SELVEDGE_EXPECT", "model");
        command.env("SELVEDGE_REPORT", report.path());
        command.env("SELVEDGE_ENGINES", names.join(","));
        let mut child = self.spawn(&mut command)?;
        let mut progress = Progress::new();
        match follow(&mut child, report, &mut progress) {
            Ok((status, output)) => Ok(TestRun { passed: status.success(), output }),
            Err(failure) => {
                // The failure being reported matters more than one to end the child.
                let _ = child.kill();
                let _ = child.wait();
                Err(failure)
            }
        }
    }

    /// The names of all tests that would run without a filter.
    ///
    /// # Errors
    /// cargo cannot be run.
    pub fn list(&self) -> Result<Vec<String>, Failure> {
        let mut command = self.command(&["--list".to_owned()]);
        let child = self.spawn(&mut command)?;
        let output = child.wait_with_output().map_err(|error| self.cannot_run(&error))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let mut tests: Vec<String> = text
            .lines()
            .filter_map(|line| line.strip_suffix(": test"))
            .filter(|name| !name.contains(" (line "))
            .map(str::to_owned)
            .collect();
        tests.sort();
        Ok(tests)
    }

    fn command(&self, test_arguments: &[String]) -> Command {
        let mut command = Command::new(&self.cargo);
        command.arg("test").args(&self.build.arguments).args(&self.arguments);
        command.arg("--").args(test_arguments);
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(is_of_outer_cargo) {
                command.env_remove(name);
            }
        }
        for (name, value) in &self.build.variables {
            command.env(name, value);
        }
        if self.colors && std::env::var_os("CARGO_TERM_COLOR").is_none() {
            command.env("CARGO_TERM_COLOR", "always");
        }
        command
    }

    fn spawn(&self, command: &mut Command) -> Result<Child, Failure> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().map_err(|error| self.cannot_run(&error))
    }

    fn cannot_run(&self, error: &std::io::Error) -> Failure {
        Failure::new(format!("cannot run {}: {error}", self.cargo.to_string_lossy()))
    }
}

/// Collects what the child prints until it ends.
fn follow(
    child: &mut Child,
    report: &mut ReportFile,
    progress: &mut Progress,
) -> Result<(ExitStatus, Vec<String>), Failure> {
    let (sender, receiver) = channel();
    if let Some(stdout) = child.stdout.take() {
        read_lines(stdout, sender.clone());
    }
    if let Some(stderr) = child.stderr.take() {
        read_lines(stderr, sender);
    }
    let output = collect(&receiver, report, progress)?;
    let status =
        child.wait().map_err(|error| Failure::new(format!("cannot wait for cargo: {error}")))?;
    report.poll()?;
    Ok((status, output))
}

fn collect(
    receiver: &Receiver<String>,
    report: &mut ReportFile,
    progress: &mut Progress,
) -> Result<Vec<String>, Failure> {
    const POLL: Duration = Duration::from_millis(200);
    let mut output = Vec::new();
    let mut polled = Instant::now();
    loop {
        match receiver.recv_timeout(POLL) {
            Ok(line) => {
                progress.cargo_printed(&line);
                output.push(line);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(output),
        }
        if polled.elapsed() >= POLL {
            polled = Instant::now();
            report.poll()?;
            progress.reported(report.lines());
        }
    }
}

fn read_lines(stream: impl Read + Send + 'static, sender: Sender<String>) {
    std::thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while stream.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
            let text = String::from_utf8_lossy(&line);
            if sender.send(text.trim_end_matches(['\n', '\r']).to_owned()).is_err() {
                return;
            }
            line.clear();
        }
    });
}

/// The name of the test in a line like `test queue::keeps_all ... FAILED`.
fn failed_test(line: &str) -> Option<&str> {
    let (name, result) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
    let name = name.strip_suffix(" - should panic").unwrap_or(name);
    result.starts_with("FAILED").then_some(name)
}

/// A name in the spelling that tests have.
pub fn test_filter(name: &str) -> String {
    let in_tests = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':');
    name.trim().chars().map(|c| if in_tests(c) { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(arguments: ExploreArguments) -> CargoTest {
        let targets = ["catalogue".to_owned()];
        CargoTest::new("cargo".as_ref(), ModelBuild::default(), &arguments, &targets, false)
    }

    #[test]
    fn the_filter_is_after_the_tests_arguments() {
        let command = command(ExploreArguments {
            only: Some("text editor".to_owned()),
            release: true,
            packages: vec!["a".to_owned()],
            cargo_test: ["--features", "x", "--", "--nocapture", "--", "y"]
                .map(str::to_owned)
                .to_vec(),
            ..Default::default()
        });
        let expected = [
            "--package",
            "a",
            "--test",
            "catalogue",
            "--release",
            "--no-fail-fast",
            "--features",
            "x",
        ];
        assert_eq!(command.arguments, expected);
        assert_eq!(command.test_arguments, ["--nocapture", "--", "y", "text_editor"]);
    }

    #[test]
    fn fail_fast_is_switched_off_once() {
        let cargo_test = vec!["--no-fail-fast".to_owned()];
        let command = command(ExploreArguments { cargo_test, ..Default::default() });
        assert_eq!(command.arguments, ["--test", "catalogue", "--no-fail-fast"]);
    }

    #[test]
    fn failed_tests_are_recognized() {
        assert_eq!(failed_test("test a::b ... FAILED"), Some("a::b"));
        assert_eq!(failed_test("test a - should panic ... FAILED"), Some("a"));
        assert_eq!(failed_test("test a ... ok"), None);
        assert_eq!(failed_test("test result: FAILED. 1 passed; 1 failed"), None);
    }
}
