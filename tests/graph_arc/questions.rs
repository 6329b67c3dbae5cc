//! Questions about the count, of which somebody is told.

use selvedge::sync::Arc;
use selvedge::thread;

use super::by_hand::{ByHand, Shared};
use super::same;

#[test]
fn questions_have_all_answers() {
    /// Two threads, of which one answers a question about its share and the other one drops its
    /// own.
    fn asks<S: Shared<u32>, T: Send + 'static>(ask: fn(S) -> T) -> T {
        let share = S::share(7);
        let other = share.clone();
        let asks = thread::spawn(move || ask(share));
        let leaves = thread::spawn(move || drop(other));
        leaves.join().unwrap();
        asks.join().unwrap()
    }
    let (executions, outcomes) = same(
        "how many",
        || asks(|share: Arc<_>| share.owners()),
        || asks(|share: ByHand<_>| share.owners()),
    );
    assert_eq!((executions, outcomes), (3, vec![1, 2]));
    let (_, outcomes) = same(
        "only one",
        || asks(|mut share: Arc<_>| share.is_only_owner()),
        || asks(|mut share: ByHand<_>| share.is_only_owner()),
    );
    assert_eq!(outcomes, [false, true]);
    let (_, outcomes) = same(
        "unwrapped",
        || asks(|share: Arc<_>| share.try_unwrap()),
        || asks(|share: ByHand<_>| share.try_unwrap()),
    );
    assert_eq!(outcomes, [None, Some(7)]);
    // Of two owners who ask for the value one gets it.
    fn compete<S: Shared<u32>>() -> [Option<u32>; 2] {
        let share = S::share(7);
        let other = share.clone();
        let threads = [share, other].map(|share| thread::spawn(move || share.into_inner()));
        threads.map(|thread| thread.join().unwrap())
    }
    let (executions, outcomes) = same("compete", compete::<Arc<_>>, compete::<ByHand<_>>);
    assert_eq!((executions, outcomes), (2, vec![[None, Some(7)], [Some(7), None]]));
}

#[test]
fn a_borrowed_share_may_be_cloned_while_owners_are_counted() {
    fn borrowed<S: Shared<u32>>() -> usize {
        let share = S::share(7);
        thread::scope(|scope| {
            scope.spawn(|| drop(share.clone()));
            share.owners()
        })
    }
    let (executions, outcomes) = same("borrowed", borrowed::<Arc<_>>, borrowed::<ByHand<_>>);
    assert_eq!((executions, outcomes), (3, vec![1, 2]));
}
