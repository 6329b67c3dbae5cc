//! The thread that owns the state.

use std::any::Any;
use std::num::NonZeroUsize;

use super::super::panics::Panics;
use super::super::queue::Receiver;
use super::super::swap::sync::Arc;
use super::super::swap::sync::atomic::{AtomicBool, Ordering};
use super::envelope::Envelope;
use super::reply::{Answer, Cause, ReplyTo};

/// What the writer and its callers tell each other beside the queue.
#[derive(Default)]
pub struct Signs {
    /// What is queued is to be given back instead of run.
    abandoned: AtomicBool,
    /// The writer's end was a panic.
    panicked: AtomicBool,
}

impl Signs {
    /// Before the queue is closed.
    pub fn abandon(&self) {
        // B1 Relaxed: the close that follows publishes it.
        self.abandoned.store(true, Ordering::Relaxed);
    }

    fn is_abandoned(&self) -> bool {
        // B2 Relaxed: who has seen the close sees it; before, it is in time at any time.
        self.abandoned.load(Ordering::Relaxed)
    }

    /// Why the queue is closed, for those who have seen that it is.
    pub fn cause(&self) -> Cause {
        // B4 Relaxed: the close that was seen came after it, if it was the writer's.
        if self.panicked.load(Ordering::Relaxed) { Cause::Panicked } else { Cause::Closed }
    }

    fn panic(&self) {
        // B3 Relaxed: the close that follows publishes it.
        self.panicked.store(true, Ordering::Relaxed);
    }
}

/// What a writer leaves.
pub struct End<S> {
    pub state: S,
    pub panic: Option<Box<dyn Any + Send>>,
}

/// The owner of the state.
pub struct Writer<S, C, R, H, P> {
    pub receiver: Receiver<Envelope<C, R>>,
    pub signs: Arc<Signs>,
    pub state: S,
    pub handler: H,
    pub publish: P,
    /// Whether replies wait for what `publish` does.
    pub publishes: bool,
    pub batch: NonZeroUsize,
}

/// A call whose command has run: its reply, or none if it panicked.
type Ran<C, R> = (ReplyTo<C, R>, Option<R>);

impl<S, C, R, V, H, P> Writer<S, C, R, H, P>
where
    H: FnMut(&mut S, C) -> R,
    P: FnMut(&S) -> V,
{
    /// Runs commands until there can be no more, or a panic.
    pub fn run(mut self) -> End<S> {
        let mut panics = Panics::default();
        let (mut inbox, mut ran) = (Vec::new(), Vec::new());
        while self.receiver.recv_many(&mut inbox, self.batch) > 0 {
            let mut unrun = inbox.drain(..);
            let replaced = self.run_batch(&mut unrun, &mut ran, &mut panics);
            if !panics.any() {
                answer(&mut ran, &mut panics);
            }
            // After the replies, of which its destructor, if it panics, is to take none with it.
            panics.catch(|| drop(replaced));
            if panics.any() || self.signs.is_abandoned() {
                let unrun = unrun.collect();
                return self.end(ran, unrun, panics);
            }
        }
        self.end(ran, Vec::new(), panics)
    }

    /// Runs the commands of a batch, and publishes the state. Returns the view that it replaced.
    fn run_batch(
        &mut self,
        batch: &mut impl Iterator<Item = Envelope<C, R>>,
        ran: &mut Vec<Ran<C, R>>,
        panics: &mut Panics,
    ) -> Option<V> {
        let Writer { signs, state, handler, publish, publishes, .. } = self;
        let mut changed = false;
        while !signs.is_abandoned() {
            let Some(envelope) = batch.next() else { break };
            let (command, reply_to) = envelope.open();
            changed = true;
            match reply_to {
                Some(reply_to) => ran.push((reply_to, panics.catch(|| handler(state, command)))),
                // The reply is dropped where its panic counts.
                None => drop(panics.catch(|| drop(handler(state, command)))),
            }
            if !*publishes && !panics.any() {
                answer(ran, panics);
            }
            if panics.any() {
                return None;
            }
        }
        if !changed {
            return None;
        }
        panics.catch(|| publish(state))
    }

    /// Answers all who wait, and all who have sent. Nobody can send any more.
    fn end(self, ran: Vec<Ran<C, R>>, unrun: Vec<Envelope<C, R>>, mut panics: Panics) -> End<S> {
        let Writer { mut receiver, signs, state, handler, publish, .. } = self;
        if panics.any() {
            signs.panic();
        }
        // Before anybody is answered: who learns of the end finds it closed.
        receiver.close();
        let cause = signs.cause();
        for (reply_to, reply) in ran {
            reply_to.answer(Answer::Lost);
            panics.catch(|| drop(reply));
        }
        for envelope in unrun {
            panics.catch(|| envelope.give_back(cause));
        }
        while let Ok(envelope) = receiver.recv() {
            panics.catch(|| envelope.give_back(cause));
        }
        panics.catch(|| drop(handler));
        panics.catch(|| drop(publish));
        End { state, panic: panics.into_first() }
    }
}

/// Sends the replies of a batch.
fn answer<C, R>(ran: &mut Vec<Ran<C, R>>, panics: &mut Panics) {
    for (reply_to, reply) in ran.drain(..) {
        let Some(reply) = reply else { continue };
        // If nobody waits any more, the reply is dropped in there.
        panics.catch(|| reply_to.answer(Answer::Replied(reply)));
    }
}
