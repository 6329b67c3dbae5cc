//! Litmus programs, and what runs them.

use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU64, Ordering, fence};
use selvedge::thread;

/// A program: its threads share locations, each of which begins with 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// How many locations there are; operations number them in the order of first mention.
    pub locations: usize,
    /// The threads that the main thread spawns.
    pub threads: Vec<Thread>,
}

/// What one thread does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    /// One after the other.
    pub operations: Vec<Operation>,
    /// How many registers there are, numbered in the order in which they are first set.
    pub registers: usize,
}

/// One operation of a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// An access to a location.
    Access {
        access: Access,
        location: usize,
        ordering: Ordering,
        /// Where the value goes that it reads.
        register: Option<usize>,
    },
    /// A fence.
    Fence(Ordering),
}

/// How an operation uses its location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    Load,
    Store(Value),
    FetchAdd(Value),
    Swap(Value),
    CompareExchange { expected: Value, new: Value },
}

/// A register's value, or 0, plus a number; wrapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    pub register: Option<usize>,
    pub plus: u64,
}

impl Program {
    /// Runs the program: creates its locations, spawns its threads and joins them. Returns the
    /// registers of each thread.
    ///
    /// Everything is carried by `program`, not by the swap's types, which belong to one execution.
    pub fn run(program: &std::sync::Arc<Program>) -> Vec<Vec<u64>> {
        let locations: Arc<Vec<AtomicU64>> =
            Arc::new((0..program.locations).map(|_| AtomicU64::new(0)).collect());
        let threads: Vec<_> = (0..program.threads.len())
            .map(|number| {
                let (program, locations) = (std::sync::Arc::clone(program), Arc::clone(&locations));
                thread::spawn(move || program.threads[number].run(&locations))
            })
            .collect();
        // The locations outlive the threads, so that none of them is the one that frees them.
        let registers = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        drop(locations);
        registers
    }
}

impl Thread {
    fn run(&self, locations: &[AtomicU64]) -> Vec<u64> {
        let mut registers = vec![0; self.registers];
        for operation in &self.operations {
            match operation {
                Operation::Fence(ordering) => fence(*ordering),
                Operation::Access { access, location, ordering, register } => {
                    let read = access.apply(&locations[*location], *ordering, &registers);
                    if let Some(register) = register {
                        registers[*register] = read;
                    }
                }
            }
        }
        registers
    }
}

impl Access {
    /// Returns what it read; 0 for a store, which reads nothing.
    fn apply(&self, location: &AtomicU64, ordering: Ordering, registers: &[u64]) -> u64 {
        match self {
            Access::Load => location.load(ordering),
            Access::Store(value) => {
                location.store(value.evaluate(registers), ordering);
                0
            }
            Access::FetchAdd(value) => location.fetch_add(value.evaluate(registers), ordering),
            Access::Swap(value) => location.swap(value.evaluate(registers), ordering),
            Access::CompareExchange { expected, new } => {
                let (expected, new) = (expected.evaluate(registers), new.evaluate(registers));
                let (Ok(read) | Err(read)) =
                    location.compare_exchange(expected, new, ordering, on_failure(ordering));
                read
            }
        }
    }
}

impl Value {
    fn evaluate(self, registers: &[u64]) -> u64 {
        self.register.map_or(0, |register| registers[register]).wrapping_add(self.plus)
    }
}

/// What is left of an ordering when nothing is written.
pub fn on_failure(ordering: Ordering) -> Ordering {
    match ordering {
        Ordering::Release => Ordering::Relaxed,
        Ordering::AcqRel => Ordering::Acquire,
        other => other,
    }
}
