//! *Cart*: a customer puts an item into the cart, hears nothing, and taps again: a retry adds the
//! item twice. The two requests look like two wishes, unless the first one is given a name that the
//! second one repeats.
//!
//! Guarded, each request carries an *idempotency key* that the client chose when the customer
//! tapped, and its effect runs once per key.

use std::collections::BTreeMap;
use std::convert::Infallible;

use crate::arrivals::{Arrivals, Fate};
use crate::idempotency_table::Fingerprint;
use crate::sync::Arc;
use crate::{IdempotencyTable, VersionedCell, thread};

use super::Form;

/// Items, each wished for once, arrive as `arrivals` says at instances that share a cart. Each must
/// be in it once, and all answers to a wish that reach the customer must say the same.
pub fn cart(form: Form, arrivals: Arrivals<&'static str>) -> impl Fn() + Send + Sync + 'static {
    let mut wished = arrivals.messages().to_vec();
    wished.sort_unstable();
    move || {
        let delivery = arrivals.deliver();
        let cart = Arc::new(VersionedCell::new(Vec::new()));
        let table = IdempotencyTable::<u64, usize>::builder().max_entries(wished.len()).shards(1);
        let table = Arc::new(table.build().expect("the settings are valid"));
        let serving: Vec<_> = delivery
            .into_instances()
            .map(|arriving| {
                let (cart, table) = (Arc::clone(&cart), Arc::clone(&table));
                thread::spawn(move || {
                    let mut answers = Vec::new();
                    for arrival in arriving {
                        let (key, item) = (arrival.number as u64, arrival.message);
                        let size = match form {
                            Form::Naive => add(&cart, item),
                            Form::Guarded => table
                                .execute(&key, Fingerprint::of(item), |_| {
                                    Ok::<_, Infallible>(add(&cart, item))
                                })
                                .expect("the table has room, and waits")
                                .into_value(),
                        };
                        if arrival.fate == Fate::Answered {
                            answers.push((key, size));
                        }
                    }
                    answers
                })
            })
            .collect();
        let mut answers = BTreeMap::new();
        for (key, size) in serving.into_iter().flat_map(|instance| instance.join().unwrap()) {
            let first = *answers.entry(key).or_insert(size);
            assert_eq!(size, first, "two answers to one wish differ");
        }
        let mut items = (*cart.load().value).clone();
        items.sort_unstable();
        assert_eq!(items, wished, "the cart does not hold what the customer wished for");
    }
}

/// Adds an item, without losing another one. Returns how many there are.
fn add(cart: &VersionedCell<Vec<&'static str>>, item: &'static str) -> usize {
    let added = cart.update(|items| items.iter().copied().chain([item]).collect());
    added.value.len()
}
