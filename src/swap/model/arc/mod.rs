//! The `Arc` of the model build: std's, beside which the graph engine takes notes, or counts. On
//! other backends, and outside of scenarios, it is std's alone.
//!
//! It may be carried into scenarios and out of them: it only counts.

mod conversions;
mod order;
mod traits;
mod weak;

use std::any::Any;
use std::fmt;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ops::Deref;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc as Plain;

pub(crate) use order::OrderOfOwners;
pub(super) use order::note_operation;
pub use weak::Weak;

use super::graph::{Owners, Physical, Unique};

/// [`std::sync::Arc`]. Under the graph engine, the last owner is whoever an execution makes it.
pub struct Arc<T: ?Sized> {
    /// Taken when it is dropped.
    plain: ManuallyDrop<Plain<T>>,
    /// The graph engine's.
    owners: Option<Owners>,
}

impl<T> Arc<T> {
    /// Shares a value.
    #[track_caller]
    pub fn new(value: T) -> Arc<T> {
        Arc::share(Plain::new(value), Location::caller())
    }

    /// Shares a value that has weak references to itself. See [`std::sync::Arc::new_cyclic`].
    #[track_caller]
    pub fn new_cyclic<F>(make: F) -> Arc<T>
    where
        F: FnOnce(&Weak<T>) -> T,
    {
        let place = Location::caller();
        let mut owners = None;
        let plain = Plain::new_cyclic(|plain| {
            owners = Owners::of_none(plain, place);
            // SAFETY: it is never dropped, and nobody uses it for longer than the original.
            let lent = unsafe { std::ptr::read(plain) };
            make(&ManuallyDrop::new(Weak::from_parts(lent, owners)))
        });
        if let Some(owners) = owners {
            owners.begin(place);
        }
        // Weak references to it may be left.
        order::share(Plain::as_ptr(&plain).addr());
        Arc::from_parts(plain, owners)
    }

    /// A shared value that is not initialized.
    #[track_caller]
    pub fn new_uninit() -> Arc<MaybeUninit<T>> {
        Arc::share(Plain::new_uninit(), Location::caller())
    }

    /// Shares a pinned value.
    #[track_caller]
    pub fn pin(value: T) -> Pin<Arc<T>> {
        let arc = Arc::share(Plain::new(value), Location::caller());
        // SAFETY: the value is in an allocation of its own, and an `Arc` moves it out only by an
        // `Arc` that is not pinned, or if it is `Unpin`.
        unsafe { Pin::new_unchecked(arc) }
    }

    /// The value, if nobody else owns it.
    ///
    /// # Errors
    /// The same `Arc`, if somebody does.
    #[track_caller]
    pub fn try_unwrap(this: Self) -> Result<T, Self> {
        let place = Location::caller();
        order::ask(this.address());
        if this.owners.and_then(|owners| owners.try_unwrap(&this.plain, place)) == Some(false) {
            return Err(this);
        }
        let (plain, owners) = this.into_parts();
        Plain::try_unwrap(plain).map_err(|plain| Arc::from_parts(plain, owners))
    }

    /// The value, if nobody else owns it. Of several owners who call this one gets it.
    pub fn into_inner(this: Self) -> Option<T> {
        order::ask(this.address());
        let (plain, owners) = this.into_parts();
        if owners.and_then(|owners| owners.into_inner(&plain)) == Some(false) {
            return None;
        }
        Plain::into_inner(plain)
    }

    /// The value, or a clone of it if somebody else owns it, too.
    #[track_caller]
    pub fn unwrap_or_clone(this: Self) -> T
    where
        T: Clone,
    {
        Arc::try_unwrap(this).unwrap_or_else(|arc| (*arc).clone())
    }

