//! How fast the primitives of selvedge are, beside what else there is.
//!
//! ```text
//! cargo bench --package selvedge-bench
//! cargo bench --package selvedge-bench --bench queue -- --rounds 50 --filter '2 producers'
//! ```
//!
//! How fast the engines explore is another question, and needs the model build: `ci/bench-explore`.
//!
//! A benchmark is a list of [`Case`]s. A case is a task, and has a [`Variant`] for each way to do
//! it: our own, and the peers'. A round does the task once in each variant, one right after the
//! other, and there are many rounds; the order changes from round to round. The table shows for
//! each variant
//!
//! * the speed, as the median, the least and the greatest of the rounds;
//! * the ratio of its speed to that of the fastest peer **in the same round**: the median of the
//!   rounds, and the quarters between which half of them lie. More than 1 is faster than every
//!   peer. A peer has a ratio too; the fastest has 1.
//!
//! # How to read it
//!
//! Speeds of two runs, or of two machines, do not compare; ratios do, somewhat. Where the quarters
//! of a ratio enclose 1, the run does not tell which one is faster. The fastest peer is chosen anew
//! in each round, which favors the peers by their noise: it is the honest side to err on. A machine
//! that does something else meanwhile gives wide quarters, and favors who blocks over who spins;
//! under Linux, `chrt --fifo 10` before the command keeps the others away.
//!
//! Nothing here passes or fails by time. What a variant received is compared with what was sent,
//! and a difference ends the run. Name the package, as above: in a build of the whole workspace
//! selvedge has its test harness. A build with debug assertions is refused, but for `--quick`; see
//! [`Arguments`].
//!
//! # Why not criterion, divan or tango
//!
//! They measure one function after the other, each for seconds. A machine that others share, or
//! that heats up, drifts by more than the difference in question within such a time, and both then
//! drift apart. Rounds with all variants in them drift together, so that a ratio stays true while a
//! speed does not. tango-bench measures in pairs, for this reason, but the same function of two
//! builds, and not several variants of one. What is left, a loop and a median, is little.

mod arguments;
mod case;
mod machine;
mod spread;
mod table;

pub use arguments::Arguments;
pub use case::{Case, Measured, Plan, Standing, Variant};
pub use machine::{head, refuse_debug_assertions};
pub use spread::Spread;
pub use table::{count, digits};

/// Measures the cases as the command line says, and prints a table for each.
///
/// `name` is the benchmark's, for the command in the head. `unit` is what is counted, in the
/// plural: "messages".
///
/// # Panics
/// If the build has debug assertions, if the filter leaves no case, and if a variant does.
/// `--quick` runs in any build.
pub fn run(name: &str, unit: &str, cases: Vec<Case>) {
    let arguments = Arguments::from_command_line();
    if !arguments.quick {
        refuse_debug_assertions();
    }
    let cases: Vec<Case> =
        cases.into_iter().filter(|case| case.name.contains(&arguments.filter)).collect();
    assert!(!cases.is_empty(), "no case has {:?} in its name", arguments.filter);
    // A few operations say nothing about speed.
    if !arguments.bench || arguments.quick {
        let variants: usize =
            cases.iter().map(|case| case.measure(&arguments.plan(case)).len()).sum();
        println!("{name}: {} cases with {variants} variants run", cases.len());
        return;
    }
    println!("{}", opening(name));
    for case in cases {
        let plan = arguments.plan(&case);
        let measured = case.measure(&plan);
        println!("\n{}", table::of(&case.name, unit, &plan, &measured));
    }
}

/// What holds for all tables of a benchmark.
fn opening(name: &str) -> String {
    let head = head(&format!("cargo bench --package selvedge-bench --bench {name} --"));
    format!("{head}\n\n{}", table::COLUMNS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_that_are_no_plain_numbers_are_explained_before_the_tables() {
        let opening = opening("queue");
        let explained: Vec<&str> =
            opening.lines().filter_map(|line| Some(line.split_once(": ")?.0)).collect();
        let tail = &explained[explained.len() - 2..];
        assert_eq!(tail, ["ratio", "quarters"], "{opening}");
        assert!(table::COLUMNS.lines().all(|line| line.chars().count() <= 80), "{opening}");
    }
}
