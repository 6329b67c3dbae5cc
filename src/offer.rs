//! What the sequenced primitives share: a value with the stamp of its event, and what becomes of an
//! event that is offered.

/// A value, or a share of it, and the stamp of the event that brought it: both are of one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stamped<V, S> {
    /// The value, or a share of it.
    pub value: V,
    /// The stamp of the event that brought it.
    pub stamp: S,
}

/// What became of an offer.
///
/// `R` is what the caller brought and gets back, and `C` is how the object shows what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "an offer that was not applied gives its value back"]
pub enum Offer<R, C> {
    /// The stamp was the greatest so far: the value is the current one.
    Applied {
        /// What it has replaced, if there was anything.
        replaced: Option<C>,
    },
    /// A greater stamp was there: the event is older than what is shown.
    ///
    /// It does not tell which: a register refuses most stale offers by a part of the current stamp.
    /// Who wants to know loads it.
    Stale {
        /// What was not stored, given back.
        rejected: R,
    },
    /// The same event, delivered again: equal stamp, equal value.
    Duplicate {
        /// What was not stored, given back.
        rejected: R,
    },
    /// Another event with the same stamp: a fault of whoever gives out stamps.
    Conflict {
        /// The value that is, or was, there with this stamp.
        current: C,
        /// What was not stored, given back.
        rejected: R,
    },
}

impl<R, C> Offer<R, C> {
    /// Whether the offered value has become the current one.
    pub fn is_applied(&self) -> bool {
        matches!(self, Offer::Applied { .. })
    }

    /// What was not stored.
    pub fn into_rejected(self) -> Option<R> {
        match self {
            Offer::Applied { .. } => None,
            Offer::Stale { rejected }
            | Offer::Duplicate { rejected }
            | Offer::Conflict { rejected, .. } => Some(rejected),
        }
    }
}
