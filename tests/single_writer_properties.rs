//! `SingleWriter` against a sequential model, and what a scenario cannot have: writers that are
//! detached, user types that misbehave there, and many threads.

#[path = "single_writer/common.rs"]
mod common;

#[path = "single_writer_properties/bad_code.rs"]
mod bad_code;

use std::collections::VecDeque;

use common::{Answer, Command, add, builder, size};
use proptest::prelude::*;
use selvedge::queue::{self, Receiver, Sender};
use selvedge::single_writer::{
    CallError, CastError, Handle, Joiner, Panicked, PendingReply, Shutdown,
};
use selvedge::thread;
use selvedge::time::Duration;

/// What is sent to a writer that stands still.
#[derive(Clone, Copy, Debug)]
enum Sent {
    TryCall(Command),
    /// With a timeout that is over at once: there is room, or there is none.
    CallTimeout(Command),
    TryCast(Command),
    CastTimeout(Command),
    /// The reply of one of the calls is not wanted any more.
    Leave(usize),
}

/// How a round ends, when the writer goes on.
#[derive(Clone, Copy, Debug)]
enum Then {
    /// All is run, and another round follows, if this was not the last.
    GoOn,
    Close,
    DropHandles,
    Shutdown(Shutdown),
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![30 => (1..100_u64).prop_map(Command::Add), 1 => Just(Command::Panic)]
}

fn sent() -> impl Strategy<Value = Sent> {
    prop_oneof![
        6 => command().prop_map(Sent::TryCall),
        2 => command().prop_map(Sent::CallTimeout),
        3 => command().prop_map(Sent::TryCast),
        1 => command().prop_map(Sent::CastTimeout),
        2 => any::<usize>().prop_map(Sent::Leave),
    ]
}

fn rounds() -> impl Strategy<Value = Vec<(Vec<Sent>, Then)>> {
    let then = prop_oneof![
        4 => Just(Then::GoOn),
        1 => Just(Then::Close),
        1 => Just(Then::DropHandles),
        1 => Just(Then::Shutdown(Shutdown::Drain)),
        1 => Just(Then::Shutdown(Shutdown::Abandon)),
    ];
    prop::collection::vec((prop::collection::vec(sent(), 0..9), then), 1..5)
}

/// What the handler of these tests is sent: a command, or to stand still until it is told.
type Request = Option<Command>;

/// The writer, and what it waits for.
struct Trial {
    handle: Option<Handle<Request, u64>>,
    joiner: Option<Joiner<u64>>,
    stands: Receiver<()>,
    go: Sender<()>,
    batch: usize,
    capacity: usize,
    model: Model,
}

/// What should have happened.
#[derive(Default)]
struct Model {
    sum: u64,
    /// What is queued, and the reply, if somebody waits for it.
    queued: VecDeque<(Command, Option<PendingReply<Request, u64>>)>,
}

impl Trial {
    fn new(capacity: usize, batch: usize) -> Trial {
        let (stand, stands) = queue::bounded(size(1));
        let (go, mut goes) = queue::bounded(size(1));
        let handler = move |sum: &mut u64, request: Request| match request {
            Some(command) => add(sum, command),
            None => {
                stand.send(()).expect("the test goes on");
                goes.recv().expect("the test goes on");
                *sum
            }
        };
        let (handle, joiner, _) = builder(capacity, batch).spawn_published(0, handler, |sum| *sum);
        let (handle, joiner) = (Some(handle), Some(joiner));
        Trial { handle, joiner, stands, go, batch, capacity, model: Model::default() }
    }

    fn handle(&self) -> &Handle<Request, u64> {
        self.handle.as_ref().expect("handles are dropped at the end")
    }

