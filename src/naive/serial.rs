//! What the single writer and its twin have in common.

use std::num::NonZeroUsize;

use crate::single_writer::{Handle, Joiner, Shutdown, SingleWriter};

/// A state that commands change, one after the other.
pub trait Serial<S, C, R>: Sized {
    /// With room for so many commands. The handler runs each of them on the state.
    fn new(
        capacity: NonZeroUsize,
        state: S,
        handler: impl Fn(&mut S, C) -> R + Send + Sync + 'static,
    ) -> Self;

    /// Sends a command. What is returned waits for its reply.
    fn send(&self, command: C) -> impl FnOnce() -> R;

    /// Ends it when what was sent has run, and returns the state.
    fn end(self) -> S;
}

impl<S, C, R> Serial<S, C, R> for (Handle<C, R>, Joiner<S>)
where
    S: Send + 'static,
    C: Send + 'static,
    R: Send + 'static,
{
    fn new(
        capacity: NonZeroUsize,
        state: S,
        handler: impl Fn(&mut S, C) -> R + Send + Sync + 'static,
    ) -> Self {
        SingleWriter::builder().capacity(capacity).spawn(state, handler)
    }

    fn send(&self, command: C) -> impl FnOnce() -> R {
        let reply = self.0.try_call(command).expect("there is room");
        move || reply.wait().expect("the writer runs what was sent")
    }

    fn end(self) -> S {
        self.1.shutdown(Shutdown::Drain).expect("no handler panics")
    }
}
