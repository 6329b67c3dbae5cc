//! Events in the orders in which they arrive.

use std::fmt::Debug;

use proptest::prelude::*;
use selvedge::arrivals::Arrivals;

/// Events in the orders in which two replicas receive them: each once to three times.
pub fn deliveries<E: Clone + Debug + 'static>(
    event: impl Strategy<Value = E>,
) -> impl Strategy<Value = [Vec<E>; 2]> {
    let events = prop::collection::vec(event, 1..12);
    events.prop_flat_map(|events| {
        let delivery = Arrivals::of(events).at_most(3).strategy();
        let received = delivery.prop_map(|delivery| {
            delivery.arrivals().map(|arrival| arrival.message.clone()).collect()
        });
        [received.clone(), received]
    })
}
