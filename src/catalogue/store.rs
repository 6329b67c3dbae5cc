//! What the instances of a service share.

use crate::{Snapshot, Version, VersionedCell, VersionedWords};

/// A place for one value, with a version that grows with every write.
///
/// The seam between a setting and where its data lives. `write_if` is what makes a store fit for
/// concurrent writers: `UPDATE … WHERE version = ?` of SQL, `If-Match` of HTTP, the conditional
/// writes of DynamoDB and etcd.
pub trait Store<T>: Send + Sync + 'static {
    /// A version of the value.
    type Version: Copy;

    /// The value and its version, read together.
    fn read(&self) -> Stored<T, Self::Version>;

    /// Replaces the value, whatever it is.
    fn write(&self, value: T);

    /// Replaces the value if it is still of this version. Returns whether it did.
    fn write_if(&self, version: Self::Version, value: T) -> bool;
}

/// A value as it was read.
#[derive(Clone, Copy, Debug)]
pub struct Stored<T, V> {
    /// The value.
    pub value: T,
    /// Its version.
    pub version: V,
}

impl<T: Clone + Send + Sync + 'static> Store<T> for VersionedCell<T> {
    type Version = Version;

    fn read(&self) -> Stored<T, Version> {
        let Snapshot { value, version } = self.load();
        Stored { value: (*value).clone(), version }
    }

    fn write(&self, value: T) {
        self.set(value);
    }

    fn write_if(&self, version: Version, value: T) -> bool {
        self.compare_and_set(version, value).is_ok()
    }
}

/// A value of one machine word.
macro_rules! word_store {
    ($value:ty) => {
        impl Store<$value> for VersionedWords<1> {
            type Version = Version;

            fn read(&self) -> Stored<$value, Version> {
                let Snapshot { value: [word], version } = self.load();
                Stored { value: word as $value, version }
            }

            fn write(&self, value: $value) {
                self.set([value as u64]);
            }

            fn write_if(&self, version: Version, value: $value) -> bool {
                self.compare_and_set(version, [value as u64]).is_ok()
            }
        }
    };
}

word_store!(u64);
word_store!(i64);
