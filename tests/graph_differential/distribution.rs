//! What the random programs came to.

use std::fmt;

use selvedge::scenario::{GraphEnd, Memory};

use super::ends::{Executions, Findings, count};
use super::program::{Operation, Program};

/// Numbers of programs and of their executions.
#[derive(Default)]
pub struct Distribution {
    pub programs: u64,
    pub skipped: u64,
    executions: [usize; 3],
    /// Executions that block to which the engine has come.
    found_blocked: usize,
    /// Programs with more than one execution.
    racing: u64,
    /// Programs of which RC11 allows more than sequential consistency.
    relaxed: u64,
    with_locks: u64,
    with_waits: u64,
    with_choices: u64,
    with_blocked: u64,
    with_deadlocks: u64,
}

const ENDS: [GraphEnd; 3] = [GraphEnd::Complete, GraphEnd::Blocked, GraphEnd::Deadlock];

impl Distribution {
    /// Adds a program, and what is expected of it under both memory models.
    pub fn add(&mut self, program: &Program, expected: &[(Memory, Executions); 2]) {
        let [sc, rc11] = [0, 1].map(|index| ENDS.map(|end| count(&expected[index].1, end)));
        let of_both: [usize; 3] = std::array::from_fn(|end| sc[end] + rc11[end]);
        self.programs += 1;
        for (sum, of_end) in self.executions.iter_mut().zip(of_both) {
            *sum += of_end;
        }
        self.racing += u64::from([sc, rc11].iter().all(|counts| counts.iter().sum::<usize>() > 1));
        self.relaxed += u64::from(expected[0].1 != expected[1].1);
        let has = |is_wanted: fn(&Operation) -> bool| u64::from(program.has(is_wanted));
        self.with_locks +=
            has(|it| matches!(it, Operation::Lock { .. } | Operation::TryLock { .. }));
        self.with_waits += has(|it| matches!(it, Operation::WaitUntil { .. }));
        self.with_choices += has(Operation::is_choice);
        self.with_blocked += u64::from(of_both[1] > 0);
        self.with_deadlocks += u64::from(of_both[2] > 0);
    }

    /// Adds what the engine has found of a program.
    pub fn add_findings(&mut self, found: &Findings) {
        self.found_blocked += found.keys().filter(|(end, _)| *end == GraphEnd::Blocked).count();
    }

    /// Whether the programs, if they are many, are of all kinds.
    ///
    /// # Panics
    /// If one kind is too rare.
    pub fn demand_variety(&self) {
        let at_least = |one_in: u64, part: u64, what: &str| {
            assert!(part * one_in >= self.programs, "too few programs {what}: {self}");
        };
        at_least(2, self.racing, "race");
        at_least(4, self.relaxed, "tell the memory models apart");
        at_least(5, self.with_locks, "have locks");
        at_least(5, self.with_waits, "wait");
        at_least(10, self.with_choices, "have weak exchanges");
        at_least(5, self.with_blocked, "are blocked");
        at_least(20, self.with_deadlocks, "have deadlocks");
        assert!(self.found_blocked > 0, "the engine has come to no execution that blocks: {self}");
    }
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = |part: u64| 100.0 * part as f64 / self.programs as f64;
        let [complete, blocked, deadlocks] = self.executions;
        writeln!(
            f,
            "{} programs, and {} left out as too large; {complete} complete executions, {blocked} \
             that block ({} of them met), {deadlocks} deadlocks",
            self.programs, self.skipped, self.found_blocked,
        )?;
        writeln!(
            f,
            "{:.0} % of the programs have more than one execution, {:.0} % have others under RC11 \
             than under sequential consistency, {:.0} % have some that block, {:.0} % deadlocks",
            share(self.racing),
            share(self.relaxed),
            share(self.with_blocked),
            share(self.with_deadlocks),
        )?;
        write!(
            f,
            "{:.0} % have locks, {:.0} % wait, {:.0} % have weak exchanges",
            share(self.with_locks),
            share(self.with_waits),
            share(self.with_choices),
        )
    }
}
