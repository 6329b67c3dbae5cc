//! *Inventory*: one item is left, and several customers buy it. Looking is atomic, taking is
//! atomic, and looking before taking is not: an atomic operation is not an atomic workflow.

use crate::sync::Arc;
use crate::thread;

use super::{Form, Store, change_if};

/// `customers` each buy one of `customers - 1` items. Nothing may be sold that is not there.
pub fn inventory<S: Store<i64>>(
    form: Form,
    customers: u32,
    new: impl Fn(i64) -> S + Send + Sync + 'static,
) -> impl Fn() + Send + Sync + 'static {
    move || {
        let items = i64::from(customers) - 1;
        let store = Arc::new(new(items));
        let buying: Vec<_> = (0..customers)
            .map(|_| {
                let store = Arc::clone(&store);
                thread::spawn(move || buy(&*store, form))
            })
            .collect();
        let mut sold = 0;
        for customer in buying {
            sold += i64::from(customer.join().unwrap());
        }
        let left = store.read().value;
        assert!(left >= 0, "oversold: {sold} of {items} items were sold, {left} are left");
        assert_eq!(sold + left, items, "one item was sold to two of {customers} customers");
    }
}

/// Takes one item, if there is one. Returns whether there was.
fn buy<S: Store<i64>>(store: &S, form: Form) -> bool {
    match form {
        // The stock is taken from atomically, without a lost update, and yet too late.
        Form::Naive => store.read().value > 0 && change_if(store, |items| Some(items - 1)),
        Form::Guarded => change_if(store, |items| (items > 0).then_some(items - 1)),
    }
}
