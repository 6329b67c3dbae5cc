//! What people write first: a naive twin of each primitive, with the same operations and a mistake
//! in their logic, never in memory safety. The checkers have to find it.
//!
//! A trait for each kind of primitive lets one scenario run on the guarded form and on its twin.
//! Their operations differ in the mistake only.

mod claim_in_two_steps;
mod empty_then_closed;
mod ends;
mod hybrid_clock;
mod idempotency_table;
mod idempotent;
mod in_order;
mod lamport_clock;
mod logical_clock;
mod optimistic;
mod reorder_buffer;
mod sequenced_map;
mod sequenced_register;
mod serial;
mod single_writer;
mod versioned_cell;
mod versioned_words;

pub use claim_in_two_steps::ClaimInTwoSteps;
pub use empty_then_closed::EmptyThenClosed;
pub use ends::{ReceivingEnd, SendingEnd};
pub use hybrid_clock::HybridClock;
pub use idempotency_table::IdempotencyTable;
pub use idempotent::Idempotent;
pub use in_order::InOrder;
pub use lamport_clock::LamportClock;
pub use logical_clock::LogicalClock;
pub use optimistic::Optimistic;
pub use reorder_buffer::ReorderBuffer;
pub use sequenced_map::{Answer, KeyedLastWriterWins, SequencedMap};
pub use sequenced_register::{CompareThenStore, LastArrival, LastWriterWins, NewestClock, Written};
pub use serial::Serial;
pub use single_writer::SingleWriter;
pub use versioned_cell::VersionedCell;
pub use versioned_words::VersionedWords;
