//! The macros of the swap. Each is defined once a build, without a `cfg` in its body: that would be
//! evaluated in the crate that uses the macro, and doctests do not get the library's flags.

/// States what always holds between the steps of an algorithm. Checked in the whole model build,
/// inside and outside of scenarios; compiled, but not evaluated, in production.
///
/// ```
/// # let (used, capacity) = (1, 2);
/// selvedge::invariant!(used <= capacity, "{used} slots used of {capacity}");
/// ```
#[cfg(not(all(feature = "harness", any(loom, shuttle, selvedge))))]
#[macro_export]
macro_rules! invariant {
    ($($argument:tt)+) => {
        if false {
            ::core::assert!($($argument)+);
        }
    };
}

/// States what always holds between the steps of an algorithm. Checked in the whole model build,
/// inside and outside of scenarios; compiled, but not evaluated, in production.
#[cfg(all(feature = "harness", any(loom, shuttle, selvedge)))]
#[macro_export]
macro_rules! invariant {
    ($($argument:tt)+) => {
        ::core::assert!($($argument)+)
    };
}

/// Declares a `const fn` that is const in production and an ordinary function in the model build,
/// where an object belongs to the execution in which it is created.
///
/// ```
/// use selvedge::sync::atomic::{AtomicU64, Ordering};
///
/// struct Counter(AtomicU64);
///
/// impl Counter {
///     selvedge::const_fn! {
///         /// A counter at zero.
///         pub const fn new() -> Self {
///             Counter(AtomicU64::new(0))
///         }
///     }
/// }
/// assert_eq!(Counter::new().0.load(Ordering::Relaxed), 0);
/// ```
#[cfg(not(all(feature = "harness", any(loom, shuttle, selvedge))))]
#[macro_export]
macro_rules! const_fn {
    ($(#[$attribute:meta])* $visibility:vis const $($function:tt)+) => {
        $(#[$attribute])* $visibility const $($function)+
    };
}

/// Declares a `const fn` that is const in production and an ordinary function in the model build,
/// where an object belongs to the execution in which it is created.
#[cfg(all(feature = "harness", any(loom, shuttle, selvedge)))]
#[macro_export]
macro_rules! const_fn {
    ($(#[$attribute:meta])* $visibility:vis const $($function:tt)+) => {
        $(#[$attribute])* #[track_caller] $visibility $($function)+
    };
}

/// `std::thread_local!`. Inside of a scenario each of its threads has a value of its own, which is
/// destroyed when that thread ends.
///
/// ```
/// selvedge::thread_local! {
///     static DEPTH: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
/// }
/// DEPTH.with(|depth| depth.set(depth.get() + 1));
/// assert_eq!(DEPTH.get(), 1);
/// ```
#[cfg(not(all(feature = "harness", any(loom, shuttle, selvedge))))]
#[macro_export]
macro_rules! thread_local {
    ($($declarations:tt)*) => {
        ::std::thread_local! { $($declarations)* }
    };
}

/// `std::thread_local!`. Inside of a scenario each of its threads has a value of its own, which is
/// destroyed when that thread ends.
#[cfg(all(feature = "harness", any(loom, shuttle, selvedge)))]
#[macro_export]
macro_rules! thread_local {
    () => {};
    ($(#[$attribute:meta])* $visibility:vis static $name:ident: $type:ty = const $init:block
        $(; $($rest:tt)*)?) => {
        $crate::thread_local!(@one $(#[$attribute])* $visibility $name, $type, $init);
        $($crate::thread_local! { $($rest)* })?
    };
    ($(#[$attribute:meta])* $visibility:vis static $name:ident: $type:ty = $init:expr
        $(; $($rest:tt)*)?) => {
        $crate::thread_local!(@one $(#[$attribute])* $visibility $name, $type, $init);
        $($crate::thread_local! { $($rest)* })?
    };
    (@one $(#[$attribute:meta])* $visibility:vis $name:ident, $type:ty, $init:expr) => {
        $(#[$attribute])*
        $visibility static $name: $crate::thread::LocalKey<$type> = {
            fn init() -> $type {
                $init
            }
            ::std::thread_local! {
                static OUTSIDE: $type = init();
            }
            $crate::thread::LocalKey::from_parts(init, &OUTSIDE)
        };
    };
}

/// Installs the allocator that test binaries with `AtomicPtr` need: once, beside their tests.
/// Inside of a scenario under the graph engine freed memory is kept until the end of the execution,
/// so that each object has an address of its own, and a dangling pointer is reported instead of
/// followed. Nothing in production.
///
/// ```
/// selvedge::quarantine!();
/// # fn main() {}
/// ```
#[cfg(not(all(feature = "harness", any(loom, shuttle, selvedge))))]
#[macro_export]
macro_rules! quarantine {
    () => {};
}

/// Installs the allocator that test binaries with `AtomicPtr` need: once, beside their tests.
/// Inside of a scenario under the graph engine freed memory is kept until the end of the execution,
/// so that each object has an address of its own, and a dangling pointer is reported instead of
/// followed. Nothing in production.
#[cfg(all(feature = "harness", any(loom, shuttle, selvedge)))]
#[macro_export]
macro_rules! quarantine {
    () => {
        #[global_allocator]
        static QUARANTINE: $crate::swap::Quarantine = $crate::swap::Quarantine::new();
    };
}
