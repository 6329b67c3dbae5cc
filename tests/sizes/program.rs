//! Programs: so many threads, of which each performs so many operations of a list.

use std::any::Any;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use selvedge::scenario::{Coverage, Engine, Scenario, choose};
use selvedge::sync::Arc;
use selvedge::thread::{self, JoinHandle};

/// A primitive, as programs use it.
pub trait Program: 'static {
    /// What it is called.
    const NAME: &'static str;

    /// What a thread can do.
    type Operation: Copy + Debug + Send + Sync + 'static;

    /// What came of an operation: one step, or several of which others can come between.
    type Step: Debug + Send + 'static;

    /// What a thread holds.
    type Hand: Send + 'static;

    /// What the closure keeps for the end.
    type Rest;

    /// What this one of so many threads can do, first what matters most. Threads with one and the
    /// same list are alike.
    fn operations(thread: usize, threads: usize) -> &'static [Self::Operation];

    /// Budgets, for example.
    fn settings(scenario: Scenario) -> Scenario {
        scenario
    }

    /// What is shared, before the threads begin.
    fn begin(threads: usize) -> (Vec<Self::Hand>, Self::Rest);

    /// Performs an operation. The number is its own, and not 0.
    fn perform(
        hand: &mut Self::Hand,
        operation: Self::Operation,
        id: u64,
        steps: &mut Vec<Self::Step>,
    );

    /// Ends a thread.
    fn leave(hand: Self::Hand, _steps: &mut Vec<Self::Step>) {
        drop(hand);
    }

    /// Judges what the threads did.
    fn end(rest: Self::Rest, threads: Vec<Vec<Self::Step>>);
}

/// What all threads share, and the closure too.
pub fn shared<T>(threads: usize, value: T) -> (Vec<Arc<T>>, Arc<T>) {
    let value = Arc::new(value);
    ((0..threads).map(|_| Arc::clone(&value)).collect(), value)
}

/// The numbers of a thread's operations: the first, and those after it.
pub fn first_id(thread: usize) -> u64 {
    10 * (thread as u64 + 1)
}

/// Runs a program: the operations of each thread.
fn run<P: Program>(program: Vec<Vec<P::Operation>>) {
    let (hands, rest) = P::begin(program.len());
    let running: Vec<_> = hands
        .into_iter()
        .zip(program)
        .enumerate()
        .map(|(thread, (mut hand, operations))| {
            thread::spawn(move || {
                let mut steps = Vec::new();
                for (operation, id) in operations.into_iter().zip(first_id(thread)..) {
                    P::perform(&mut hand, operation, id, &mut steps);
                }
                P::leave(hand, &mut steps);
                steps
            })
        })
        .collect();
    P::end(rest, running.into_iter().map(join).collect());
}

/// What a thread returns; or its panic goes on.
fn join<T>(thread: JoinHandle<T>) -> T {
    thread.join().unwrap_or_else(|panic| resume_unwind(panic))
}

/// Whether this thread has the list of the one before.
fn is_alike<P: Program>(thread: usize, threads: usize) -> bool {
    thread > 0 && std::ptr::eq(P::operations(thread, threads), P::operations(thread - 1, threads))
}

/// How large programs are: so many threads, so many operations of each, and of which: the first
/// ones of the thread's list.
#[derive(Clone, Copy)]
pub struct Size {
    pub threads: usize,
    pub length: usize,
    pub kinds: usize,
}

impl Size {
    /// All operations.
    pub fn of(threads: usize, length: usize) -> Size {
        Size { threads, length, kinds: usize::MAX }
    }

    /// The first operations only.
    pub fn first(self, kinds: usize) -> Size {
        Size { kinds, ..self }
    }

    /// The operations that this thread can have.
    fn operations<P: Program>(self, thread: usize) -> &'static [P::Operation] {
        let all = P::operations(thread, self.threads);
        &all[..all.len().min(self.kinds)]
    }

    /// Any program. Of those that differ in the order of threads that are alike, one.
    fn choose<P: Program>(self) -> Vec<Vec<P::Operation>> {
        let mut program: Vec<Vec<usize>> = Vec::new();
        for thread in 0..self.threads {
            let operations = self.operations::<P>(thread);
            // As long as it is the same as the thread before it, it does not come before that one.
            let mut same = is_alike::<P>(thread, self.threads);
            let chosen = (0..self.length).map(|position| {
                let least = if same { program[thread - 1][position] } else { 0 };
                let index = least + choose(operations.len() - least);
                same = same && index == least;
                index
            });
            let chosen = chosen.collect();
            program.push(chosen);
        }
        let named = program.iter().enumerate().map(|(thread, chosen)| {
            chosen.iter().map(|index| self.operations::<P>(thread)[*index]).collect()
        });
        named.collect()
    }

    /// How many programs there are.
    fn programs<P: Program>(self) -> u64 {
        let mut all = 1;
        let mut alike = 0;
        for thread in 0..self.threads {
            let sequences = (self.operations::<P>(thread).len() as u64).pow(self.length as u32);
            alike = if is_alike::<P>(thread, self.threads) { alike + 1 } else { 0 };
            // Combinations with repetition: so many more of the same list.
            all = all * (sequences + alike) / (alike + 1);
        }
        all
    }

    fn scenario<P: Program>(self) -> Scenario {
        let Size { threads, length, .. } = self;
        let name = format!("{}: programs of {threads} × {length} operations", P::NAME);
        P::settings(Scenario::new(name)).max_executions(1_000_000_000_000)
    }
}

/// Explores all programs of this size, each in full.
pub fn every_program_holds<P: Program>(size: Size) {
    let report =
        size.scenario::<P>().engine(Engine::Graph).check(move || run::<P>(size.choose::<P>()));
    println!("{report}");
    assert!(matches!(report.coverage, Coverage::Complete | Coverage::Within(_)), "{report}");
    assert_eq!(report.inputs.unwrap_or(1), size.programs::<P>(), "{report}");
}

/// Looks for a program of this size that does not hold.
pub fn some_program_fails<P: Program>(size: Size) {
    let violation = size
        .scenario::<P>()
        .engine(Engine::Graph)
        .try_check(move || run::<P>(size.choose::<P>()))
        .expect_err("a naive twin holds");
    assert!(violation.kind.is_finding(), "{violation}");
}

/// One program of this size, in which threads do different things: what each engine explores.
pub fn mixed_program<P: Program>(
    threads: usize,
    length: usize,
) -> (Scenario, impl Fn() + Send + Sync + 'static) {
    let program = move || {
        let thread = |thread| {
            let operations = P::operations(thread, threads);
            (thread..thread + length).map(|index| operations[index % operations.len()]).collect()
        };
        run::<P>((0..threads).map(thread).collect());
    };
    (Size::of(threads, length).scenario::<P>(), program)
}

/// What the caller's functions panic with.
const PANIC: &str = "the caller's panic";

/// Panics without a word.
pub fn caller_panics() -> ! {
    resume_unwind(Box::new(PANIC))
}

/// Demands that it panics, with what the caller's function panicked with.
pub fn catch_callers_panic<T>(f: impl FnOnce() -> T) {
    let panic = catch_unwind(AssertUnwindSafe(f)).err().expect("the caller's panic goes on");
    assert!(is_callers_panic(&*panic), "another panic");
}

pub fn is_callers_panic(panic: &(dyn Any + Send)) -> bool {
    panic.downcast_ref() == Some(&PANIC)
}