    /// Returns whether the writer has ended.
    fn round(&mut self, sent: Vec<Sent>, then: Then) -> bool {
        let standing = self.handle().try_call(None).expect("nothing is queued");
        self.stands.recv().unwrap();
        for sent in sent {
            self.send(sent);
            assert_eq!(self.handle().len(), self.model.queued.len());
        }
        let is_abandoned = matches!(then, Then::Shutdown(Shutdown::Abandon));
        let ends = !matches!(then, Then::GoOn);
        let shutdown = self.end(then);
        self.go.send(()).unwrap();
        assert_eq!(standing.wait().unwrap(), self.model.sum);
        let panicked = if is_abandoned { self.abandoned() } else { self.ran() };
        if let Some(shutdown) = shutdown {
            self.ended(shutdown.join().unwrap(), panicked);
            return true;
        }
        if ends || panicked {
            let ended = self.joiner.take().unwrap().join();
            self.ended(ended, panicked);
        }
        if !ends && !panicked {
            // Until that has run which nobody waits for.
            assert_eq!(self.handle().call(Some(Command::Add(0))).unwrap(), self.model.sum);
        }
        ends || panicked
    }

    fn send(&mut self, sent: Sent) {
        let is_full = self.model.queued.len() == self.capacity;
        let now = Duration::ZERO;
        let (command, pending) = match sent {
            Sent::TryCall(command) => match self.handle().try_call(Some(command)) {
                Ok(pending) => (command, Some(pending)),
                Err(CallError::Full(Some(given))) => return assert!(is_full && given == command),
                Err(other) => panic!("{other:?}"),
            },
            Sent::CallTimeout(command) => match self.handle().call_timeout(Some(command), now) {
                Err(CallError::Unanswered(pending)) => (command, Some(pending)),
                Err(CallError::TimedOut(Some(given))) => {
                    return assert!(is_full && given == command);
                }
                other => panic!("{other:?}"),
            },
            Sent::TryCast(command) => match self.handle().try_cast(Some(command)) {
                Ok(()) => (command, None),
                Err(error) => {
                    assert_eq!((error, is_full), (CastError::Full(Some(command)), true));
                    return;
                }
            },
            Sent::CastTimeout(command) => match self.handle().cast_timeout(Some(command), now) {
                Ok(()) => (command, None),
                Err(error) => {
                    assert_eq!((error, is_full), (CastError::TimedOut(Some(command)), true));
                    return;
                }
            },
            Sent::Leave(number) => {
                let waiting = self.model.queued.iter_mut().filter(|(_, p)| p.is_some());
                let mut waiting: Vec<_> = waiting.collect();
                if !waiting.is_empty() {
                    let chosen = number % waiting.len();
                    let left = waiting[chosen].1.take().unwrap();
                    // It cannot be there yet.
                    assert!(matches!(left.try_wait(), Err(CallError::Unanswered(_))));
                }
                return;
            }
        };
        assert!(!is_full, "more was taken than there is room for");
        self.model.queued.push_back((command, pending));
    }

    /// Begins the end, which the writer notices when it goes on.
    fn end(&mut self, then: Then) -> Option<thread::JoinHandle<Result<u64, Panicked<u64>>>> {
        match then {
            Then::GoOn => None,
            Then::Close => {
                assert!(self.handle().close());
                None
            }
            Then::DropHandles => {
                drop(self.handle.take());
                None
            }
            Then::Shutdown(how) => {
                let joiner = self.joiner.take().unwrap();
                let shutdown = thread::spawn(move || joiner.shutdown(how));
                selvedge::hint::wait_until(|| self.handle().is_closed());
                Some(shutdown)
            }
        }
    }

    /// What was queued runs, in batches. Returns whether it panicked.
    fn ran(&mut self) -> bool {
        let queued: Vec<_> = self.model.queued.drain(..).collect();
        let commands: Vec<_> = queued.iter().map(|(command, _)| *command).collect();
        let panics = commands.iter().position(|command| *command == Command::Panic);
        // From here on there are no replies.
        let lost = panics.map_or(commands.len(), |index| index / self.batch * self.batch);
        for (index, (command, pending)) in queued.into_iter().enumerate() {
            let has_run = panics.is_none_or(|panics| index < panics);
            if let (true, Command::Add(by)) = (has_run, command) {
                self.model.sum += by;
            }
            let Some(pending) = pending else { continue };
            match pending.wait() {
                Ok(reply) => assert_eq!((reply, index < lost), (self.model.sum, true)),
                Err(CallError::WriterPanicked(None)) => {
                    assert!(index >= lost && Some(index) <= panics);
                }
                Err(CallError::WriterPanicked(Some(given))) => {
                    assert!(Some(index) > panics && panics.is_some());
                    assert_eq!(given, Some(command));
                }
                Err(other) => panic!("{other:?}"),
            }
        }
        panics.is_some()
    }

