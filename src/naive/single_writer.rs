//! The twin of [`crate::SingleWriter`]: two workers take commands from one queue.
//!
//! The mistake: a queue in front of the state was to make changes follow each other, and then a
//! second consumer was added, for more throughput. Each of them reads the state, runs the handler
//! on its copy, and writes that back. Taking, reading and writing are safe by themselves; what the
//! other one has written in between is lost, and commands overtake each other.

use std::num::NonZeroUsize;

use super::Serial;
use crate::queue::{self, Receiver, Sender};
use crate::swap::sync::{Arc, Condvar, Mutex};
use crate::swap::thread::{self, JoinHandle};

/// A state, and the workers that change it.
pub struct SingleWriter<S, C, R> {
    sender: Sender<Request<C, R>>,
    state: Arc<Mutex<S>>,
    workers: Vec<JoinHandle<()>>,
}

/// A command, and where its reply goes.
struct Request<C, R> {
    command: C,
    reply: Arc<Reply<R>>,
}

struct Reply<R> {
    value: Mutex<Option<R>>,
    is_there: Condvar,
}

const WORKERS: usize = 2;

impl<S, C, R> Serial<S, C, R> for SingleWriter<S, C, R>
where
    S: Clone + Send + 'static,
    C: Send + 'static,
    R: Send + 'static,
{
    fn new(
        capacity: NonZeroUsize,
        state: S,
        handler: impl Fn(&mut S, C) -> R + Send + Sync + 'static,
    ) -> Self {
        let (sender, receiver) = queue::bounded(capacity);
        let (receiver, state) = (Arc::new(Mutex::new(receiver)), Arc::new(Mutex::new(state)));
        let handler = Arc::new(handler);
        let workers = (0..WORKERS).map(|_| {
            let (receiver, state) = (Arc::clone(&receiver), Arc::clone(&state));
            let handler = Arc::clone(&handler);
            thread::spawn(move || work(&receiver, &state, &*handler))
        });
        SingleWriter { sender, state: Arc::clone(&state), workers: workers.collect() }
    }

    fn send(&self, command: C) -> impl FnOnce() -> R {
        let reply = Arc::new(Reply { value: Mutex::new(None), is_there: Condvar::new() });
        let request = Request { command, reply: Arc::clone(&reply) };
        self.sender.try_send(request).expect("there is room");
        move || {
            let mut value = reply.value.lock();
            loop {
                match value.take() {
                    Some(reply) => return reply,
                    None => reply.is_there.wait(&mut value),
                }
            }
        }
    }

    fn end(self) -> S {
        drop(self.sender);
        for worker in self.workers {
            worker.join().expect("no handler panics");
        }
        let state = self.state.lock();
        state.clone()
    }
}

fn work<S: Clone, C, R>(
    receiver: &Mutex<Receiver<Request<C, R>>>,
    state: &Mutex<S>,
    handler: &impl Fn(&mut S, C) -> R,
) {
    loop {
        let received = receiver.lock().recv();
        let Ok(Request { command, reply }) = received else { return };
        let mut copy = state.lock().clone();
        let value = handler(&mut copy, command);
        *state.lock() = copy;
        *reply.value.lock() = Some(value);
        reply.is_there.notify_one();
    }
}
