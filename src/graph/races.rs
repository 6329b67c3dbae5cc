//! Plain memory: which accesses of a run race, by epochs (Flanagan and Freund: *FastTrack*, PLDI
//! 2009), and which objects are gone.
//!
//! An access of a thread between its events `n - 1` and `n` has the epoch `n + 1`: whoever sees the
//! event `n` has it before.

use super::Place;

/// An access to plain memory, or the end of an object.
#[derive(Clone, Copy, Debug)]
pub struct Access {
    pub thread: u32,
    /// One more than the number of the thread's events before it.
    pub epoch: u32,
    pub writes: bool,
    pub place: Place,
}

impl Access {
    /// Whether it comes before what has this clock.
    pub fn is_before(&self, clock: &[u16]) -> bool {
        u32::from(clock[self.thread as usize]) >= self.epoch
    }
}

/// The last accesses to a cell.
#[derive(Debug, Default)]
pub struct Cell {
    write: Option<Access>,
    /// The last one of each thread, since the last write.
    reads: Vec<Access>,
    freed: Option<Access>,
}

impl Cell {
    /// Makes it a cell that was just created.
    pub fn reset(&mut self, created: Access) {
        self.write = Some(created);
        self.reads.clear();
        self.freed = None;
    }

    /// Adds an access of a thread with this happens-before clock. An error is an access that it
    /// races with.
    pub fn access(&mut self, access: Access, clock: &[u16]) -> Result<(), Access> {
        let unordered = |other: &&Access| other.thread != access.thread && !other.is_before(clock);
        if let Some(other) = self.write.iter().find(unordered) {
            return Err(*other);
        }
        if access.writes {
            if let Some(other) = self.reads.iter().find(unordered) {
                return Err(*other);
            }
            self.reads.clear();
            self.write = Some(access);
        } else if let Some(mine) = self.reads.iter_mut().find(|r| r.thread == access.thread) {
            *mine = access;
        } else {
            self.reads.push(access);
        }
        Ok(())
    }

    /// The last accesses.
    pub fn accesses(&self) -> impl Iterator<Item = &Access> {
        self.write.iter().chain(&self.reads)
    }

    pub fn free(&mut self, freed: Access) {
        self.freed.get_or_insert(freed);
    }

    pub fn freed(&self) -> Option<Access> {
        self.freed
    }
}

#[cfg(test)]
mod tests {
    use std::panic::Location;

    use super::*;

    #[track_caller]
    fn access(thread: u32, epoch: u32, writes: bool) -> Access {
        Access { thread, epoch, writes, place: Location::caller() }
    }

    /// A cell that thread 0 created after its first event.
    fn cell() -> Cell {
        let mut cell = Cell::default();
        cell.reset(access(0, 2, true));
        cell
    }

    #[test]
    fn an_access_is_before_whoever_sees_the_next_event() {
        assert!(!access(0, 2, true).is_before(&[1, 0]));
        assert!(access(0, 2, true).is_before(&[2, 0]));
    }

    #[test]
    fn reads_race_with_writes_only() {
        let mut cell = cell();
        assert!(cell.access(access(0, 3, false), &[2, 0]).is_ok());
        assert!(cell.access(access(1, 2, false), &[2, 1]).is_ok());
        let raced = cell.access(access(1, 2, true), &[2, 1]).unwrap_err();
        assert_eq!((raced.thread, raced.epoch, raced.writes), (0, 3, false));
    }

    #[test]
    fn writes_race_with_whatever_is_not_before() {
        let mut cell = cell();
        let raced = cell.access(access(1, 2, false), &[1, 1]).unwrap_err();
        assert_eq!((raced.thread, raced.epoch, raced.writes), (0, 2, true));
        assert!(cell.access(access(1, 2, true), &[2, 1]).is_ok());
        let raced = cell.access(access(0, 3, true), &[3, 1]).unwrap_err();
        assert_eq!((raced.thread, raced.epoch), (1, 2));
    }

    #[test]
    fn the_first_end_of_a_cell_counts_until_it_is_used_again() {
        let mut cell = cell();
        cell.free(access(0, 3, true));
        cell.free(access(1, 2, true));
        assert_eq!(cell.freed().map(|freed| freed.thread), Some(0));
        cell.reset(access(1, 2, true));
        assert!(cell.freed().is_none());
        assert_eq!(cell.accesses().count(), 1);
    }
}
