//! A copied `SingleWriter` between real threads.

use copied::shared::single_writer::{CallError, Shutdown, SingleWriter};

const DEPOSITS: u64 = 2_000;

#[test]
fn two_threads_book_into_one_account() {
    let book = |balance: &mut u64, amount: u64| {
        *balance = balance.checked_add(amount).expect("an amount too large");
        *balance
    };
    let (account, joiner, shown) = SingleWriter::builder().spawn_published(0, book, |sum| *sum);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..DEPOSITS {
                    let balance = account.call(1).unwrap();
                    assert!(*shown.load() >= balance, "a reply came before its view");
                }
            });
        }
    });
    assert_eq!(account.call(0).unwrap(), 2 * DEPOSITS);
    let late = account.call(u64::MAX);
    assert!(matches!(late, Err(CallError::WriterPanicked(None))));
    let panicked = joiner.shutdown(Shutdown::Drain).unwrap_err();
    assert_eq!(panicked.message(), Some("an amount too large"));
    assert_eq!(panicked.state, 2 * DEPOSITS);
}
