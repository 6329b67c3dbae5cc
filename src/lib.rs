//! A concurrency test harness for Rust, and the shared-state primitives that it proves.
//!
//! * [`versioned_cell`] and [`versioned_words`]: shared values with a version; a write can be made
//!   conditional on it.
//! * [`idempotency_table`]: an effect that is asked for several times under one key runs once.
//! * [`sequenced_register`] and [`sequenced_map`]: a value, or one for each key, that the newest
//!   event decides, by its stamp, whatever the order of arrival.
//! * [`lamport_clock`] and [`hybrid_clock`]: readings for events, of which a cause's is smaller
//!   than its effect's; the second's are close to the time of day.
//! * [`reorder_buffer`]: takes numbered items in any order, and hands them out in that of their
//!   numbers.
//! * [`swap`], re-exported as [`sync`], [`thread`], [`cell`], [`hint`], [`hash`] and [`time`]:
//!   std's names, over production types or over the engines of a scenario.
//! * With the feature `harness`: `scenario`, which runs one closure in every interleaving that an
//!   engine can reach; `arrivals`, messages that come late, twice and anywhere; `catalogue`,
//!   settings from real life; `naive`, the mistakes that people make; `docs`, on what no checker
//!   sees and on porting.

#[cfg(feature = "harness")]
pub mod arrivals;
#[cfg(feature = "harness")]
pub mod catalogue;
#[cfg(feature = "harness")]
#[doc(hidden)] // For `cargo selvedge copy`.
pub mod copy_out;
#[cfg(feature = "harness")]
pub mod docs;
#[cfg(feature = "harness")]
mod engines;
#[cfg(all(feature = "harness", any(loom, shuttle, selvedge)))]
pub(crate) mod graph;
mod hash_index;
pub mod hybrid_clock;
pub mod idempotency_table;
pub mod lamport_clock;
#[cfg(feature = "harness")]
pub mod naive;
pub mod offer;
mod panics;
pub mod queue;
#[cfg(feature = "harness")]
mod random;
pub mod reorder_buffer;
#[cfg(feature = "harness")]
pub mod scenario;
pub mod sequenced_map;
pub mod sequenced_register;
pub mod single_writer;
pub mod stamp;
pub mod swap;
pub mod version;
pub mod versioned_cell;
pub mod versioned_words;

pub use hybrid_clock::HybridClock;
pub use idempotency_table::{Fingerprint, IdempotencyTable};
pub use lamport_clock::LamportClock;
pub use offer::{Offer, Stamped};
pub use reorder_buffer::{Push, ReorderBuffer};
pub use sequenced_map::{Floors, SequencedMap};
pub use sequenced_register::SequencedRegister;
pub use single_writer::{CallError, SingleWriter};
pub use stamp::{ClockStamp, Hlc, Lamport, Seq, Stamp};
pub use version::{Conflict, Retry, Snapshot, UpdateError, Version};
pub use versioned_cell::{CachedReader, Versioned, VersionedCell};
pub use versioned_words::VersionedWords;

pub use swap::{cell, hash, hint, sync, thread, time};

/// The code of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
