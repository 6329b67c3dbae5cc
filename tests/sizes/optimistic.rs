//! Values with a version: `VersionedCell`, `VersionedWords`, and their twins.

use std::marker::PhantomData;

use selvedge::naive::{self, Optimistic};
use selvedge::sync::Arc;
use selvedge::{CachedReader, Retry, Snapshot, UpdateError, Version};

use super::order::{Model, explain};
use super::program::{Program, caller_panics, catch_callers_panic};

pub type Cell = Changes<selvedge::VersionedCell<Pair>>;
pub type Words = Changes<selvedge::VersionedWords<2>>;
pub type NaiveCell = Changes<naive::VersionedCell<Pair>>;
pub type NaiveWords = Changes<naive::VersionedWords<2>>;

/// Threads change one value.
pub struct Changes<R>(PhantomData<R>);

pub type Pair = [u64; 2];

#[derive(Clone, Copy, Debug)]
pub enum Operation {
    Set,
    /// Of the version, and then of the value.
    Look,
    /// With the version that the thread has learned last.
    CompareAndSet,
    Update,
    /// Once.
    TryUpdate,
    /// An update whose function panics.
    Panic,
    /// Since the version that the thread has learned last.
    ChangedSince,
    /// By a cached reader; or without waiting.
    Read,
}

use Operation::*;

const ALL: &[Operation] = &[Set, Update, CompareAndSet, Look, TryUpdate, ChangedSince, Read, Panic];
const OF_TWINS: &[Operation] = &[Set, Update, CompareAndSet, Look];

/// What the guarded forms have beyond their twins.
pub trait Register: Optimistic<Value = Pair> {
    const NAME: &'static str;
    const OPERATIONS: &'static [Operation];
    type Reader: Send + 'static;

    fn reader(this: &Arc<Self>) -> Self::Reader;

    fn read(_: &mut Self::Reader) -> Option<Snapshot<Pair>> {
        unreachable!("no twin has it")
    }

    fn try_update(&self, _: impl FnMut(&Pair) -> Pair) -> Result<Snapshot<Pair>, UpdateError<()>> {
        unreachable!("no twin has it")
    }

    fn changed_since(&self, _: Version) -> Option<Snapshot<Pair>> {
        unreachable!("no twin has it")
    }
}

/// The snapshot with the value itself.
fn owned(shared: &selvedge::Versioned<Pair>) -> Snapshot<Pair> {
    Snapshot { value: *shared.value, version: shared.version }
}

impl Register for selvedge::VersionedCell<Pair> {
    const NAME: &'static str = "VersionedCell";
    const OPERATIONS: &'static [Operation] = ALL;
    type Reader = CachedReader<Pair>;

    fn reader(this: &Arc<Self>) -> CachedReader<Pair> {
        CachedReader::new(Arc::clone(this))
    }

    fn read(reader: &mut CachedReader<Pair>) -> Option<Snapshot<Pair>> {
        Some(owned(reader.load()))
    }

    fn try_update(
        &self,
        mut f: impl FnMut(&Pair) -> Pair,
    ) -> Result<Snapshot<Pair>, UpdateError<()>> {
        self.try_update(&Retry::attempts(1), |value| Ok(f(value))).map(|updated| owned(&updated))
    }

    fn changed_since(&self, version: Version) -> Option<Snapshot<Pair>> {
        self.changed_since(version).map(|news| owned(&news))
    }
}

impl Register for selvedge::VersionedWords<2> {
    const NAME: &'static str = "VersionedWords";
    const OPERATIONS: &'static [Operation] = ALL;
    type Reader = Arc<Self>;

    fn reader(this: &Arc<Self>) -> Arc<Self> {
        Arc::clone(this)
    }

    fn read(reader: &mut Arc<Self>) -> Option<Snapshot<Pair>> {
        reader.try_load()
    }

    fn try_update(
        &self,
        mut f: impl FnMut(&Pair) -> Pair,
    ) -> Result<Snapshot<Pair>, UpdateError<()>> {
        self.try_update(&Retry::attempts(1), |value| Ok(f(value)))
    }

    fn changed_since(&self, version: Version) -> Option<Snapshot<Pair>> {
        self.changed_since(version)
    }
}

impl Register for naive::VersionedCell<Pair> {
    const NAME: &'static str = "naive VersionedCell";
    const OPERATIONS: &'static [Operation] = OF_TWINS;
    type Reader = ();

    fn reader(_: &Arc<Self>) {}
}

impl Register for naive::VersionedWords<2> {
    const NAME: &'static str = "naive VersionedWords";
    const OPERATIONS: &'static [Operation] = OF_TWINS;
    type Reader = ();

    fn reader(_: &Arc<Self>) {}
}

#[derive(Debug)]
pub enum Step {
    Version(Version),
    /// By a look, or in passing.
    Seen(Snapshot<Pair>),
    Set(Snapshot<Pair>),
    CompareAndSet {
        expected: Version,
        stored: Snapshot<Pair>,
    },
    Refused {
        expected: Version,
        current: Snapshot<Pair>,
    },
    Updated {
        by: u64,
        stored: Snapshot<Pair>,
    },
    /// An update was overtaken by this version.
    Lost(Version),
    /// Nothing is new.
    Current(Version),
    News {
        since: Version,
        seen: Snapshot<Pair>,
    },
    /// There was nothing to see, since a change was under way; or an update panicked.
    Nothing,
}

