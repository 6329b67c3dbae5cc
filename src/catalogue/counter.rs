//! *Counter*: every instance adds one. The lost update in its smallest form.

use crate::sync::Arc;
use crate::thread;

use super::{Form, Store, change};

/// `instances` of a service each count one event. All of them must be counted.
pub fn counter<S: Store<u64>>(
    form: Form,
    instances: u32,
    new: impl Fn(u64) -> S + Send + Sync + 'static,
) -> impl Fn() + Send + Sync + 'static {
    move || {
        let store = Arc::new(new(0));
        let running: Vec<_> = (0..instances)
            .map(|_| {
                let store = Arc::clone(&store);
                thread::spawn(move || change(&*store, form, |count| count + 1))
            })
            .collect();
        for instance in running {
            instance.join().unwrap();
        }
        let count = store.read().value;
        assert_eq!(
            count,
            u64::from(instances),
            "lost update: {instances} events were counted as {count}"
        );
    }
}
