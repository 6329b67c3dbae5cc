//! The twin of [`crate::VersionedCell`]: a lock around the value, and a version counted beside it.
//!
//! The mistake: every step is safe by itself, and none of them belong together. The value is loaded
//! in one step, computed in another and stored in a third; the version is compared before the
//! store, and raised after it. Whatever happens in between is lost.

use super::Optimistic;
use super::optimistic::version;
use crate::swap::sync::atomic::{AtomicU64, Ordering};
use crate::swap::sync::{Arc, Mutex};
use crate::version::{Conflict, Snapshot, Version};

/// A shared value and a version that follows it.
#[derive(Debug)]
pub struct VersionedCell<T> {
    value: Mutex<Arc<T>>,
    version: AtomicU64,
}

impl<T: Clone + Send + Sync + 'static> Optimistic for VersionedCell<T> {
    type Value = T;

    fn new(value: T) -> Self {
        let version = AtomicU64::new(Version::FIRST.get());
        VersionedCell { value: Mutex::new(Arc::new(value)), version }
    }

    fn load(&self) -> Snapshot<T> {
        let version = self.version();
        let value = Arc::clone(&self.value.lock());
        Snapshot { value: (*value).clone(), version }
    }

    fn version(&self) -> Version {
        // R1 Acquire: pairs with W1. No ordering would mend this.
        version(self.version.load(Ordering::Acquire))
    }

    fn set(&self, value: T) -> Version {
        let mut value = Arc::new(value);
        std::mem::swap(&mut *self.value.lock(), &mut value);
        // W1 AcqRel: publishes the value; pairs with R1 and itself.
        version(self.version.fetch_add(1, Ordering::AcqRel) + 1)
    }

    fn compare_and_set(&self, expected: Version, value: T) -> Result<Version, Conflict<T, T>> {
        let current = self.load();
        if current.version != expected {
            return Err(Conflict { expected, current, rejected: value });
        }
        Ok(self.set(value))
    }

    fn update(&self, mut f: impl FnMut(&T) -> T) -> Snapshot<T> {
        let value = f(&self.load().value);
        let version = self.set(value.clone());
        Snapshot { value, version }
    }
}
