//! The twin of [`crate::VersionedWords`]: an atomic for each word, and one for the version.
//!
//! The mistake: every word is atomic, and the value is not. A reader sees the words of two values;
//! a writer compares the version before it stores the words, and raises it after.

use std::array;

use super::Optimistic;
use super::optimistic::version;
use crate::swap::sync::atomic::{AtomicU64, Ordering};
use crate::version::{Conflict, Snapshot, Version};

/// Words, and a version that follows them.
#[derive(Debug)]
pub struct VersionedWords<const N: usize> {
    words: [AtomicU64; N],
    version: AtomicU64,
}

impl<const N: usize> Optimistic for VersionedWords<N> {
    type Value = [u64; N];

    fn new(value: [u64; N]) -> Self {
        let version = AtomicU64::new(Version::FIRST.get());
        VersionedWords { words: value.map(AtomicU64::new), version }
    }

    fn load(&self) -> Snapshot<[u64; N]> {
        let version = self.version();
        // R2 Acquire: pairs with W2. No ordering would mend this.
        let value = array::from_fn(|word| self.words[word].load(Ordering::Acquire));
        Snapshot { value, version }
    }

    fn version(&self) -> Version {
        // R1 Acquire: pairs with W1.
        version(self.version.load(Ordering::Acquire))
    }

    fn set(&self, value: [u64; N]) -> Version {
        for (word, value) in self.words.iter().zip(value) {
            // W2 Release: pairs with R2.
            word.store(value, Ordering::Release);
        }
        // W1 AcqRel: publishes the words; pairs with R1 and itself.
        version(self.version.fetch_add(1, Ordering::AcqRel) + 1)
    }

    fn compare_and_set(
        &self,
        expected: Version,
        value: [u64; N],
    ) -> Result<Version, Conflict<[u64; N], [u64; N]>> {
        let current = self.load();
        if current.version != expected {
            return Err(Conflict { expected, current, rejected: value });
        }
        Ok(self.set(value))
    }

    fn update(&self, mut f: impl FnMut(&[u64; N]) -> [u64; N]) -> Snapshot<[u64; N]> {
        let value = f(&self.load().value);
        let version = self.set(value);
        Snapshot { value, version }
    }
}
