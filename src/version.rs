//! What the versioned primitives share: versions, snapshots, conflicts, and the policy by which an
//! update that lost a race is tried again.

use std::error::Error;
use std::fmt;
use std::num::NonZeroU64;

use super::swap::hint::Backoff;
use super::swap::sync::Arc;
use super::swap::time::{Duration, Instant};

/// The number of a value: 1 for the first one, and one more with each change.
///
/// Versions of one object are totally ordered and never reused. Versions of different objects have
/// nothing to do with each other.
///
/// A version may leave the process, as an `ETag` or a column of a table, and come back:
///
/// ```
/// use selvedge::Version;
///
/// let etag = Version::FIRST.to_string();
/// assert_eq!(etag.parse().ok().and_then(Version::new), Some(Version::FIRST));
/// assert_eq!(Version::new(0), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(NonZeroU64);

impl Version {
    /// The version of a new object's value: 1.
    pub const FIRST: Version = Version(NonZeroU64::MIN);

    /// The version with this number; `None` for 0, which is no version.
    pub const fn new(number: u64) -> Option<Version> {
        match NonZeroU64::new(number) {
            Some(number) => Some(Version(number)),
            None => None,
        }
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0.get()
    }

    /// The version after this one; `None` after the last.
    pub(super) fn next(self) -> Option<Version> {
        self.0.checked_add(1).map(Version)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<NonZeroU64> for Version {
    fn from(number: NonZeroU64) -> Version {
        Version(number)
    }
}

impl From<Version> for NonZeroU64 {
    fn from(version: Version) -> NonZeroU64 {
        version.0
    }
}

/// A value and its version, which belong together: both are of one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Snapshot<V> {
    /// The value, or a share of it.
    pub value: V,
    /// The version of the value.
    pub version: Version,
}

/// A compare-and-set that was refused, because the expected version was not the current one.
///
/// `T` is what the caller offered, and `C` is how the object hands out its current value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conflict<T, C = Arc<T>> {
    /// The version that the caller expected.
    pub expected: Version,
    /// The value and the version that were found instead. The version is never `expected`.
    pub current: Snapshot<C>,
    /// The value that was not stored, given back.
    pub rejected: T,
}

impl<T, C> fmt::Display for Conflict<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected version {}, found version {}", self.expected, self.current.version)
    }
}

impl<T: fmt::Debug, C: fmt::Debug> Error for Conflict<T, C> {}

/// Why an update was not applied. The object is as the other threads left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateError<E> {
    /// The caller's function returned this error.
    Aborted(E),
    /// The permitted attempts are used up: each of them was overtaken by another change.
    Exhausted {
        /// How often the caller's function was called.
        attempts: u32,
        /// The newest version that was seen.
        last: Version,
    },
    /// The deadline has passed.
    Deadline,
}

impl<E: fmt::Display> fmt::Display for UpdateError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UpdateError::Aborted(error) => write!(f, "update aborted: {error}"),
            UpdateError::Exhausted { attempts, last } => {
                write!(
                    f,
                    "update overtaken in each of {attempts} attempts, version {last} seen last"
                )
            }
            UpdateError::Deadline => f.write_str("update not applied before its deadline"),
        }
    }
}

impl<E: Error> Error for UpdateError<E> {
    /// The source of the caller's error; that error itself is part of the message.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            UpdateError::Aborted(error) => error.source(),
            UpdateError::Exhausted { .. } | UpdateError::Deadline => None,
        }
    }
}

/// How long an update that lost a race is tried again.
///
/// Between two attempts the thread backs off: it spins for a time that doubles with each lost race,
/// and then yields. It never sleeps.
///
/// ```
/// use selvedge::Retry;
/// use selvedge::time::Duration;
///
/// const POLICY: Retry = Retry::attempts(8).timeout(Duration::from_millis(5));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// `None`: without a limit.
    attempts: Option<u32>,
    timeout: Option<Duration>,
    deadline: Option<Instant>,
}

impl Retry {
    /// As often as it takes. Each lost race means that another thread's change was applied.
    pub const fn unlimited() -> Retry {
        Retry { attempts: None, timeout: None, deadline: None }
    }

    /// At most `attempts` calls of the caller's function, the first one included.
    ///
    /// # Panics
    /// If `attempts` is 0.
    pub const fn attempts(attempts: u32) -> Retry {
        assert!(attempts > 0, "an update needs at least one attempt");
        Retry { attempts: Some(attempts), timeout: None, deadline: None }
    }

    /// No attempt begins when this much time has passed since the update began.
    pub const fn timeout(self, timeout: Duration) -> Retry {
        Retry { timeout: Some(timeout), ..self }
    }

    /// No attempt begins at this time or later. With a timeout as well, the earlier one counts.
    pub const fn deadline(self, deadline: Instant) -> Retry {
        Retry { deadline: Some(deadline), ..self }
    }
}

/// The attempts of one update.
pub(super) struct Attempts {
    limit: Option<u32>,
    made: u32,
    deadline: Option<Instant>,
    backoff: Backoff,
}

impl Attempts {
    /// Begins the first attempt, if there is time for it.
    pub(super) fn begin<E>(retry: &Retry) -> Result<Attempts, UpdateError<E>> {
        // A timeout beyond the end of the clock is none.
        let timeout = retry.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let deadline = match (timeout, retry.deadline) {
            (Some(timeout), Some(deadline)) => Some(timeout.min(deadline)),
            (one, other) => one.or(other),
        };
        let attempts =
            Attempts { limit: retry.attempts, made: 0, deadline, backoff: Backoff::new() };
        attempts.in_time()?;
        Ok(attempts)
    }

    /// Notes that an attempt lost its race, backs off, and begins the next one, if the policy
    /// permits it. `last` is the newest version that was seen.
    #[cold]
    pub(super) fn lost<E>(&mut self, last: Version) -> Result<(), UpdateError<E>> {
        self.made = self.made.saturating_add(1);
        if self.limit == Some(self.made) {
            return Err(UpdateError::Exhausted { attempts: self.made, last });
        }
        self.backoff.snooze();
        self.in_time()
    }

    fn in_time<E>(&self) -> Result<(), UpdateError<E>> {
        match self.deadline {
            Some(deadline) if Instant::now() >= deadline => Err(UpdateError::Deadline),
            _ => Ok(()),
        }
    }
}
