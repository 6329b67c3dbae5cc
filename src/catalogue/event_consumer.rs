//! *Event consumer*: a broker delivers each event until it is acknowledged. A consumer that crashes
//! after the effect and before the acknowledgement gets the event again, or another one does.
//!
//! Naively, the consumer notes which events it has acknowledged, and skips those. That fails in two
//! ways: a crash comes before the note, and two consumers look before either notes. Guarded, what
//! was applied is noted in the same step as the effect, beside it: the *inbox* of a transactional
//! consumer, a table of event ids in the database that the effect changes.

use std::collections::BTreeSet;

use crate::arrivals::{Arrivals, Fate};
use crate::sync::{Arc, Mutex};
use crate::thread;

use super::{Form, Store, change_if};

/// An account, and the numbers of the deposits that are in its balance.
pub type Account = (u64, BTreeSet<usize>);

/// Deposits arrive, as `arrivals` says, at instances that share an account. Each deposit must be in
/// the balance once.
pub fn event_consumer<S: Store<Account>>(
    form: Form,
    arrivals: Arrivals<u64>,
    new: impl Fn(Account) -> S + Send + Sync + 'static,
) -> impl Fn() + Send + Sync + 'static {
    let deposited: u64 = arrivals.messages().iter().sum();
    move || {
        let delivery = arrivals.deliver();
        let store = Arc::new(new(Account::default()));
        let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
        let consuming: Vec<_> = delivery
            .into_instances()
            .map(|arriving| {
                let (store, acknowledged) = (Arc::clone(&store), Arc::clone(&acknowledged));
                thread::spawn(move || {
                    for arrival in arriving {
                        let (event, amount) = (arrival.number, arrival.message);
                        if acknowledged.lock().contains(&event) {
                            continue;
                        }
                        apply(&*store, form, event, amount);
                        if arrival.fate != Fate::Crashed {
                            acknowledged.lock().insert(event);
                        }
                    }
                })
            })
            .collect();
        for consumer in consuming {
            consumer.join().unwrap();
        }
        let (balance, _) = store.read().value;
        assert_eq!(balance, deposited, "{deposited} was deposited, and the balance is {balance}");
    }
}

/// The effect of an event. No update is lost in either form.
fn apply<S: Store<Account>>(store: &S, form: Form, event: usize, amount: u64) {
    change_if(store, |(balance, mut applied): Account| {
        if form == Form::Guarded && !applied.insert(event) {
            return None;
        }
        Some((balance + amount, applied))
    });
}
