//! What the versioned primitives and their twins have in common.

use crate::version::{Conflict, Snapshot, Version};

/// A shared value with a version: what the versioned primitives and their naive twins have in
/// common. Values are handed out as they are, not as shares of them.
pub trait Optimistic: Send + Sync + 'static {
    /// The value.
    type Value: Clone + Send + 'static;

    /// The first value, at version 1.
    fn new(value: Self::Value) -> Self;

    /// The current value and its version.
    fn load(&self) -> Snapshot<Self::Value>;

    /// The current version.
    fn version(&self) -> Version;

    /// Replaces the value, whatever it is, and returns the version of the new one.
    fn set(&self, value: Self::Value) -> Version;

    /// Replaces the value if its version is `expected`, and returns the version of the new one.
    ///
    /// # Errors
    /// The current value and version, and the rejected value, if the version is another one.
    fn compare_and_set(
        &self,
        expected: Version,
        value: Self::Value,
    ) -> Result<Version, Conflict<Self::Value, Self::Value>>;

    /// Replaces the value by `f` of it, and returns the new one with its version.
    fn update(&self, f: impl FnMut(&Self::Value) -> Self::Value) -> Snapshot<Self::Value>;
}

/// A version counter as naive code keeps it: an atomic beside the value.
pub(super) fn version(number: u64) -> Version {
    Version::new(number).expect("counted from 1")
}

impl<T: Clone + Send + Sync + 'static> Optimistic for crate::VersionedCell<T> {
    type Value = T;

    fn new(value: T) -> Self {
        crate::VersionedCell::new(value)
    }

    fn load(&self) -> Snapshot<T> {
        owned(self.load())
    }

    fn version(&self) -> Version {
        self.version()
    }

    fn set(&self, value: T) -> Version {
        self.set(value)
    }

    fn compare_and_set(&self, expected: Version, value: T) -> Result<Version, Conflict<T, T>> {
        self.compare_and_set(expected, value).map_err(|Conflict { expected, current, rejected }| {
            Conflict { expected, current: owned(current), rejected }
        })
    }

    fn update(&self, f: impl FnMut(&T) -> T) -> Snapshot<T> {
        owned(self.update(f))
    }
}

/// The snapshot with a copy of the shared value.
fn owned<T: Clone>(shared: crate::Versioned<T>) -> Snapshot<T> {
    Snapshot { value: (*shared.value).clone(), version: shared.version }
}

impl<const N: usize> Optimistic for crate::VersionedWords<N> {
    type Value = [u64; N];

    fn new(value: [u64; N]) -> Self {
        crate::VersionedWords::new(value)
    }

    fn load(&self) -> Snapshot<[u64; N]> {
        self.load()
    }

    fn version(&self) -> Version {
        self.version()
    }

    fn set(&self, value: [u64; N]) -> Version {
        self.set(value)
    }

    fn compare_and_set(
        &self,
        expected: Version,
        value: [u64; N],
    ) -> Result<Version, Conflict<[u64; N], [u64; N]>> {
        self.compare_and_set(expected, value)
    }

    fn update(&self, f: impl FnMut(&[u64; N]) -> [u64; N]) -> Snapshot<[u64; N]> {
        self.update(f)
    }
}
