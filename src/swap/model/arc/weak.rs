//! References that own no value.

use std::fmt;
use std::mem::ManuallyDrop;
use std::panic::Location;
use std::sync::Weak as Plain;

use super::super::graph::Owners;
use super::{Arc, order};

/// [`std::sync::Weak`].
pub struct Weak<T: ?Sized> {
    /// Taken when it is dropped.
    plain: ManuallyDrop<Plain<T>>,
    /// The graph engine's.
    owners: Option<Owners>,
}

impl<T> Weak<T> {
    /// A reference to nothing.
    pub const fn new() -> Weak<T> {
        Weak { plain: ManuallyDrop::new(Plain::new()), owners: None }
    }
}

impl<T: ?Sized> Weak<T> {
    pub(super) fn from_parts(plain: Plain<T>, owners: Option<Owners>) -> Weak<T> {
        Weak { plain: ManuallyDrop::new(plain), owners }
    }

    fn address(&self) -> usize {
        self.plain.as_ptr().addr()
    }

    /// An owner of the value, if it is still there.
    #[track_caller]
    pub fn upgrade(&self) -> Option<Arc<T>> {
        let (strong, place) = (self.plain.strong_count(), Location::caller());
        order::ask(self.address());
        if self.owners.and_then(|owners| owners.upgrade(strong, place)) == Some(false) {
            return None;
        }
        self.plain.upgrade().map(|plain| Arc::from_parts(plain, self.owners))
    }

    /// How many [`Arc`]s of the value there are. Others may change it at any time.
    #[track_caller]
    pub fn strong_count(&self) -> usize {
        let place = Location::caller();
        order::ask(self.address());
        let counted = self.owners.and_then(|owners| owners.strong_count(place));
        counted.unwrap_or_else(|| self.plain.strong_count())
    }

    /// How many `Weak`s of the value there are; 0 if it is gone. Others may change it at any time.
    #[track_caller]
    pub fn weak_count(&self) -> usize {
        let place = Location::caller();
        order::ask(self.address());
        let counted = self.owners.and_then(|owners| owners.weak_count_of_weak(place));
        counted.unwrap_or_else(|| self.plain.weak_count())
    }

    /// Whether both refer to the same value, or both to nothing.
    pub fn ptr_eq(&self, other: &Self) -> bool {
        self.plain.ptr_eq(&other.plain)
    }

    /// Where the value is, if it is still there.
    pub fn as_ptr(&self) -> *const T {
        self.plain.as_ptr()
    }

    /// A pointer that keeps its reference, until [`from_raw`](Self::from_raw) gets it.
    pub fn into_raw(self) -> *const T {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: nobody uses it, or drops it, afterwards.
        unsafe { ManuallyDrop::take(&mut this.plain) }.into_raw()
    }

    /// The reference that a pointer was made of.
    ///
    /// # Safety
    /// As [`std::sync::Weak::from_raw`]; the pointer comes from [`into_raw`](Self::into_raw).
    pub unsafe fn from_raw(pointer: *const T) -> Weak<T> {
        // SAFETY: as the caller promises.
        let plain = unsafe { Plain::from_raw(pointer) };
        Weak::from_parts(plain, Owners::find(pointer.addr()))
    }
}

impl<T: ?Sized> Clone for Weak<T> {
    #[track_caller]
    fn clone(&self) -> Weak<T> {
        if let Some(owners) = self.owners {
            owners.add_weak(Location::caller());
        }
        Weak::from_parts(Plain::clone(&self.plain), self.owners)
    }
}

impl<T: ?Sized> Drop for Weak<T> {
    fn drop(&mut self) {
        // SAFETY: nobody uses it afterwards.
        let plain = unsafe { ManuallyDrop::take(&mut self.plain) };
        match self.owners {
            Some(owners) => owners.drop_weak(plain),
            None => drop(plain),
        }
    }
}

impl<T> Default for Weak<T> {
    fn default() -> Weak<T> {
        Weak::new()
    }
}

impl<T: ?Sized> fmt::Debug for Weak<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (*self.plain).fmt(f)
    }
}
