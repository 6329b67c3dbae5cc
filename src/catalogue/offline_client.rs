//! *Offline client*: one user adds an item to a list without a connection; another one adds an item
//! a second later, while the first one's device connects. Clocks are right, none goes back, and
//! nothing is sent twice, and yet a change is gone that its user saw saved.
//!
//! Naively, each sends the whole list with the time of the change. The older change that arrives
//! later is dropped for its time; and if it arrives in time, it may still be overwritten by a list
//! that was read before it came. Guarded, a change names the
//! version that it was made from, and is made again if that is not the current one.

use crate::naive::{LastWriterWins, NewestClock, Written};
use crate::stamp::Seq;
use crate::sync::Arc;
use crate::{VersionedCell, thread};

use super::{Form, change};

/// A list that two users share.
type List = Vec<&'static str>;

/// A client that was offline sends its change, while another one makes a later change. Both must be
/// in the list.
pub fn offline_client(form: Form) -> impl Fn() + Send + Sync + 'static {
    move || match form {
        Form::Naive => {
            let list = Arc::new(NewestClock::<List, Seq>::default());
            let seen_before = List::new();
            both(
                Arc::clone(&list),
                move |list| send(list, 10_000, with(seen_before.clone(), "bread")),
                |list| send(list, 11_000, with(current(list), "milk")),
            );
            check(&current(&list));
        }
        Form::Guarded => {
            let list = Arc::new(VersionedCell::new(List::new()));
            let seen_before = list.load();
            both(
                Arc::clone(&list),
                move |list| {
                    let changed = with((*seen_before.value).clone(), "bread");
                    if list.compare_and_set(seen_before.version, changed).is_err() {
                        change(list, form, |list| with(list, "bread"));
                    }
                },
                move |list| change(list, form, |list| with(list, "milk")),
            );
            check(&list.load().value);
        }
    }
}

/// Runs what the two devices send, as threads.
fn both<S: Send + Sync + 'static>(
    store: Arc<S>,
    offline: impl FnOnce(&S) + Send + 'static,
    online: impl FnOnce(&S) + Send + 'static,
) {
    let other = Arc::clone(&store);
    let sending = [thread::spawn(move || offline(&store)), thread::spawn(move || online(&other))];
    for device in sending {
        device.join().unwrap();
    }
}

fn send(list: &NewestClock<List, Seq>, clock_ms: u64, value: List) {
    let _ = list.offer(Written { stamp: Seq(clock_ms), clock_ms }, value);
}

fn current(list: &NewestClock<List, Seq>) -> List {
    list.load().map(|list| list.value).unwrap_or_default()
}

fn with(mut list: List, item: &'static str) -> List {
    list.push(item);
    list
}

fn check(list: &List) {
    for item in ["bread", "milk"] {
        assert!(list.contains(&item), "{item} was added, and is not in the list {list:?}");
    }
}
