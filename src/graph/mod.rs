//! A model checker for programs of Rust: every execution under the C++20 memory model, each once.
//!
//! This is what `loom` and `shuttle` are to the swap: objects and threads of its own, and a way to
//! run a closure many times. It knows nothing of scenarios.
//!
//! Read it in this order:
//! - [`event`], [`clock`], [`execution_graph`]: what an execution is; [`complete`]: what is told of
//!   one;
//! - [`coherence`], [`acyclicity`]: which ones are consistent;
//! - [`explorer`], [`alternatives`], [`budgets`]: which one comes next;
//! - [`state`], [`thread`], [`replay`], [`operations`], [`fault`]: how a program runs along a
//!   graph;
//! - [`fibers`], [`current`]: its threads, as coroutines of one worker;
//! - [`races`], [`lifetime`], [`waiting`], [`spinning`], [`owners`], [`quarantine`]: what else is
//!   seen on the way;
//! - [`lessons`]: what has to be known before;
//! - [`workers`], with [`pulse`]: run after run, on several threads at once.

mod acyclicity;
mod alternatives;
mod budgets;
mod clock;
mod coherence;
mod complete;
mod current;
mod event;
mod execution_graph;
mod explorer;
mod fault;
mod fibers;
mod lessons;
mod lifetime;
pub mod operations;
pub mod owners;
mod pulse;
pub mod quarantine;
mod races;
mod replay;
mod spinning;
mod state;
mod thread;
mod waiting;
mod workers;

pub use budgets::{Budgets, Met, Unusual};
pub use coherence::Model;
pub use current::{is_unwinding, note_panic};
pub use event::{Contents, Update};
pub use fault::{Fault, Recorded, Refusal};
pub use fibers::{End, Run};
pub use lessons::{Lesson, Lessons};
pub use pulse::Pulse;
pub use races::Access;
pub use state::Limits;
pub use workers::{Observer, Program, Settings, Summary, explore};

/// Where the program does something.
pub type Place = &'static std::panic::Location<'static>;
