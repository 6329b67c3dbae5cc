//! *Lease*: whoever holds a lock service's lease may change a file in storage. A holder that
//! pauses, for a garbage collection or a slow disk, does not know that its lease has run out, and
//! writes late, over what its successor wrote.
//!
//! The service hands out a *fencing token* with each lease, which grows, and storage refuses
//! requests with a smaller one than it has seen. It must see the tokens of reads too: otherwise a
//! late write is accepted while the successor has only read, and then the successor overwrites it
//! with what it made of that read, although all writes are fenced.
//!
//! Kleppmann, *How to do distributed locking*, 2016, whose storage checks writes; Burrows, *The
//! Chubby lock service for loosely-coupled distributed systems*, OSDI 2006, calls the token a
//! sequencer.

use crate::sync::{Arc, Mutex};
use crate::thread;
use crate::time::{self, Duration, Instant};

/// Which requests carry the token of their lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fenced {
    /// None: storage believes everybody.
    Nothing,
    /// Writes only.
    Writes,
    /// Reads too.
    Everything,
}

/// How long a lease lasts.
const LEASE: Duration = Duration::from_micros(100);

/// Two workers each take the lease, read the file, add a line and write it. The second one comes
/// when the first one's lease has run out. No line may be lost whose write was accepted, and
/// nobody is in the way of the last who got the lease.
pub fn lease(fenced: Fenced) -> impl Fn() + Send + Sync + 'static {
    move || {
        let service = Arc::new(LockService::default());
        let storage = Arc::new(Storage::default());
        let working: Vec<_> = ["first", "second"]
            .map(|line| {
                let (service, storage) = (Arc::clone(&service), Arc::clone(&storage));
                thread::spawn(move || {
                    if line == "second" {
                        time::advance(LEASE);
                    }
                    let token = service.acquire()?;
                    append(&storage, fenced, token, line).then_some(line)
                })
            })
            .into();
        let accepted: Vec<_> =
            working.into_iter().filter_map(|worker| worker.join().unwrap()).collect();
        assert!(!accepted.is_empty(), "storage refused the greatest token");
        let file = storage.read(None).unwrap_or_default();
        for line in accepted {
            assert!(
                file.contains(&line),
                "lost update: the write of {line:?} was accepted, and the file has {file:?}"
            );
        }
    }
}

/// Adds a line to the file. Returns whether storage accepted it.
fn append(storage: &Storage, fenced: Fenced, token: u64, line: &'static str) -> bool {
    let (reads, writes) = match fenced {
        Fenced::Nothing => (None, None),
        Fenced::Writes => (None, Some(token)),
        Fenced::Everything => (Some(token), Some(token)),
    };
    let Some(mut file) = storage.read(reads) else { return false };
    file.push(line);
    storage.write(writes, file)
}

/// Gives out the lease, to one holder at a time.
#[derive(Default)]
struct LockService(Mutex<Leases>);

#[derive(Default)]
struct Leases {
    /// When the current lease runs out.
    end: Option<Instant>,
    /// The token of the last lease.
    last: u64,
}

impl LockService {
    /// A token, if nobody holds the lease.
    fn acquire(&self) -> Option<u64> {
        let now = Instant::now();
        let mut leases = self.0.lock();
        if leases.end.is_some_and(|end| now < end) {
            return None;
        }
        leases.end = Some(now + LEASE);
        leases.last += 1;
        Some(leases.last)
    }
}

/// The file, and the greatest token of a request for it.
#[derive(Default)]
struct Storage(Mutex<(u64, Vec<&'static str>)>);

impl Storage {
    /// The file, unless a greater token has been here.
    fn read(&self, token: Option<u64>) -> Option<Vec<&'static str>> {
        let mut state = self.0.lock();
        Storage::admit(&mut state.0, token).then(|| state.1.clone())
    }

    /// Replaces the file, unless a greater token has been here. Returns whether it did.
    fn write(&self, token: Option<u64>, file: Vec<&'static str>) -> bool {
        let mut state = self.0.lock();
        let admitted = Storage::admit(&mut state.0, token);
        if admitted {
            state.1 = file;
        }
        admitted
    }

    fn admit(greatest: &mut u64, token: Option<u64>) -> bool {
        let admitted = token.is_none_or(|token| token >= *greatest);
        if admitted {
            *greatest = token.unwrap_or(*greatest);
        }
        admitted
    }
}
