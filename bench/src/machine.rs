//! What a run's numbers depend on, for its head.

use std::process::Command;
use std::time::SystemTime;
use std::{env, fs, thread};

/// A few lines: machine, build, date and command. The process's arguments follow the command.
pub fn head(command: &str) -> String {
    let cores = thread::available_parallelism().map_or(0, |cores| cores.get());
    let date = humantime::format_rfc3339_seconds(SystemTime::now());
    let arguments: Vec<_> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let command = format!("{command} {}", arguments.join(" "));
    let command = command.trim_end_matches([' ', '-']);
    format!(
        "{}, {cores} cores; {}\n{}, {}; selvedge {}\n{date}  {command}",
        processor(),
        system(),
        env!("BENCH_RUSTC"),
        profile(),
        env!("CARGO_PKG_VERSION"),
    )
}

/// Panics in a build whose speed says nothing.
pub fn refuse_debug_assertions() {
    if cfg!(debug_assertions) {
        panic!("this build has debug assertions; measure with `cargo bench`, or pass --quick");
    }
}

fn profile() -> &'static str {
    if cfg!(debug_assertions) { "with debug assertions" } else { "optimized" }
}

/// The model of the processor, as its system calls it.
fn processor() -> String {
    let from_linux = || {
        let text = fs::read_to_string("/proc/cpuinfo").ok()?;
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let from_macos = || output("sysctl", &["-n", "machdep.cpu.brand_string"]);
    from_linux().or_else(from_macos).unwrap_or_else(|| env::consts::ARCH.to_owned())
}

/// The system and its release.
fn system() -> String {
    output("uname", &["-sr"]).unwrap_or_else(|| env::consts::OS.to_owned())
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.trim().to_owned()).filter(|text| output.status.success() && !text.is_empty())
}
