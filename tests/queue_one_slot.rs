//! A queue of one slot whose two indices look alike would make its receiver wait forever, in its
//! drop too. So this scenario has a program of its own.

#[path = "common/ends.rs"]
mod ends;
#[path = "common/race.rs"]
mod race;

use ends::size;
use race::race;
use selvedge::queue::{self, TrySendError};
use selvedge::scenario::Scenario;

#[test]
fn g2_one_slot_takes_one_of_two_values() {
    // Few events, so that a sender that does not find the next slot is told of soon.
    Scenario::new("queue: one slot takes one of two values").max_events(1_000).check(|| {
        let (sender, mut receiver) = queue::bounded(size(1));
        let (sender, first, second) =
            race(sender, |sender| sender.try_send(1), |sender| sender.try_send(2));
        let sent = match (first, second) {
            (Ok(()), Err(TrySendError::Full(2))) => 1,
            (Err(TrySendError::Full(1)), Ok(())) => 2,
            other => {
                std::mem::forget(receiver);
                panic!("not one of two values: {other:?}");
            }
        };
        assert_eq!((receiver.len(), sender.len()), (1, 1));
        assert_eq!(receiver.try_recv(), Ok(sent), "the one that was refused is there");
    });
}
