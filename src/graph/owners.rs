//! Owners of a shared object, which the last of them destroys.
//!
//! What such a count orders matters to the destructor only, and to whoever asks for the count. So
//! shares are counted *physically* at first, which adds nothing to the graph: the thread whose drop
//! happens to be the last one runs the destructor. That is as good as an execution's own order if
//! all other drops happen before, or if the destructor performs no operation.
//!
//! Otherwise it is not the graph that decides who is the last. Then the place at which the object
//! was created is learned, and in the exploration that begins again the objects from there have a
//! count of operations, as std's: who reads that there was one share left is the last. The same is
//! learned from a question about the count, if its answer is not the same in every order.

use std::mem::ManuallyDrop;
use std::num::NonZeroU64;

use super::Place;
use super::clock::Order;
use super::current::{in_run, is_unwinding};
use super::event::{Contents, Request};
use super::fault::Refusal;
use super::lessons::Lesson;
use super::operations::Atomic;
use super::state::State;
use super::thread::Status;

/// A kind of share in an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// Keeps the object alive.
    Strong,
    /// Keeps its memory only.
    Weak,
}

/// What somebody who asks a question finds of the shares of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// Nothing that matters.
    Ignored,
    /// There is none left.
    Gone,
    /// There may be some.
    Present,
}

/// The owners of an object of a run.
#[derive(Clone, Copy, Debug)]
pub struct Owners {
    run: NonZeroU64,
    number: u32,
    /// The locations of the counts, of strong and of weak shares, if they are operations.
    counts: [u32; 2],
}

/// The owners of all objects of a run.
#[derive(Debug, Default)]
pub struct Register {
    /// Those that are in use come first.
    records: Vec<Record>,
    used: usize,
    /// The objects whose last drops go on, the outermost one first, though other threads may have
    /// been the last.
    last_drops: Vec<u32>,
}

/// The owners of an object.
#[derive(Debug)]
struct Record {
    created: Place,
    /// Where the object is.
    address: usize,
    counts: [u32; 2],
    /// How far threads had come when they gave up a share, strong or weak: the last time for each
    /// thread.
    dropped: [Vec<(u32, u32)>; 2],
}

impl Register {
    /// Forgets all of them, when another run begins.
    pub fn clear(&mut self) {
        self.used = 0;
        self.last_drops.clear();
    }

    fn add(&mut self, created: Place, counts: [u32; 2]) -> u32 {
        if self.records.len() == self.used {
            let dropped = [Vec::new(), Vec::new()];
            self.records.push(Record { created, address: 0, counts, dropped });
        }
        let record = &mut self.records[self.used];
        (record.created, record.address, record.counts) = (created, 0, counts);
        record.dropped.iter_mut().for_each(Vec::clear);
        self.used += 1;
        (self.used - 1) as u32
    }

    fn dropped(&mut self, number: u32, share: Share) -> &mut Vec<(u32, u32)> {
        &mut self.records[number as usize].dropped[share as usize]
    }

    fn note_drop(&mut self, number: u32, share: Share, (thread, position): (u32, u32)) {
        let dropped = self.dropped(number, share);
        match dropped.iter_mut().find(|(other, _)| *other == thread) {
            Some((_, before)) => *before = position.max(*before),
            None => dropped.push((thread, position)),
        }
    }
}

impl State {
    /// Notes that the current thread gives up a share. Returns whether that is the last one only in
    /// some orders of the same execution.
    fn let_go(&mut self, number: u32, share: Share, last: bool) -> bool {
        let ambiguous = last && share == Share::Strong && !self.saw_all(number, share);
        let here = (self.current as u32, self.threads[self.current].position as u32);
        let owners = &mut self.owners;
        owners.note_drop(number, share, here);
        // If this is a part of an ambiguous last drop, any of the threads there may do it.
        for at in 0..owners.last_drops.len() {
            let outer = owners.last_drops[at];
            for other in 0..owners.dropped(outer, Share::Strong).len() {
                let there = owners.dropped(outer, Share::Strong)[other];
                owners.note_drop(number, share, there);
            }
        }
        if ambiguous {
            owners.last_drops.push(number);
        }
        ambiguous
    }

    /// Whether all drops of such shares by other threads happen before what the current one does.
    fn saw_all(&self, number: u32, share: Share) -> bool {
        let dropped = &self.owners.records[number as usize].dropped[share as usize];
        dropped.iter().all(|(thread, position)| {
            *thread as usize == self.current || self.saw(*thread as usize) > *position
        })
    }

    /// How many events of another thread happen before what the current one does.
    fn saw(&self, thread: usize) -> u32 {
        let clocks = &self.explorer.graph().clocks;
        self.last_event().map_or(0, |last| {
            u32::from(clocks.component(last.index(), Order::HappensBefore, thread))
        })
    }

