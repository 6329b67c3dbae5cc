//! The differences that are known, with their reasons. All are loom's.

use super::compare::Gap;
use super::rules::Rule::{LoomWithinRc11, ScWithinLoom, WeakWithinLoom};

/// An outcome that loom makes up.
const fn made_up(
    scenario: &'static str,
    outcomes: &'static [&'static str],
    reason: &'static str,
) -> Gap {
    Gap { rule: LoomWithinRc11, scenario, outcomes, reason }
}

/// An outcome that loom lacks.
const fn lacking(
    scenario: &'static str,
    outcomes: &'static [&'static str],
    reason: &'static str,
) -> Gap {
    Gap { rule: ScWithinLoom, scenario, outcomes, reason }
}

/// A weak outcome that loom lacks.
const fn lacking_weak(
    scenario: &'static str,
    outcomes: &'static [&'static str],
    reason: &'static str,
) -> Gap {
    Gap { rule: WeakWithinLoom, scenario, outcomes, reason }
}

const NATIVE: &str = "loom takes SeqCst accesses for acquire and release: tokio-rs/loom #180";

const NOT_ATOMIC: &str = "loom lets a store come between the two halves of a read-modify-write \
                          which was performed before it: tokio-rs/loom #254";

const NOT_TRANSITIVE: &str = "what a load teaches loom about the order of two stores, it does not \
                              conclude for the stores after them: as in tokio-rs/loom #282";

const LOAD_THEN_STORE: &str = "loom forgets that a thread loaded an atomic once the thread also \
                               stored to it: tokio-rs/loom #166, which the probe is for";

const FENCES: &str = "SeqCst accesses run with a SeqCst fence under loom, which orders accesses \
                      beside them too";

const NEWEST: &str = "a read-modify-write reads the newest store under loom, so that a store which \
                      is performed before it does not come after it";

const COMPETING_LOCK: &str = "a try_lock that competes with a lock waits for it under loom";

pub const LITMUS: &[Gap] = &[
    made_up("store buffering, SeqCst, natively under loom", &["[[0], [0]]"], NATIVE),
    made_up("IRIW, SeqCst, natively under loom", &["[[], [], [1, 0], [1, 0]]"], NATIVE),
    made_up("2+2W, SeqCst, natively under loom", &["[[1], [1]]"], NATIVE),
    made_up("fetch_add and a store", &["[[0, 1], [1]]"], NOT_ATOMIC),
    lacking(
        "counter of two, relaxed, without loom's probe",
        &["[[0, 2], [1, 2]]", "[[1, 2], [0, 1]]", "[[1, 2], [0, 2]]"],
        LOAD_THEN_STORE,
    ),
    lacking("counter of two, SeqCst, without loom's probe", &["[[1], [0]]"], LOAD_THEN_STORE),
    lacking_weak("mixed, one weak load", &["[[0], [0]]"], FENCES),
    lacking_weak("mixed, one weak store", &["[[0], [0]]"], FENCES),
    lacking_weak("mixed, read-modify-writes", &["[[0, 0], [0]]"], FENCES),
    lacking_weak("exchange in store buffering", &["[[0], [0]]"], NEWEST),
    lacking("fibonacci of two, without loom's probe", &["[[0, 2], [0, 0]]"], LOAD_THEN_STORE),
];

pub const THREADS: &[Gap] =
    &[made_up("fences of two kinds", &["1 (0, 0) 2", "1 (0, 1) 2", "1 (0, 3) 2"], NOT_ATOMIC)];

pub const LOCKS: &[Gap] = &[
    lacking("try_lock", &["1 None 1"], COMPETING_LOCK),
    lacking("try_lock of two", &["None Some(1)", "Some(1) None"], COMPETING_LOCK),
];

pub const TIME: &[Gap] = &[];

pub const PRIMITIVES: &[Gap] = &[];

pub const BLOCKING: &[Gap] = &[];

pub const GENERATED: &[Gap] = &[
    made_up(
        "program 16: r0 = R.acq y ; r1 = R.rlx x ; r2 = CAS.rel y 0 1 || W.rel y 2 ; r1 = R.rlx y",
        &["[[0, 0, 0], [1]]"],
        NOT_ATOMIC,
    ),
    made_up(
        "program 54: r0 = FAA.sc x 2 ; W.sc x 1 ; r2 = R.acq y || \
         W.rlx x 1 ; r1 = R.sc x ; r2 = R.rlx y",
        &["[[0, 0], [2, 0]]"],
        NOT_ATOMIC,
    ),
    made_up(
        "program 65: W.sc x 1 ; r1 = CAS.acq y 0 1 ; r2 = FAA.sc x 2 || \
         W.rel y 1 ; r1 = FAA.rlx y 2 ; r2 = FAA.acq x 2",
        &["[[3, 2], [1, 0]]"],
        NOT_ATOMIC,
    ),
    made_up(
        "program 76: W.sc x 1 ; r1 = R.acq x || W.rel x 2 ; W.sc x 1 ; r2 = R.acq x",
        &["[[2], [2]]"],
        NOT_TRANSITIVE,
    ),
    made_up(
        "program 80: r0 = FAA.sc y 2 ; W.rel y 1 ; r2 = R.sc x || \
         W.rel y 1 ; r1 = R.rlx x ; r2 = R.acq y",
        &["[[0, 0], [0, 2]]"],
        NOT_ATOMIC,
    ),
    lacking_weak(
        "program 41: W.rel x 2 ; r1 = R.rlx x ; W.rel y 1 || r0 = FAA.rlx y 1 ; r1 = R.sc x",
        &["[[2], [1, 0]]"],
        FENCES,
    ),
    lacking_weak(
        "program 67: W.rel y 2 ; r1 = FAA.rlx x 1 || \
         r0 = CAS.ar x 1 3 ; W.rel x 2 ; r2 = FAA.acq y 2",
        &["[[0], [0, 0]]", "[[0], [1, 0]]"],
        NEWEST,
    ),
];
