//! From what an `Arc` is made, and into what.

use std::borrow::Cow;
use std::ffi::{CStr, CString, OsStr, OsString};
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::sync::Arc as Plain;

use super::Arc;

/// From what std's `Arc` is made.
macro_rules! from {
    ($([$($parameters:tt)*] $source:ty => $value:ty;)*) => {
        $(impl<$($parameters)*> From<$source> for Arc<$value> {
            #[track_caller]
            fn from(source: $source) -> Self {
                Arc::share(Plain::from(source), Location::caller())
            }
        })*
    };
}

from! {
    [T] T => T;
    [T: ?Sized] Box<T> => T;
    [T] Vec<T> => [T];
    [T: Clone] &[T] => [T];
    [T, const N: usize] [T; N] => [T];
    [] &str => str;
    [] String => str;
    [] &CStr => CStr;
    [] CString => CStr;
    [] &OsStr => OsStr;
    [] OsString => OsStr;
    [] &Path => Path;
    [] PathBuf => Path;
}

impl<'a, B> From<Cow<'a, B>> for Arc<B>
where
    B: ?Sized + ToOwned,
    Arc<B>: From<&'a B> + From<B::Owned>,
{
    #[track_caller]
    fn from(source: Cow<'a, B>) -> Arc<B> {
        match source {
            Cow::Borrowed(source) => Arc::from(source),
            Cow::Owned(source) => Arc::from(source),
        }
    }
}

impl From<Arc<str>> for Arc<[u8]> {
    fn from(source: Arc<str>) -> Arc<[u8]> {
        let (plain, owners) = source.into_parts();
        Arc::from_parts(Plain::from(plain), owners)
    }
}

impl<T, const N: usize> TryFrom<Arc<[T]>> for Arc<[T; N]> {
    type Error = Arc<[T]>;

    fn try_from(source: Arc<[T]>) -> Result<Arc<[T; N]>, Arc<[T]>> {
        let (plain, owners) = source.into_parts();
        match plain.try_into() {
            Ok(plain) => Ok(Arc::from_parts(plain, owners)),
            Err(plain) => Err(Arc::from_parts(plain, owners)),
        }
    }
}

impl<T> FromIterator<T> for Arc<[T]> {
    #[track_caller]
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Arc<[T]> {
        Arc::share(Plain::from_iter(items), Location::caller())
    }
}

impl<T: Default> Default for Arc<T> {
    #[track_caller]
    fn default() -> Arc<T> {
        Arc::share(Plain::default(), Location::caller())
    }
}

impl<T> Default for Arc<[T]> {
    #[track_caller]
    fn default() -> Arc<[T]> {
        Arc::share(Plain::default(), Location::caller())
    }
}

/// The default values of unsized types that are shared.
macro_rules! default {
    ($($value:ty)*) => {
        $(impl Default for Arc<$value> {
            #[track_caller]
            fn default() -> Self {
                Arc::share(Plain::default(), Location::caller())
            }
        })*
    };
}

default! { str CStr }
