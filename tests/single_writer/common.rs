//! What tests of the single writer have in common.

use std::num::NonZeroUsize;
use std::panic::resume_unwind;

use selvedge::SingleWriter;
use selvedge::single_writer::{CallError, SingleWriterBuilder};

/// A command to a sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    Add(u64),
    Panic,
}

/// What a call has come to.
pub type Answer = Result<u64, CallError<Command, u64>>;

pub fn size(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).expect("a size is not zero")
}

pub fn builder(capacity: usize, batch: usize) -> SingleWriterBuilder {
    SingleWriter::builder().capacity(size(capacity)).batch(size(batch))
}

/// The handler: returns the new sum.
pub fn add(sum: &mut u64, command: Command) -> u64 {
    match command {
        Command::Add(by) => *sum += by,
        Command::Panic => panic_silently(),
    }
    *sum
}

/// Panics, without a line on the terminal.
pub fn panic_silently() -> ! {
    resume_unwind(Box::new("as commanded"))
}
