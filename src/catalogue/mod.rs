//! The gallery: settings from real life in which two users change the same thing at the same time,
//! each the naive way and the guarded way.
//!
//! A setting is one scenario. It is generic over what the instances of a service share, which has a
//! guarded form and naive twins, or over the [`Form`], which says how the service uses a [`Store`].
//! Memory is the first store; anything with a conditional write can be another.
//!
//! | setting | what goes wrong naively | guarded by |
//! | --- | --- | --- |
//! | [`counter`], [`document`] | a lost update | a version |
//! | [`inventory`] | looking is atomic, taking is atomic, and one item is sold twice | a version; a single writer |
//! | [`text_editor`] | edits are applied by several consumers, or at places that have moved | a single writer, and edits that name their neighbor |
//! | [`ledger`] | transfers are computed from balances that have changed | a single writer that computes |
//! | [`cart`], [`payment`] | a retry has its effect again; or a second wish is taken for a retry | an idempotency key |
//! | [`event_consumer`] | a crash after the effect, before the acknowledgement | an inbox beside the effect |
//! | [`lease`] | a holder that pauses writes late | a fencing token |
//! | [`status_update`] | a later action is processed earlier | a number per order |
//! | [`cache_fill`] | a stale fill after an invalidation | the database's version |
//! | [`clock_skew`], [`clock_step`], [`retried_write`] | the newest wall-clock time wins | a hybrid logical clock |
//! | [`offline_client`] | the same, and no stamp helps | a version |

mod cache_fill;
mod cart;
mod counter;
mod document;
mod event_consumer;
mod inventory;
mod lease;
mod ledger;
mod offline_client;
mod payment;
mod status_update;
mod store;
mod text_editor;
mod timestamps;

pub use cache_fill::cache_fill;
pub use cart::cart;
pub use counter::counter;
pub use document::document;
pub use event_consumer::{Account, event_consumer};
pub use inventory::{Order, Stock, StockKeeper, inventory};

pub use lease::{Fenced, lease};
pub use ledger::{Sent, ledger};
pub use offline_client::offline_client;
pub use payment::{Identity, payment};
pub use status_update::status_update;
pub use store::{Store, Stored};
pub use text_editor::{Document, Edit, Place, text_editor};
pub use timestamps::{clock_skew, clock_step, retried_write};

/// How a service changes what it shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As people write it first: read, compute, write.
    Naive,
    /// Written only if what was read is still there, and computed again otherwise.
    Guarded,
}

/// Changes the stored value by `f`, in the given form.
///
/// Naively, what others wrote between the read and the write is lost. Guarded, it is optimistic
/// concurrency control: the write names the version that was read.
fn change<T, S: Store<T>>(store: &S, form: Form, f: impl Fn(T) -> T) {
    match form {
        Form::Naive => {
            let Stored { value, .. } = store.read();
            store.write(f(value));
        }
        Form::Guarded => {
            change_if(store, |value| Some(f(value)));
        }
    }
}

/// Changes the stored value by `f` unless it returns `None` for the value that it would replace.
/// Returns whether it did.
fn change_if<T, S: Store<T>>(store: &S, f: impl Fn(T) -> Option<T>) -> bool {
    loop {
        let Stored { value, version } = store.read();
        let Some(changed) = f(value) else { return false };
        if store.write_if(version, changed) {
            return true;
        }
    }
}