    /// What was queued is given back.
    fn abandoned(&mut self) -> bool {
        for (command, pending) in self.model.queued.drain(..) {
            let Some(pending) = pending else { continue };
            match pending.wait() {
                Err(CallError::Closed(given)) => assert_eq!(given, Some(command)),
                other => panic!("{other:?}"),
            }
        }
        false
    }

    fn ended(&self, end: Result<u64, Panicked<u64>>, panicked: bool) {
        let (state, is_error) = match end {
            Ok(state) => (state, false),
            Err(Panicked { state, .. }) => (state, true),
        };
        assert_eq!((state, is_error), (self.model.sum, panicked));
        let Some(handle) = &self.handle else { return };
        match handle.call(Some(Command::Add(1))) {
            Err(CallError::Closed(Some(Command::Add(1)))) => assert!(!panicked),
            Err(CallError::WriterPanicked(Some(Some(Command::Add(1))))) => assert!(panicked),
            other => panic!("{other:?}"),
        }
        assert!(handle.is_closed() && handle.is_empty() && !handle.close());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// The writer stands still while commands are sent, so that everything is determined.
    #[test]
    fn a_writer_does_what_its_model_does(
        capacity in 1..7_usize,
        batch in 1..5_usize,
        rounds in rounds(),
    ) {
        let mut trial = Trial::new(capacity, batch);
        for (sent, then) in rounds {
            if trial.round(sent, then) {
                return Ok(());
            }
        }
        prop_assert!(!trial.round(Vec::new(), Then::GoOn));
        trial.handle = None;
        let end = trial.joiner.take().unwrap().join();
        trial.ended(end, false);
    }
}

/// What a caller knows of its commands: what the sum of those is that have run.
fn work(handle: &Handle<Command, u64>, first: u64, casts: bool) -> u64 {
    let mut known = 0;
    let mut unanswered = Vec::new();
    for by in first..first + 200 {
        let command = Command::Add(by);
        let answer: Answer = match by % 3 {
            0 => handle.call(command),
            1 => handle.call_timeout(command, Duration::from_micros(by % 50)),
            _ if casts => {
                if handle.cast(command).is_ok() {
                    known += by;
                }
                continue;
            }
            _ => handle.try_call(command).and_then(PendingReply::try_wait),
        };
        match answer {
            Ok(_) => known += by,
            Err(CallError::Unanswered(pending)) => unanswered.push((by, pending)),
            Err(error) => {
                assert!(!error.may_have_run());
                assert_eq!(error.into_command().ok(), Some(command));
            }
        }
    }
    for (by, pending) in unanswered {
        match pending.wait() {
            Ok(_) => known += by,
            Err(error) => assert_eq!(error.into_command().ok(), Some(Command::Add(by))),
        }
    }
    known
}

/// Three threads send, and the writer is shut down meanwhile: what the callers know of their
/// commands is what has happened.
fn callers_know_what_has_run(how: Shutdown) {
    for round in 0..20 {
        let (handle, joiner) = builder(4, 3).spawn(0, add);
        let casts = how == Shutdown::Drain;
        let (known, end) = thread::scope(|scope| {
            let callers = [1, 1_001, 2_001].map(|first| {
                let handle = handle.clone();
                scope.spawn(move || work(&handle, first, casts))
            });
            thread::sleep(Duration::from_micros(100 * round));
            let end = joiner.shutdown(how).unwrap();
            (callers.map(|caller| caller.join().unwrap()).iter().sum::<u64>(), end)
        });
        assert_eq!(end, known, "{how:?} in round {round}");
    }
}

#[test]
fn g4_callers_know_what_has_run_until_a_drain() {
    callers_know_what_has_run(Shutdown::Drain);
}

#[test]
fn g4_callers_know_what_has_run_until_an_abandon() {
    callers_know_what_has_run(Shutdown::Abandon);
}
