//! What an idempotency table promises to one thread after the other.

use selvedge::Fingerprint;
use selvedge::idempotency_table::Forgotten;

use super::order::Model;

/// The request that most operations repeat, and another one.
pub const PAY: Fingerprint = Fingerprint::new(30);
pub const REFUND: Fingerprint = Fingerprint::new(31);

pub const KEY: u64 = 0;
pub const OTHER_KEY: u64 = 1;

/// So many entries.
pub const ROOM: usize = 1;

/// In moments: how long a result is replayed, and how long a run may take.
pub const TTL: u64 = 1;
pub const LEASE: u64 = 1;

#[derive(Debug)]
pub enum Step {
    /// Time passes, a moment.
    Advanced,
    /// The table reads the clock.
    Reads,
    /// Results whose time is over are removed, by the time that was read.
    Sweeps,
    /// The entry of a run that is about to begin counts from here on, unless it is there.
    Reserves {
        key: u64,
    },
    /// A run begins.
    Claimed {
        key: u64,
        request: Fingerprint,
        run: u64,
        token: Option<u64>,
    },
    /// A run hands its result in; it is stored, unless another run has taken the key over.
    Completed {
        key: u64,
        run: u64,
        stored: bool,
    },
    Failed {
        key: u64,
        run: u64,
    },
    Replayed {
        key: u64,
        request: Fingerprint,
        value: u64,
    },
    Mismatch {
        key: u64,
        request: Fingerprint,
    },
    InFlight {
        key: u64,
    },
    /// From here on it waits, for as long as a lease.
    Waits,
    TimedOut {
        key: u64,
    },
    Full {
        key: u64,
    },
    Forgot(Forgotten),
    /// So many results were removed.
    Purged(usize),
}

#[derive(Clone, Copy, Default)]
enum Entry {
    #[default]
    None,
    Running {
        request: Fingerprint,
        run: u64,
        /// When the lease ends.
        end: u64,
    },
    Completed {
        request: Fingerprint,
        value: u64,
        at: u64,
    },
}

/// The entries of both keys, and the clock.
#[derive(Clone, Default)]
pub struct Runs {
    entries: [Entry; 2],
    last_token: u64,
    /// A run has failed, and one that waits for its key may keep its room.
    kept: bool,
    now: u64,
    /// What each thread has read last, and since when it waits.
    read: [u64; 4],
    waits: [u64; 4],
    /// Who is about to begin a run, and has room for it.
    reserved: Option<usize>,
}

impl Entry {
    /// Whether it is there at this time, and not a result whose time is over.
    fn is_there(self, now: u64) -> bool {
        match self {
            Entry::None => false,
            Entry::Running { .. } => true,
            Entry::Completed { at, .. } => now < at + TTL,
        }
    }

    fn request(self) -> Option<Fingerprint> {
        match self {
            Entry::None => None,
            Entry::Running { request, .. } | Entry::Completed { request, .. } => Some(request),
        }
    }

    fn is_run(self, number: u64) -> bool {
        matches!(self, Entry::Running { run, .. } if run == number)
    }
}

impl Runs {
    /// Whether these steps can follow.
    pub fn admit_all(&self, thread: usize, steps: &[Step]) -> bool {
        let mut end = self.clone();
        end.read[thread] = self.now;
        steps.iter().all(|step| end.admits(thread, step))
    }

    /// Takes room for a run that is about to begin, if it needs any.
    fn reserve(&mut self, key: usize, now: u64, thread: usize) -> bool {
        if self.entries[key].is_there(now) {
            return true;
        }
        let free = self.reserved.is_none() && !self.entries[1 - key].is_there(now);
        if free {
            self.reserved = Some(thread);
            // At most a result whose time is over, which makes room.
            self.entries[1 - key] = Entry::None;
        }
        free
    }

    /// A run begins, if the key is free or its owner is late.
    fn claim(&mut self, key: usize, now: u64, request: Fingerprint, run: u64) -> bool {
        let free = match self.entries[key] {
            Entry::Running { end, .. } => now >= end,
            entry => !entry.is_there(now),
        };
        self.entries[key] = Entry::Running { request, run, end: now + LEASE };
        self.reserved = None;
        self.kept = false;
        free
    }

    fn forget(&mut self, now: u64) -> Forgotten {
        match self.entries[KEY as usize] {
            Entry::Running { .. } => Forgotten::InFlight,
            entry => {
                self.entries[KEY as usize] = Entry::None;
                if entry.is_there(now) { Forgotten::Removed } else { Forgotten::Absent }
            }
        }
    }
}

impl Model for Runs {
    type Step = Step;

    fn admits(&mut self, thread: usize, step: &Step) -> bool {
        let now = self.read[thread];
        match *step {
            Step::Advanced => {
                self.now += 1;
                true
            }
            Step::Reads => {
                self.read[thread] = self.now;
                true
            }
            Step::Sweeps => {
                for entry in &mut self.entries {
                    if !entry.is_there(now) {
                        *entry = Entry::None;
                    }
                }
                true
            }
            Step::Reserves { key } => self.reserve(key as usize, now, thread),
            Step::Claimed { key, request, run, token } => {
                let last = self.last_token;
                self.last_token = token.unwrap_or(last + 1);
                let grows = token.is_none_or(|token| token > last);
                grows && self.claim(key as usize, now, request, run)
            }
            Step::Completed { key, run, stored } => {
                let entry = &mut self.entries[key as usize];
                let owns = entry.is_run(run);
                if let (true, Some(request)) = (owns, entry.request()) {
                    *entry = Entry::Completed { request, value: run, at: now };
                }
                stored == owns
            }
            Step::Failed { key, run } => {
                let entry = &mut self.entries[key as usize];
                if entry.is_run(run) {
                    *entry = Entry::None;
                    self.kept = true;
                }
                true
            }
            Step::Replayed { key, request: mine, value: shown } => {
                let entry = self.entries[key as usize];
                let same = matches!(entry, Entry::Completed { request, value, .. }
                    if request == mine && value == shown);
                same && entry.is_there(now)
            }
            Step::Mismatch { key, request } => {
                let entry = self.entries[key as usize];
                entry.is_there(now) && entry.request() != Some(request)
            }
            Step::InFlight { key } => {
                matches!(self.entries[key as usize], Entry::Running { end, .. } if now < end)
            }
            Step::Waits => {
                self.waits[thread] = self.now;
                true
            }
            Step::TimedOut { key } => {
                let runs = matches!(self.entries[key as usize], Entry::Running { .. });
                runs && self.now >= self.waits[thread] + LEASE
            }
            Step::Full { key } => {
                let [mine, other] = [key, 1 - key].map(|key| self.entries[key as usize]);
                let taken = other.is_there(now) || self.reserved.is_some() || self.kept;
                !mine.is_there(now) && taken
            }
            Step::Forgot(found) => self.forget(now) == found,
            Step::Purged(count) => {
                let is_over = |entry: &Entry| !matches!(entry, Entry::None) && !entry.is_there(now);
                // Others may have removed it already, to make room.
                count <= self.entries.iter().filter(|entry| is_over(entry)).count()
            }
        }
    }
}