    /// Exclusive access to the value, or to a clone of it if somebody else owns it, too.
    #[track_caller]
    pub fn make_mut(this: &mut Self) -> &mut T
    where
        T: Clone,
    {
        let place = Location::caller();
        order::ask(this.address());
        let unique = match this.owners {
            Some(owners) => owners.make_unique(&this.plain, place),
            None => Unique::of(Physical::of(&this.plain)),
        };
        match unique {
            Unique::Stay => {}
            Unique::Move => this.move_out(place),
            Unique::Clone => *this = Arc::share(Plain::new((**this).clone()), place),
        }
        Plain::get_mut(&mut this.plain).expect("nobody else has a share of it")
    }

    /// Leaves the weak references behind, as the only owner.
    fn move_out(&mut self, place: &'static Location<'static>) {
        // SAFETY: another one takes its place below, and nothing in between panics.
        let plain = unsafe { ManuallyDrop::take(&mut self.plain) };
        let moved = Plain::try_unwrap(plain).map(Plain::new);
        let is_moved = moved.is_ok();
        self.plain = ManuallyDrop::new(moved.unwrap_or_else(|plain| plain));
        if is_moved {
            self.owners = None;
            self.owners = Owners::of(&self.plain, place);
        }
    }
}

impl<T: ?Sized> Arc<T> {
    /// Begins to share what nobody else owns.
    fn share(plain: Plain<T>, place: &'static Location<'static>) -> Arc<T> {
        order::begin(Plain::as_ptr(&plain).addr());
        let owners = Owners::of(&plain, place);
        Arc::from_parts(plain, owners)
    }

    fn from_parts(plain: Plain<T>, owners: Option<Owners>) -> Arc<T> {
        Arc { plain: ManuallyDrop::new(plain), owners }
    }

    fn address(&self) -> usize {
        Arc::as_ptr(self).addr()
    }

    /// The parts, of which the share is the caller's from now on.
    fn into_parts(self) -> (Plain<T>, Option<Owners>) {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: nobody uses it, or drops it, afterwards.
        (unsafe { ManuallyDrop::take(&mut this.plain) }, this.owners)
    }

    /// Exclusive access to the value, if there is no other `Arc` or [`Weak`] of it.
    #[track_caller]
    pub fn get_mut(this: &mut Self) -> Option<&mut T> {
        let place = Location::caller();
        order::ask(this.address());
        if this.owners.and_then(|owners| owners.is_unique(&this.plain, place)) == Some(false) {
            return None;
        }
        Plain::get_mut(&mut this.plain)
    }

    /// A [`Weak`] of the same value.
    #[track_caller]
    pub fn downgrade(this: &Self) -> Weak<T> {
        order::share(this.address());
        if let Some(owners) = this.owners {
            owners.downgrade(Location::caller());
        }
        Weak::from_parts(Plain::downgrade(&this.plain), this.owners)
    }

    /// How many `Arc`s of the value there are. Others may change it at any time.
    #[track_caller]
    pub fn strong_count(this: &Self) -> usize {
        let place = Location::caller();
        order::ask(this.address());
        let counted = this.owners.and_then(|owners| owners.strong_count(place));
        counted.unwrap_or_else(|| Plain::strong_count(&this.plain))
    }

    /// How many [`Weak`]s of the value there are. Others may change it at any time.
    #[track_caller]
    pub fn weak_count(this: &Self) -> usize {
        let place = Location::caller();
        order::ask(this.address());
        let counted = this.owners.and_then(|owners| owners.weak_count(place));
        counted.unwrap_or_else(|| Plain::weak_count(&this.plain))
    }

    /// Whether both share the same value.
    pub fn ptr_eq(this: &Self, other: &Self) -> bool {
        Plain::ptr_eq(&this.plain, &other.plain)
    }

    /// Where the value is.
    pub fn as_ptr(this: &Self) -> *const T {
        Plain::as_ptr(&this.plain)
    }

    /// A pointer that keeps its share of the value, until [`from_raw`](Self::from_raw) gets it.
    pub fn into_raw(this: Self) -> *const T {
        Plain::into_raw(this.into_parts().0)
    }

