//! std's atomic types, each a newtype over an atomic of its word.

use std::fmt;
use std::ops::DerefMut;
use std::panic::Location;
use std::sync::atomic::Ordering;

use super::super::origin::Origin;
use super::super::word::{Arithmetic, Word};
use super::Atomic;

/// The methods that every atomic has.
macro_rules! common_methods {
    ($value:ty) => {
        /// Creates a new atomic.
        #[track_caller]
        pub fn new(value: $value) -> Self {
            Self(Atomic::new(value, Origin::new(<$value as Word>::KIND)))
        }

        /// The value, by exclusive access. Written back when the guard is dropped.
        #[track_caller]
        pub fn get_mut(&mut self) -> impl DerefMut<Target = $value> + '_ {
            self.0.get_mut(Location::caller())
        }

        /// The value, by consuming the atomic.
        #[track_caller]
        pub fn into_inner(self) -> $value {
            self.0.into_inner(Location::caller())
        }

        /// Loads the value.
        ///
        /// # Panics
        /// If `order` is `Release` or `AcqRel`.
        #[track_caller]
        pub fn load(&self, order: Ordering) -> $value {
            self.0.load(order, Location::caller())
        }

        /// Stores a value.
        ///
        /// # Panics
        /// If `order` is `Acquire` or `AcqRel`.
        #[track_caller]
        pub fn store(&self, value: $value, order: Ordering) {
            self.0.store(value, order, Location::caller());
        }

        /// Stores a value and returns the previous one.
        #[track_caller]
        pub fn swap(&self, value: $value, order: Ordering) -> $value {
            self.0.swap(value, order, Location::caller())
        }

        /// Stores `new` if the value is `current`; `Ok` and `Err` hold the previous value.
        ///
        /// # Errors
        /// The value, if it was another one.
        ///
        /// # Panics
        /// If `failure` is `Release` or `AcqRel`.
        #[track_caller]
        pub fn compare_exchange(
            &self,
            current: $value,
            new: $value,
            success: Ordering,
            failure: Ordering,
        ) -> Result<$value, $value> {
            self.0.exchange([current, new], [success, failure], false, Location::caller())
        }

        /// As [`compare_exchange`](Self::compare_exchange), but may fail although the value is
        /// `current`. loom and Shuttle never let it.
        ///
        /// # Errors
        /// The value, if nothing was stored.
        ///
        /// # Panics
        /// If `failure` is `Release` or `AcqRel`.
        #[track_caller]
        pub fn compare_exchange_weak(
            &self,
            current: $value,
            new: $value,
            success: Ordering,
            failure: Ordering,
        ) -> Result<$value, $value> {
            self.0.exchange([current, new], [success, failure], true, Location::caller())
        }

        /// Loads, and then compare-exchanges until it succeeds or `f` returns `None`.
        ///
        /// # Errors
        /// The value for which `f` returned `None`.
        ///
        /// # Panics
        /// If `fetch_order` is `Release` or `AcqRel`.
        #[track_caller]
        pub fn fetch_update<F>(
            &self,
            set_order: Ordering,
            fetch_order: Ordering,
            f: F,
        ) -> Result<$value, $value>
        where
            F: FnMut($value) -> Option<$value>,
        {
            self.0.update([set_order, fetch_order], Location::caller(), f)
        }
    };
}

macro_rules! arithmetic_method {
    ($value:ty, $name:ident, $operation:ident, $what:literal) => {
        #[doc = $what]
        ///
        /// Returns the previous value.
        #[track_caller]
        pub fn $name(&self, value: $value, order: Ordering) -> $value {
            self.0.arithmetic(Arithmetic::$operation, value, order, Location::caller())
        }
    };
}

macro_rules! bit_methods {
    ($value:ty) => {
        arithmetic_method!($value, fetch_and, And, "Bitwise and with the value.");
        arithmetic_method!($value, fetch_nand, Nand, "Bitwise nand with the value.");
        arithmetic_method!($value, fetch_or, Or, "Bitwise or with the value.");
        arithmetic_method!($value, fetch_xor, Xor, "Bitwise xor with the value.");
    };
}

macro_rules! common_traits {
    ([$($generic:tt)*] $atomic:ty, $value:ty) => {
        impl $($generic)* fmt::Debug for $atomic {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl $($generic)* From<$value> for $atomic {
            #[track_caller]
            fn from(value: $value) -> Self {
                Self::new(value)
            }
        }
        // SAFETY: the value is a word that std's atomic of the same type shares between threads.
        // Engines keep their state in cells, but run every thread that uses an object on one
        // operating-system thread, and `Origin::admit` refuses the object anywhere else.
        unsafe impl $($generic)* Send for $atomic {}
        // SAFETY: as for `Send`.
        unsafe impl $($generic)* Sync for $atomic {}
        impl $($generic)* std::panic::RefUnwindSafe for $atomic {}
    };
}

macro_rules! integer {
    ($atomic:ident, $value:ident) => {
        #[doc = concat!("`std::sync::atomic::", stringify!($atomic), "`.")]
        pub struct $atomic(Atomic<$value>);

        impl $atomic {
            common_methods!($value);
            arithmetic_method!($value, fetch_add, Add, "Adds to the value, wrapping around on overflow.");
            arithmetic_method!($value, fetch_sub, Sub, "Subtracts from the value, wrapping around on overflow.");
            arithmetic_method!($value, fetch_max, Max, "Stores the larger of the value and the argument.");
            arithmetic_method!($value, fetch_min, Min, "Stores the smaller of the value and the argument.");
            bit_methods!($value);
        }

        impl Default for $atomic {
            #[track_caller]
            fn default() -> Self {
                Self::new(0)
            }
        }

        common_traits!([] $atomic, $value);
    };
}

integer!(AtomicU8, u8);
integer!(AtomicU16, u16);
integer!(AtomicU32, u32);
integer!(AtomicU64, u64);
integer!(AtomicUsize, usize);
integer!(AtomicI8, i8);
integer!(AtomicI16, i16);
integer!(AtomicI32, i32);
integer!(AtomicI64, i64);
integer!(AtomicIsize, isize);

/// `std::sync::atomic::AtomicBool`.
pub struct AtomicBool(Atomic<bool>);

impl AtomicBool {
    common_methods!(bool);
    bit_methods!(bool);

    /// Negates the value, and returns the previous one.
    #[track_caller]
    pub fn fetch_not(&self, order: Ordering) -> bool {
        self.0.arithmetic(Arithmetic::Xor, true, order, Location::caller())
    }
}

impl AtomicU64 {
    /// An atomic inside of another object of the swap, which traces do not show.
    #[track_caller]
    pub(in super::super) fn silent(value: u64) -> Self {
        AtomicU64(Atomic::new(value, Origin::silent("AtomicU64")))
    }
}

impl Default for AtomicBool {
    #[track_caller]
    fn default() -> Self {
        Self::new(false)
    }
}

common_traits!([] AtomicBool, bool);

/// `std::sync::atomic::AtomicPtr`.
pub struct AtomicPtr<T>(Atomic<*mut T>);

impl<T> AtomicPtr<T> {
    common_methods!(*mut T);
}

impl<T> Default for AtomicPtr<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(std::ptr::null_mut())
    }
}

common_traits!([<T>] AtomicPtr<T>, *mut T);

impl<T> fmt::Pointer for AtomicPtr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Relaxed: as for `Debug`, the newest value, and no operation of the scenario.
        fmt::Pointer::fmt(&self.0.plain.load(Ordering::Relaxed), f)
    }
}
