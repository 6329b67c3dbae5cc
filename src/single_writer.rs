//! A state that one thread owns and changes. Everybody else sends it commands, and gets replies.
//!
//! # Problem
//!
//! A ledger, a document, an order book: several threads change it, and each change reads, decides
//! and writes, over several parts of it. A lock makes that safe as long as nobody forgets it, holds
//! it while he waits for something else, or panics with it in the midst of a change. A queue in
//! front of the state lets one thread do all of it, one command after the other; but then callers
//! want replies, and the errors move there: a reply that is sent before the change can be seen, a
//! caller that waits forever because the thread has panicked, a command of which nobody knows
//! whether it has run.
//!
//! # Example
//!
//! ```
//! use selvedge::SingleWriter;
//! use selvedge::single_writer::Shutdown;
//!
//! enum Command {
//!     Deposit(u64),
//!     Withdraw(u64),
//! }
//!
//! // Withdraws if there is enough, and replies with the balance in any case.
//! let book = |balance: &mut u64, command: Command| {
//!     match command {
//!         Command::Deposit(amount) => *balance += amount,
//!         Command::Withdraw(amount) if amount > *balance => {}
//!         Command::Withdraw(amount) => *balance -= amount,
//!     }
//!     *balance
//! };
//! let (account, joiner, shown) =
//!     SingleWriter::builder().spawn_published(100, book, |balance| *balance);
//!
//! let other = account.clone();
//! let deposit = std::thread::spawn(move || other.call(Command::Deposit(50)).unwrap());
//! account.call(Command::Withdraw(30))?;
//! // What was replied can be seen by everybody.
//! assert!(matches!(*shown.load(), 70 | 120));
//! deposit.join().unwrap();
//!
//! assert_eq!(joiner.shutdown(Shutdown::Drain).unwrap(), 120);
//! # Ok::<(), selvedge::single_writer::CallError<Command, u64>>(())
//! ```
//!
//! # Guarantee
//!
//! * **G1** Commands run one after the other, on one thread, and each finds the state that the one
//!   before it has left. Nobody else changes the state: no change is lost.
//! * **G2** If a command was sent before the sending of another one began, it runs first; so the
//!   commands of one caller run in their order.
//! * **G3** A reply is sent after its command has run, and after the view of the state was
//!   published. Whoever has the reply finds the view at least that new, and sees all that the
//!   handler has done.
//! * **G4** Every call is answered, once: with its reply; or with its command, which then has not
//!   run and will not; or with neither, if the writer panicked after the command had begun. Casts
//!   are not answered, and those that do not run are dropped.
//! * **G5** A call that has timed out gives its command back if it was not sent; otherwise it gives
//!   the reply that is still to come.
//! * **G6** A panic of the handler or of the view ends the writer. The command that ran is lost,
//!   and so are, if there is a view, the replies that waited for it; all other commands are given
//!   back. Whoever hears of it finds the writer closed, and whoever joins it gets the payload and
//!   the state.
//! * **G7** `shutdown` returns the state when the last command has run. `Drain` runs all that has a
//!   slot in the queue; `Abandon`, also after a `Drain`, begins nothing after it was noticed, and
//!   gives the rest back. Callers that wait for room get their commands back.
//! * **G8** On the writer's own thread nothing waits for the writer: it is refused at once. What
//!   does not wait can be used by the handler.
//! * **G9** The caller's functions, and `Drop` of commands, replies, views and the state, never run
//!   under a lock, and may use the writer. A panic of theirs on the writer's thread ends the
//!   writer as in G6, but loses no other reply if the state was published.
//! * **G10** When the last handle is dropped, or one is closed, what was sent still runs, and then
//!   the writer ends. If nobody joins it, it drops the state.
//!
//! # Protocol
//!
//! ```text
//! a caller                          the writer
//!
//!    make a place for the reply
//!    send command and place ──────▶    receive a batch of commands
//!                                      for each: abandoned (B2)? give all back
//! A2 lock the place                              run it, catch its panic
//!    no answer: sleep (unlocks)        publish the view
//!                                      for each:
//!    wake ◀─────────────────────────── A1 lock the place, answer, wake, unlock
//! A2 locked: take the answer
//!
//!                                   after a panic:
//!                                   B3 panicked
//!    send: the queue is closed ◀─────  close the queue
//! B4 panicked? so it is refused        answer the batch: lost, or given back
//!                                      receive what is queued, and give it back
//! ```
//!
//! The queue orders the commands; its close is what publishes the two signs, and so they are
//! relaxed. If there is a view, a batch is answered when all of it has run: one publication serves
//! many commands, and a reply never runs ahead of the view. Without one, each command is answered
//! when it has run. The place is shared by the caller and the writer, so that either may leave
//! first.
//!
//! # States
//!
//! | writer | meaning | entered by | left by |
//! | --- | --- | --- | --- |
//! | open | commands are taken, and run | `spawn` | `close`, `shutdown`, the last handle's drop, a panic |
//! | draining | no more are taken, those that were sent run | `close`, the last drop, `Drain` | the last command, `Abandon`, a panic |
//! | abandoned | those that were sent are given back | `Abandon` | the last command |
//! | panicked | the same, as [`CallError::WriterPanicked`] | a panic | the last command |
//! | ended | the state waits for the joiner | the above | nothing |
//!
//! # Progress
//!
//! Everybody waits for the slowest command: a handler that blocks, blocks all callers. With a view,
//! a reply also waits for the commands of its batch that came later, up to the
//! [`batch`](SingleWriterBuilder::batch) less one; so a handler must not wait for what a caller
//! does after its reply. Each wait has a form with a timeout and one that does not wait. A command
//! that runs is never interrupted. Reading a [`Published`] view waits for nobody.
//!
//! Two writers whose handlers `call` each other wait forever, as with two locks; so does a circle
//! of them. Only a writer's own thread is recognized. Let one direction `cast`, or use `try_call`
//! and look at the reply with a later command. A handler that keeps a handle of its own keeps its
//! writer open: it ends by `close` or `shutdown`, and not by G10.
//!
//! # Cost
//!
//! A thread, and a slot for a command and a pointer in the queue for each that can be queued. A
//! call: one allocation, the queue's read-modify-writes, two short locks of its own place, and two
//! changes of threads if the writer was asleep. A cast: the queue's only. A published view: what
//! `view` makes, one allocation, and a set of a [`VersionedCell`](super::versioned_cell) for each
//! batch.
//!
//! # When not to use
//!
//! * For changes that are short and do not wait, a lock, or a `VersionedCell`, costs less than two
//!   changes of threads.
//! * If commands take long and do not depend on each other: one thread is what they get.
//! * If a command must survive the process, or a panic: there is no log.
//! * If what a panicking handler has half done must not be seen: let it compute first, and change
//!   last.
//! * In an async task, as it is: `call` blocks the thread. `try_call` and `try_wait` never do.
//!
//! # Checked by
//!
//! Scenarios of the writer and one or two callers, with one to four commands, in
//! `tests/single_writer.rs` and the modules beside it: `g1_no_change_is_lost`,
//! `g1_changes_of_two_callers_follow_each_other`, `g2_commands_run_in_the_order_of_sending`,
//! `g3_a_reply_finds_its_view`, `g4_a_call_races_the_shutdown`, `g5_a_timeout_races_the_reply`,
//! `g5_what_timed_out_never_runs`, `g5_a_reply_that_nobody_waits_for_is_dropped_once`,
//! `g6_a_panic_resolves_every_call`, `g6_a_panic_loses_the_replies_of_its_batch`,
//! `g6_without_a_view_only_what_panicked_is_lost`, `g6_a_panic_gives_back_what_waits_for_room`,
//! `g6_a_view_that_panics_ends_the_writer`, `g7_drain_runs_what_was_sent`,
//! `g7_abandon_gives_back_what_is_queued`, `g7_abandon_gives_back_what_is_in_the_batch`,
//! `g7_a_shutdown_gives_back_what_waits_for_room`, `g7_a_close_races_the_shutdown`,
//! `g8_the_handler_does_not_wait_for_itself`, `g8_the_handler_may_cast_into_room`,
//! `g9_destructors_may_use_the_writer`, `g9_a_destructor_that_panics_ends_the_writer`,
//! `g9_a_reply_that_panics_when_it_is_dropped_loses_no_other`,
//! `g10_the_last_handle_ends_the_writer`, `g10_a_close_ends_the_writer`. Under loom all of them are
//! bounded to one or two preemptions. The naive twin, two workers on one queue, fails those of G1
//! and G2.
//!
//! `tests/single_writer_properties.rs` compares sequences of calls, casts, timeouts, panics and
//! ends with a model, on a writer that stands still while they are sent; counts on real threads
//! what callers know of their commands; and has the tests of what a scenario cannot have, such as
//! a writer that nobody joins. Not checked by any of these: fairness, the time that a call takes,
//! and two writers.
//!
//! # Source
//!
//! Thompson, *Single Writer Principle*, 2011, on why contended state should have one owner; Hewitt,
//! Bishop and Steiger, *A Universal Modular ACTOR Formalism for Artificial Intelligence*, 1973; and
//! Erlang's `gen_server`, for `call`, `cast`, and the rule that a process which calls itself is an
//! error. In Erlang a caller learns by a monitor that the process has died, and not whether its
//! request was run; with a channel and a one-shot reply by hand, as is usual in Rust, it learns
//! that the reply's other end was dropped. Here it gets its command back, or knows that it ran.

mod builder;
mod envelope;
mod error;
mod handle;
mod joiner;
mod published;
mod reply;
mod writer;

pub use builder::SingleWriterBuilder;
pub use error::{CallError, CastError, Panicked};
pub use handle::Handle;
pub use joiner::{Joiner, Shutdown};
pub use published::Published;
pub use reply::PendingReply;

/// State with one thread that changes it. See the [module](self) for the contract.
#[derive(Debug)]
pub enum SingleWriter {}

impl SingleWriter {
    /// Settings for a writer; those that are not chosen are the defaults.
    pub fn builder() -> SingleWriterBuilder {
        SingleWriterBuilder::new()
    }
}
