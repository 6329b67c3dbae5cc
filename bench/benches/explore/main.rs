//! How fast the engines explore: the graph engine with one worker and with all cores, loom, and
//! Shuttle's depth-first search, on programs whose executions are counted; and what GenMC came to,
//! which was measured elsewhere.
//!
//! ```text
//! ci/bench-explore
//! ci/bench-explore --rounds 5 --filter fib --seconds 2
//! ```
//!
//! A round explores a program once under each engine, one right after the other, to the end or for
//! `--seconds`. Programs that take no time are explored again and again, for a tenth of a second:
//! their rates contain what it takes to start an exploration. Seconds are of one exploration, and
//! all numbers are medians of the rounds.
//!
//! # How to read it
//!
//! The ratio is that of the rates: executions a second, to those of the graph engine with one
//! worker. It does not tell how long one waits for an answer, because executions are not the same
//! thing everywhere. The graph engine meets each once, and GenMC does. loom and Shuttle run
//! schedules, and mostly many for one execution: what they would need for all of them is not known
//! where they were cut.
//!
//! A complete exploration by the graph engine that comes to another number than the known one is an
//! error, and so is a violation. Nothing here passes or fails by time.

// Without its engines, a production build has nothing to measure.
#[cfg(selvedge)]
mod contest;

#[cfg(selvedge)]
fn main() -> std::process::ExitCode {
    contest::run()
}

#[cfg(not(selvedge))]
fn main() {
    println!(
        "explore: nothing to measure, for this is a production build, without engines; \
         run ci/bench-explore, which makes a model build"
    );
}
