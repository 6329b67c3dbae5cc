//! Programs of atomics alone, in the notation of `tests/litmus.rs`. The outcome of an execution is
//! what each thread's registers hold at its end.

use std::sync::Arc;

use selvedge::scenario::LoomSearch;

use super::collect::Row;
use crate::notation;
use crate::program::Program;

const PROGRAMS: &[(&str, &str)] = &[
    // Store buffering.
    ("store buffering, relaxed", "W.rlx x 1 ; r = R.rlx y || W.rlx y 1 ; r = R.rlx x"),
    ("store buffering, acquire", "W.rel x 1 ; r = R.acq y || W.rel y 1 ; r = R.acq x"),
    ("store buffering, SeqCst", "W.sc x 1 ; r = R.sc y || W.sc y 1 ; r = R.sc x"),
    ("store buffering, fences", "W.rlx x 1 ; F.sc ; r = R.rlx y || W.rlx y 1 ; F.sc ; r = R.rlx x"),
    ("store buffering, one fence", "W.rlx x 1 ; F.sc ; r = R.rlx y || W.rlx y 1 ; r = R.rlx x"),
    ("store buffering, mixed", "W.sc x 1 ; r = R.sc y || W.rlx y 1 ; F.sc ; r = R.rlx x"),
    ("store buffering, swaps", "a = XCHG.ar x 1 ; r = R.acq y || a = XCHG.ar y 1 ; r = R.acq x"),
    (
        "store buffering, own value",
        "W.rlx x 1 ; a = R.rlx x ; b = R.rlx y || \
     W.rlx y 1 ; a = R.rlx y ; b = R.rlx x",
    ),
    // Message passing.
    ("message passing, relaxed", "W.rlx x 1 ; W.rlx y 1 || a = R.rlx y ; b = R.rlx x"),
    ("message passing, acquire", "W.rlx x 1 ; W.rel y 1 || a = R.acq y ; b = R.rlx x"),
    ("message passing, release only", "W.rlx x 1 ; W.rel y 1 || a = R.rlx y ; b = R.rlx x"),
    ("message passing, SeqCst", "W.sc x 1 ; W.sc y 1 || a = R.sc y ; b = R.sc x"),
    (
        "message passing, fences",
        "W.rlx x 1 ; F.rel ; W.rlx y 1 || \
     a = R.rlx y ; F.acq ; b = R.rlx x",
    ),
    ("message passing, one fence", "W.rlx x 1 ; F.rel ; W.rlx y 1 || a = R.acq y ; b = R.rlx x"),
    (
        "message passing, wrong fence",
        "W.rlx x 1 ; F.acq ; W.rlx y 1 || \
     a = R.rlx y ; F.acq ; b = R.rlx x",
    ),
    (
        "message passing, two flags",
        "W.rlx x 1 ; W.rel y 1 ; W.rlx y 2 || a = R.acq y ; b = R.rlx x",
    ),
    (
        "message passing, three threads",
        "W.rlx x 1 ; W.rel y 1 || a = R.acq y ; W.rel z 1 || \
     b = R.acq z ; c = R.rlx x",
    ),
    // Release sequences.
    (
        "release sequence, fetch_add",
        "W.rlx x 1 ; W.rel y 1 || a = FAA.rlx y 1 || \
     b = R.acq y ; c = R.rlx x",
    ),
    ("release sequence, store", "W.rlx x 1 ; W.rel y 1 || W.rlx y 2 || b = R.acq y ; c = R.rlx x"),
    (
        "release sequence, exchange",
        "W.rlx x 1 ; W.rel y 1 || a = CAS.rlx y 1 2 || \
     b = R.acq y ; c = R.rlx x",
    ),
    // Load buffering: without its outcome.
    ("load buffering, relaxed", "a = R.rlx x ; W.rlx y 1 || a = R.rlx y ; W.rlx x 1"),
    ("load buffering, acquire", "a = R.acq x ; W.rel y 1 || a = R.acq y ; W.rel x 1"),
    // Coherence.
    ("coherence of reads, relaxed", "W.rlx x 1 ; W.rlx x 2 || a = R.rlx x ; b = R.rlx x"),
    ("coherence of reads, SeqCst", "W.sc x 1 ; W.sc x 2 || a = R.sc x ; b = R.sc x"),
    ("coherence of two readers", "W.rlx x 1 || W.rlx x 2 || a = R.rlx x ; b = R.rlx x"),
    ("coherence, write then read", "W.rlx x 1 ; a = R.rlx x || W.rlx x 2 ; a = R.rlx x"),
    (
        "coherence, read then write",
        "a = R.rlx x ; W.rlx x 1 || a = R.rlx x ; W.rlx x 2 ; b = R.rlx x",
    ),
    ("2+2W, relaxed", "W.rlx x 1 ; W.rlx y 2 ; a = R.rlx y || W.rlx y 1 ; W.rlx x 2 ; a = R.rlx x"),
    ("2+2W, SeqCst", "W.sc x 1 ; W.sc y 2 ; a = R.sc y || W.sc y 1 ; W.sc x 2 ; a = R.sc x"),
    ("R, relaxed", "W.rlx x 1 ; W.rlx y 1 || W.rlx y 2 ; a = R.rlx x ; b = R.rlx y"),
    ("S, acquire", "W.rlx x 2 ; W.rel y 1 || a = R.acq y ; W.rlx x 1 ; b = R.rlx x"),
    // Causality among three and four threads.
    ("write to read, acquire", "W.rel x 1 || a = R.acq x ; b = R.acq y || W.rel y 1 ; a = R.acq x"),
    (
        "IRIW, acquire",
        "W.rel x 1 || W.rel y 1 || a = R.acq x ; b = R.acq y || \
     a = R.acq y ; b = R.acq x",
    ),
    ("IRIW, SeqCst", "W.sc x 1 || W.sc y 1 || a = R.sc x ; b = R.sc y || a = R.sc y ; b = R.sc x"),
    (
        "IRIW, fences",
        "W.rlx x 1 || W.rlx y 1 || a = R.rlx x ; F.sc ; b = R.rlx y || \
     a = R.rlx y ; F.sc ; b = R.rlx x",
    ),
    // Load then store by one thread: what loom's plain search misses.
    ("load then store, relaxed", "a = R.rlx x ; W.rlx x 1 || a = R.rlx x ; b = R.rlx x"),
    ("load then store, acquire", "a = R.acq x ; W.rel x 1 || a = R.acq x ; b = R.acq x"),
    ("load then store, SeqCst", "a = R.sc x ; W.sc x 1 || a = R.sc x ; b = R.sc x"),
    (
        "counter of two, relaxed",
        "a = R.rlx x ; W.rlx x a+1 ; b = R.rlx x || \
     a = R.rlx x ; W.rlx x a+1 ; b = R.rlx x",
    ),
    ("counter of two, SeqCst", "a = R.sc x ; W.sc x a+1 || a = R.sc x ; W.sc x a+1"),
    (
        "counter of three",
        "a = R.rlx x ; W.rlx x a+1 || a = R.rlx x ; W.rlx x a+1 || \
     a = R.rlx x ; W.rlx x a+1",
    ),
    (
        "fibonacci of two",
        "a = R.acq x ; b = R.acq y ; W.rel x b+1 || \
     a = R.acq y ; b = R.acq x ; W.rel y b+2",
    ),
    // Read-modify-writes.
    (
        "fetch_add, twice each",
        "a = FAA.rlx x 1 ; b = FAA.rlx x 1 || a = FAA.rlx x 1 ; b = FAA.rlx x 1",
    ),
    ("fetch_add, three threads", "a = FAA.rlx x 1 || a = FAA.ar x 2 || a = FAA.sc x 4"),
    ("fetch_add and a store", "a = FAA.rlx x 1 ; b = R.rlx x || W.rlx x 8 ; b = R.rlx x"),
    (
        "exchange, who is first",
        "a = CAS.ar x 0 1 ; b = R.acq x || a = CAS.ar x 0 2 ; b = R.acq x || \
     a = R.acq x",
    ),
    (
        "exchange, one after the other",
        "a = CAS.rlx x 0 1 ; b = CAS.rlx x 1 2 || \
     a = CAS.rlx x 1 3 ; b = CAS.rlx x 0 4",
    ),
    ("exchange that fails", "W.rlx x 1 ; W.rlx y 1 || a = CAS.rlx y 5 6 ; b = R.rlx x"),
    ("exchange in store buffering", "W.rlx x 1 ; a = CAS.sc y 0 1 || W.rlx y 2 ; a = CAS.sc x 0 2"),
    ("swaps", "a = XCHG.ar x 1 ; b = XCHG.ar x 2 || a = XCHG.ar x 3"),
    // SeqCst accesses beside others.
    ("mixed, one weak load", "W.sc x 1 ; a = R.sc y || W.sc y 1 ; a = R.acq x"),
    ("mixed, one weak store", "W.sc x 1 ; a = R.sc y || W.rel y 1 ; a = R.sc x"),
    (
        "mixed, write that follows",
        "W.sc x 1 ; W.sc y 1 || a = FAA.sc y 1 ; b = R.rlx y || \
     W.sc y 3 ; c = R.sc x",
    ),
    ("mixed, read-modify-writes", "a = FAA.sc x 1 ; b = R.sc y || W.sc y 1 ; a = R.rlx x"),
];

