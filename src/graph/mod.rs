//! A model checker for programs of Rust: every execution under the C++20 memory model, each once.
//!
//! This is what `loom` and `shuttle` are to the swap: objects and threads of its own, and a way to
//! run a closure many times. It knows nothing of scenarios.
//!
//! Read it in this order: [`event`], [`clock`], [`execution_graph`]: what an execution
//! is. [`coherence`],
//! [`acyclicity`]: which ones are consistent. [`explorer`]: which one comes next. [`state`],
//! [`fibers`], [`operations`]: how a program runs along a graph. [`races`], [`lifetime`],
//! [`waiting`]: what else is seen on the way. [`workers`]: several of it at once.

mod acyclicity;
mod clock;
mod coherence;
mod current;
mod event;
mod execution_graph;
mod explorer;
mod fault;
mod fibers;
mod lifetime;
pub mod operations;
mod pulse;
pub mod quarantine;
mod races;
mod random;
mod replay;
mod state;
mod summary;
mod waiting;
mod workers;

pub use coherence::Model;
pub use event::Update;
pub use fault::{Fault, Recorded, Refusal};
pub use fibers::{End, Run};
pub use pulse::Pulse;
pub use races::Access;
pub use state::Limits;
pub use workers::{Program, Settings, Summary, explore};
