//! Sums of report lines.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use selvedge::scenario::{ReportLine, grouped};

/// What ran under one engine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub scenarios: BTreeSet<String>,
    pub executions: u64,
    /// Executions with overlapping operations, where operations are observed.
    pub overlapping: Option<u64>,
    /// Runs that ended with a violation. A test that did not expect it has failed.
    pub violations: u64,
}

/// What ran, by engine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub engines: BTreeMap<String, Count>,
    /// Lines of other versions.
    pub unreadable: usize,
}

/// The line that ends the lines of a parent process.
pub fn end_of(parent: u32) -> String {
    format!("{{\"counted\":{parent}}}\n")
}

/// Sums the lines of a parent process, since they were summed last.
pub fn counts(report: &str, parent: u32) -> Counts {
    let mut counts = Counts::default();
    let end = end_of(parent);
    for line in report.lines() {
        match line.parse::<ReportLine>() {
            // Without executions, the engine was not in the build.
            Ok(line) if line.parent == Some(parent) && line.executions > 0 => counts.add(line),
            Ok(_) => {}
            Err(_) if line == end.trim_end() => counts = Counts::default(),
            Err(_) if line.starts_with("{\"counted\":") => {}
            Err(_) => counts.unreadable += 1,
        }
    }
    counts
}

impl Counts {
    fn add(&mut self, line: ReportLine) {
        let count = self.engines.entry(line.engine.to_string()).or_default();
        count.scenarios.insert(line.scenario);
        count.executions += line.executions;
        if let Some(overlapping) = line.overlapped {
            *count.overlapping.get_or_insert_default() += overlapping;
        }
        count.violations += u64::from(line.violation.is_some());
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (engine, count) in &self.engines {
            let Count { scenarios, executions, overlapping, violations } = count;
            let scenarios = counted(scenarios.len() as u64, "scenario");
            write!(f, "  {engine}: {scenarios}, {}", counted(*executions, "execution"))?;
            if let Some(overlapping) = overlapping {
                write!(f, " ({} overlapping)", grouped(*overlapping))?;
            }
            writeln!(f, ", {}, as expected", counted(*violations, "violation"))?;
        }
        if self.unreadable > 0 {
            writeln!(f, "  {} lines of another version were left out", self.unreadable)?;
        }
        Ok(())
    }
}

fn counted(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(number), if number == 1 { "" } else { "s" })
}
