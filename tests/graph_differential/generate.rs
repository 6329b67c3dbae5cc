//! Random programs: small enough for brute force, and with as many races as fit.
//!
//! Programs by chance alone hardly ever show what an ordering or a fence does. So half of them have
//! the shape of a litmus test, in which few operations are enough for that, and most operations of
//! a program have orderings that go together. Some loads wait, some exchanges are weak, and a part
//! of the programs has [locks](super::locks).

use selvedge::sync::atomic::Ordering;

use super::locks;
use super::program::{CompareExchange, Operation, Program, Value};
use super::random::Random;

const LOADS: [Ordering; 3] = [Ordering::Relaxed, Ordering::Acquire, Ordering::SeqCst];
const STORES: [Ordering; 3] = [Ordering::Relaxed, Ordering::Release, Ordering::SeqCst];
const FENCES: [Ordering; 4] =
    [Ordering::Acquire, Ordering::Release, Ordering::AcqRel, Ordering::SeqCst];
const ALL: [Ordering; 5] =
    [Ordering::Relaxed, Ordering::Acquire, Ordering::Release, Ordering::AcqRel, Ordering::SeqCst];

impl Random {
    /// True once in so many times.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }
}

/// Litmus tests without their orderings: threads are separated by `|`, and `Wx` writes x.
const SHAPES: [&str; 16] = [
    // Store buffering, message passing, and the others of two threads and two locations.
    "Wx Ry|Wy Rx",
    "Wx Wy|Ry Rx",
    "Wx Wy|Ry Wx",
    "Wx Wy|Wy Rx",
    "Wx Wy|Wy Wx",
    "Rx Wy|Ry Wx",
    // Causality through a third thread.
    "Wx|Rx Wy|Ry Rx",
    "Wx|Rx Ry|Wy Rx",
    "Wx Wy|Ry Wz|Rz Rx",
    "Wx Wy|Ry Wz|Wz Rx",
    "Wx Wy|Wy Rz|Wz Rx",
    // Two readers who may see two writes in different orders.
    "Wx|Rx Ry|Ry Rx|Wy",
    // Release sequences.
    "Wx Wy Wy|Ry Rx",
    "Wx Wy|Wy|Ry Rx",
    // What happens before is more than what is between different locations.
    "Rx Ry|Wx Wx|Wy Rx",
    "Wx Wy|Wy Ry|Wy Rx",
];

/// Which orderings most operations of a program have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flavour {
    Relaxed,
    /// Relaxed, with fences between them.
    Fences,
    AcquireRelease,
    SeqCst,
}

/// An access before it is decided what kind of operation it is.
#[derive(Clone, Copy)]
struct Access {
    writes: bool,
    location: usize,
}

/// A litmus test, or two threads of up to four accesses, or three of up to three; in some programs
/// main takes part.
pub fn program(random: &mut Random) -> Program {
    let flavour = random.one_of(&[
        Flavour::Relaxed,
        Flavour::Relaxed,
        Flavour::Fences,
        Flavour::Fences,
        Flavour::AcquireRelease,
        Flavour::SeqCst,
    ]);
    let waits = random.once_in(3);
    let mut generator = Generator { random, flavour, waits, locations: 0, last_location: 0 };
    let threads = generator.accesses();
    let mut program = Program {
        locations: generator.locations,
        threads: threads.iter().map(|accesses| generator.operations(accesses)).collect(),
        ..Program::default()
    };
    for part in [&mut program.before, &mut program.beside, &mut program.after] {
        if generator.random.once_in(8) {
            let accesses = generator.some_accesses(1, 2);
            *part = generator.operations(&accesses);
        }
    }
    if random.once_in(3) {
        locks::add(&mut program, random);
    }
    program
}

struct Generator<'a> {
    random: &'a mut Random,
    flavour: Flavour,
    /// Whether some loads wait.
    waits: bool,
    locations: usize,
    last_location: usize,
}

