//! A concurrency test harness for Rust, and the shared-state primitives that it proves.

#[cfg(feature = "harness")]
pub mod catalogue;
#[cfg(feature = "harness")]
pub mod docs;
#[cfg(feature = "harness")]
mod engines;
#[cfg(feature = "harness")]
pub mod scenario;
pub mod swap;

pub use swap::{cell, hash, hint, sync, thread, time};
