//! What the types may be used for, as far as the compiler knows.

use std::fmt::Debug;
use std::panic::{RefUnwindSafe, UnwindSafe};

use selvedge::cell::UnsafeCell;
use selvedge::hash::RandomState;
use selvedge::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU64, AtomicUsize};
use selvedge::sync::{
    Arc, Barrier, BarrierWaitResult, CachePadded, Condvar, Mutex, MutexGuard, Once, OnceLock,
    Parker, RwLock, RwLockReadGuard, RwLockWriteGuard, Unparker, WaitTimeoutResult, Weak,
};
use selvedge::thread::{Builder, JoinHandle, LocalKey, Scope, ScopedJoinHandle, Thread, ThreadId};
use selvedge::time::Instant;

fn send<T: Send>() {}
fn sync<T: Sync>() {}
fn shared<T: Send + Sync + Debug>() {}
fn unpin<T: Unpin>() {}
fn caught<T: UnwindSafe + RefUnwindSafe>() {}

#[test]
fn types_may_go_where_they_may_go_in_production() {
    shared::<AtomicBool>();
    shared::<AtomicU8>();
    shared::<AtomicU64>();
    shared::<AtomicPtr<u8>>();
    shared::<Mutex<u8>>();
    shared::<Arc<u8>>();
    shared::<Weak<u8>>();
    shared::<Arc<dyn Debug + Send + Sync>>();
    // It never moves the value.
    unpin::<Arc<std::marker::PhantomPinned>>();
    unpin::<Weak<std::marker::PhantomPinned>>();
    shared::<RwLock<u8>>();
    shared::<Condvar>();
    shared::<WaitTimeoutResult>();
    shared::<Barrier>();
    shared::<BarrierWaitResult>();
    shared::<Once>();
    shared::<OnceLock<u8>>();
    shared::<Unparker>();
    shared::<CachePadded<AtomicUsize>>();
    shared::<Thread>();
    shared::<ThreadId>();
    shared::<Builder>();
    shared::<JoinHandle<u8>>();
    shared::<ScopedJoinHandle<'static, u8>>();
    shared::<Scope<'static, 'static>>();
    shared::<LocalKey<u8>>();
    shared::<RandomState>();
    shared::<Instant>();
    send::<Parker>();
    send::<UnsafeCell<u8>>();
    sync::<MutexGuard<'static, u8>>();
    sync::<RwLockReadGuard<'static, u8>>();
    sync::<RwLockWriteGuard<'static, u8>>();
    // A cell that is not `Sync` may be moved into a lock.
    shared::<Mutex<std::cell::Cell<u8>>>();
}

#[test]
fn types_may_be_caught_with_as_in_production() {
    caught::<AtomicBool>();
    caught::<AtomicU64>();
    caught::<AtomicPtr<u8>>();
    caught::<Condvar>();
    caught::<Arc<u8>>();
    caught::<Weak<u8>>();
    caught::<Once>();
    caught::<OnceLock<u8>>();
    caught::<Barrier>();
    caught::<Instant>();
    caught::<Thread>();
}
