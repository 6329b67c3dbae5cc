//! A copied `ReorderBuffer` between real threads.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::time::Duration;

use copied::shared::reorder_buffer::{Push, ReorderBuffer};

const ITEMS: u64 = 10_000;

#[test]
fn two_threads_apply_all_items_in_order() {
    let buffer = ReorderBuffer::new(0, NonZeroUsize::new(4).unwrap());
    let applied = Mutex::new(Vec::new());
    let send = |first: u64| {
        for number in (first..ITEMS).step_by(2) {
            let mut value = number;
            while let Push::TooFar { value: refused, .. } = buffer.push(number, value) {
                value = refused;
                std::thread::yield_now();
            }
            for (number, value) in buffer.try_drain_ready().into_iter().flatten() {
                assert_eq!(number, value);
                applied.lock().unwrap().push(number);
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| send(0));
        scope.spawn(|| send(1));
    });
    assert_eq!(applied.into_inner().unwrap(), (0..ITEMS).collect::<Vec<_>>());
    let held = buffer.drain_ready();
    assert!(buffer.drain_ready_timeout(Duration::from_millis(1)).is_none());
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| buffer.drain_ready().next());
        drop(held);
        assert_eq!(waits.join().unwrap(), None);
    });
}
