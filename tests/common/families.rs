//! Families of small programs whose executions are counted: those with which papers on model
//! checkers measure, GenMC's tests among them, and the shapes of which this project is made.
//!
//! The names of a family's programs end in their size: `inc(3)`.

use std::array;
use std::fmt;

use selvedge::cell::UnsafeCell;
use selvedge::sync::atomic::AtomicU64;
use selvedge::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use selvedge::sync::{Arc, Mutex};
use selvedge::thread;

/// A program, and what is known of it.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// The name of the family.
    pub name: &'static str,
    /// Which program of the family.
    pub size: usize,
    /// Threads, without the one that spawns them.
    // Not every target looks at it.
    #[allow(dead_code)]
    pub threads: usize,
    /// Executions under sequential consistency.
    pub sc: u64,
    /// Executions under RC11.
    pub rc11: u64,
    /// Executions that one worker begins in vain, under either: a lock was waited for that another
    /// thread takes first.
    // Not every target looks at it.
    #[allow(dead_code)]
    pub blocked: u64,
    program: fn(usize),
}

impl Family {
    /// A family's program in which nothing waits, with its executions under both models.
    fn of(
        name: &'static str,
        size: usize,
        threads: usize,
        [sc, rc11]: [u64; 2],
        program: fn(usize),
    ) -> Family {
        Family { name, size, threads, sc, rc11, blocked: 0, program }
    }

    /// What runs once in each execution.
    pub fn closure(self) -> impl Fn() + Send + Sync + 'static {
        move || (self.program)(self.size)
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}({})", self.name, self.size))
    }
}

/// Runs numbered threads on what they share, and waits for them.
fn together<S: Send + Sync + 'static>(
    shared: S,
    threads: usize,
    body: impl Fn(&S, usize) + Copy + Send + 'static,
) {
    let shared = Arc::new(shared);
    let threads: Vec<_> = (0..threads)
        .map(|thread| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || body(&shared, thread))
        })
        .collect();
    for thread in threads {
        thread.join().expect("no thread panics");
    }
}

fn zeros<const N: usize>() -> [AtomicU64; N] {
    array::from_fn(|_| AtomicU64::new(0))
}

/// `size` threads load, and store one more: a counter that loses updates.
pub fn inc(size: usize, executions: u64) -> Family {
    let program = |size| {
        together(AtomicU64::new(0), size, |x, _| {
            let value = x.load(Acquire);
            x.store(value + 1, Release);
        });
    };
    Family::of("inc", size, size, [executions, executions], program)
}

/// Store buffering of `size` threads: each stores to its own location, and loads its neighbour's.
pub fn store_buffering(size: usize, sc: u64, rc11: u64) -> Family {
    let program = |size| {
        let locations: Vec<_> = (0..size).map(|_| AtomicU64::new(0)).collect();
        together(locations, size, |locations, thread| {
            locations[thread].store(1, Release);
            locations[(thread + 1) % locations.len()].load(Acquire);
        });
    };
    Family::of("store_buffering", size, size, [sc, rc11], program)
}

/// A ring of two slots for one producer and one consumer.
struct Ring {
    slots: [UnsafeCell<u64>; 2],
    sent: AtomicU64,
    received: AtomicU64,
}

// SAFETY: `produce` writes to slots which the consumer left, and `consume` reads from those which
// the producer left: that is what `sent` and `received` say, which only one thread stores each.
unsafe impl Sync for Ring {}

impl Ring {
    /// Tries `size` times to send the next number.
    fn produce(&self, size: usize) {
        let mut sent = 0;
        for _ in 0..size {
            if sent - self.received.load(Acquire) < 2 {
                // SAFETY: the consumer has left the slot, and nobody else sends.
                self.slots[sent as usize % 2].with_mut(|slot| unsafe { *slot = sent });
                sent += 1;
                self.sent.store(sent, Release);
            }
        }
    }

    /// Tries `size` times to receive the next number.
    fn consume(&self, size: usize) {
        let mut received = 0;
        for _ in 0..size {
            if received < self.sent.load(Acquire) {
                // SAFETY: the producer has left the slot, and does not come back before `received`
                // says so.
                let number = self.slots[received as usize % 2].with(|slot| unsafe { *slot });
                assert_eq!(number, received);
                received += 1;
                self.received.store(received, Release);
            }
        }
    }
}

/// One producer and one consumer try `size` times each, over a ring of two slots.
pub fn ring(size: usize, sc: u64, rc11: u64) -> Family {
    let program = |size| {
        let ring = Ring {
            slots: array::from_fn(|_| UnsafeCell::new(0)),
            sent: AtomicU64::new(0),
            received: AtomicU64::new(0),
        };
        together(ring, 2, move |ring, thread| match thread {
            0 => ring.produce(size),
            _ => ring.consume(size),
        });
    };
    Family::of("ring", size, 2, [sc, rc11], program)
}

