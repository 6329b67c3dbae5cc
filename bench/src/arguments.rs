//! The command line.

use clap::Parser;

use crate::{Case, Plan};

/// The command line of a benchmark, behind `cargo bench … --`.
///
/// `cargo bench` adds `--bench`. Without it the run is one of `cargo test`, whose arguments are for
/// tests; then it is `--quick` without tables, whatever they are.
#[derive(Clone, Debug, Parser)]
#[command(
    bin_name = "cargo bench --package selvedge-bench --",
    about = "Measures all variants of a case in turn, and prints their speeds and ratios",
    max_term_width = 100
)]
pub struct Arguments {
    /// Rounds to measure. One more comes before, and does not count
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,

    /// Operations of each variant in a round, in place of the case's own number
    #[arg(long, visible_alias = "messages", value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub operations: Option<u64>,

    /// Only cases with this in their name
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub filter: String,

    /// One round of a few operations, in any build, without tables: shows that everything runs
    #[arg(long)]
    pub quick: bool,

    /// Added by `cargo bench`
    #[arg(long, hide = true)]
    pub(crate) bench: bool,
}

/// The operations of `--quick`, unless given: enough to go round a ring several times.
const FEW: u64 = 5000;

impl Arguments {
    /// Reads the process's arguments; ends it with exit code 2 if they are wrong.
    pub(crate) fn from_command_line() -> Arguments {
        let arguments: Vec<_> = std::env::args_os().collect();
        if arguments.iter().any(|argument| argument == "--bench") {
            Arguments::parse_from(arguments)
        } else {
            Arguments::parse_from(["test", "--quick"])
        }
    }

    pub(crate) fn plan(&self, case: &Case) -> Plan {
        let few = if self.quick { FEW.min(case.operations) } else { case.operations };
        Plan {
            warm_up: !self.quick,
            rounds: if self.quick { 1 } else { self.rounds },
            operations: self.operations.unwrap_or(few),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_quick_run_is_one_round_of_a_few_operations() {
        let plan = |arguments: &[&str], operations| {
            let arguments = Arguments::parse_from([&["bench"], arguments].concat());
            arguments.plan(&Case { name: "case".to_owned(), operations, variants: Vec::new() })
        };
        let plan_of = |warm_up, rounds, operations| Plan { warm_up, rounds, operations };
        assert_eq!(plan(&["--bench"], 9_000), plan_of(true, 30, 9_000));
        assert_eq!(plan(&["--quick"], 9_000), plan_of(false, 1, FEW));
        assert_eq!(plan(&["--quick"], 90), plan_of(false, 1, 90));
        assert_eq!(plan(&["--messages", "7", "--rounds", "3"], 90), plan_of(true, 3, 7));
        assert_eq!(plan(&["--quick", "--operations", "7"], 90), plan_of(false, 1, 7));
    }
}
