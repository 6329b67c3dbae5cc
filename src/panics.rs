//! Panics of the caller's code, for those who have more to do before one may go on.

use std::any::Any;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The first panic of several pieces of the caller's code.
#[derive(Default)]
pub struct Panics(Option<Box<dyn Any + Send>>);

impl Panics {
    /// Runs code of the caller's. `None` if it panics.
    pub fn catch<T>(&mut self, f: impl FnOnce() -> T) -> Option<T> {
        let payload = match catch_unwind(AssertUnwindSafe(f)) {
            Ok(value) => return Some(value),
            Err(payload) => payload,
        };
        match self.0 {
            None => self.0 = Some(payload),
            // Its own destructor might panic again.
            Some(_) => mem::forget(payload),
        }
        None
    }

    pub fn any(&self) -> bool {
        self.0.is_some()
    }

    /// What the first one panicked with.
    pub fn into_first(self) -> Option<Box<dyn Any + Send>> {
        self.0
    }
}
