//! `SingleWriter`: callers, and its twin.

use std::num::NonZeroUsize;

use selvedge::naive::{self, Serial};
use selvedge::scenario::Scenario;
use selvedge::single_writer::{
    CallError, CastError, Handle, Joiner, Panicked, Shutdown, SingleWriter,
};
use selvedge::sync::Arc;
use selvedge::time::Duration;

use super::program::{Program, caller_panics, is_callers_panic, shared};

/// Threads send commands to a writer, which is a further thread. The state is a list of those that
/// ran, and a reply is the length of the list.
pub struct Guarded;

#[derive(Clone, Copy, Debug)]
pub enum Operation {
    Call,
    /// Without waiting for room, and then for the reply.
    TryCall,
    CallTimeout,
    Cast,
    /// A command that panics.
    Panic,
    Close,
}

use Operation::*;

const ALL: &[Operation] = &[Call, Cast, Close, TryCall, CallTimeout, Panic];

/// How long one waits who does not wait for good.
const MOMENT: Duration = Duration::from_micros(1);

/// A command: its number, and whether it panics.
type Command = (u64, bool);

fn record(ran: &mut Vec<u64>, (id, panics): Command) -> u64 {
    ran.push(id);
    if panics {
        caller_panics();
    }
    ran.len() as u64
}

#[derive(Clone, Copy, Debug)]
pub struct Step {
    id: u64,
    panics: bool,
    fate: Fate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It ran, and this was the length of the list.
    Replied(u64),
    /// It was sent, and its reply is not known.
    Sent,
    /// It did not run, for lack of room or time.
    NoRoom,
    /// It did not run, since the writer was closed, or has panicked.
    Closed,
    /// It did not run, since the writer has panicked.
    Panicked,
    /// The writer has panicked after it began.
    Lost,
    /// The writer was closed.
    Closes(bool),
}

impl Program for Guarded {
    const NAME: &'static str = "SingleWriter";
    type Operation = Operation;
    type Step = Step;
    type Hand = Handle<Command, u64>;
    type Rest = Joiner<Vec<u64>>;

    fn operations(_thread: usize, _threads: usize) -> &'static [Operation] {
        ALL
    }

    fn settings(scenario: Scenario) -> Scenario {
        scenario.timeouts(1)
    }

    fn begin(threads: usize) -> (Vec<Self::Hand>, Self::Rest) {
        let builder = SingleWriter::builder().capacity(NonZeroUsize::MIN);
        let (handle, joiner) = builder.spawn(Vec::new(), record);
        let mut handles: Vec<_> = (1..threads).map(|_| handle.clone()).collect();
        handles.push(handle);
        (handles, joiner)
    }

    fn perform(handle: &mut Self::Hand, operation: Operation, id: u64, steps: &mut Vec<Step>) {
        let panics = matches!(operation, Panic);
        let command = (id, panics);
        let fate = match operation {
            Call | Panic => called(id, handle.call(command)),
            TryCall => called(id, handle.try_call(command).and_then(|pending| pending.wait())),
            CallTimeout => called(id, handle.call_timeout(command, MOMENT)),
            Cast => match handle.cast(command) {
                Ok(()) => Fate::Sent,
                Err(CastError::Closed((back, _))) => back_as(id, back, Fate::Closed),
                Err(CastError::WriterPanicked((back, _))) => back_as(id, back, Fate::Panicked),
                Err(other) => panic!("{other:?}"),
            },
            Close => Fate::Closes(handle.close()),
        };
        steps.push(Step { id, panics, fate });
    }

    fn end(joiner: Joiner<Vec<u64>>, threads: Vec<Vec<Step>>) {
        let (ran, panicked) = match joiner.shutdown(Shutdown::Drain) {
            Ok(ran) => (ran, false),
            Err(Panicked { state, payload }) => {
                assert!(is_callers_panic(&*payload), "another panic");
                (state, true)
            }
        };
        judge(&ran, panicked, &threads);
    }
}

/// A command came back.
fn back_as(id: u64, back: u64, fate: Fate) -> Fate {
    assert_eq!(back, id, "another command came back");
    fate
}

fn called(id: u64, answer: Result<u64, CallError<Command, u64>>) -> Fate {
    match answer {
        Ok(length) => Fate::Replied(length),
        Err(CallError::Full((back, _)) | CallError::TimedOut((back, _))) => {
            back_as(id, back, Fate::NoRoom)
        }
        Err(CallError::Closed((back, _))) => back_as(id, back, Fate::Closed),
        Err(CallError::WriterPanicked(Some((back, _)))) => back_as(id, back, Fate::Panicked),
        Err(CallError::WriterPanicked(None)) => Fate::Lost,
        Err(CallError::Unanswered(_)) => Fate::Sent,
        Err(other) => panic!("{other:?}"),
    }
}

