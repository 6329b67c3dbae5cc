//! The queue and the code of its values: destructors that use the queue that they were in.

#[path = "common/ends.rs"]
mod ends;
#[path = "common/ledger.rs"]
mod ledger;

use ends::{join, size, within_two_preemptions};
use ledger::{Ledger, Value};
use selvedge::queue::{self, Sender, TrySendError};
use selvedge::thread;

/// A value whose destructor sends another one to the queue that it was in.
struct Nosy {
    sender: Sender<Nosy>,
    _value: Value,
    another: Option<Value>,
}

impl Drop for Nosy {
    fn drop(&mut self) {
        if let Some(value) = self.another.take() {
            let nosy = Nosy { sender: self.sender.clone(), _value: value, another: None };
            let refused = self.sender.try_send(nosy);
            assert!(matches!(refused, Err(TrySendError::Disconnected(_))), "sent to nobody");
        }
        assert!(self.sender.is_closed() && !self.sender.close());
    }
}

#[test]
fn g8_destructors_may_use_the_queue() {
    within_two_preemptions("queue: destructors may use the queue").check(|| {
        let ledger = Ledger::new(1, 4);
        let (sender, receiver) = queue::bounded(size(1));
        let mut values = ledger.values(0).into_iter();
        let mut nosy = |sender: &Sender<_>| {
            let (value, another) = (values.next().unwrap(), values.next());
            Nosy { sender: sender.clone(), _value: value, another }
        };
        assert!(sender.try_send(nosy(&sender)).is_ok());
        let another = nosy(&sender);
        let other = sender.clone();
        let sending = thread::spawn(move || drop(other.send(another)));
        drop(receiver);
        join(sending);
        drop(sender);
        ledger.all_dropped();
    });
}
