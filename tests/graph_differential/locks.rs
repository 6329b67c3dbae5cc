//! Locks in random programs: each part of a program locks a mutex, or two of them, around some of
//! its operations. If they cross, there may be a deadlock.

use super::program::{Operation, Program};
use super::random::Random;

/// Adds locks to a program that has none.
pub fn add(program: &mut Program, random: &mut Random) {
    program.mutexes = random.one_of(&[1, 2, 2]);
    let Program { mutexes, before, beside, threads, after, .. } = program;
    let of_main = [before, beside, after].into_iter().filter(|part| !part.is_empty());
    for operations in threads.iter_mut().chain(of_main) {
        let first = random.below(*mutexes as u64) as usize;
        for mutex in (0..*mutexes).map(|index| (first + index) % *mutexes) {
            if !random.once_in(4) {
                surround(operations, mutex, random);
            }
        }
    }
}

/// Locks the mutex around a part of the operations.
fn surround(operations: &mut Vec<Operation>, mutex: usize, random: &mut Random) {
    let place = |random: &mut Random| random.below(operations.len() as u64 + 1) as usize;
    let (one, other) = (place(random), place(random));
    operations.insert(one.max(other), Operation::Unlock { mutex });
    operations.insert(
        one.min(other),
        match random.below(8) {
            0 => Operation::TryLock { mutex },
            1 => Operation::IfAbove { bound: 0, then: Box::new(Operation::Lock { mutex }) },
            _ => Operation::Lock { mutex },
        },
    );
}
