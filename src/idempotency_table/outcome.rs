//! What comes of a call, and why it may be refused.

use std::error::Error;
use std::fmt;

use super::super::swap::time::Duration;

/// What came of an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<R> {
    /// This call ran the effect.
    Fresh(R),
    /// Another call ran it. This is a copy of its result.
    Replayed {
        /// The result.
        value: R,
        /// The time since the effect was completed.
        age: Duration,
    },
}

impl<R> Outcome<R> {
    /// The result, whoever ran the effect.
    pub fn into_value(self) -> R {
        match self {
            Outcome::Fresh(value) | Outcome::Replayed { value, .. } => value,
        }
    }

    /// Whether this call ran the effect.
    pub fn is_fresh(&self) -> bool {
        matches!(self, Outcome::Fresh(_))
    }
}

/// Why a key was not claimed. The effect has not run, and nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BeginError {
    /// The key is in use for a request with another fingerprint.
    FingerprintMismatch,
    /// The table holds its maximum of entries, and none may go.
    CapacityExhausted,
    /// The table has given out token 2⁶⁴ − 1.
    TokensExhausted,
    /// The calling thread runs the key's effect already, by
    /// [`execute`](super::IdempotencyTable::execute): it would wait for itself.
    Reentrant,
}

impl fmt::Display for BeginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BeginError::FingerprintMismatch => {
                "idempotency key in use for a request with another fingerprint"
            }
            BeginError::CapacityExhausted => "idempotency table full",
            BeginError::TokensExhausted => "idempotency table out of fencing tokens",
            BeginError::Reentrant => "idempotency key claimed inside of its own effect",
        })
    }
}

impl Error for BeginError {}

/// Why a call of [`execute`](super::IdempotencyTable::execute) has no result to show.
///
/// The effect has run only in [`LeaseLost`](Self::LeaseLost) and [`Operation`](Self::Operation).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdempotencyError<R, E> {
    /// Another call runs the effect, and the policy is not to wait for it.
    InFlight,
    /// Another call still ran the effect when the permitted wait was over.
    WaitTimeout,
    /// The key is in use for a request with another fingerprint.
    FingerprintMismatch,
    /// The table holds its maximum of entries, and none may go.
    CapacityExhausted,
    /// The table has given out token 2⁶⁴ − 1.
    TokensExhausted,
    /// The effect called for its own key: it would wait for itself.
    Reentrant,
    /// The effect ran for longer than its lease, and another call took over. Its result was not
    /// stored; here it is.
    LeaseLost(R),
    /// The effect's own error. The key is free again.
    Operation(E),
}

impl<R, E> From<BeginError> for IdempotencyError<R, E> {
    fn from(error: BeginError) -> Self {
        match error {
            BeginError::FingerprintMismatch => IdempotencyError::FingerprintMismatch,
            BeginError::CapacityExhausted => IdempotencyError::CapacityExhausted,
            BeginError::TokensExhausted => IdempotencyError::TokensExhausted,
            BeginError::Reentrant => IdempotencyError::Reentrant,
        }
    }
}

impl<R, E: fmt::Display> fmt::Display for IdempotencyError<R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IdempotencyError::InFlight => f.write_str("idempotency key in flight"),
            IdempotencyError::WaitTimeout => {
                f.write_str("idempotency key still in flight at the end of the wait")
            }
            IdempotencyError::FingerprintMismatch => BeginError::FingerprintMismatch.fmt(f),
            IdempotencyError::CapacityExhausted => BeginError::CapacityExhausted.fmt(f),
            IdempotencyError::TokensExhausted => BeginError::TokensExhausted.fmt(f),
            IdempotencyError::Reentrant => BeginError::Reentrant.fmt(f),
            IdempotencyError::LeaseLost(_) => f.write_str(LEASE_LOST),
            IdempotencyError::Operation(error) => write!(f, "idempotent effect failed: {error}"),
        }
    }
}

impl<R: fmt::Debug, E: Error> Error for IdempotencyError<R, E> {
    /// The source of the effect's error; that error itself is part of the message.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            IdempotencyError::Operation(error) => error.source(),
            _ => None,
        }
    }
}

/// A result that came too late: the lease was over, and another run has taken the key. The result
/// is given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseLost<R>(pub R);

const LEASE_LOST: &str = "idempotency key taken over by another run before this one completed";

impl<R> fmt::Display for LeaseLost<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(LEASE_LOST)
    }
}

impl<R: fmt::Debug> Error for LeaseLost<R> {}

/// What [`forget`](super::IdempotencyTable::forget) found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgotten {
    /// A result, which is gone now.
    Removed,
    /// A run, which goes on: forgetting it would let the effect run a second time beside it.
    InFlight,
    /// Nothing, or a result that had expired.
    Absent,
}
