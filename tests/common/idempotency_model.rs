//! The idempotency table as it should be, on one thread: a map from keys to entries, from which
//! expired results vanish as time passes.

use std::collections::BTreeMap;
use std::time::Duration;

use selvedge::idempotency_table::{BeginError, Forgotten, LeaseLost, OnFull};
use selvedge::{Fingerprint, IdempotencyTable};

use super::clock::{Clock, TICK};

pub type Table = IdempotencyTable<u8, u64>;

/// Settings of a table; times are in ticks.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub ttl: u8,
    pub lease: Option<u8>,
    pub max_entries: usize,
    pub evicts: bool,
    pub shards: usize,
}

pub fn table(settings: Settings, clock: &Clock) -> Table {
    let on_full = if settings.evicts { OnFull::EvictOldestCompleted } else { OnFull::Refuse };
    let mut builder = IdempotencyTable::builder()
        .ttl(ticks(settings.ttl.into()))
        .max_entries(settings.max_entries)
        .on_full(on_full)
        .shards(settings.shards)
        .clock(clock.source());
    if let Some(lease) = settings.lease {
        builder = builder.in_flight_lease(ticks(lease.into()));
    }
    builder.build().unwrap()
}

pub fn ticks(number: u64) -> Duration {
    TICK * u32::try_from(number).unwrap()
}

pub fn print_of(request: u8) -> Fingerprint {
    Fingerprint::new(request.into())
}

/// What an entry of the model has come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum State {
    Vacant,
    InFlight { token: u64, lease_end: Option<u64> },
    Completed { value: u64, at: u64 },
}

#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub request: u8,
    pub state: State,
    pub waiters: usize,
}

/// What a claim is to come to.
#[derive(Debug, PartialEq)]
pub enum Expected {
    Owned { entry: usize, token: u64 },
    Replayed { value: u64, age: u64 },
    InFlight { entry: usize },
    Refused(BeginError),
}

/// A table as it should be: expired results are not in it.
pub struct Model {
    settings: Settings,
    now: u64,
    /// All entries that ever were; those that count are in `keys`.
    pub entries: Vec<Entry>,
    pub keys: BTreeMap<u8, usize>,
    last_token: u64,
    fresh: u64,
    replayed: u64,
    failed: u64,
    taken_over: u64,
    lease_lost: u64,
    mismatched: u64,
    refused: u64,
    evicted: u64,
    forgotten: u64,
}

impl Model {
    pub fn new(settings: Settings) -> Self {
        Model {
            settings,
            now: 0,
            entries: Vec::new(),
            keys: BTreeMap::new(),
            last_token: 0,
            fresh: 0,
            replayed: 0,
            failed: 0,
            taken_over: 0,
            lease_lost: 0,
            mismatched: 0,
            refused: 0,
            evicted: 0,
            forgotten: 0,
        }
    }

    pub fn pass(&mut self, clock: &Clock, by: u64) {
        clock.advance(ticks(by));
        self.now += by;
        let (entries, now, ttl) = (&self.entries, self.now, u64::from(self.settings.ttl));
        self.keys.retain(|_, entry| match entries[*entry].state {
            State::Completed { at, .. } => now - at < ttl,
            _ => true,
        });
    }

    fn own(&mut self, entry: usize, request: u8) -> Expected {
        self.last_token += 1;
        let token = self.last_token;
        let lease_end = self.settings.lease.map(|lease| self.now + u64::from(lease));
        self.entries[entry].request = request;
        self.entries[entry].state = State::InFlight { token, lease_end };
        Expected::Owned { entry, token }
    }

    pub fn meet(&mut self, entry: usize, request: u8) -> Expected {
        let Entry { request: found, state, .. } = self.entries[entry];
        match state {
            State::Vacant => self.own(entry, request),
            _ if found != request => {
                self.mismatched += 1;
                Expected::Refused(BeginError::FingerprintMismatch)
            }
            State::Completed { value, at } => {
                self.replayed += 1;
                Expected::Replayed { value, age: self.now - at }
            }
            State::InFlight { lease_end: Some(end), .. } if end <= self.now => {
                self.taken_over += 1;
                self.own(entry, request)
            }
            State::InFlight { .. } => Expected::InFlight { entry },
        }
    }

