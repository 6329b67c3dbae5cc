//! The model build of the swap: each type holds one variant an engine, chosen when it is created.
//!
//! Engines keep the *synchronization* of an object; locks and cells keep their data themselves.
//! Every operation asks its [`Origin`] first whether it may run here, and is reported to the
//! execution's [`Trace`] afterwards, with thread, object, orderings, values and source place.

mod arc;
mod atomic;
mod barrier;
mod condvar;
mod graph;
mod local;
mod mutex;
mod once;
mod origin;
mod parker;
mod rwlock;
mod trace;
mod unsafe_cell;
mod word;

pub mod hash;
pub mod hint;
pub mod time;

/// `std::thread`.
pub mod thread {
    pub use super::super::threads::*;
    pub use super::local::LocalKey;
    pub use super::parker::sleep;
    #[doc(no_inline)]
    pub use std::thread::AccessError;
}

pub(crate) use arc::OrderOfOwners;
pub(crate) use graph::{explain as explain_fault, join_thread, spawn_thread};
pub(crate) use local::forget as forget_locals;
pub(crate) use mutex::forget_deferred;
pub(crate) use origin::{joined, refuse_too_many_threads, spawned, thread_ends, waiting};
pub(crate) use time::{start_clock, waits_for_clock};
pub(crate) use trace::{Event, Trace, Wait};

/// How the model build treats an execution, besides which engine runs it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ModelSettings {
    /// loom: before each atomic access, a relaxed read-modify-write of a second atomic, so that
    /// loom sees dependencies that it forgets otherwise (tokio-rs/loom #166).
    pub probe: bool,
    /// loom: a SeqCst access is an acquire or release access and a SeqCst fence. loom itself treats
    /// SeqCst accesses as AcqRel.
    pub seq_cst_fences: bool,
    /// Operations of one execution after which it counts as a livelock.
    pub max_events: usize,
    /// How long the execution may stand still.
    pub standstill: std::time::Duration,
}

/// `std::cell`.
pub mod cell {
    pub use super::unsafe_cell::UnsafeCell;
    #[doc(no_inline)]
    pub use std::cell::{
        BorrowError, BorrowMutError, Cell, LazyCell, OnceCell, Ref, RefCell, RefMut,
    };
}

/// `std::sync`, with locks in parking_lot's shape.
pub mod sync {
    pub use super::arc::{Arc, Weak};
    pub use super::barrier::{Barrier, BarrierWaitResult};
    pub use super::condvar::{Condvar, WaitTimeoutResult};
    pub use super::mutex::{Mutex, MutexGuard};
    pub use super::once::{Once, OnceLock, OnceState};
    pub use super::parker::{Parker, Unparker};
    pub use super::rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};
    #[doc(no_inline)]
    pub use crossbeam_utils::CachePadded;

    /// `std::sync::atomic`.
    pub mod atomic {
        pub use super::super::atomic::{
            AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr,
            AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize, fence,
        };
        #[doc(no_inline)]
        pub use std::sync::atomic::{Ordering, compiler_fence};
    }
}
