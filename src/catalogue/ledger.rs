//! *Ledger*: clients transfer money between accounts. A transfer reads two balances, computes, and
//! writes two balances; what others wrote in between is overwritten, and money is made, or lost.
//!
//! A queue does not mend that by itself. If the clients compute, and send new balances to a single
//! writer, then these are written one after the other, each as a whole, and yet one destroys the
//! other: lost updates, in good order. Guarded, what is sent is the wish, and the writer computes,
//! from what is there when the wish's turn comes. (Or new balances go with the version that they
//! were computed from, and are refused if it is not the current one.)
//!
//! Fowler, *The LMAX Architecture*, 2011, describes an exchange of this shape: all business logic
//! on one thread, and events as its input.

use std::num::NonZeroUsize;

use crate::single_writer::{Handle, Published, Shutdown, SingleWriter, SingleWriterBuilder};
use crate::sync::{Arc, Mutex};
use crate::thread;

/// What the clients send to the ledger's writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Nothing, there is none: they write balances themselves.
    Nothing,
    /// The new balances, which they have computed.
    Balances,
    /// The transfer.
    Transfer,
}

/// What the first account has at the beginning. The others have nothing.
const FUNDS: i64 = 100;

/// Each client transfers 70 from the first account to one of its own; there are 100. What was
/// confirmed must be in the balances, once, and be covered; and no money may be made or lost.
pub fn ledger(sent: Sent, clients: usize) -> impl Fn() + Send + Sync + 'static {
    let wishes = (1..=clients).map(|to| Transfer { from: 0, to, amount: 70 });
    move || {
        let mut opening = vec![0; clients + 1];
        opening[0] = FUNDS;
        let (confirmed, balances) = match sent {
            Sent::Nothing => {
                let rows = Arc::new(Rows(opening.into_iter().map(Mutex::new).collect()));
                let confirmed = serve(wishes.clone(), |wish| {
                    let rows = Arc::clone(&rows);
                    move || transfer(&mut &*rows, wish)
                });
                let balances = (0..=clients).map(|account| (&*rows).balance(account)).collect();
                (confirmed, balances)
            }
            Sent::Balances => {
                let write = |balances: &mut Vec<i64>, new| balances.write(new);
                let (handle, joiner, seen) = builder().spawn_published(opening, write, Vec::clone);
                let confirmed = serve(wishes.clone(), |wish| {
                    let mut writer = Writer { handle: handle.clone(), seen: seen.clone() };
                    move || transfer(&mut writer, wish)
                });
                (confirmed, joiner.shutdown(Shutdown::Drain).expect("no write panics"))
            }
            Sent::Transfer => {
                let (handle, joiner) = builder().spawn(opening, transfer::<Vec<i64>>);
                let confirmed = serve(wishes.clone(), |wish| {
                    let handle = handle.clone();
                    move || handle.call(wish).expect("the writer runs until the end")
                });
                (confirmed, joiner.shutdown(Shutdown::Drain).expect("no transfer panics"))
            }
        };
        check(&confirmed, &balances);
    }
}

/// A wish to move money.
#[derive(Clone, Copy, Debug)]
struct Transfer {
    from: usize,
    to: usize,
    amount: i64,
}

/// Accounts and their new balances.
type Balances = [(usize, i64); 2];

/// Where balances are.
trait Accounts {
    fn balance(&self, account: usize) -> i64;
    fn write(&mut self, balances: Balances);
}

/// Moves money, if it is there. Returns whether it was.
fn transfer<A: Accounts>(accounts: &mut A, Transfer { from, to, amount }: Transfer) -> bool {
    let [payer, payee] = [from, to].map(|account| accounts.balance(account));
    let is_covered = payer >= amount;
    if is_covered {
        accounts.write([(from, payer - amount), (to, payee + amount)]);
    }
    is_covered
}

/// In the hands of one thread.
impl Accounts for Vec<i64> {
    fn balance(&self, account: usize) -> i64 {
        self[account]
    }

    fn write(&mut self, balances: Balances) {
        for (account, balance) in balances {
            self[account] = balance;
        }
    }
}

/// In a database that reads and writes a row atomically.
struct Rows(Vec<Mutex<i64>>);

impl Accounts for &Rows {
    fn balance(&self, account: usize) -> i64 {
        *self.0[account].lock()
    }

    fn write(&mut self, balances: Balances) {
        for (account, balance) in balances {
            *self.0[account].lock() = balance;
        }
    }
}

/// In the hands of a writer that publishes them, and writes what it is told.
struct Writer {
    handle: Handle<Balances, ()>,
    seen: Published<Vec<i64>>,
}

impl Accounts for Writer {
    fn balance(&self, account: usize) -> i64 {
        self.seen.load()[account]
    }

    fn write(&mut self, balances: Balances) {
        self.handle.call(balances).expect("the writer runs until the end");
    }
}

fn builder() -> SingleWriterBuilder {
    let capacity = NonZeroUsize::new(4).expect("not zero");
    SingleWriter::builder().capacity(capacity).batch(NonZeroUsize::MIN)
}

/// Serves each client in a thread. Returns the wishes that were confirmed.
fn serve<F: FnOnce() -> bool + Send + 'static>(
    wishes: impl Iterator<Item = Transfer>,
    client: impl Fn(Transfer) -> F,
) -> Vec<Transfer> {
    let serving: Vec<_> = wishes.map(|wish| (wish, thread::spawn(client(wish)))).collect();
    let served = serving.into_iter().map(|(wish, client)| (wish, client.join().unwrap()));
    served.filter(|(_, confirmed)| *confirmed).map(|(wish, _)| wish).collect()
}

fn check(confirmed: &[Transfer], balances: &[i64]) {
    assert!(!confirmed.is_empty(), "no transfer was confirmed, and one was covered");
    let total: i64 = balances.iter().sum();
    assert_eq!(total, FUNDS, "money was made or lost: the balances are {balances:?}");
    let mut expected = vec![0; balances.len()];
    expected[0] = FUNDS;
    for Transfer { from, to, amount } in confirmed {
        expected[*from] -= amount;
        expected[*to] += amount;
    }
    assert_eq!(balances, expected, "a transfer was confirmed that is not in the balances, once");
    assert!(balances.iter().all(|balance| *balance >= 0), "overdrawn: {balances:?}");
}
