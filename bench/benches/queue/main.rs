//! The single-consumer queue beside crossbeam-channel and std's `sync_channel`.
//!
//! Threads send and block; the main thread receives. `recv_many` takes up to 256 at once. The peers
//! have nothing of the kind: what one writes instead, a `recv` and then whatever `try_recv` finds,
//! stands aside. The ratios are to the faster `recv` of the two.
//!
//! With 1024 slots the threads mostly find room and messages; with one slot they take turns, and
//! the case tells what it costs to hand over a message, or to wake a thread for it. So do round
//! trips: requests, of which each waits for its reply. Of the wide messages all bytes are written
//! and read. Both ends in one thread tell what an operation costs by itself.

mod contestants;
mod exchange;

use selvedge_bench::Case;

use exchange::{Item, Setting, Wide, slots};

fn main() {
    selvedge_bench::run("queue", "messages", cases());
}

fn cases() -> Vec<Case> {
    vec![
        case::<u64>("1 producer, 1024 slots", 2_000_000, Setting::threads(1, 1024)),
        case::<u64>("2 producers, 1024 slots", 2_000_000, Setting::threads(2, 1024)),
        case::<Wide>("1 producer, 1024 slots, 64 bytes", 1_000_000, Setting::threads(1, 1024)),
        case::<Wide>("2 producers, 1024 slots, 64 bytes", 1_000_000, Setting::threads(2, 1024)),
        case::<u64>("1 producer, 64 slots", 300_000, Setting::threads(1, 64)),
        case::<u64>("2 producers, 64 slots", 300_000, Setting::threads(2, 64)),
        case::<u64>("1 producer, 1 slot", 5_000, Setting::threads(1, 1)),
        case::<u64>("2 producers, 1 slot", 5_000, Setting::threads(2, 1)),
        Case {
            name: "round trips, 64 slots".to_owned(),
            operations: 5_000,
            variants: contestants::with_replies(slots(64)),
        },
        case::<u64>("1 thread, 1 message at a time", 2_000_000, Setting::one_thread(1, 1024)),
        case::<u64>("1 thread, 256 messages at a time", 2_000_000, Setting::one_thread(256, 1024)),
    ]
}

fn case<T: Item>(name: &str, operations: u64, setting: Setting) -> Case {
    Case { name: name.to_owned(), operations, variants: contestants::all::<T>(setting) }
}
