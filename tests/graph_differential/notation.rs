//! Programs as text: threads are separated by `||`, operations by `;`.
//!
//! | operation | meaning |
//! | --- | --- |
//! | `r = R.acq x`, `R.acq x` | load |
//! | `W.rel x 1`, `W.rel x r+1` | store of a constant, or of one more than what was read last |
//! | `FAA.ar x 1` | fetch_add |
//! | `XCHG.rlx x 3`, `XCHG.rlx x r+1` | swap |
//! | `CAS.rel/acq x 0 1` | compare_exchange of 0 by 1, with the orderings of success and failure |
//! | `CAS.ar x 0 1` | the same, failing with the part of the ordering that reads |
//! | `WCAS.rel/acq x 0 1`, `WCAS.ar x 0 1` | compare_exchange_weak, failing once in a thread |
//! | `F.sc` | fence |
//! | `r = WAIT.acq x 1` | waiting until more than 1 is loaded |
//! | `LOCK m`, `UNLOCK m` | lock, and unlock if the thread holds the mutex |
//! | `r = TRY m` | try_lock, which reads 0 if it succeeds, and 1 if not |
//! | `if r > 1 : W.rlx x 1` | the operation, if more than 1 was read last |
//!
//! Main stands before the threads, where it does more than spawning and joining them:
//! `main: W.rlx x 1 ; spawn ; R.rlx x ; join ; R.rlx y || R.acq x || R.acq y`. The locations are
//! `x`, `y`, `z`, or `a`, `b`, `c`, `d`, in the order of their creation, and the mutexes `m`, `n`.

use std::fmt::{self, Display};
use std::str::FromStr;

use selvedge::sync::atomic::Ordering;

use super::program::{CompareExchange, Operation, Program, Value, of_read};

const ORDERINGS: [(&str, Ordering); 5] = [
    ("rlx", Ordering::Relaxed),
    ("acq", Ordering::Acquire),
    ("rel", Ordering::Release),
    ("ar", Ordering::AcqRel),
    ("sc", Ordering::SeqCst),
];
const LOCATIONS: [&str; 3] = ["x", "y", "z"];
const OTHER_LOCATIONS: [&str; 4] = ["a", "b", "c", "d"];
const MUTEXES: [&str; 2] = ["m", "n"];

fn suffix(ordering: Ordering) -> &'static str {
    let found = ORDERINGS.iter().find(|(_, other)| *other == ordering);
    found.expect("there are five orderings").0
}

impl Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Constant(value) => write!(f, "{value}"),
            Value::LastAndOne => f.write_str("r+1"),
        }
    }
}

impl Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operation::Load { location, ordering } => {
                write!(f, "r = R.{} {}", suffix(*ordering), LOCATIONS[*location])
            }
            Operation::Store { location, ordering, value } => {
                write!(f, "W.{} {} {value}", suffix(*ordering), LOCATIONS[*location])
            }
            Operation::FetchAdd { location, ordering, addend } => {
                write!(f, "r = FAA.{} {} {addend}", suffix(*ordering), LOCATIONS[*location])
            }
            Operation::Swap { location, ordering, value } => {
                write!(f, "r = XCHG.{} {} {value}", suffix(*ordering), LOCATIONS[*location])
            }
            Operation::CompareExchange(CompareExchange {
                is_weak,
                location,
                success,
                failure,
                current,
                new,
            }) => {
                let name = if *is_weak { "WCAS" } else { "CAS" };
                let (success, failure) = (suffix(*success), suffix(*failure));
                write!(f, "r = {name}.{success}/{failure} {} {current} {new}", LOCATIONS[*location])
            }
            Operation::WaitUntil { location, ordering, above } => {
                write!(f, "r = WAIT.{} {} {above}", suffix(*ordering), LOCATIONS[*location])
            }
            Operation::Lock { mutex } => write!(f, "LOCK {}", MUTEXES[*mutex]),
            Operation::TryLock { mutex } => write!(f, "r = TRY {}", MUTEXES[*mutex]),
            Operation::Unlock { mutex } => write!(f, "UNLOCK {}", MUTEXES[*mutex]),
            Operation::Fence { ordering } => write!(f, "F.{}", suffix(*ordering)),
            Operation::IfAbove { bound, then } => write!(f, "if r > {bound} : {then}"),
        }
    }
}

