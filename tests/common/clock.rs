//! A clock for tests, on every engine.

use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU64, Ordering};
use selvedge::time::{Duration, Instant};

/// A unit of time.
pub const TICK: Duration = Duration::from_nanos(1);

/// A clock that stands still until it is set, on every engine.
#[derive(Clone)]
pub struct Clock {
    begin: Instant,
    ticks: Arc<AtomicU64>,
}

impl Clock {
    pub fn new() -> Self {
        Clock { begin: Instant::now(), ticks: Arc::new(AtomicU64::new(0)) }
    }

    pub fn advance(&self, by: Duration) {
        // Relaxed: a clock orders nothing.
        self.ticks.fetch_add(u64::try_from(by.as_nanos()).unwrap(), Ordering::Relaxed);
    }

    /// The clock, as a table takes it.
    pub fn source(&self) -> impl Fn() -> Instant + Send + Sync + use<> {
        let Clock { begin, ticks } = self.clone();
        // Relaxed: as in `advance`.
        move || begin + Duration::from_nanos(ticks.load(Ordering::Relaxed))
    }
}
