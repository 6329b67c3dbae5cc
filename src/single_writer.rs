//! State that one thread owns and changes, and that others change by sending it commands.

mod builder;
mod envelope;
mod error;
mod handle;
mod joiner;
mod published;
mod reply;
mod writer;

pub use builder::SingleWriterBuilder;
pub use error::{CallError, CastError, Panicked};
pub use handle::Handle;
pub use joiner::{Joiner, Shutdown};
pub use published::Published;
pub use reply::PendingReply;

/// State with one thread that changes it. See the [module](self) for the contract.
#[derive(Debug)]
pub enum SingleWriter {}

impl SingleWriter {
    /// Settings for a writer; those that are not chosen are the defaults.
    pub fn builder() -> SingleWriterBuilder {
        SingleWriterBuilder::new()
    }
}
