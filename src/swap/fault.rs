//! Why executions cannot go on.

// Half of it serves the model build only.
#![cfg_attr(not(any(loom, shuttle, selvedge)), allow(dead_code))]

/// Why an execution cannot go on, found by the swap or by an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultKind {
    Panic,
    DataRace,
    Deadlock,
    Livelock,
    LeakedThread,
    CarriedObject,
    NonDeterministic,
    Misuse,
}

/// A fault, with its explanation.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub kind: FaultKind,
    pub message: String,
}

/// A panic inside of the scenario, as the hook saw it.
#[derive(Clone, Debug)]
pub(crate) struct PanicRecord {
    pub thread: u32,
    pub message: String,
    pub place: String,
}
