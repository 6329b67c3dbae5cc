//! *Inventory*: one item is left, and several customers buy it. Looking is atomic, taking is
//! atomic, and looking before taking is not: an atomic operation is not an atomic workflow. Nor
//! does one thread that takes for all help, if the customers look for themselves.

use std::num::NonZeroUsize;

use crate::single_writer::{Handle, Joiner, Published, Shutdown, SingleWriter};
use crate::sync::Arc;
use crate::thread;

use super::{Form, Store, change_if};

/// `customers` each buy one of `customers - 1` items. Nothing may be sold that is not there.
pub fn inventory<S: Stock>(
    form: Form,
    customers: u32,
    new: impl Fn(i64) -> S + Send + Sync + 'static,
) -> impl Fn() + Send + Sync + 'static {
    move || {
        let items = i64::from(customers) - 1;
        let stock = Arc::new(new(items));
        let buying: Vec<_> = (0..customers)
            .map(|_| {
                let stock = Arc::clone(&stock);
                thread::spawn(move || buy(&*stock, form))
            })
            .collect();
        let mut sold = 0;
        for customer in buying {
            sold += i64::from(customer.join().unwrap());
        }
        let left = Arc::into_inner(stock).expect("all customers have left").end();
        assert!(left >= 0, "oversold: {sold} of {items} items were sold, {left} are left");
        assert_eq!(sold + left, items, "one item was sold to two of {customers} customers");
    }
}

/// Takes one item, if there is one. Returns whether there was.
fn buy<S: Stock>(stock: &S, form: Form) -> bool {
    match form {
        // The stock is taken from atomically, without a lost update, and yet too late.
        Form::Naive => stock.items() > 0 && stock.take(Order::One),
        Form::Guarded => stock.take(Order::OneIfThere),
    }
}

/// What is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// One item, by a customer who has seen one.
    One,
    /// One item, if there is one.
    OneIfThere,
}

impl Order {
    /// How many items are left, if this can be done.
    fn from(self, items: i64) -> Option<i64> {
        (self == Order::One || items > 0).then_some(items - 1)
    }
}

/// Where the items are: in a [`Store`], or in the hands of a [`StockKeeper`].
pub trait Stock: Send + Sync + 'static {
    /// How many items are there.
    fn items(&self) -> i64;

    /// Takes what is ordered, atomically. Returns whether that could be done.
    fn take(&self, order: Order) -> bool;

    /// How many items are left at the end.
    fn end(self) -> i64;
}

impl<S: Store<i64>> Stock for S {
    fn items(&self) -> i64 {
        self.read().value
    }

    fn take(&self, order: Order) -> bool {
        change_if(self, |items| order.from(items))
    }

    fn end(self) -> i64 {
        self.items()
    }
}

/// A single writer that takes orders, and shows how many items are there.
#[derive(Debug)]
pub struct StockKeeper {
    orders: Handle<Order, bool>,
    shown: Published<i64>,
    joiner: Joiner<i64>,
}

impl StockKeeper {
    /// With so many items.
    pub fn new(items: i64) -> StockKeeper {
        let take = |items: &mut i64, order: Order| match order.from(*items) {
            Some(left) => {
                *items = left;
                true
            }
            None => false,
        };
        let capacity = NonZeroUsize::new(4).expect("not zero");
        let writer = SingleWriter::builder().capacity(capacity).batch(NonZeroUsize::MIN);
        let (orders, joiner, shown) = writer.spawn_published(items, take, |items| *items);
        StockKeeper { orders, shown, joiner }
    }
}

impl Stock for StockKeeper {
    fn items(&self) -> i64 {
        *self.shown.load()
    }

    fn take(&self, order: Order) -> bool {
        self.orders.call(order).expect("the keeper works until the end")
    }

    fn end(self) -> i64 {
        self.joiner.shutdown(Shutdown::Drain).expect("no order makes the keeper panic")
    }
}
