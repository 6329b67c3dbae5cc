//! The threads of a run, as coroutines on one operating-system thread.

use std::sync::Arc;

use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, CoroutineResult};

use super::current;
use super::event::Kind;
use super::fault::Fault;
use super::operations;
use super::thread::Status;

/// What runs on a thread.
pub type Body = Box<dyn FnOnce() + Send>;

/// A thread's stack, in bytes, unless it asks for another size. Only what is used is committed.
const STACK: usize = 256 << 10;

/// How a run came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All threads finished.
    Complete,
    /// A waiting loop read values that newer ones replace; other executions go on from there.
    Blocked,
    /// No thread can go on, whatever comes.
    Deadlock,
    /// The recorded events cannot be executed again in any order.
    Diverged,
    /// Somebody gave it up.
    GivenUp,
}

/// Who runs, and is told of the end before its threads leave.
pub trait Run {
    /// Whether the run was given up.
    fn is_given_up(&self) -> bool;
    /// The run has a fault that no operation of the program was told of.
    fn fail(&self, fault: &Fault);
    /// The run is not complete, and its threads leave.
    fn give_up(&self, end: End);
    /// No thread runs any more; what is dropped from here on belongs to nobody.
    fn dismantle(&self);
}

#[derive(Default)]
struct Fiber {
    /// Until it runs for the first time.
    body: Option<(Body, usize)>,
    coroutine: Option<Coroutine<(), (), (), DefaultStack>>,
}

/// The coroutines of a worker.
#[derive(Default)]
pub struct Fibers {
    fibers: Vec<Fiber>,
    /// Stacks of the usual size that nobody uses.
    stacks: Vec<DefaultStack>,
}

impl Fibers {
    /// Runs a closure as thread 0 along the worker's graph.
    pub fn run(&mut self, body: Arc<dyn Fn() + Send + Sync>, run: &impl Run) -> End {
        self.add(0, (Box::new(move || body()), 0));
        let end = loop {
            let Ok(Some(thread)) = current::with(|state| state.pick()) else {
                let end = Self::end();
                if current::with(|state| state.look_again(end)).unwrap_or(false) {
                    continue;
                }
                break end;
            };
            self.resume(thread);
            let fault = if run.is_given_up() { None } else { operations::fault() };
            if let Some(fault) = &fault {
                run.fail(fault);
            }
            if run.is_given_up() || current::with(|state| state.given_up).unwrap_or(true) {
                break End::GivenUp;
            }
        };
        let left = end != End::Complete;
        let end = current::with(|state| state.end_drain(end)).unwrap_or(end);
        if left {
            run.give_up(end);
            self.abandon();
        }
        run.dismantle();
        // Bodies that never ran.
        self.fibers.clear();
        end
    }

    fn end() -> End {
        let end = current::with(|state| {
            let over = |status| matches!(status, Status::Finished | Status::Absent);
            if !state.extends() {
                End::Diverged
            } else if state.threads.iter().all(|thread| over(thread.status)) {
                End::Complete
            } else if state.is_stuck() && !state.lets_time_pass() {
                End::Deadlock
            } else {
                End::Blocked
            }
        });
        end.unwrap_or(End::GivenUp)
    }

    fn add(&mut self, thread: usize, body: (Body, usize)) {
        while self.fibers.len() <= thread {
            self.fibers.push(Fiber::default());
        }
        self.fibers[thread].body = Some(body);
    }

    /// Runs a thread until it waits, or ends.
    fn resume(&mut self, thread: usize) {
        if let Some((body, size)) = self.fibers[thread].body.take() {
            self.fibers[thread].coroutine = Some(self.start(body, size));
        }
        let fiber = &mut self.fibers[thread].coroutine;
        let Some(coroutine) = fiber else { return };
        let ended = matches!(coroutine.resume(()), CoroutineResult::Return(()));
        if let Some(coroutine) = fiber.take_if(|_| ended) {
            self.keep(coroutine.into_stack());
        }
        let _ = current::with(|state| {
            if ended {
                state.threads[thread].status = Status::Finished;
            }
            for (thread, body) in state.bodies.drain(..) {
                self.add(thread, body);
            }
        });
    }

    /// Keeps a stack for another thread, unless it is larger than usual.
    fn keep(&mut self, stack: DefaultStack) {
        if stack_size(&stack) <= 2 * STACK {
            self.stacks.push(stack);
        }
    }

    fn start(&mut self, body: Body, size: usize) -> Coroutine<(), (), (), DefaultStack> {
        let usual = if size <= STACK { self.stacks.pop() } else { None };
        let stack = usual.unwrap_or_else(|| {
            DefaultStack::new(size.max(STACK)).expect("the operating system has memory for a stack")
        });
        Coroutine::with_stack(stack, move |yielder, ()| {
            current::begin_coroutine(yielder);
            operations::mark(Kind::Begin);
            body();
            operations::mark(Kind::End);
        })
    }

    /// Lets all threads leave that have begun.
    fn abandon(&mut self) {
        let _ = current::with(|state| state.given_up = true);
        // A scoped thread borrows from the stacks of threads that were spawned before it.
        let spawned = current::with(|state| {
            let mut threads: Vec<usize> = (0..state.threads.len()).collect();
            let spawn = |thread: &usize| state.threads[*thread].spawn;
            threads.sort_by_key(|t| std::cmp::Reverse((*t != 0).then(|| spawn(t))));
            threads
        });
        for thread in spawned.unwrap_or_default() {
            if thread >= self.fibers.len() {
                continue;
            }
            while let Some(mut coroutine) = self.fibers[thread].coroutine.take() {
                let _ = current::with(|state| state.current = thread);
                match coroutine.resume(()) {
                    CoroutineResult::Yield(()) => self.fibers[thread].coroutine = Some(coroutine),
                    CoroutineResult::Return(()) => self.keep(coroutine.into_stack()),
                }
            }
        }
    }
}

fn stack_size(stack: &DefaultStack) -> usize {
    use corosensei::stack::Stack;
    stack.base().get() - stack.limit().get()
}
