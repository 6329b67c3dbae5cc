//! A concurrency test harness for Rust, and the shared-state primitives that it proves.

pub mod swap;

pub use swap::{cell, hash, hint, sync, thread, time};
