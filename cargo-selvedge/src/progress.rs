//! What a person sees while the tests are built and run.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use console::truncate_str;
use indicatif::{ProgressBar, ProgressStyle};
use selvedge::scenario::ReportLine;

use crate::number;

/// On a terminal, a line that changes; elsewhere, a line now and then. All of it on stderr.
#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    begin: Instant,
    said: Instant,
    doing: String,
}

impl Progress {
    /// The shortest time between two lines that stay.
    const PAUSE: Duration = Duration::from_secs(10);

    /// Begins.
    pub fn new() -> Progress {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed:>4}");
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = style {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        let now = Instant::now();
        let progress = Progress { bar, begin: now, said: now, doing: String::new() };
        progress.show("building");
        progress
    }

    /// Takes notice of a line that cargo printed, or a test: it is compiling, has begun to run
    /// tests, or tells how far a scenario has come.
    pub fn cargo_printed(&mut self, line: &str) {
        if let Some(told) = told(line) {
            return self.pass_on(told);
        }
        let words = console::strip_ansi_codes(line);
        let mut words = words.split_whitespace();
        let doing = match (words.next(), words.next()) {
            (Some("Compiling"), Some(name)) => format!("building: {name}"),
            (Some("Downloading" | "Downloaded"), Some(name)) => format!("downloading: {name}"),
            (Some("Blocking"), _) => "waiting for another cargo".to_owned(),
            (Some("Running"), _) => "running".to_owned(),
            _ => return,
        };
        if !self.doing.starts_with("running") {
            self.show(&doing);
            self.doing = doing;
        }
    }

    /// Takes notice of the report so far.
    pub fn reported(&mut self, lines: &[ReportLine]) {
        if let Some(last) = lines.last() {
            let doing = running(lines, last);
            if doing != self.doing {
                self.show(&doing);
                self.doing = doing;
            }
        }
        if self.bar.is_none() && self.said.elapsed() >= Progress::PAUSE {
            self.said = Instant::now();
            let elapsed = number::seconds(self.begin.elapsed().as_secs_f64());
            eprintln!(
                "{}, {elapsed}",
                if self.doing.is_empty() { "building" } else { &self.doing }
            );
        }
    }

    /// Shows what a scenario told.
    fn pass_on(&mut self, told: &str) {
        self.show(told);
        if self.bar.is_none() {
            self.said = Instant::now();
            eprintln!("{told}");
        }
    }

    fn show(&self, doing: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(truncate_str(doing, 200, "…").into_owned());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// How far a scenario has come, if the line is one of those that it writes on a long run.
fn told(line: &str) -> Option<&str> {
    line.strip_prefix("selvedge: ").filter(|told| told.starts_with('"'))
}

/// "running: 12 scenarios, 1,234,567 executions; two_editors, loom".
fn running(lines: &[ReportLine], last: &ReportLine) -> String {
    let mut scenarios: Vec<(&str, Option<u32>)> =
        lines.iter().map(|line| (line.scenario.as_str(), line.instances)).collect();
    scenarios.sort_unstable();
    scenarios.dedup();
    let executions = number::grouped(lines.iter().map(|line| line.executions).sum());
    let scenarios = match scenarios.len() {
        1 => "1 scenario".to_owned(),
        count => format!("{} scenarios", number::grouped(count as u64)),
    };
    let test = last.test.as_deref().unwrap_or(&last.scenario);
    format!("running: {scenarios}, {executions} executions; {test}, {}", last.engine)
}

#[cfg(test)]
mod tests {
    use selvedge::scenario::Method;

    use super::*;
    use crate::synthetic::line;

    #[test]
    fn scenarios_are_counted_once() {
        let lines = [
            line("cart", Method::Check, "loom"),
            line("cart", Method::Check, "threads"),
            line("two editors", Method::Check, "loom"),
        ];
        assert_eq!(
            running(&lines, &lines[2]),
            "running: 2 scenarios, 36 executions; two_editors_keeps_all, loom"
        );
    }

    #[test]
    fn what_a_scenario_tells_is_told_apart_from_the_rest() {
        let line = "selvedge: \"a queue\": 610,000 executions in 10 s, 61,000/s, cut in some 3 min";
        assert_eq!(told(line), Some(&line[10..]));
        assert_eq!(told("selvedge: 3 warnings"), None);
        assert_eq!(told("running: \"a queue\""), None);
    }

    #[test]
    fn what_cargo_prints_is_understood() {
        let mut progress = Progress::new();
        progress.cargo_printed("\u{1b}[1m   Compiling\u{1b}[0m loom v0.7.3");
        assert_eq!(progress.doing, "building: loom");
        progress.cargo_printed("     Running tests/catalogue.rs (target/debug/deps/catalogue-1)");
        assert_eq!(progress.doing, "running");
        progress.cargo_printed("warning: unused");
        assert_eq!(progress.doing, "running");
    }
}