/// Compares what the callers were told with the list of what ran.
fn judge(ran: &[u64], panicked: bool, threads: &[Vec<Step>]) {
    let all: Vec<Step> = threads.iter().flatten().copied().collect();
    for (position, id) in ran.iter().enumerate() {
        assert!(!ran[..position].contains(id), "{id} ran twice: {ran:?}");
        let step = all.iter().find(|step| step.id == *id).expect("somebody's command");
        let is_last = position + 1 == ran.len();
        assert_eq!(step.panics, panicked && is_last, "a panic ends it: {ran:?}, {all:?}");
    }
    assert!(!panicked || !ran.is_empty(), "nothing has panicked");
    for Step { id, panics, fate } in &all {
        let position = ran.iter().position(|other| other == id);
        let right = match *fate {
            Fate::Replied(length) => position.is_some_and(|index| index as u64 + 1 == length),
            // If nothing panics, what was sent runs.
            Fate::Sent => panicked || position.is_some(),
            Fate::NoRoom | Fate::Closed => position.is_none(),
            Fate::Panicked => position.is_none() && panicked,
            Fate::Lost => position.is_some() && *panics,
            Fate::Closes(_) => position.is_none(),
        };
        assert!(right, "{id} ended as {fate:?}: {ran:?}, {all:?}");
    }
    let closes = all.iter().filter(|step| step.fate == Fate::Closes(true)).count();
    assert!(closes <= 1, "closed twice: {all:?}");
    for steps in threads {
        let places = steps.iter().filter_map(|step| ran.iter().position(|id| *id == step.id));
        assert!(places.is_sorted(), "commands overtake each other: {ran:?}, {all:?}");
        let over = |step: &Step| {
            matches!(step.fate, Fate::Closed | Fate::Panicked | Fate::Lost | Fate::Closes(_))
        };
        let after = steps.iter().skip_while(|step| !over(step));
        let still = after.filter(|step| {
            matches!(step.fate, Fate::Replied(_) | Fate::Sent | Fate::NoRoom | Fate::Closes(true))
        });
        let allowed = usize::from(
            steps.iter().find(|step| over(step)).is_some_and(|s| s.fate == Fate::Closes(true)),
        );
        assert_eq!(still.count(), allowed, "sent after the end: {all:?}");
    }
}

/// One caller at a time: commands under way at the same time, for the guarded form and its twin.
pub struct Callers<W>(std::marker::PhantomData<W>);

pub type Pairs = Callers<(Handle<u64, u64>, Joiner<u64>)>;
pub type NaivePairs = Callers<naive::SingleWriter<u64, u64, u64>>;

/// Adds to the state, twice at the same time.
#[derive(Clone, Copy, Debug)]
pub struct AddTwice;

pub trait Writer: Serial<u64, u64, u64> + Send + Sync + 'static {
    const NAME: &'static str;
}

impl Writer for (Handle<u64, u64>, Joiner<u64>) {
    const NAME: &'static str = "SingleWriter, pairs of calls";
}

impl Writer for naive::SingleWriter<u64, u64, u64> {
    const NAME: &'static str = "naive SingleWriter, pairs of calls";
}

impl<W: Writer> Program for Callers<W> {
    const NAME: &'static str = W::NAME;
    type Operation = AddTwice;
    type Step = [u64; 2];
    type Hand = Arc<W>;
    type Rest = Arc<W>;

    fn operations(_thread: usize, _threads: usize) -> &'static [AddTwice] {
        &[AddTwice]
    }

    fn begin(threads: usize) -> (Vec<Arc<W>>, Arc<W>) {
        let room = NonZeroUsize::new(2 * threads).expect("there is a thread");
        let add = |sum: &mut u64, by| {
            *sum += by;
            *sum
        };
        shared(threads, W::new(room, 0, add))
    }

    fn perform(writer: &mut Arc<W>, AddTwice: AddTwice, _id: u64, steps: &mut Vec<[u64; 2]>) {
        let replies = [writer.send(1), writer.send(1)];
        steps.push(replies.map(|reply| reply()));
    }

    fn end(writer: Arc<W>, threads: Vec<Vec<[u64; 2]>>) {
        let mut sums: Vec<u64> = threads.into_iter().flatten().flatten().collect();
        sums.sort_unstable();
        let writer = Arc::into_inner(writer).expect("the callers have left");
        assert_eq!(writer.end(), sums.len() as u64, "a change was lost");
        assert!(sums.iter().copied().eq(1..=sums.len() as u64), "two saw the same: {sums:?}");
    }
}
