//! The hasher of maps inside of code under test: with fixed keys here, so that an execution can be
//! repeated; with random keys in production, against chosen keys that collide.

use std::hash::{BuildHasher, DefaultHasher};

/// Makes hashers with fixed keys.
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomState(());

impl RandomState {
    /// The same keys always.
    pub fn new() -> Self {
        RandomState(())
    }
}

impl BuildHasher for RandomState {
    type Hasher = DefaultHasher;
    fn build_hasher(&self) -> DefaultHasher {
        DefaultHasher::new()
    }
}
