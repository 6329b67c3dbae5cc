//! What a run is called by, and what a request is recognized by.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZeroU64;

/// The number of one run of an effect: greater than those of all runs of the same key before it,
/// and never used twice by one table.
///
/// It is a fencing token. The effect hands it on to the resource that it changes, and the resource
/// refuses a token smaller than the greatest it has seen. So an owner that was held up, and whose
/// lease another one took over, does no harm when it goes on: Kleppmann, *How to do distributed
/// locking*, 2016.
///
/// Tokens of different tables have nothing to do with each other, unless one goes on from the
/// other's last one: see [`tokens_after`](super::IdempotencyTableBuilder::tokens_after).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(NonZeroU64);

impl Token {
    /// The token with this number; `None` for 0, which is no token.
    pub const fn new(number: u64) -> Option<Token> {
        match NonZeroU64::new(number) {
            Some(number) => Some(Token(number)),
            None => None,
        }
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<NonZeroU64> for Token {
    fn from(number: NonZeroU64) -> Token {
        Token(number)
    }
}

impl From<Token> for NonZeroU64 {
    fn from(token: Token) -> NonZeroU64 {
        token.0
    }
}

/// What tells a duplicate of a request from another request that uses the same key by mistake.
///
/// It is compared with the one fingerprint that is stored under the same key, so that 64 bits are
/// plenty against accidents: one in 2⁶⁴ mistakes passes for a duplicate. They are no defense
/// against somebody who makes up two requests with one fingerprint on purpose; he gets the result
/// of his first request for his second. Who must rule that out takes 128 bits of a cryptographic
/// digest of the request, by [`new`](Fingerprint::new). The request itself is not kept, because it
/// may be large, and secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint(u128);

impl Fingerprint {
    /// A fingerprint that the caller has computed. A constant switches the comparison off.
    pub const fn new(bits: u128) -> Fingerprint {
        Fingerprint(bits)
    }

    /// The fingerprint of a request: 64 bits of std's hash, with fixed keys.
    ///
    /// The same for equal requests within one build of the program. Another release of Rust may
    /// hash differently, so it is nothing to store.
    ///
    /// ```
    /// use selvedge::Fingerprint;
    ///
    /// let pay = Fingerprint::of(&("pay", 30));
    /// assert_eq!(pay, Fingerprint::of(&("pay", 30)));
    /// assert_ne!(pay, Fingerprint::of(&("pay", 31)));
    /// ```
    pub fn of<Q: Hash + ?Sized>(request: &Q) -> Fingerprint {
        let mut hasher = DefaultHasher::new();
        request.hash(&mut hasher);
        Fingerprint(hasher.finish().into())
    }
}
