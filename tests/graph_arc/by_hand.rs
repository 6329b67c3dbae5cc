//! Shared ownership in two ways: by `Arc`, and counted by hand, as std does it.

use std::ops::Deref;

use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicUsize, Ordering::*, fence};

/// Shared ownership of a value.
pub trait Shared<T>: Clone + Deref<Target = T> + Send + Sync + 'static {
    fn share(value: T) -> Self;
    fn owners(&self) -> usize;
    fn is_only_owner(&mut self) -> bool;
    fn try_unwrap(self) -> Option<T>;
    fn into_inner(self) -> Option<T>;
}

impl<T: Send + Sync + 'static> Shared<T> for Arc<T> {
    #[track_caller]
    fn share(value: T) -> Arc<T> {
        Arc::new(value)
    }

    fn owners(&self) -> usize {
        Arc::strong_count(self)
    }

    fn is_only_owner(&mut self) -> bool {
        Arc::get_mut(self).is_some()
    }

    fn try_unwrap(self) -> Option<T> {
        Arc::try_unwrap(self).ok()
    }

    fn into_inner(self) -> Option<T> {
        Arc::into_inner(self)
    }
}

/// Counted by hand.
pub struct ByHand<T>(*const Counted<T>);

struct Counted<T> {
    owners: AtomicUsize,
    value: T,
}

// SAFETY: as of an `Arc`: it gives shared access, and moves the value when it is the last.
unsafe impl<T: Send + Sync> Send for ByHand<T> {}
// SAFETY: as for `Send`.
unsafe impl<T: Send + Sync> Sync for ByHand<T> {}

impl<T> ByHand<T> {
    fn counted(&self) -> &Counted<T> {
        // SAFETY: it is there as long as it has an owner.
        unsafe { &*self.0 }
    }

    /// Gives the share up. Returns whether it was the last one.
    fn leave(&self) -> bool {
        // Release and Acquire: what all owners did happens before the end.
        let last = self.counted().owners.fetch_sub(1, Release) == 1;
        if last {
            fence(Acquire);
        }
        last
    }

    fn take(&self) -> T {
        // SAFETY: it comes from a box, and the caller was the last owner.
        unsafe { Box::from_raw(self.0.cast_mut()) }.value
    }
}

impl<T: Send + Sync + 'static> Shared<T> for ByHand<T> {
    fn share(value: T) -> ByHand<T> {
        ByHand(Box::into_raw(Box::new(Counted { owners: AtomicUsize::new(1), value })))
    }

    fn owners(&self) -> usize {
        // Relaxed: it tells nothing of what owners do.
        self.counted().owners.load(Relaxed)
    }

    fn is_only_owner(&mut self) -> bool {
        // Acquire: what other owners did happens before.
        self.counted().owners.load(Acquire) == 1
    }

    fn try_unwrap(self) -> Option<T> {
        // Relaxed: the fence follows.
        let taken = self.counted().owners.compare_exchange(1, 0, Relaxed, Relaxed).is_ok();
        taken.then(|| {
            fence(Acquire);
            let value = self.take();
            std::mem::forget(self);
            value
        })
    }

    fn into_inner(self) -> Option<T> {
        let value = self.leave().then(|| self.take());
        std::mem::forget(self);
        value
    }
}

impl<T> Clone for ByHand<T> {
    fn clone(&self) -> ByHand<T> {
        // Relaxed: whoever adds an owner is one.
        self.counted().owners.fetch_add(1, Relaxed);
        ByHand(self.0)
    }
}

impl<T> Deref for ByHand<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.counted().value
    }
}

impl<T> Drop for ByHand<T> {
    fn drop(&mut self) {
        if self.leave() {
            drop(self.take());
        }
    }
}
