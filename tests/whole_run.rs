//! The closing lines of `cargo test`: what the scenarios of the whole run came to, under each
//! engine, and whether that is at least the floor of `ci/floor`. A green run has run something.
//!
//! `.cargo/config.toml` lets every scenario append a report line to `target/selvedge-report.jsonl`.
//! cargo runs the tests of a package by name, so this one, which has no harness, is last, and sums
//! the lines that have the same parent process as itself: the cargo that runs them all.
//!
//! Where only a part ran (a filter, `--test`, budgets in `SELVEDGE_*`), it prints the sums and
//! compares nothing.

#[path = "whole_run/count.rs"]
mod count;
#[path = "whole_run/extent.rs"]
mod extent;
#[path = "whole_run/floor.rs"]
mod floor;

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use count::Counts;
use extent::Extent;

/// A report of this size begins anew, so that it does not grow forever.
const LARGE: u64 = 64 * 1024 * 1024;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--list") {
        // For those who ask each test binary for its tests.
        println!("whole_run: test");
        return ExitCode::SUCCESS;
    }
    match run(&arguments) {
        Ok(remark) => {
            println!("  {remark}");
            println!("whole run: 1 passed, 0 failed\n");
            ExitCode::SUCCESS
        }
        Err(complaints) => {
            for complaint in complaints {
                println!("  {complaint}");
            }
            println!("whole run: 0 passed, 1 failed\n");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<String, Vec<String>> {
    let parent = extent::parent_process();
    let extent = extent::of(arguments, std::env::vars().map(|(name, _)| name), &parent.command);
    println!("\nwhole run, {} build", floor::build());
    let Some(path) = std::env::var_os("SELVEDGE_REPORT").map(PathBuf::from) else {
        return Ok("not counted: SELVEDGE_REPORT is not set, as .cargo/config.toml does".to_owned());
    };
    let report = match fs::read_to_string(&path) {
        Ok(report) => report,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(vec![format!("{}: {error}", path.display())]),
    };
    let counts = count::counts(&report, parent.id);
    print!("{counts}");
    // Another report belongs to whoever asked for it.
    if path.file_name().is_some_and(|name| name == "selvedge-report.jsonl") {
        close(&path, parent.id).map_err(|error| vec![format!("{}: {error}", path.display())])?;
    }
    compare(&counts, extent)
}

fn compare(counts: &Counts, extent: Extent) -> Result<String, Vec<String>> {
    if let Extent::Part(reason) = extent {
        return Ok(format!("not compared with ci/floor: {reason}"));
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("ci/floor");
    let rows = fs::read_to_string(&file).map_err(|error| error.to_string());
    let rows = rows.and_then(|text| floor::parse(&text));
    let rows = rows.map_err(|error| vec![format!("ci/floor: {error}")])?;
    let complaints = floor::complaints(&rows, floor::build(), counts);
    if complaints.is_empty() {
        Ok("at least the floor of ci/floor".to_owned())
    } else {
        Err(complaints)
    }
}

/// Ends the lines of this parent, whose process id may come again one day.
fn close(path: &Path, parent: u32) -> std::io::Result<()> {
    if fs::metadata(path).is_ok_and(|report| report.len() > LARGE) {
        fs::rename(path, path.with_extension("jsonl.old"))?;
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut report = OpenOptions::new().create(true).append(true).open(path)?;
    report.write_all(count::end_of(parent).as_bytes())
}
