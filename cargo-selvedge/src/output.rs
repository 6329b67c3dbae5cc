//! Standard output.

use std::io::{ErrorKind, Write};

use crate::failure::Failure;

/// Prints a text and an end of line. It is no error if the reader has seen enough, as `head` has.
///
/// # Errors
/// Standard output cannot be written to for another reason.
pub fn print_line(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    let written = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}
