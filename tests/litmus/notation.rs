//! From the notation of programs to [`Program`]s. The page of `tests/litmus.rs` describes it.
//!
//! Every complaint quotes the operation that it is about.

use selvedge::sync::atomic::Ordering;

use crate::program::{Access, Operation, Program, Thread, Value};

/// Threads of one program at most: far more than can be explored, and few enough to be spawned.
pub const THREADS: usize = 32;

/// Reads a program.
///
/// # Errors
/// A complaint, in one line.
pub fn parse(text: &str) -> Result<Program, String> {
    let threads: Vec<&str> = text.split("||").map(str::trim).collect();
    if let Some(one_more) = threads.get(THREADS) {
        let count = threads.len();
        return Err(format!(
            "{count} threads are more than {THREADS}; {one_more:?} is the first too many"
        ));
    }
    let mut locations = Names::default();
    let threads = threads
        .into_iter()
        .enumerate()
        .map(|(index, thread)| {
            parse_thread(thread, &mut locations)
                .map_err(|complaint| format!("thread {}: {complaint}", index + 1))
        })
        .collect::<Result<_, _>>()?;
    Ok(Program { locations: locations.0.len(), threads })
}

fn parse_thread<'a>(text: &'a str, locations: &mut Names<'a>) -> Result<Thread, String> {
    let mut registers = Names::default();
    let mut operations = Vec::new();
    for operation in text.split(';').map(str::trim) {
        if operation.is_empty() {
            return Err(format!("an operation is missing in {text:?}"));
        }
        let parsed = parse_operation(operation, locations, &mut registers);
        operations.push(parsed.map_err(|complaint| format!("{operation:?}: {complaint}"))?);
    }
    Ok(Thread { operations, registers: registers.0.len() })
}

fn parse_operation<'a>(
    text: &'a str,
    locations: &mut Names<'a>,
    registers: &mut Names<'a>,
) -> Result<Operation, String> {
    let (register, text) = match text.split_once('=') {
        Some((register, text)) => (Some(name(register.trim(), "register")?), text),
        None => (None, text),
    };
    let mut words = text.split_whitespace();
    let operator = words.next().unwrap_or_default();
    let (kind, suffix) = operator.split_once('.').unwrap_or((operator, ""));
    let operands: Vec<&str> = words.collect();
    let count = match kind {
        "F" => 0,
        "R" => 1,
        "W" | "FAA" | "XCHG" => 2,
        "CAS" => 3,
        _ => {
            return Err(format!(
                "unknown operation {kind:?}; there are R, W, FAA, XCHG, CAS and F"
            ));
        }
    };
    let ordering = parse_ordering(kind, suffix)?;
    if operands.len() != count {
        return Err(format!("number of operands: {}, where {kind} has {count}", operands.len()));
    }
    if register.is_some() && matches!(kind, "W" | "F") {
        return Err(format!("{kind} reads nothing that a register could take"));
    }
    let value = |index: usize| parse_value(operands[index], registers);
    let access = match kind {
        "F" => return Ok(Operation::Fence(ordering)),
        "R" => Access::Load,
        "W" => Access::Store(value(1)?),
        "FAA" => Access::FetchAdd(value(1)?),
        "XCHG" => Access::Swap(value(1)?),
        _ => Access::CompareExchange { expected: value(1)?, new: value(2)? },
    };
    let location = locations.number(name(operands[0], "location")?);
    let register = register.map(|register| registers.number(register));
    Ok(Operation::Access { access, location, ordering, register })
}

/// The ordering of a suffix, if the operation may have it.
fn parse_ordering(kind: &str, suffix: &str) -> Result<Ordering, String> {
    let ordering = match suffix {
        "rlx" => Ordering::Relaxed,
        "acq" => Ordering::Acquire,
        "rel" => Ordering::Release,
        "ar" => Ordering::AcqRel,
        "sc" => Ordering::SeqCst,
        _ => {
            return Err(format!("unknown suffix {suffix:?}; there are rlx, acq, rel, ar and sc"));
        }
    };
    match (kind, ordering) {
        ("R", Ordering::Release | Ordering::AcqRel) => Err("a load releases nothing".to_owned()),
        ("W", Ordering::Acquire | Ordering::AcqRel) => Err("a store acquires nothing".to_owned()),
        ("F", Ordering::Relaxed) => Err("a relaxed fence orders nothing".to_owned()),
        _ => Ok(ordering),
    }
}

fn parse_value(text: &str, registers: &Names) -> Result<Value, String> {
    if let Some(plus) = integer(text) {
        return Ok(Value { register: None, plus });
    }
    let end = text.find(['+', '-']).unwrap_or(text.len());
    let (register, rest) = text.split_at(end);
    let plus = match rest.strip_prefix('+') {
        _ if rest.is_empty() => Some(0),
        Some(digits) => digits_only(digits),
        None => integer(rest),
    };
    match (name(register, "register"), plus) {
        (Ok(register), Some(plus)) => match registers.find(register) {
            Some(number) => Ok(Value { register: Some(number), plus }),
            None => Err(format!("register {register:?} is used before it is set")),
        },
        _ => Err(format!(
            "{text:?} is neither an integer of 64 bits, nor a register, nor a register plus or \
             minus such an integer"
        )),
    }
}

/// An integer of 64 bits; a negative one wraps.
fn integer(text: &str) -> Option<u64> {
    match text.strip_prefix('-') {
        Some(digits) => digits_only(digits).map(u64::wrapping_neg),
        None => digits_only(text),
    }
}

/// A number without the sign that std would accept.
fn digits_only(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// A name of a location or a register: a letter or `_`, then also digits.
fn name<'a>(text: &'a str, what: &str) -> Result<&'a str, String> {
    let is_letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    let begins = text.starts_with(is_letter);
    if begins && text.chars().all(|c| is_letter(c) || c.is_ascii_digit()) {
        Ok(text)
    } else {
        Err(format!("{text:?} is no name of a {what}"))
    }
}

/// Names, numbered in the order of first mention.
#[derive(Default)]
struct Names<'a>(Vec<&'a str>);

impl<'a> Names<'a> {
    fn find(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|known| *known == name)
    }

    fn number(&mut self, name: &'a str) -> usize {
        self.find(name).unwrap_or_else(|| {
            self.0.push(name);
            self.0.len() - 1
        })
    }
}
