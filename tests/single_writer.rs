//! The guarantees of `SingleWriter` as scenarios.

use selvedge::scenario::Scenario;
use selvedge::single_writer::{Shutdown, SingleWriter};
use selvedge::thread;
use std::num::NonZeroUsize;

fn size(n: usize) -> NonZeroUsize {
    NonZeroUsize::new(n).unwrap()
}

#[test]
fn g1_no_change_is_lost() {
    Scenario::new("writer: no change is lost").check(|| {
        let (handle, joiner) =
            SingleWriter::builder().capacity(size(1)).spawn(0, |sum, by: u64| {
                *sum += by;
                *sum
            });
        let other = handle.clone();
        let caller = thread::spawn(move || other.call(2).unwrap());
        let mine = handle.call(1).unwrap();
        let other = caller.join().unwrap();
        assert_eq!(mine.max(other), 3);
        assert_eq!(joiner.shutdown(Shutdown::Drain).unwrap(), 3);
    });
}
