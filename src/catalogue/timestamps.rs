//! *Timestamps*: the newest wall-clock time wins, which is how many stores settle concurrent writes
//! (Cassandra's cells, simultaneous puts to S3). It replaces a race by a bug of time, unless clocks
//! are synchronized, clocks never go back, no client is offline, and nothing is sent twice. Three
//! of the four are broken here, each alone.
//!
//! Guarded, an action is stamped once, by a hybrid logical clock that has seen what its user has
//! seen. Against the fourth, the client that is offline, no stamp helps; see
//! [`offline_client`](super::offline_client).

use crate::hybrid_clock::HybridClock;
use crate::naive::{LastWriterWins, Written};
use crate::stamp::Hlc;
use crate::swap::sync::atomic::{AtomicU64, Ordering};
use crate::sync::Arc;
use crate::thread;
use crate::time::Duration;

/// A device of a user: its wall clock, and the logical clock over it.
struct Device {
    wall_ms: Arc<AtomicU64>,
    clock: HybridClock,
}

impl Device {
    fn new(node: u64, wall_ms: &Arc<AtomicU64>) -> Device {
        let wall_ms = Arc::clone(wall_ms);
        let source = Arc::clone(&wall_ms);
        let clock = HybridClock::builder()
            .node(node)
            .max_drift(Duration::from_secs(60))
            // T1 Relaxed: a clock orders nothing.
            .source(move || source.load(Ordering::Relaxed))
            .build()
            .expect("the settings are valid");
        Device { wall_ms, clock }
    }

    /// What its wall clock shows.
    fn now_ms(&self) -> u64 {
        // T1 Relaxed: a clock orders nothing.
        self.wall_ms.load(Ordering::Relaxed)
    }

    /// Stamps an action of its user.
    fn stamp(&self) -> Written<Hlc> {
        let stamp = self.clock.tick().expect("few readings a millisecond");
        Written { stamp, clock_ms: self.now_ms() }
    }

    /// Shows the value to its user; and whether there is one.
    fn look<R: LastWriterWins<Stamp = Hlc>>(&self, register: &R) -> bool {
        let Some(seen) = register.load() else { return false };
        self.clock.observe(seen.stamp).expect("clocks differ by less than the drift allowed");
        true
    }
}

/// A wall clock that shows this time, until it is set.
fn wall_clock(ms: u64) -> Arc<AtomicU64> {
    Arc::new(AtomicU64::new(ms))
}

fn set<R>(register: &R, written: Written<Hlc>, value: &'static str)
where
    R: LastWriterWins<Value = &'static str, Stamp = Hlc>,
{
    let _ = register.offer(written, value);
}

fn shown<R>(register: &R) -> Option<&'static str>
where
    R: LastWriterWins<Value = &'static str>,
{
    register.load().map(|shown| shown.value)
}

/// *Clock skew*: clocks are not synchronized. The clock of the one who answers is ten seconds
/// behind. An answer to what was seen must replace it.
pub fn clock_skew<R>() -> impl Fn() + Send + Sync + 'static
where
    R: LastWriterWins<Value = &'static str, Stamp = Hlc>,
{
    || {
        let register = Arc::new(R::default());
        let asking = thread::spawn({
            let register = Arc::clone(&register);
            move || set(&*register, Device::new(1, &wall_clock(20_000)).stamp(), "question")
        });
        let answering = thread::spawn({
            let register = Arc::clone(&register);
            move || {
                let device = Device::new(2, &wall_clock(10_000));
                let seen = device.look(&*register);
                if seen {
                    set(&*register, device.stamp(), "answer");
                }
                seen
            }
        });
        asking.join().unwrap();
        let expected = if answering.join().unwrap() { "answer" } else { "question" };
        assert_eq!(shown(&*register), Some(expected), "the later action lost, by its clock");
    }
}

/// *Clock step*: a clock goes back. Between two actions of one user, the device's clock is set
/// right. The second action must replace the first, whatever a reader sees in between.
pub fn clock_step<R>() -> impl Fn() + Send + Sync + 'static
where
    R: LastWriterWins<Value = &'static str, Stamp = Hlc>,
{
    || {
        let register = Arc::new(R::default());
        let writing = thread::spawn({
            let register = Arc::clone(&register);
            move || {
                let wall_ms = wall_clock(20_000);
                let device = Device::new(1, &wall_ms);
                set(&*register, device.stamp(), "first");
                // T1 Relaxed: a clock orders nothing.
                wall_ms.store(10_000, Ordering::Relaxed);
                set(&*register, device.stamp(), "second");
            }
        });
        let reading = thread::spawn({
            let register = Arc::clone(&register);
            move || [shown(&*register), shown(&*register)]
        });
        writing.join().unwrap();
        let seen = reading.join().unwrap();
        assert_ne!(seen, [Some("second"), Some("first")], "a reader saw the later action undone");
        let end = shown(&*register);
        assert_eq!(end, Some("second"), "the later action lost; a reader had seen {seen:?}");
    }
}

/// *Retried write*: an action is sent twice, with one correct clock for all. The answer to the
/// first sending is lost, so the client sends the action again, and the store stamps it again. Who
/// has seen the action and answers to it must not be overwritten by its second arrival.
pub fn retried_write<R>() -> impl Fn() + Send + Sync + 'static
where
    R: LastWriterWins<Value = &'static str, Stamp = Hlc>,
{
    || {
        let register = Arc::new(R::default());
        let wall_ms = wall_clock(10_000);
        let asking = thread::spawn({
            let (register, device) = (Arc::clone(&register), Device::new(1, &wall_ms));
            move || {
                let action = device.stamp();
                set(&*register, action, "question");
                // T1 Relaxed: a clock orders nothing.
                device.wall_ms.fetch_add(1_000, Ordering::Relaxed);
                // The action is the same, and the time is another one.
                let again = Written { clock_ms: device.now_ms(), ..action };
                set(&*register, again, "question");
            }
        });
        let answering = thread::spawn({
            let (register, device) = (Arc::clone(&register), Device::new(2, &wall_ms));
            move || {
                let seen = device.look(&*register);
                if seen {
                    // T1 Relaxed: a clock orders nothing.
                    device.wall_ms.fetch_add(1, Ordering::Relaxed);
                    set(&*register, device.stamp(), "answer");
                }
                seen
            }
        });
        asking.join().unwrap();
        let expected = if answering.join().unwrap() { "answer" } else { "question" };
        assert_eq!(shown(&*register), Some(expected), "a retry has overwritten what came after it");
    }
}
