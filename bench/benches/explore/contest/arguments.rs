//! The command line.

use std::time::Duration;

use clap::Parser;
use selvedge::scenario::Memory;

/// The command line, behind `ci/bench-explore`.
///
/// `cargo bench` adds `--bench`. Without it the run is one of `cargo test`, whose arguments are for
/// tests; then it is `--quick`, whatever they are.
#[derive(Clone, Debug, Parser)]
#[command(
    bin_name = "ci/bench-explore",
    about = "Explores programs under each engine in turn, and prints executions a second",
    max_term_width = 100
)]
pub struct Arguments {
    /// Rounds to measure
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,

    /// How long an engine may explore a program, in each round
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub seconds: Duration,

    /// Only programs with this in their name
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub filter: String,

    /// The memory model of the graph engine: rc11 or sc
    #[arg(long, value_name = "MODEL", default_value = "rc11")]
    pub memory: Memory,

    /// A few executions of each program, in any model build, without tables: shows that everything
    /// runs
    #[arg(long)]
    pub quick: bool,

    /// Added by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

impl Arguments {
    /// Reads the process's arguments; ends it with exit code 2 if they are wrong.
    pub fn from_command_line() -> Arguments {
        let arguments: Vec<_> = std::env::args_os().collect();
        if arguments.iter().any(|argument| argument == "--bench") {
            Arguments::parse_from(arguments)
        } else {
            Arguments::parse_from(["test", "--quick"])
        }
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().map_err(|_| "not a number".to_owned())?;
    let duration = Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())?;
    if duration.is_zero() { Err("nothing runs in no time".to_owned()) } else { Ok(duration) }
}
