//! A copied queue between real threads.

use std::num::NonZeroUsize;
use std::time::Duration;

use copied::shared::queue::{self, RecvTimeoutError, SendTimeoutError, TrySendError};

const VALUES: u32 = 10_000;

#[test]
fn values_of_two_senders_arrive_once_and_in_the_order_of_each() {
    let capacity = NonZeroUsize::new(4).unwrap();
    let (sender, mut receiver) = queue::bounded(capacity);
    std::thread::scope(|scope| {
        for name in ["a", "b"] {
            let sender = sender.clone();
            scope.spawn(move || {
                for value in 0..VALUES {
                    sender.send((name, value)).unwrap();
                }
            });
        }
        drop(sender);
        let (mut received, mut a, mut b) = (Vec::new(), 0..VALUES, 0..VALUES);
        while receiver.recv_many(&mut received, capacity) > 0 {
            for (name, value) in received.drain(..) {
                let expected = if name == "a" { a.next() } else { b.next() };
                assert_eq!(expected, Some(value));
            }
        }
        assert!(a.is_empty() && b.is_empty(), "values were lost");
    });
}

#[test]
fn both_ends_wait_no_longer_than_they_are_told() {
    let (sender, mut receiver) = queue::bounded(NonZeroUsize::MIN);
    let instant = Duration::from_millis(1);
    assert_eq!(receiver.recv_timeout(instant), Err(RecvTimeoutError::Timeout));
    assert_eq!(sender.send_timeout(1, instant), Ok(()));
    assert_eq!(sender.send_timeout(2, instant), Err(SendTimeoutError::Timeout(2)));
    drop(receiver);
    assert_eq!(sender.try_send(3), Err(TrySendError::Disconnected(3)));
}
