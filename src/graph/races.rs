//! Plain memory: which accesses of a run race, by epochs (Flanagan and Freund: *FastTrack*, PLDI
//! 2009), and which objects are gone.
//!
//! An access of a thread between its events `n - 1` and `n` has the epoch `n + 1`: whoever sees the
//! event `n` has it before.

use std::panic::Location as Place;

/// An access to plain memory, or the end of an object.
#[derive(Clone, Copy, Debug)]
pub struct Access {
    pub thread: u32,
    /// One more than the number of the thread's events before it.
    pub epoch: u32,
    pub writes: bool,
    pub place: &'static Place<'static>,
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
