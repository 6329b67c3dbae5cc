//! *Payment*: a request to charge a card arrives twice, because the answer got lost or the network
//! doubled it. Its effect is outside, and cannot be taken back by anything here.
//!
//! Two naive forms: look the purchase up, charge, and note it, which charges twice when both
//! requests look before one of them notes; and to take the content of a request for its identity,
//! which takes a second purchase of the same thing for a retry of the first, too eagerly.
//!
//! Guarded, the client names each purchase by an idempotency key. The charge runs once per key; if
//! it fails, or panics, the key is free for a retry; and a key that comes with other content is
//! refused. (Stripe's API; the IETF's draft *The Idempotency-Key HTTP Header Field*.)

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::arrivals::{Arrival, Arrivals};
use crate::idempotency_table::{Fingerprint, IdempotencyError};
use crate::naive::Idempotent;
use crate::scenario::choose;
use crate::sync::{Arc, Mutex};
use crate::thread;
use crate::time::{Duration, Instant};

/// What identifies a purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// A key that the client chooses for each.
    Key,
    /// What the request says.
    Content,
}

/// Purchases of so many cents each arrive, as `arrivals` says, at instances that share a table of
/// requests. The first charge may be declined, or may panic. Each purchase that was confirmed must
/// have been charged once, and no other; and one request must be refused for a charge that fails,
/// and none besides.
pub fn payment<T: Idempotent>(
    identity: Identity,
    arrivals: Arrivals<u64>,
) -> impl Fn() + Send + Sync + 'static {
    move || {
        let delivery = arrivals.deliver();
        let requests = delivery.arrivals().count();
        let mishap = [None, Some(Mishap::Declined), Some(Mishap::Panic)][choose(3)];
        let service = Arc::new(Service {
            requests: T::new(Duration::from_secs(60), 8, Instant::now),
            provider: Mutex::new(Provider { mishap, charged: Vec::new() }),
            identity,
        });
        let serving: Vec<_> = delivery
            .into_instances()
            .map(|arriving| {
                let service = Arc::clone(&service);
                thread::spawn(move || {
                    let confirmed = arriving.iter().filter(|arrival| service.confirms(arrival));
                    confirmed.map(|arrival| arrival.number).collect::<Vec<_>>()
                })
            })
            .collect();
        let confirmed: Vec<usize> =
            serving.into_iter().flat_map(|instance| instance.join().unwrap()).collect();
        service.check(&confirmed, arrivals.messages());
        assert_eq!(
            requests - confirmed.len(),
            usize::from(mishap.is_some()),
            "a request was refused, although its charge had not failed"
        );
    }
}

/// What goes wrong with the first charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mishap {
    Declined,
    Panic,
}

/// Who charges cards.
struct Provider {
    mishap: Option<Mishap>,
    /// The numbers of the purchases, as they were charged.
    charged: Vec<usize>,
}

/// What the instances share.
struct Service<T> {
    requests: T,
    provider: Mutex<Provider>,
    identity: Identity,
}

impl<T: Idempotent> Service<T> {
    /// Serves a request. Returns whether the purchase was confirmed.
    fn confirms(&self, Arrival { message: cents, number, .. }: &Arrival<u64>) -> bool {
        let key = match self.identity {
            Identity::Key => *number as u64,
            Identity::Content => *cents,
        };
        let charge = || self.charge(*number);
        // As servers do: a request that panics gets an answer, and the server goes on.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            self.requests.execute(key, Fingerprint::of(cents), charge)
        }));
        match outcome {
            Ok(Ok(_)) => true,
            Ok(Err(IdempotencyError::Operation(Mishap::Declined))) | Err(_) => false,
            Ok(Err(error)) => panic!("{error:?}"),
        }
    }

    /// Charges for a purchase, and returns the number of the receipt.
    fn charge(&self, purchase: usize) -> Result<u64, Mishap> {
        let mishap = self.provider.lock().mishap.take();
        match mishap {
            Some(Mishap::Declined) => Err(Mishap::Declined),
            Some(Mishap::Panic) => panic!("the connection to the provider broke"),
            None => {
                let mut provider = self.provider.lock();
                provider.charged.push(purchase);
                Ok(provider.charged.len() as u64)
            }
        }
    }

    fn check(&self, confirmed: &[usize], purchases: &[u64]) {
        let charged = self.provider.lock().charged.clone();
        for (purchase, cents) in purchases.iter().enumerate() {
            let charges = charged.iter().filter(|number| **number == purchase).count();
            let expected = usize::from(confirmed.contains(&purchase));
            assert_eq!(
                charges, expected,
                "a purchase was confirmed {expected} times, and charged {charges} times"
            );
            if expected > 0 && self.identity == Identity::Key {
                // A client that uses the key for something else is told, and not charged.
                let other = Fingerprint::of(&(cents + 1));
                let refused =
                    self.requests.execute(purchase as u64, other, || self.charge(purchase));
                assert!(matches!(refused, Err(IdempotencyError::FingerprintMismatch)));
            }
        }
    }
}
