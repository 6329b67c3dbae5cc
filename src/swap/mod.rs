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
//! | atomics and locks in a `static` or `const`, `LazyLock` | a modeled object belongs to one execution; see [`const_fn!`](crate::const_fn) |
//! | `Atomic*::{as_ptr, from_ptr, from_mut}`, `UnsafeCell::{get, raw_get}`, `MutexGuard::leak`, the raw parts of locks and parkers | access behind the engine's back |
//! | `AtomicBool` and integer `get_mut` as `&mut T` | in the model build it is a guard that writes back when dropped |
//! | what is newer than this crate's `rust-version`: arithmetic of `AtomicPtr`, `Atomic*::{update, try_update}`, `Once::wait`, `OnceLock::wait` | it follows `rust-version` |
//! | what is deprecated: `compare_and_swap`, `spin_loop_hint`, `sleep_ms`, `ONCE_INIT` | it has a successor |
//! | `thread::park`, `Thread::unpark` | the token is shared with foreign code; use [`sync::Parker`] |
//! | `JoinHandle::is_finished`, `is_locked` of locks | a look that no engine orders; use `join`, `try_lock` |
//! | `Builder::spawn_unchecked` | [`thread::scope`] does it safely |
//! | `thread::available_parallelism` | the machine's, so that an execution could not be repeated elsewhere |
//! | lock poisoning, `LockResult` | locks have parking_lot's shape: a panic unlocks |
//! | `try_lock_for`, `try_lock_until` and the like | no engine has locks that time out; use [`sync::Condvar`] |
//! | `read_recursive` | readers of the model build do not wait for waiting writers, so it would not differ from `read` |
//! | mapped, upgradable and `Arc` guards, fair unlocking, `bump` | no engine has them |
//! | `Arc<T>` where an `Arc<dyn Trait>` is wanted | the compiler changes std's only; write `Arc::from(Box::new(x) as Box<dyn Trait>)` |
//! | methods with `self: Arc<Self>`, `std::task::Wake` | likewise; use `this: Arc<Self>`, and std's own `Arc` for wakers |
//! | an `Arc` of what borrows from a value that ends with it | likewise; declare the value before the `Arc` |
//! | `Arc::make_mut` of what has no size; `Read`, `Write` and the like for `Arc<File>` | no stable trait says which types std means; write through `&*arc` |
//! | the data in the `Debug` of locks and cells | in the model build printing is no operation of the scenario |
//! | `SystemTime` | a wall clock; pass its readings in as values |
//! | `FairMutex`, `ReentrantMutex`, `AtomicCell`, `ShardedLock`, `WaitGroup` | not std's; build them from what is here |
//! | `mpsc` | no engine has it; build it from `Mutex` and `Condvar` |

#[cfg(feature = "harness")]
pub(crate) mod choices;
#[cfg(feature = "harness")]
pub(crate) mod execution;
#[cfg(feature = "harness")]
mod fault;
#[cfg(feature = "harness")]
pub(crate) mod gate;
#[cfg(feature = "harness")]
pub(crate) mod leaving;
#[cfg(feature = "harness")]
mod threads;

mod macros;

#[cfg(not(all(feature = "harness", any(loom, shuttle, selvedge))))]
mod production;
#[cfg(not(all(feature = "harness", any(loom, shuttle, selvedge))))]
pub use production::{cell, hash, hint, sync, thread, time};

#[cfg(all(feature = "harness", any(loom, shuttle, selvedge)))]
pub(crate) mod model;
#[cfg(all(feature = "harness", any(loom, shuttle, selvedge)))]
pub use model::{cell, hash, hint, sync, thread, time};

/// For [`quarantine!`](crate::quarantine).
#[cfg(all(feature = "harness", any(loom, shuttle, selvedge)))]
#[doc(hidden)]
pub use crate::graph::quarantine::Quarantine;