/// Two threads climb Fibonacci's numbers, `size` steps each, and a third looks how far they came.
/// From SV-COMP.
pub fn fib_bench(size: usize, sc: u64, rc11: u64) -> Family {
    let program = |size| {
        together([AtomicU64::new(1), AtomicU64::new(1)], 3, move |[x, y], thread| match thread {
            0 => (0..size).for_each(|_| x.store(x.load(Acquire) + y.load(Acquire), Release)),
            1 => (0..size).for_each(|_| y.store(x.load(Acquire) + y.load(Acquire), Release)),
            _ => {
                let highest = fibonacci(2 * size + 2);
                assert!(x.load(Acquire) <= highest && y.load(Acquire) <= highest);
            }
        });
    };
    Family::of("fib_bench", size, 3, [sc, rc11], program)
}

fn fibonacci(number: usize) -> u64 {
    (0..number).fold([0, 1], |[last, next], _| [next, last + next])[0]
}

/// `size` threads compare and exchange, and store whether or not it succeeded.
pub fn casw(size: usize, executions: u64) -> Family {
    let program = |size| {
        together(AtomicU64::new(0), size, |x, thread| {
            // Whether it succeeds does not matter.
            let _ = x.compare_exchange(0, 1, SeqCst, SeqCst);
            x.store(thread as u64 + 3, SeqCst);
        });
    };
    Family::of("casw", size, size, [executions, executions], program)
}

/// Coherence: two threads store x, load y or z, and load x, while `size` - 1 others store y and z.
pub fn coa(size: usize, sc: u64, rc11: u64) -> Family {
    let program = |size| {
        together(zeros(), size + 1, |[x, y, z], thread| {
            if let Some(value) = thread.checked_sub(2) {
                y.store(value as u64, Release);
                z.store(value as u64, Release);
            } else {
                x.store(thread as u64 + 1, Release);
                [y, z][thread].load(Acquire);
                x.load(Acquire);
            }
        });
    };
    Family::of("CoA", size, size + 1, [sc, rc11], program)
}

/// `size` threads add to one counter.
pub fn ainc(size: usize, executions: u64) -> Family {
    let program = |size| {
        together(AtomicU64::new(0), size, |x, _| {
            x.fetch_add(1, Relaxed);
        });
    };
    Family::of("ainc", size, size, [executions, executions], program)
}

/// `size` threads add to three counters, one after the other.
pub fn cinc(size: usize, executions: u64) -> Family {
    let program = |size| {
        together(zeros::<3>(), size, |counters, _| {
            for counter in counters {
                counter.fetch_add(1, Relaxed);
            }
        });
    };
    Family::of("cinc", size, size, [executions, executions], program)
}

/// One thread stores, and `size` others load.
pub fn readers(size: usize, executions: u64) -> Family {
    let program = |size| {
        together(AtomicU64::new(0), size + 1, |x, thread| match thread {
            0 => x.store(42, Release),
            _ => assert!([0, 42].contains(&x.load(Acquire))),
        });
    };
    Family::of("readers", size, size + 1, [executions, executions], program)
}

/// `size` threads store one more than what their neighbour has, and a reader looks for the last
/// zero. From Abdulla, Aronis, Jonsson and Sagonas, "Optimal dynamic partial order reduction"
/// (POPL 2014).
pub fn lastzero(size: usize, sc: u64, rc11: u64) -> Family {
    let program = |size| {
        let array: Vec<_> = (0..=size).map(|_| AtomicU64::new(0)).collect();
        together(array, size + 1, |array, thread| match thread {
            // The first one is never stored to.
            0 => assert!(array.iter().rev().any(|place| place.load(Acquire) == 0)),
            _ => array[thread].store(array[thread - 1].load(Acquire) + 1, Release),
        });
    };
    Family::of("lastzero", size, size + 1, [sc, rc11], program)
}

/// `size` threads insert four values each into a hash table of 128 places; some collide from twelve
/// threads on. From Flanagan and Godefroid, "Dynamic partial-order reduction for model checking
/// software" (POPL 2005).
pub fn indexer(size: usize, executions: u64) -> Family {
    let program = |size| {
        together(zeros::<128>(), size, |table, thread| {
            for number in 1..=4 {
                let value = number * 11 + thread as u64;
                let mut place = value as usize * 7 % 128;
                while table[place].compare_exchange(0, value, AcqRel, Acquire).is_err() {
                    place = (place + 1) % 128;
                }
            }
        });
    };
    Family::of("indexer", size, size, [executions, executions], program)
}

/// `size` threads lock a mutex, and increment under it.
// Not every target runs it.
#[allow(dead_code)]
pub fn lockinc(size: usize, executions: u64, blocked: u64) -> Family {
    let program = |size| locked_increments(size, 1);
    Family { blocked, ..Family::of("lockinc", size, size, [executions, executions], program) }
}

/// As above, each thread twice.
// Not every target runs it.
#[allow(dead_code)]
pub fn lock2inc(size: usize, executions: u64, blocked: u64) -> Family {
    let program = |size| locked_increments(size, 2);
    Family { blocked, ..Family::of("lock2inc", size, size, [executions, executions], program) }
}

fn locked_increments(threads: usize, times: usize) {
    together((Mutex::new(()), AtomicU64::new(0)), threads, move |(lock, x), _| {
        for _ in 0..times {
            let _locked = lock.lock();
            x.store(x.load(Acquire) + 1, Release);
        }
    });
}
