//! What a writer shows of its state.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

use super::super::swap::sync::Arc;
use super::super::version::Version;
use super::super::versioned_cell::{CachedReader, Versioned, VersionedCell};

/// The view that a writer has published last. Reading it does not wait for the writer.
///
/// It stays readable when the writer has ended.
pub struct Published<V> {
    cell: Arc<VersionedCell<V>>,
}

impl<V> Published<V> {
    /// With the view of the first state.
    pub(super) fn new(view: V) -> Published<V> {
        Published { cell: Arc::new(VersionedCell::new(view)) }
    }

    /// Shows the view. Returns the one before it, so that it is not dropped in here.
    pub(super) fn publish(&self, view: V) -> Arc<V> {
        // Only the writer sets it.
        let before = self.load();
        self.cell.set(view);
        before
    }

    /// The view.
    pub fn load(&self) -> Arc<V> {
        self.cell.load().value
    }

    /// The view and its version, which grows by one with each batch of commands.
    pub fn snapshot(&self) -> Versioned<V> {
        self.cell.load()
    }

    /// The version of the view, without the view.
    pub fn version(&self) -> Version {
        self.cell.version()
    }

    /// A reader for one thread, which takes one load as long as the view is the same.
    pub fn reader(&self) -> CachedReader<V> {
        CachedReader::new(Arc::clone(&self.cell))
    }
}

impl<V> Clone for Published<V> {
    fn clone(&self) -> Self {
        Published { cell: Arc::clone(&self.cell) }
    }
}

impl<V: fmt::Debug> fmt::Debug for Published<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Published").field(&self.snapshot()).finish()
    }
}

// As the cell in it.
impl<V: RefUnwindSafe> UnwindSafe for Published<V> {}
impl<V: RefUnwindSafe> RefUnwindSafe for Published<V> {}