/// An update.
fn add(by: u64, [a, b]: Pair) -> Pair {
    [a * 100 + by, b * 100 + by]
}

pub struct Hand<R: Register> {
    register: Arc<R>,
    reader: R::Reader,
    known: Version,
}

impl<R: Register> Program for Changes<R> {
    const NAME: &'static str = R::NAME;
    type Operation = Operation;
    type Step = Step;
    type Hand = Hand<R>;
    type Rest = Arc<R>;

    fn operations(_thread: usize, _threads: usize) -> &'static [Operation] {
        R::OPERATIONS
    }

    fn begin(threads: usize) -> (Vec<Hand<R>>, Arc<R>) {
        let register = Arc::new(R::new([0, 0]));
        let hand = |_| Hand {
            register: Arc::clone(&register),
            reader: R::reader(&register),
            known: Version::FIRST,
        };
        ((0..threads).map(hand).collect(), register)
    }

    fn perform(hand: &mut Hand<R>, operation: Operation, id: u64, steps: &mut Vec<Step>) {
        let Hand { register, reader, known } = hand;
        match operation {
            Set => {
                *known = register.set([id, id]);
                steps.push(Step::Set(Snapshot { value: [id, id], version: *known }));
            }
            Look => {
                steps.push(Step::Version(Optimistic::version(&**register)));
                let seen = Optimistic::load(&**register);
                *known = seen.version;
                steps.push(Step::Seen(seen));
            }
            CompareAndSet => {
                let expected = *known;
                match Optimistic::compare_and_set(&**register, expected, [id, id]) {
                    Ok(version) => {
                        *known = version;
                        let stored = Snapshot { value: [id, id], version };
                        steps.push(Step::CompareAndSet { expected, stored });
                    }
                    Err(conflict) => {
                        assert_eq!((conflict.expected, conflict.rejected), (expected, [id, id]));
                        *known = conflict.current.version;
                        steps.push(Step::Refused { expected, current: conflict.current });
                    }
                }
            }
            Update => {
                let stored = Optimistic::update(&**register, |value| add(id, *value));
                *known = stored.version;
                steps.push(Step::Updated { by: id, stored });
            }
            TryUpdate => match register.try_update(|value| add(id, *value)) {
                Ok(stored) => {
                    *known = stored.version;
                    steps.push(Step::Updated { by: id, stored });
                }
                Err(UpdateError::Exhausted { attempts: 1, last }) => steps.push(Step::Lost(last)),
                Err(other) => panic!("{other:?}"),
            },
            Panic => {
                catch_callers_panic(|| {
                    Optimistic::update(&**register, |_| -> Pair { caller_panics() })
                });
                steps.push(Step::Nothing);
            }
            ChangedSince => match register.changed_since(*known) {
                None => steps.push(Step::Current(*known)),
                Some(seen) => {
                    let since = std::mem::replace(known, seen.version);
                    steps.push(Step::News { since, seen });
                }
            },
            Read => match R::read(reader) {
                None => steps.push(Step::Nothing),
                Some(seen) => {
                    *known = seen.version;
                    steps.push(Step::Seen(seen));
                }
            },
        }
    }

    fn end(register: Arc<R>, threads: Vec<Vec<Step>>) {
        for (thread, steps) in threads.iter().enumerate() {
            let lost = steps.iter().filter(|step| matches!(step, Step::Lost(_))).count();
            let others = threads.iter().enumerate().filter(|(other, _)| *other != thread);
            let changes = others.flat_map(|(_, steps)| steps).filter(|step| step.is_change());
            assert!(lost <= changes.count(), "overtaken by nobody: {threads:?}");
        }
        let end = Optimistic::load(&*register);
        assert_eq!(Optimistic::version(&*register), end.version);
        let begin = Value(Snapshot { value: [0, 0], version: Version::FIRST });
        explain(&begin, &threads, |value| value.0 == end);
    }
}

impl Step {
    fn is_change(&self) -> bool {
        matches!(self, Step::Set(_) | Step::CompareAndSet { .. } | Step::Updated { .. })
    }
}

/// The value and its version.
#[derive(Clone)]
struct Value(Snapshot<Pair>);

impl Value {
    /// Whether the next version has this value. If so, it is there.
    fn becomes(&mut self, value: Pair, next: Snapshot<Pair>) -> bool {
        let follows = next.version.get() == self.0.version.get() + 1;
        self.0 = next;
        follows && next.value == value
    }
}

impl Model for Value {
    type Step = Step;

    fn admits(&mut self, _thread: usize, step: &Step) -> bool {
        let current = self.0;
        match *step {
            Step::Version(version) | Step::Lost(version) | Step::Current(version) => {
                version == current.version
            }
            Step::Seen(seen) => seen == current,
            Step::Set(stored) => self.becomes(stored.value, stored),
            Step::CompareAndSet { expected, stored } => {
                expected == current.version && self.becomes(stored.value, stored)
            }
            Step::Refused { expected, current: shown } => {
                expected != shown.version && shown == current
            }
            Step::Updated { by, stored } => self.becomes(add(by, current.value), stored),
            Step::News { since, seen } => since != seen.version && seen == current,
            Step::Nothing => true,
        }
    }
}
