//! What is measured: messages that go through a queue, and are counted at its end.

use std::num::NonZeroUsize;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

/// What a queue carries.
pub trait Item: Send + 'static {
    /// A message with this number.
    fn of(number: u64) -> Self;
    /// The number that all of its bytes say.
    fn number(&self) -> u64;
}

impl Item for u64 {
    #[inline]
    fn of(number: u64) -> u64 {
        number
    }

    #[inline]
    fn number(&self) -> u64 {
        *self
    }
}

/// A message as large as a line of the cache. Its words sum to its number.
#[derive(Debug)]
pub struct Wide([u64; 8]);

impl Item for Wide {
    #[inline]
    fn of(number: u64) -> Wide {
        Wide([number, 1, 2, 3, 4, 5, 6, 0_u64.wrapping_sub(21)])
    }

    #[inline]
    fn number(&self) -> u64 {
        self.0.iter().fold(0, |sum, word| sum.wrapping_add(*word))
    }
}

/// What was received.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tally {
    count: u64,
    sum: u64,
}

impl Tally {
    /// Counts a message.
    #[inline]
    pub fn add(&mut self, item: &impl Item) {
        self.count += 1;
        self.sum = self.sum.wrapping_add(item.number());
    }

    /// What a faultless queue comes to, after the numbers below `messages`.
    fn of(messages: u64) -> Tally {
        Tally { count: messages, sum: (0..messages).fold(0, u64::wrapping_add) }
    }
}

/// A capacity.
pub fn slots(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).expect("a queue has slots")
}

/// Who sends, and how much.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Slots of the queue.
    pub capacity: NonZeroUsize,
    threads: Threads,
}

#[derive(Clone, Copy, Debug)]
enum Threads {
    /// As many send at the same time, and another one receives.
    Producers(u64),
    /// One sends as many messages, receives them, and so on.
    One(u64),
}

impl Setting {
    /// Producers, each a thread, beside the receiver.
    pub fn threads(producers: u64, capacity: usize) -> Setting {
        Setting { capacity: slots(capacity), threads: Threads::Producers(producers) }
    }

    /// A thread that sends `burst` messages before it receives these.
    pub fn one_thread(burst: u64, capacity: usize) -> Setting {
        assert!(burst <= capacity as u64, "a thread that waits for itself");
        Setting { capacity: slots(capacity), threads: Threads::One(burst) }
    }

    /// Sends and receives `messages`, and asserts that these came. Returns the time from the first
    /// send to the last receipt.
    ///
    /// `receive` waits for a message, and takes it and as many others as it likes. It returns how
    /// many; `None`: the queue is closed and drained.
    pub fn exchange<T, S>(
        &self,
        messages: u64,
        sender: S,
        send: impl Fn(&S, T) + Copy + Send,
        mut receive: impl FnMut(&mut Tally) -> Option<u64>,
    ) -> Duration
    where
        T: Item,
        S: Clone + Send,
    {
        let mut tally = Tally::default();
        let receive = || receive(&mut tally);
        let elapsed = match self.threads {
            Threads::Producers(producers) => {
                between_threads(producers, messages, sender, send, receive)
            }
            Threads::One(burst) => within_a_thread(burst, messages, sender, send, receive),
        };
        assert_eq!(tally, Tally::of(messages), "what was received is not what was sent");
        elapsed
    }
}

fn between_threads<T: Item, S: Clone + Send>(
    producers: u64,
    messages: u64,
    sender: S,
    send: impl Fn(&S, T) + Copy + Send,
    mut receive: impl FnMut() -> Option<u64>,
) -> Duration {
    let gate = Barrier::new(producers as usize + 1);
    thread::scope(|scope| {
        for producer in 0..producers {
            let (sender, gate) = (sender.clone(), &gate);
            scope.spawn(move || {
                gate.wait();
                gate.wait();
                for number in share(producer, producers, messages) {
                    send(&sender, T::of(number));
                }
            });
        }
        drop(sender);
        gate.wait();
        // All threads are there. What remains is to wake them.
        let begin = Instant::now();
        gate.wait();
        while receive().is_some() {}
        begin.elapsed()
    })
}

fn within_a_thread<T: Item, S>(
    burst: u64,
    messages: u64,
    sender: S,
    send: impl Fn(&S, T),
    mut receive: impl FnMut() -> Option<u64>,
) -> Duration {
    let begin = Instant::now();
    let mut sent = 0;
    let mut received = 0;
    while sent < messages {
        let end = messages.min(sent + burst);
        (sent..end).for_each(|number| send(&sender, T::of(number)));
        sent = end;
        while received < sent {
            received += receive().expect("its sender is here");
        }
    }
    begin.elapsed()
}

/// Sends `messages` to another thread, one after the other, and waits for the reply to each, which
/// comes through a queue of its own. `request` and `reply` are the receiving ends.
pub fn round_trips<S: Send>(
    messages: u64,
    (to_them, mut request): (S, impl FnMut() -> Option<u64> + Send),
    (to_us, mut reply): (S, impl FnMut() -> Option<u64>),
    send: impl Fn(&S, u64) + Copy + Send,
) -> Duration {
    thread::scope(|scope| {
        scope.spawn(move || {
            while let Some(number) = request() {
                send(&to_us, number);
            }
        });
        let begin = Instant::now();
        for number in 0..messages {
            send(&to_them, number);
            assert_eq!(reply(), Some(number), "this is not the reply");
        }
        let elapsed = begin.elapsed();
        drop(to_them);
        elapsed
    })
}

/// The numbers that a producer sends, of those below `messages`.
fn share(producer: u64, producers: u64, messages: u64) -> std::ops::Range<u64> {
    messages * producer / producers..messages * (producer + 1) / producers
}
