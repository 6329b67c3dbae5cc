//! A concurrency test harness for Rust, and the shared-state primitives that it proves.

#[cfg(feature = "harness")]
pub mod catalogue;
#[cfg(feature = "harness")]
pub mod docs;
#[cfg(feature = "harness")]
mod engines;
#[cfg(feature = "harness")]
pub mod naive;
#[cfg(feature = "harness")]
pub mod scenario;
pub mod swap;
pub mod version;
pub mod versioned_cell;
pub mod versioned_words;

pub use version::{Conflict, Retry, Snapshot, UpdateError, Version};
pub use versioned_cell::{CachedReader, Versioned, VersionedCell};
pub use versioned_words::VersionedWords;

pub use swap::{cell, hash, hint, sync, thread, time};
