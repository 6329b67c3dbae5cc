//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ColorChoice, Parser, Subcommand};
use selvedge::scenario::Engine;

use crate::failure::Failure;

const AFTER_HELP: &str = "\
Examples:
  cargo selvedge                          all settings, under six engines
  cargo selvedge --only counter           the tests and the settings with this in their name
  cargo selvedge --engine loom,shuttle-dfs
  cargo selvedge --json > report.json     for machines
  cargo selvedge -- --features full       more arguments for `cargo test`

`refute` runs a scenario as the naive form of its setting, which must go wrong, and `check` as the
guarded one, which must hold.

Exit code: 0 if every naive form was refuted and every guarded form held, 1 if not or if the tests
could not be run, 2 for wrong arguments.";

const ABOUT: &str = "\
Runs the scenarios of a crate that uses selvedge in the model build, and prints what each engine \
found in the naive and the guarded form of each setting.

It runs `cargo test` with `--cfg selvedge` added to the compiler's flags. Flags of RUSTFLAGS stay, \
and so do those of `target` tables in cargo's configuration; `build.rustflags` is not used. The \
SELVEDGE_* variables, such as SELVEDGE_MAX_EXECUTIONS, are for this command too.

A scenario may be in any test of the crate. A package that names test targets in its Cargo.toml

  [package.metadata.selvedge]
  test = [\"catalogue\"]

has only these run.";

/// `cargo selvedge`.
#[derive(Debug, Parser)]
#[command(
    name = "cargo-selvedge",
    bin_name = "cargo selvedge",
    version,
    about = "Runs the scenarios of a crate that uses selvedge, and prints what was explored",
    long_about = ABOUT,
    after_help = AFTER_HELP,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    max_term_width = 100
)]
pub struct Arguments {
    /// What to do instead of running scenarios.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to run scenarios.
    #[command(flatten)]
    pub explore: ExploreArguments,
}

/// What the command does besides running scenarios.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Copies a primitive's source files into another crate
    Copy(CopyArguments),
}

/// How to run scenarios.
#[derive(Clone, Debug, Default, Args)]
pub struct ExploreArguments {
    /// Run only the tests whose name contains NAME, or all if none does; and if a setting's name
    /// contains it, show only such settings
    #[arg(long, value_name = "NAME")]
    pub only: Option<String>,

    /// Engines to run, in place of graph, loom, shuttle-random, shuttle-pct, shuttle-dfs and
    /// threads; may be repeated or separated by commas. A scenario that chooses another engine
    /// itself is left out
    #[arg(long = "engine", value_name = "NAME", value_delimiter = ',')]
    pub engines: Vec<Engine>,

    /// Show every scenario, not only those with a setting
    #[arg(long)]
    pub all: bool,

    /// Print the report lines and the verdicts as one JSON document
    #[arg(long)]
    pub json: bool,

    /// When to use colors
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: ColorChoice,

    /// Build with optimizations
    #[arg(long)]
    pub release: bool,

    /// The package whose tests to run; may be repeated
    #[arg(short, long = "package", value_name = "SPEC")]
    pub packages: Vec<String>,

    /// The test target to run, as in `cargo test --test NAME`; may be repeated
    #[arg(long = "test", value_name = "NAME")]
    pub tests: Vec<String>,

    /// The path to Cargo.toml
    #[arg(long, value_name = "PATH")]
    pub manifest_path: Option<PathBuf>,

    /// More arguments for `cargo test`, and for its tests after another `--`
    #[arg(last = true, value_name = "CARGO_TEST_ARGS")]
    pub cargo_test: Vec<String>,
}

/// What to copy, and where to.
#[derive(Clone, Debug, Args)]
pub struct CopyArguments {
    /// The primitive to copy
    #[arg(required_unless_present = "list")]
    pub primitive: Option<String>,

    /// The folder for the files, inside the `src` of a crate; created if it is not there
    #[arg(long, value_name = "DIR", required_unless_present = "list")]
    pub to: Option<PathBuf>,

    /// The module that the folder is, as in `my_crate::shared`; derived from the nearest
    /// Cargo.toml and the folder otherwise
    #[arg(long, value_name = "PATH")]
    pub crate_path: Option<String>,

    /// Overwrite files that differ
    #[arg(long)]
    pub force: bool,

    /// List the primitives
    #[arg(long)]
    pub list: bool,
}

impl Arguments {
    /// Reads the process's arguments; ends it with exit code 2 if they are wrong.
    pub fn from_command_line() -> Arguments {
        Arguments::parse_from(without_subcommand(std::env::args_os().collect()))
    }
}

