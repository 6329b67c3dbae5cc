//! What the instances of a service share.

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