impl Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts = |operations: &[Operation]| operations.iter().map(ToString::to_string).collect();
        let mut threads: Vec<String> = Vec::new();
        if !(self.before.is_empty() && self.beside.is_empty() && self.after.is_empty()) {
            let mut main: Vec<String> = texts(&self.before);
            main.push("spawn".to_owned());
            main.extend::<Vec<_>>(texts(&self.beside));
            main.push("join".to_owned());
            main.extend::<Vec<_>>(texts(&self.after));
            threads.push(format!("main: {}", main.join(" ; ")));
        }
        threads.extend(self.threads.iter().map(|thread| texts(thread)).map(|thread: Vec<_>| {
            // A thread that does nothing is a thread all the same.
            thread.join(" ; ")
        }));
        f.write_str(&threads.join(" || "))
    }
}

impl FromStr for Program {
    type Err = String;

    fn from_str(text: &str) -> Result<Program, String> {
        let mut program = Program::default();
        for thread in text.split("||") {
            let (is_main, operations) = match thread.trim().strip_prefix("main:") {
                Some(operations) => (true, operations),
                None => (false, thread),
            };
            let mut parts = vec![Vec::new()];
            for operation in operations.split(';').map(str::trim).filter(|text| !text.is_empty()) {
                if is_main && ["spawn", "join"].contains(&operation) {
                    parts.push(Vec::new());
                } else {
                    let operation = parse_operation(operation, &mut program)
                        .ok_or_else(|| format!("{operation:?} is no operation"))?;
                    parts.last_mut().expect("there is one from the start").push(operation);
                }
            }
            match (is_main, <[_; 3]>::try_from(parts)) {
                (true, Ok([before, beside, after])) => {
                    (program.before, program.beside, program.after) = (before, beside, after);
                }
                (true, Err(_)) => return Err(format!("{thread:?} lacks its spawn or join")),
                (false, Ok(_)) => unreachable!("only main is parted"),
                (false, Err(mut parts)) => program.threads.append(&mut parts),
            }
        }
        Ok(program)
    }
}

/// Raises the program's numbers of locations and mutexes to what the operation needs.
fn parse_operation(text: &str, program: &mut Program) -> Option<Operation> {
    if let Some(rest) = text.strip_prefix("if r > ") {
        let (bound, then) = rest.split_once(" : ")?;
        let then = Box::new(parse_operation(then, program)?);
        return Some(Operation::IfAbove { bound: bound.parse().ok()?, then });
    }
    let text = text.split_once(" = ").map_or(text, |(_register, operation)| operation);
    let words: Vec<&str> = text.split_whitespace().collect();
    let Some((name, suffix)) = words.first()?.split_once('.') else {
        return parse_lock(&words, program);
    };
    let (success, failure) = match suffix.split_once('/') {
        Some((success, failure)) => (parse_ordering(success)?, Some(parse_ordering(failure)?)),
        None => (parse_ordering(suffix)?, None),
    };
    let ordering = success;
    if name == "F" {
        return Some(Operation::Fence { ordering });
    }
    let location = [LOCATIONS.as_slice(), &OTHER_LOCATIONS]
        .into_iter()
        .find_map(|names| names.iter().position(|location| *location == words[1]))?;
    program.locations = program.locations.max(location + 1);
    let value = |index: usize| match *words.get(index)? {
        "r+1" => Some(Value::LastAndOne),
        constant => constant.parse().ok().map(Value::Constant),
    };
    let constant = |index: usize| words.get(index)?.parse().ok();
    Some(match name {
        "R" => Operation::Load { location, ordering },
        "W" => Operation::Store { location, ordering, value: value(2)? },
        "FAA" => Operation::FetchAdd { location, ordering, addend: constant(2)? },
        "XCHG" => Operation::Swap { location, ordering, value: value(2)? },
        "WAIT" => Operation::WaitUntil { location, ordering, above: constant(2)? },
        "CAS" | "WCAS" => Operation::CompareExchange(CompareExchange {
            is_weak: name == "WCAS",
            location,
            success,
            failure: failure.unwrap_or(of_read(success)),
            current: constant(2)?,
            new: constant(3)?,
        }),
        _ => return None,
    })
}

fn parse_lock(words: &[&str], program: &mut Program) -> Option<Operation> {
    let mutex = MUTEXES.iter().position(|mutex| Some(mutex) == words.get(1))?;
    program.mutexes = program.mutexes.max(mutex + 1);
    Some(match words[0] {
        "LOCK" => Operation::Lock { mutex },
        "TRY" => Operation::TryLock { mutex },
        "UNLOCK" => Operation::Unlock { mutex },
        _ => return None,
    })
}

fn parse_ordering(suffix: &str) -> Option<Ordering> {
    Some(ORDERINGS.iter().find(|(name, _)| *name == suffix)?.1)
}