impl Generator<'_> {
    /// What each thread accesses.
    fn accesses(&mut self) -> Vec<Vec<Access>> {
        if self.random.once_in(2) {
            self.locations = self.random.one_of(&[1, 2, 2, 2, 2, 3]);
            let (threads, most) = self.random.one_of(&[(2, 4), (2, 4), (3, 3)]);
            return (0..threads).map(|_| self.some_accesses(most - 1, most)).collect();
        }
        let mut threads = shape(self.random.one_of(&SHAPES));
        let locations = threads.iter().flatten().map(|access| access.location);
        self.locations = 1 + locations.max().expect("each shape has accesses");
        if self.random.once_in(3) {
            let thread = self.random.below(threads.len() as u64) as usize;
            let place = self.random.below(threads[thread].len() as u64 + 1) as usize;
            let access = self.access();
            threads[thread].insert(place, access);
        }
        threads
    }

    fn some_accesses(&mut self, least: u64, most: u64) -> Vec<Access> {
        let count = least + self.random.below(most - least + 1);
        (0..count).map(|_| self.access()).collect()
    }

    /// Mostly of another location than the one before: what tells the memory models apart is in
    /// which order a thread's accesses of different locations are seen.
    fn access(&mut self) -> Access {
        if self.locations > 1 && !self.random.once_in(4) {
            let further = 1 + self.random.below(self.locations as u64 - 1) as usize;
            self.last_location = (self.last_location + further) % self.locations;
        }
        Access { writes: self.random.once_in(2), location: self.last_location }
    }

    fn operations(&mut self, accesses: &[Access]) -> Vec<Operation> {
        let mut operations = Vec::new();
        for (index, access) in accesses.iter().enumerate() {
            let fenced = match self.flavour {
                Flavour::Fences => !self.random.once_in(4),
                _ => self.random.once_in(20),
            };
            if index > 0 && fenced {
                operations.push(Operation::Fence { ordering: self.fence() });
            }
            let operation = self.operation(*access);
            // Nothing has been read before the first.
            operations.push(if index > 0 && self.random.once_in(10) {
                Operation::IfAbove { bound: self.random.below(2), then: Box::new(operation) }
            } else {
                operation
            });
        }
        operations
    }

    fn operation(&mut self, Access { writes, location }: Access) -> Operation {
        match self.random.below(12) {
            0 => Operation::FetchAdd {
                location,
                ordering: self.ordering(&ALL),
                addend: 1 + self.random.below(2),
            },
            1 => Operation::Swap { location, ordering: self.ordering(&ALL), value: self.value() },
            2 | 3 => Operation::CompareExchange(CompareExchange {
                is_weak: self.random.once_in(3),
                location,
                success: self.ordering(&ALL),
                failure: self.ordering(&LOADS),
                current: self.random.below(3),
                new: 1 + self.random.below(3),
            }),
            _ if writes => {
                Operation::Store { location, ordering: self.ordering(&STORES), value: self.value() }
            }
            _ if self.waits && self.random.once_in(2) => Operation::WaitUntil {
                location,
                ordering: self.ordering(&LOADS),
                above: self.random.one_of(&[0, 0, 0, 1]),
            },
            _ => Operation::Load { location, ordering: self.ordering(&LOADS) },
        }
    }

    /// One of these, mostly of the program's flavour.
    fn ordering(&mut self, orderings: &[Ordering]) -> Ordering {
        let wanted: &[Ordering] = match self.flavour {
            _ if self.random.once_in(4) => &ALL,
            Flavour::Relaxed | Flavour::Fences => &[Ordering::Relaxed],
            Flavour::AcquireRelease => &[Ordering::Acquire, Ordering::Release, Ordering::AcqRel],
            Flavour::SeqCst => &[Ordering::SeqCst],
        };
        let fitting: Vec<Ordering> =
            orderings.iter().copied().filter(|ordering| wanted.contains(ordering)).collect();
        self.random.one_of(&fitting)
    }

    fn fence(&mut self) -> Ordering {
        if self.random.once_in(2) { Ordering::SeqCst } else { self.random.one_of(&FENCES) }
    }

    fn value(&mut self) -> Value {
        if self.random.once_in(4) {
            Value::LastAndOne
        } else {
            Value::Constant(1 + self.random.below(3))
        }
    }
}

fn shape(text: &str) -> Vec<Vec<Access>> {
    let thread = |text: &str| text.split(' ').map(access).collect();
    text.split('|').map(thread).collect()
}

fn access(text: &str) -> Access {
    let bytes = text.as_bytes();
    Access { writes: bytes[0] == b'W', location: usize::from(bytes[1] - b'x') }
}
