//! *Cache fill*: a reader misses the cache and reads the database; before it fills the cache, a
//! writer changes the database and invalidates the cache; then the reader fills it, with what the
//! database no longer says, and nothing invalidates that before the next change. (Nishtala et al.,
//! *Scaling Memcache at Facebook*, NSDI 2013, call it a stale set, and give out leases against it.)
//!
//! Guarded, fills and invalidations carry the version of the database's value, and the cache keeps
//! the newest. So it must remember the version of an invalidation too.

use crate::naive::{LastWriterWins, Written};
use crate::stamp::Seq;
use crate::sync::Arc;
use crate::{Version, VersionedCell, thread};

/// A reader and a writer share a database of one value and its cache. The cache must be empty at
/// the end, or say what the database says.
pub fn cache_fill<R>() -> impl Fn() + Send + Sync + 'static
where
    R: LastWriterWins<Value = Option<&'static str>, Stamp = Seq>,
{
    || {
        let database = Arc::new(VersionedCell::new("old"));
        let cache = Arc::new(R::default());
        let reading = thread::spawn({
            let (database, cache) = (Arc::clone(&database), Arc::clone(&cache));
            move || {
                let hit = cache.load().and_then(|cached| cached.value);
                hit.unwrap_or_else(|| {
                    let read = database.load();
                    let _ = cache.offer(filled(read.version), Some(*read.value));
                    *read.value
                })
            }
        });
        let writing = thread::spawn({
            let (database, cache) = (Arc::clone(&database), Arc::clone(&cache));
            move || {
                let version = database.set("new");
                let _ = cache.offer(invalidated(version), None);
            }
        });
        reading.join().unwrap();
        writing.join().unwrap();
        let cached = cache.load().and_then(|cached| cached.value);
        let said = *database.load().value;
        assert!(
            cached.is_none_or(|cached| cached == said),
            "the cache says {cached:?} until the next change, and the database says {said:?}"
        );
    }
}

/// The event that the cache has nothing of an earlier version: it comes before the fill.
fn invalidated(version: Version) -> Written<Seq> {
    written(2 * version.get())
}

/// The event that the cache has the value of this version.
fn filled(version: Version) -> Written<Seq> {
    written(2 * version.get() + 1)
}

fn written(number: u64) -> Written<Seq> {
    Written { stamp: Seq(number), clock_ms: number }
}
