//! Programs by chance: two threads of two or three operations on two atomics, without branches.

use super::collect::Row;
use super::litmus_rows;
use crate::random::Random;

const ANY: [&str; 5] = ["rlx", "acq", "rel", "ar", "sc"];
const LOADS: [&str; 3] = ["rlx", "acq", "sc"];
const STORES: [&str; 3] = ["rlx", "rel", "sc"];

/// The program of a seed, in the notation of `tests/litmus.rs`, which is its name too.
pub fn row(seed: u64) -> Row {
    let mut random = Random::new(seed);
    let threads = [0, 1].map(|_| thread(&mut random));
    let text = threads.join(" || ");
    litmus_rows::row(format!("program {seed}: {text}"), &text)
}

/// Two or three operations, one of which reads.
fn thread(random: &mut Random) -> String {
    loop {
        let count = 2 + random.below(2);
        let operations: Vec<String> = (0..count).map(|place| operation(random, place)).collect();
        if operations.iter().any(|operation| operation.contains('=')) {
            return operations.join(" ; ");
        }
    }
}

fn operation(random: &mut Random, register: u64) -> String {
    let location = random.one_of(&["x", "y"]);
    let value = 1 + random.below(2);
    match random.below(8) {
        0..3 => format!("r{register} = R.{} {location}", random.one_of(&LOADS)),
        3..6 => format!("W.{} {location} {value}", random.one_of(&STORES)),
        6 => format!("r{register} = FAA.{} {location} {value}", random.one_of(&ANY)),
        _ => {
            let expected = random.below(2);
            let ordering = random.one_of(&ANY);
            format!("r{register} = CAS.{ordering} {location} {expected} {}", expected + value)
        }
    }
}
