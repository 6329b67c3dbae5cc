//! `cargo selvedge`: runs the scenarios of a crate that uses selvedge in the model build, and
//! prints what each engine found in the naive and the guarded form of each setting.
//!
//! | file | idea |
//! | --- | --- |
//! | `arguments` | the command line |
//! | `flags` | the compiler's flags of the model build |
//! | `package` | which packages and test targets there are |
//! | `cargo_test` | one run of `cargo test`, and what it prints |
//! | `report` | the file in which scenarios leave their lines |
//! | `progress` | what a person sees meanwhile |
//! | `verdict` | what a line, and a case with all of its lines, shows |
//! | `matrix`, `table`, `instances`, `summary` | the result as text |
//! | `left_out` | what the matrix leaves out, and how to see it |
//! | `json` | the result for machines |
//! | `copy` | a primitive as source files for another crate |

mod arguments;
mod cargo_test;
mod copy;
mod explore;
mod failure;
mod flags;
mod instances;
mod json;
mod left_out;
mod matrix;
mod number;
mod output;
mod package;
mod paint;
mod progress;
mod report;
mod summary;
#[cfg(test)]
mod synthetic;
mod table;
mod verdict;

use std::process::ExitCode;

use arguments::{Arguments, Command};

fn main() -> ExitCode {
    let arguments = Arguments::from_command_line();
    let result = match &arguments.command {
        Some(Command::Copy(arguments)) => copy::copy(arguments),
        None => explore::explore(&arguments.explore),
    };
    match result {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("error: {failure}");
            failure.exit_code()
        }
    }
}
