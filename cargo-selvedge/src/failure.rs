//! Why the command could not do its work.

use std::fmt;
use std::process::ExitCode;

/// The exit code when a case is not as expected, or the tests did not get that far.
pub const FAILED: u8 = 1;
/// The exit code for arguments that ask for nothing that can be done.
pub const WRONG_ARGUMENTS: u8 = 2;

/// A failure with its exit code. `Display` is the cause, and the cure where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    /// The work was begun and went wrong.
    pub fn new(message: impl Into<String>) -> Failure {
        Failure { message: message.into(), code: FAILED }
    }

    /// The arguments are wrong, or ask for what is not there.
    pub fn arguments(message: impl Into<String>) -> Failure {
        Failure { message: message.into(), code: WRONG_ARGUMENTS }
    }

    /// What the process ends with.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
