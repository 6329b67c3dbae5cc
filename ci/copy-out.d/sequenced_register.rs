//! A copied `SequencedRegister` between two real threads.

use copied::shared::offer::Offer;
use copied::shared::sequenced_register::SequencedRegister;
use copied::shared::stamp::Lamport;

const EVENTS: u64 = 10_000;

#[test]
fn two_threads_leave_the_greatest_stamp() {
    let register = SequencedRegister::new();
    std::thread::scope(|scope| {
        for node in 0..2 {
            let register = &register;
            scope.spawn(move || {
                for counter in 0..EVENTS {
                    let stamp = Lamport { counter, node };
                    let _ = register.offer(stamp, [counter, node]);
                    assert!(register.stamp() >= Some(stamp));
                }
            });
        }
    });
    let last = Lamport { counter: EVENTS - 1, node: 1 };
    let end = register.load().unwrap();
    assert_eq!((end.stamp, *end.value), (last, [EVENTS - 1, 1]));
    let stale = register.offer(Lamport { counter: 0, node: 9 }, [7, 7]);
    assert_eq!(stale, Offer::Stale { rejected: [7, 7] });
}
