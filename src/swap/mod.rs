//! The swap: std's names for atomics, locks, threads, cells and time, in two builds.
//!
//! * **Production** (the default): re-exports of std, parking_lot and crossbeam-utils, and
//!   transparent newtypes. It costs nothing.
//! * **The model build** (feature `harness`, and `--cfg loom`, `--cfg shuttle` or
//!   `--cfg selvedge`): each object belongs, from its creation to its end, to the engine that runs
//!   the scenario. Outside of a scenario it is the production type, so that doctests, unit tests
//!   and ordinary programs work in this build too.
//!
//! Porting a crate is one word: `std::sync` becomes `selvedge::sync`, and likewise `thread`,
//! `cell`, `hint` and `time`. This folder is the only place that names `std::sync`, parking_lot,
//! crossbeam-utils, loom or Shuttle for the code under test.
//!
//! # What is absent, and why
//!
//! | absent | reason |
//! | --- | --- |
//! | atomics in a `static` or `const` | a modelled object belongs to one execution; see [`const_fn!`](crate::const_fn) |
//! | `Atomic*::{as_ptr, from_ptr, from_mut}` | plain access behind the engine's back |
//! | `AtomicPtr::fetch_ptr_*`, `Atomic*::{update, try_update}` | newer than this crate's `rust-version` |
//! | `AtomicBool` and integer `get_mut` as `&mut T` | in the model build it is a guard that writes back when dropped |
//! | `thread::park`, `Thread::unpark` | the token is shared with foreign code; use [`sync::Parker`] |
//! | lock poisoning | locks have parking_lot's shape: a panic unlocks |
//! | mapped, upgradable and `Arc` guards, fair unlocking | no engine has them |
//! | results of `Condvar::notify_one` and `notify_all` | loom and Shuttle do not tell |
//! | `mpsc` | a queue of its own is a primitive of this project, not a part of the swap |

#[cfg(feature = "harness")]
pub(crate) mod execution;
#[cfg(feature = "harness")]
mod thread_harness;
#[cfg(feature = "harness")]
pub(crate) mod threads;

mod macros;

#[cfg(not(all(feature = "harness", any(loom, shuttle, selvedge))))]
mod production;
#[cfg(not(all(feature = "harness", any(loom, shuttle, selvedge))))]
pub use production::{cell, hash, hint, sync, thread, time};

#[cfg(all(feature = "harness", any(loom, shuttle, selvedge)))]
pub(crate) mod model;
#[cfg(all(feature = "harness", any(loom, shuttle, selvedge)))]
pub use model::{cell, hash, hint, sync, thread, time};
