//! The two words of a queue: where the next value goes, and where the next one comes from.

use std::fmt;

/// The tail: the index of the next slot to claim, and what a sender must know when it claims it.
///
/// An index has 62 bits, so that a stamp, twice the index and a bit, fits into a word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Tail(pub u64);

impl Tail {
    /// No slot can be claimed any more. Never cleared.
    pub const CLOSED: u64 = 1;
    /// The receiver parks, or is about to: whoever clears it wakes the receiver.
    pub const RECEIVER_PARKED: u64 = 2;
    const ONE: u64 = 4;

    /// The tail of a queue whose first slot has this index.
    #[inline]
    pub fn at(index: u64) -> Tail {
        Tail(index * Self::ONE)
    }

    #[inline]
    pub fn index(self) -> u64 {
        self.0 / Self::ONE
    }

    #[inline]
    pub fn is_closed(self) -> bool {
        self.0 & Self::CLOSED != 0
    }

    #[inline]
    pub fn receiver_parked(self) -> bool {
        self.0 & Self::RECEIVER_PARKED != 0
    }

    /// The tail after its index is claimed; who claims it wakes the receiver.
    ///
    /// # Panics
    ///
    /// After 2⁶² − 1 values, which takes more than a century.
    #[inline]
    pub fn claimed(self) -> Tail {
        let next = self.0.checked_add(Self::ONE).expect("a queue has taken all its values");
        Tail(next & !Self::RECEIVER_PARKED)
    }
}

impl fmt::Debug for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.index())?;
        if self.receiver_parked() {
            f.write_str(" | RECEIVER_PARKED")?;
        }
        if self.is_closed() {
            f.write_str(" | CLOSED")?;
        }
        Ok(())
    }
}

/// The head: the index of the next slot to receive from, as far as the receiver has told, and
/// whether senders wait.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Head(pub u64);

impl Head {
    /// The list of waiting senders has an entry. Changes under the list's lock.
    pub const SENDERS_WAIT: u64 = 1;
    const ONE: u64 = 2;

    /// The head of a queue whose first slot has this index.
    #[inline]
    pub fn at(index: u64) -> Head {
        Head(index * Self::ONE)
    }

    /// What the word grows by when so many values were received.
    #[inline]
    pub fn step(received: u64) -> u64 {
        received * Self::ONE
    }

    #[inline]
    pub fn index(self) -> u64 {
        self.0 / Self::ONE
    }

    #[inline]
    pub fn senders_wait(self) -> bool {
        self.0 & Self::SENDERS_WAIT != 0
    }
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.index())?;
        if self.senders_wait() {
            f.write_str(" | SENDERS_WAIT")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_takes_an_index_and_the_duty_to_wake() {
        let parked = Tail(Tail::at(7).0 | Tail::RECEIVER_PARKED);
        assert!(parked.receiver_parked());
        assert_eq!(parked.claimed(), Tail::at(8));
    }

    #[test]
    #[should_panic(expected = "a queue has taken all its values")]
    fn the_last_index_is_not_claimed() {
        let _ = Tail::at((1 << 62) - 1).claimed();
    }

    #[test]
    fn words_print_their_bits() {
        let tail = Tail(Tail::at(3).0 | Tail::CLOSED | Tail::RECEIVER_PARKED);
        assert_eq!(format!("{tail:?}"), "3 | RECEIVER_PARKED | CLOSED");
        let head = Head(Head::at(3).0 | Head::SENDERS_WAIT);
        assert_eq!(format!("{head:?}"), "3 | SENDERS_WAIT");
    }
}