    pub fn claim(&mut self, key: u8, request: u8) -> Expected {
        if let Some(&entry) = self.keys.get(&key) {
            return self.meet(entry, request);
        }
        if self.keys.len() == self.settings.max_entries {
            let completed =
                self.keys.iter().filter_map(|(&key, &entry)| match self.entries[entry].state {
                    State::Completed { at, .. } => Some((at, key)),
                    _ => None,
                });
            let oldest = completed.min().filter(|_| self.settings.evicts);
            let Some((_, evicted)) = oldest else {
                self.refused += 1;
                return Expected::Refused(BeginError::CapacityExhausted);
            };
            self.keys.remove(&evicted);
            self.evicted += 1;
        }
        self.entries.push(Entry { request, state: State::Vacant, waiters: 0 });
        let entry = self.entries.len() - 1;
        self.keys.insert(key, entry);
        self.own(entry, request)
    }

    fn runs(&self, entry: usize, token: u64) -> bool {
        matches!(self.entries[entry].state, State::InFlight { token: now, .. } if now == token)
    }

    pub fn complete(&mut self, entry: usize, token: u64) -> Result<u64, LeaseLost<u64>> {
        if !self.runs(entry, token) {
            self.lease_lost += 1;
            return Err(LeaseLost(token));
        }
        self.fresh += 1;
        self.entries[entry].state = State::Completed { value: token, at: self.now };
        Ok(token)
    }

    pub fn fail(&mut self, entry: usize, token: u64) {
        if self.runs(entry, token) {
            self.failed += 1;
            self.entries[entry].state = State::Vacant;
            self.sweep_vacant(entry);
        }
    }

    pub fn leave(&mut self, entry: usize) {
        self.entries[entry].waiters -= 1;
        self.sweep_vacant(entry);
    }

    fn sweep_vacant(&mut self, entry: usize) {
        let Entry { state, waiters, .. } = self.entries[entry];
        if state == State::Vacant && waiters == 0 {
            self.keys.retain(|_, kept| *kept != entry);
        }
    }

    pub fn forget(&mut self, key: u8) -> Forgotten {
        match self.keys.get(&key).map(|entry| self.entries[*entry].state) {
            Some(State::InFlight { .. }) => Forgotten::InFlight,
            Some(State::Completed { .. }) => {
                self.keys.remove(&key);
                self.forgotten += 1;
                Forgotten::Removed
            }
            Some(State::Vacant) | None => Forgotten::Absent,
        }
    }

    fn count(&self, wanted: impl Fn(State) -> bool) -> usize {
        self.keys.values().filter(|entry| wanted(self.entries[**entry].state)).count()
    }

    /// Compares the numbers. Expired results may still be in the table, unless it was purged.
    pub fn agrees(&self, table: &Table, purged: bool) {
        let stats = table.stats();
        assert_eq!(
            [stats.fresh, stats.replayed, stats.failed, stats.taken_over, stats.lease_lost],
            [self.fresh, self.replayed, self.failed, self.taken_over, self.lease_lost],
            "fresh, replayed, failed, taken over, lease lost"
        );
        assert_eq!(
            [stats.mismatched, stats.refused, stats.evicted, stats.forgotten],
            [self.mismatched, self.refused, self.evicted, self.forgotten],
            "mismatched, refused, evicted, forgotten"
        );
        assert_eq!(stats.in_flight, self.count(|state| matches!(state, State::InFlight { .. })));
        assert!(stats.entries <= self.settings.max_entries, "more entries than the maximum");
        assert!(stats.entries >= self.keys.len());
        let completed = self.count(|state| matches!(state, State::Completed { .. }));
        if purged {
            assert_eq!((stats.entries, stats.completed), (self.keys.len(), completed));
        }
    }
}