/// Where loom's mapping of SeqCst accesses matters.
const SEQ_CST: &[&str] =
    &["store buffering, SeqCst", "IRIW, SeqCst", "2+2W, SeqCst", "load then store, SeqCst"];

/// What loom finds by its plain search alone.
const WITHOUT_PROBE: &[&str] =
    &["counter of two, relaxed", "counter of two, SeqCst", "fibonacci of two", "IRIW, acquire"];

pub fn rows() -> Vec<Row> {
    let rows = PROGRAMS.iter().map(|(name, program)| row(*name, program));
    let native = SEQ_CST
        .iter()
        .map(|name| row(format!("{name}, natively under loom"), program_of(name)).loom_native());
    let plain = WITHOUT_PROBE.iter().map(|name| {
        row(format!("{name}, without loom's probe"), program_of(name))
            .loom_search(LoomSearch::Plain)
    });
    rows.chain(native).chain(plain).collect()
}

fn program_of(name: &str) -> &'static str {
    let found = PROGRAMS.iter().find(|(other, _)| *other == name);
    found.unwrap_or_else(|| panic!("no program is called {name}")).1
}

/// A program in text.
pub fn row(name: impl Into<String>, text: &str) -> Row {
    let program = notation::parse(text).unwrap_or_else(|complaint| panic!("{text}: {complaint}"));
    let program = Arc::new(program);
    // Of three threads and more, loom's probed search comes to no end here.
    let loom_executions = if program.threads.len() > 2 { 1_000 } else { 3_000 };
    Row::new(name, move || format!("{:?}", Program::run(&program))).loom_executions(loom_executions)
}
