//! A model checker for programs of Rust: every execution under the C++20 memory model, each once.
//!
//! This is what `loom` and `shuttle` are to the swap: objects and threads of its own, and a way to
//! run a closure many times. It knows nothing of scenarios.
//!
//! Read it in this order:
//! - [`event`], [`clock`], [`execution_graph`]: what an execution is; [`complete`]: what is told of
//!   one;
//! - [`coherence`], [`acyclicity`]: which ones are consistent;
//! - [`explorer`]: which one comes next;
//! - [`state`], [`replay`], [`operations`], [`fault`]: how a program runs along a graph;
//! - [`fibers`], [`current`]: its threads, as coroutines of one worker;
//! - [`races`], [`lifetime`], [`waiting`], [`quarantine`]: what else is seen on the way;
//! - [`workers`], with [`pulse`]: run after run, on several threads at once.

mod acyclicity;
mod clock;
mod coherence;
mod complete;
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
mod replay;
mod state;
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
