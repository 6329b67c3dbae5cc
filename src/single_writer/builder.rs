//! The settings of a writer, and its start.

use std::mem;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::super::queue;
use super::super::swap::sync::Arc;
use super::super::swap::thread;
use super::handle::{Handle, Line};
use super::joiner::{Joiner, Legacy};
use super::published::Published;
use super::writer::{Signs, Writer};

/// Settings for a new [`SingleWriter`](super::SingleWriter).
#[derive(Clone, Debug)]
#[must_use = "settings do nothing until the writer is spawned"]
pub struct SingleWriterBuilder {
    capacity: NonZeroUsize,
    batch: NonZeroUsize,
    name: Option<String>,
}

const fn number(number: usize) -> NonZeroUsize {
    match NonZeroUsize::new(number) {
        Some(number) => number,
        None => panic!("not zero"),
    }
}

impl SingleWriterBuilder {
    pub(super) fn new() -> Self {
        SingleWriterBuilder { capacity: number(1_024), batch: number(32), name: None }
    }

    /// How many commands are queued at most. Default: 1,024. The memory for them is allocated at
    /// the start.
    pub fn capacity(mut self, capacity: NonZeroUsize) -> Self {
        self.capacity = capacity;
        self
    }

    /// How many commands run at most before their replies are sent, and the view is published.
    /// Default: 32.
    ///
    /// The replies of a batch wait for its last command. 1 gives the lowest latency; more publish
    /// less often. A panic loses the replies of its batch.
    pub fn batch(mut self, batch: NonZeroUsize) -> Self {
        self.batch = batch;
        self
    }

    /// The name of the writer's thread. Default: none.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Starts the thread of a writer, which owns the state, and calls the handler with each
    /// command.
    ///
    /// # Panics
    /// If the memory of the queue cannot be had, or the operating system has no thread to give.
    #[track_caller]
    pub fn spawn<S, C, R>(
        self,
        state: S,
        handler: impl FnMut(&mut S, C) -> R + Send + 'static,
    ) -> (Handle<C, R>, Joiner<S>)
    where
        S: Send + 'static,
        C: Send + 'static,
        R: Send + 'static,
    {
        self.start(state, handler, |_| ())
    }

    /// As [`spawn`](Self::spawn); and shows what `view` makes of the state, of the first one and of
    /// that after each batch.
    ///
    /// # Panics
    /// As [`spawn`](Self::spawn), and if `view` of the first state does.
    #[track_caller]
    pub fn spawn_published<S, C, R, V>(
        self,
        state: S,
        handler: impl FnMut(&mut S, C) -> R + Send + 'static,
        mut view: impl FnMut(&S) -> V + Send + 'static,
    ) -> (Handle<C, R>, Joiner<S>, Published<V>)
    where
        S: Send + 'static,
        C: Send + 'static,
        R: Send + 'static,
        V: Send + Sync + 'static,
    {
        let published = Published::new(view(&state));
        let publisher = published.clone();
        let publish = move |state: &S| publisher.publish(view(state));
        let (handle, joiner) = self.start(state, handler, publish);
        (handle, joiner, published)
    }

    #[track_caller]
    fn start<S, C, R, V>(
        self,
        state: S,
        handler: impl FnMut(&mut S, C) -> R + Send + 'static,
        publish: impl FnMut(&S) -> V + Send + 'static,
    ) -> (Handle<C, R>, Joiner<S>)
    where
        S: Send + 'static,
        C: Send + 'static,
        R: Send + 'static,
    {
        let SingleWriterBuilder { capacity, batch, name } = self;
        let (sender, receiver) = queue::bounded(capacity);
        let signs = Arc::new(Signs::default());
        let legacy = Arc::new(Legacy::new());
        let writer = Writer { receiver, signs: Arc::clone(&signs), state, handler, publish, batch };
        let leaves = Arc::clone(&legacy);
        let body = move || {
            let end = writer.run();
            leaves.leave(end);
            // If the joiner was dropped, the state is dropped here. Nobody is there to hear of a
            // panic, which would abort the process if it were the thread's result.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(leaves))).map_err(mem::forget);
        };
        let thread = match name {
            Some(name) => thread::Builder::new().name(name),
            None => thread::Builder::new(),
        };
        let thread = thread.spawn(body).expect("failed to spawn the thread of a single writer");
        let line = Arc::new(Line::new(sender, thread.thread().id(), Arc::clone(&signs)));
        let weak = Arc::downgrade(&line);
        let close = move || {
            // Without handles it is closed, or about to be.
            if let Some(line) = weak.upgrade() {
                line.close();
            }
        };
        (Handle::new(line), Joiner::new(thread, legacy, signs, Box::new(close)))
    }
}