/// Removes the `selvedge` that cargo puts before the arguments of an installed subcommand.
fn without_subcommand(mut arguments: Vec<OsString>) -> Vec<OsString> {
    if arguments.get(1).is_some_and(|first| first == "selvedge") {
        arguments.remove(1);
    }
    arguments
}

/// The engines to run: the argument's, else those of `SELVEDGE_ENGINES`, else the default.
///
/// # Errors
/// `SELVEDGE_ENGINES` names an engine that is none.
pub fn engines(argument: &[Engine], environment: Option<&str>) -> Result<Vec<Engine>, Failure> {
    const DEFAULT: &str = "graph,loom,shuttle-random,shuttle-pct,shuttle-dfs,threads";
    if !argument.is_empty() {
        return Ok(without_repetition(argument));
    }
    let names = environment.filter(|names| !names.trim().is_empty()).unwrap_or(DEFAULT);
    let engines: Result<Vec<Engine>, _> =
        names.split(',').map(|name| name.trim().parse::<Engine>()).collect();
    match engines {
        Ok(engines) => Ok(without_repetition(&engines)),
        Err(error) => Err(Failure::arguments(format!("SELVEDGE_ENGINES: {error}"))),
    }
}

/// Whether somebody chose the engines, by the argument or by `SELVEDGE_ENGINES`.
pub fn chose_engines(argument: &[Engine], environment: Option<&str>) -> bool {
    !argument.is_empty() || environment.is_some_and(|names| !names.trim().is_empty())
}

fn without_repetition(engines: &[Engine]) -> Vec<Engine> {
    let mut once = Vec::new();
    for engine in engines {
        if !once.contains(engine) {
            once.push(*engine);
        }
    }
    once
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, clap::Error> {
        let words = std::iter::once("cargo-selvedge").chain(line.split_whitespace());
        Arguments::try_parse_from(without_subcommand(words.map(OsString::from).collect()))
    }

    #[test]
    fn the_definition_is_consistent() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_help_tells_which_method_makes_which_form() {
        use clap::CommandFactory;
        for help in [Arguments::command().render_help(), Arguments::command().render_long_help()] {
            let help = help.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(help.contains("`refute` runs a scenario as the naive form"), "{help}");
            assert!(help.contains("and `check` as the guarded one"), "{help}");
        }
    }

    #[test]
    fn accepts_the_name_that_cargo_inserts() {
        let arguments = parse("selvedge --only counter").unwrap();
        assert_eq!(arguments.explore.only.as_deref(), Some("counter"));
    }

    #[test]
    fn engines_are_repeated_or_separated_by_commas() {
        let arguments =
            parse("--engine loom,threads --engine shuttle-pct:5 --engine loom").unwrap();
        let engines = engines(&arguments.explore.engines, None).unwrap();
        let names: Vec<String> = engines.iter().map(Engine::to_string).collect();
        assert_eq!(names, ["loom", "threads", "shuttle-pct:5"]);
    }

    #[test]
    fn an_unknown_engine_is_an_error_with_the_list() {
        let error = parse("--engine lom").unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(
            error.to_string().contains("the engines are graph, loom, shuttle-random"),
            "{error}"
        );
        let error = engines(&[], Some("loom,lom")).unwrap_err();
        assert!(error.to_string().starts_with("SELVEDGE_ENGINES: unknown engine \"lom\""));
    }

    #[test]
    fn the_environment_chooses_engines_when_no_argument_does() {
        assert_eq!(engines(&[], Some("threads")).unwrap(), [Engine::Threads]);
        assert_eq!(engines(&[Engine::Loom], Some("threads")).unwrap(), [Engine::Loom]);
        assert_eq!(engines(&[], Some("")).unwrap().len(), 6);
        assert!(chose_engines(&[Engine::Loom], None) && chose_engines(&[], Some("threads")));
        assert!(!chose_engines(&[], Some(" ")) && !chose_engines(&[], None));
    }

    #[test]
    fn arguments_after_the_dashes_are_cargos() {
        let arguments = parse("--release -- --features x -- --nocapture").unwrap();
        assert_eq!(arguments.explore.cargo_test, ["--features", "x", "--", "--nocapture"]);
    }

    #[test]
    fn copying_needs_a_primitive_and_a_folder() {
        assert_eq!(parse("copy").unwrap_err().exit_code(), 2);
        assert_eq!(parse("copy versioned_cell").unwrap_err().exit_code(), 2);
        assert!(parse("copy versioned_cell --to src/shared").is_ok());
        assert!(parse("copy --list").is_ok());
    }

    #[test]
    fn copying_does_not_mix_with_running() {
        assert_eq!(parse("--json copy --list").unwrap_err().exit_code(), 2);
    }
}