    /// Whether all other threads have ended, which the current one has seen, or are yet to be
    /// spawned by it: then everything comes to it in one order.
    fn is_alone(&self) -> bool {
        self.threads.iter().enumerate().all(|(thread, state)| {
            thread == self.current
                || match state.status {
                    Status::Absent => true,
                    Status::Finished => self.saw(thread) as usize == state.position,
                    _ => false,
                }
        })
    }

    /// Asks about the shares of others, strong and weak. That is a lesson, if the answer is not the
    /// same in every order of the same execution. An error if the run was given up.
    fn ask(&mut self, number: u32, others: [Others; 2]) -> Result<(), Refusal> {
        self.begin_operation()?;
        if self.is_alone() {
            return Ok(());
        }
        for (share, others) in [Share::Strong, Share::Weak].into_iter().zip(others) {
            let settled = match others {
                Others::Ignored => true,
                Others::Gone => self.saw_all(number, share),
                Others::Present => false,
            };
            if !settled {
                self.learn_to_count(number, share);
            }
        }
        Ok(())
    }

    fn learn_to_count(&mut self, number: u32, share: Share) {
        let created = self.owners.records[number as usize].created;
        self.learn(Lesson::Owners { created, weak: share == Share::Weak });
    }

    /// The current thread performs an operation. That is a lesson, if it is in the destructor of an
    /// object which another thread may destroy in another order of the same execution.
    #[inline]
    pub fn note_operation(&mut self) {
        if let Some(number) = self.owners.last_drops.first().copied() {
            self.learn_to_count(number, Share::Strong);
        }
    }
}

impl Owners {
    /// The owners of a new object, of which there are so many.
    pub fn new(strong: u64, created: Place) -> Result<Owners, Refusal> {
        let (run, counted) = in_run(|state| Ok((state.run, state.lessons.counts(created))))?;
        let mut counts = [Request::NO_LOCATION; 2];
        for (at, initial) in [(0, strong), (1, 1)] {
            if counted[at] {
                // Never freed: the object's memory is not, before its last owner has left.
                let count = Atomic::new(initial, Contents::Internal, created)?;
                counts[at] = ManuallyDrop::new(count).location();
            }
        }
        let number = in_run(|state| Ok(state.owners.add(created, counts)))?;
        let run = NonZeroU64::new(run).ok_or(Refusal::NotHere)?;
        Ok(Owners { run, number, counts })
    }

    /// Calls `f` in the run of the object, unless that was given up.
    fn here<R>(self, f: impl FnOnce(&mut State) -> R) -> Option<R> {
        let called = in_run(|state| {
            let here = state.run == self.run.get() && !state.given_up;
            if here { Ok(f(state)) } else { Err(Refusal::NotHere) }
        });
        called.ok()
    }

    /// Tells where the object is.
    pub fn place_at(self, address: usize) {
        self.here(|state| state.owners.records[self.number as usize].address = address);
    }

    /// The owners of the object that is there.
    pub fn find(address: usize) -> Option<Owners> {
        let found = in_run(|state| {
            let records = &state.owners.records[..state.owners.used];
            // The newest one: what was there before is gone.
            let number = records.iter().rposition(|record| record.address == address);
            let run = NonZeroU64::new(state.run);
            Ok(number.zip(run).map(|(number, run)| Owners {
                run,
                number: number as u32,
                counts: records[number].counts,
            }))
        });
        found.ok().flatten()
    }

    /// Where the object was created.
    pub fn created(self) -> Option<Place> {
        self.here(|state| state.owners.records[self.number as usize].created)
    }

    /// The count of such shares, if it is one of operations.
    pub fn count(self, share: Share) -> Option<ManuallyDrop<Atomic>> {
        let location = self.counts[share as usize];
        (location != Request::NO_LOCATION)
            .then(|| ManuallyDrop::new(Atomic::at(self.run.get(), location)))
    }

    /// Gives up a share that is not counted by operations, with `drop`.
    pub fn let_go(self, share: Share, last: bool, drop: impl FnOnce()) {
        let ambiguous = self.here(|state| state.let_go(self.number, share, last));
        let unwound_before = is_unwinding();
        let _last_drop =
            (ambiguous == Some(true)).then_some(LastDrop { owners: self, unwound_before });
        drop();
    }

    /// Asks about the shares of others, strong and weak, that are not counted by operations. If the
    /// answer is not the same in every order of the same execution, that is a lesson.
    pub fn ask(self, others: [Others; 2]) -> Result<(), Refusal> {
        in_run(|state| match state.run == self.run.get() {
            true => state.ask(self.number, others),
            false => Err(Refusal::NotHere),
        })
    }
}

/// The last drop of an object, which other threads may do in other orders of the same execution.
/// Ends when it is dropped.
struct LastDrop {
    owners: Owners,
    unwound_before: bool,
}

impl Drop for LastDrop {
    fn drop(&mut self) {
        let panics = !self.unwound_before && is_unwinding();
        self.owners.here(|state| {
            if panics {
                // Whoever joins the thread sees it: so which thread it is must not be left open.
                state.note_operation();
            }
            state.owners.last_drops.pop();
        });
    }
}