    /// The owner that a pointer was made of.
    ///
    /// # Safety
    /// As [`std::sync::Arc::from_raw`]; the pointer comes from [`into_raw`](Self::into_raw).
    pub unsafe fn from_raw(pointer: *const T) -> Arc<T> {
        // SAFETY: as the caller promises.
        let plain = unsafe { Plain::from_raw(pointer) };
        Arc::from_parts(plain, Owners::find(pointer.addr()))
    }
}

impl<T> Arc<T> {
    /// Adds an owner, whose share is the pointer's.
    ///
    /// # Safety
    /// As [`std::sync::Arc::increment_strong_count`].
    #[track_caller]
    pub unsafe fn increment_strong_count(pointer: *const T) {
        // SAFETY: as the caller promises; the share is still the pointer's afterwards.
        let arc = ManuallyDrop::new(unsafe { Arc::from_raw(pointer) });
        std::mem::forget(Arc::clone(&arc));
    }

    /// Drops an owner, whose share is the pointer's.
    ///
    /// # Safety
    /// As [`std::sync::Arc::decrement_strong_count`].
    pub unsafe fn decrement_strong_count(pointer: *const T) {
        // SAFETY: as the caller promises.
        drop(unsafe { Arc::from_raw(pointer) });
    }
}

impl<T> Arc<[T]> {
    /// A shared slice that is not initialized.
    #[track_caller]
    pub fn new_uninit_slice(length: usize) -> Arc<[MaybeUninit<T>]> {
        Arc::share(Plain::new_uninit_slice(length), Location::caller())
    }
}

impl<T> Arc<MaybeUninit<T>> {
    /// The same value, which was initialized meanwhile.
    ///
    /// # Safety
    /// It is initialized.
    pub unsafe fn assume_init(self) -> Arc<T> {
        let (plain, owners) = self.into_parts();
        // SAFETY: as the caller promises.
        Arc::from_parts(unsafe { plain.assume_init() }, owners)
    }
}

impl<T> Arc<[MaybeUninit<T>]> {
    /// The same slice, which was initialized meanwhile.
    ///
    /// # Safety
    /// It is initialized.
    pub unsafe fn assume_init(self) -> Arc<[T]> {
        let (plain, owners) = self.into_parts();
        // SAFETY: as the caller promises.
        Arc::from_parts(unsafe { plain.assume_init() }, owners)
    }
}

impl Arc<dyn Any + Send + Sync> {
    /// The same value, if it is of this type.
    ///
    /// # Errors
    /// The same `Arc`, if it is not.
    pub fn downcast<T: Any + Send + Sync>(self) -> Result<Arc<T>, Self> {
        let (plain, owners) = self.into_parts();
        match plain.downcast() {
            Ok(plain) => Ok(Arc::from_parts(plain, owners)),
            Err(plain) => Err(Arc::from_parts(plain, owners)),
        }
    }
}

impl<T: ?Sized> Clone for Arc<T> {
    /// Another owner of the same value.
    #[track_caller]
    fn clone(&self) -> Arc<T> {
        order::share(self.address());
        if let Some(owners) = self.owners {
            owners.add_strong(Location::caller());
        }
        Arc::from_parts(Plain::clone(&self.plain), self.owners)
    }
}

impl<T: ?Sized> Drop for Arc<T> {
    fn drop(&mut self) {
        // SAFETY: nobody uses it afterwards.
        let plain = unsafe { ManuallyDrop::take(&mut self.plain) };
        match self.owners {
            Some(owners) => owners.drop_strong(plain),
            None if Plain::strong_count(&plain) == 1 => {
                order::drop_last(Plain::as_ptr(&plain).addr(), || drop(plain));
            }
            None => drop(plain),
        }
    }
}

impl<T: ?Sized> Deref for Arc<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.plain
    }
}

impl<T: ?Sized> fmt::Pointer for Arc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Pointer::fmt(&*self.plain, f)
    }
}
