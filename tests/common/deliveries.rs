//! Events in the orders in which they arrive.

use std::fmt::Debug;

use proptest::prelude::*;

/// Events in the orders in which two replicas receive them: each once to three times.
pub fn deliveries<E: Clone + Debug + 'static>(
    event: impl Strategy<Value = E>,
) -> impl Strategy<Value = [Vec<E>; 2]> {
    let events = prop::collection::vec((event, 1..4_usize, 1..4_usize), 1..12);
    events.prop_flat_map(|events| {
        let received = |times: fn(&(E, usize, usize)) -> usize| {
            let each = events.iter().flat_map(|event| vec![event.0.clone(); times(event)]);
            Just(each.collect::<Vec<E>>()).prop_shuffle()
        };
        [received(|event| event.1), received(|event| event.2)]
    })
}
