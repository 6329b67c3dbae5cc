//! The gallery: settings from real life in which two users change the same thing at the same time,
//! each the naive way and the guarded way.
//!
//! A setting is one scenario. It is generic over the [`Store`] that the instances of a service
//! share, and over the [`Form`]: how the service uses it. Memory is the first store; anything with
//! a conditional write can be another.

mod cart;
mod counter;
mod document;
mod event_consumer;
mod inventory;
mod lease;
mod payment;
mod store;

pub use cart::cart;
pub use counter::counter;
pub use document::document;
pub use event_consumer::{Account, event_consumer};
pub use inventory::inventory;
pub use lease::{Fenced, lease};
pub use payment::{Identity, payment};
pub use store::{Store, Stored};

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
