//! Thread-locals of the model build: one value an execution and thread, destroyed at its end.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;
use std::thread::AccessError;

use super::super::execution::{self, Execution};

/// A key made by [`thread_local!`](crate::thread_local).
pub struct LocalKey<T: 'static> {
    init: fn() -> T,
    /// The key for code outside of scenarios.
    outside: &'static std::thread::LocalKey<T>,
}

/// The value of one key in one thread of one execution, in order of first use.
struct Slot {
    execution: u64,
    thread: u32,
    key: usize,
    /// `None` from the beginning of its destruction to the end of the thread.
    value: Option<Rc<dyn Any>>,
}

thread_local! {
    /// Modeled threads share an operating-system thread, so a slot says whose it is.
    static SLOTS: RefCell<Vec<Slot>> = const { RefCell::new(Vec::new()) };
}

impl<T: 'static> LocalKey<T> {
    /// For the macro.
    #[doc(hidden)]
    pub const fn from_parts(init: fn() -> T, outside: &'static std::thread::LocalKey<T>) -> Self {
        LocalKey { init, outside }
    }

    /// Calls `f` with the calling thread's value, which is made on first use.
    ///
    /// # Panics
    /// As [`std::thread::LocalKey::with`].
    pub fn with<F, R>(&'static self, f: F) -> R
    where
        F: FnOnce(&T) -> R,
    {
        if execution::current_id() == 0 {
            return self.outside.with(f);
        }
        let value = self.find().unwrap_or_else(|| self.make());
        let value = value.downcast_ref::<T>().expect("a key has one type");
        f(value)
    }

    /// As [`with`](Self::with), but where that would panic it returns the error.
    ///
    /// # Errors
    /// If the value was destroyed already: outside of a scenario only.
    pub fn try_with<F, R>(&'static self, f: F) -> Result<R, AccessError>
    where
        F: FnOnce(&T) -> R,
    {
        if execution::current_id() == 0 {
            return self.outside.try_with(f);
        }
        Ok(self.with(f))
    }

    fn is_mine(&'static self, slot: &Slot) -> bool {
        slot.key == std::ptr::from_ref(self).addr()
            && slot.thread == execution::current_thread()
            && slot.execution == execution::current_id()
    }

    fn find(&'static self) -> Option<Rc<dyn Any>> {
        let found = SLOTS.with_borrow(|slots| {
            slots.iter().find(|slot| self.is_mine(slot)).map(|slot| slot.value.clone())
        });
        found.map(|value| {
            value.expect("cannot access a thread-local value during or after its destruction")
        })
    }

    fn make(&'static self) -> Rc<dyn Any> {
        self.keep((self.init)())
    }

    fn keep(&'static self, value: T) -> Rc<dyn Any> {
        let value: Rc<dyn Any> = Rc::new(value);
        let slot = Slot {
            execution: execution::current_id(),
            thread: execution::current_thread(),
            key: std::ptr::from_ref(self).addr(),
            value: Some(Rc::clone(&value)),
        };
        SLOTS.with_borrow_mut(|slots| slots.push(slot));
        value
    }
}

impl<T: 'static> LocalKey<std::cell::Cell<T>> {
    /// Sets the calling thread's value, without making the initial one.
    pub fn set(&'static self, value: T) {
        if execution::current_id() == 0 {
            self.outside.set(value);
        } else if self.find().is_some() {
            self.with(|cell| cell.set(value));
        } else {
            self.keep(std::cell::Cell::new(value));
        }
    }

    /// A copy of the calling thread's value.
    pub fn get(&'static self) -> T
    where
        T: Copy,
    {
        self.with(std::cell::Cell::get)
    }

    /// Takes the calling thread's value, and leaves the default one.
    pub fn take(&'static self) -> T
    where
        T: Default,
    {
        self.with(std::cell::Cell::take)
    }

    /// Sets the calling thread's value, and returns the previous one.
    pub fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }
}

impl<T: 'static> LocalKey<RefCell<T>> {
    /// Calls `f` with the calling thread's value borrowed.
    ///
    /// # Panics
    /// If it is borrowed mutably.
    pub fn with_borrow<F, R>(&'static self, f: F) -> R
    where
        F: FnOnce(&T) -> R,
    {
        self.with(|cell| f(&cell.borrow()))
    }

    /// Calls `f` with the calling thread's value borrowed mutably.
    ///
    /// # Panics
    /// If it is borrowed.
    pub fn with_borrow_mut<F, R>(&'static self, f: F) -> R
    where
        F: FnOnce(&mut T) -> R,
    {
        self.with(|cell| f(&mut cell.borrow_mut()))
    }

    /// Sets the calling thread's value, without making the initial one.
    ///
    /// # Panics
    /// If it is borrowed.
    pub fn set(&'static self, value: T) {
        if execution::current_id() == 0 {
            self.outside.set(value);
        } else if self.find().is_some() {
            drop(self.replace(value));
        } else {
            self.keep(RefCell::new(value));
        }
    }

    /// Takes the calling thread's value, and leaves the default one.
    ///
    /// # Panics
    /// If it is borrowed.
    pub fn take(&'static self) -> T
    where
        T: Default,
    {
        self.with(RefCell::take)
    }

    /// Sets the calling thread's value, and returns the previous one.
    ///
    /// # Panics
    /// If it is borrowed.
    pub fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }
}

impl<T: 'static> std::fmt::Debug for LocalKey<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LocalKey { .. }")
    }
}

/// Destroys the values of a thread that ends, last made first. Destructors may make values of other
/// keys.
pub(super) fn destroy(execution: &Execution, thread: u32) {
    let ends = |slot: &Slot| slot.execution == execution.id() && slot.thread == thread;
    loop {
        let last = SLOTS.with_borrow_mut(|slots| {
            slots.iter_mut().rev().filter(|slot| ends(slot)).find_map(|slot| slot.value.take())
        });
        match last {
            Some(value) => drop(value),
            None => break,
        }
    }
    SLOTS.with_borrow_mut(|slots| slots.retain(|slot| !ends(slot)));
}

/// Forgets the values of an execution that was given up: their destructors would need its engine.
pub(crate) fn forget(execution: &Execution) {
    let left: Vec<Slot> = SLOTS.with_borrow_mut(|slots| {
        let (left, others) =
            std::mem::take(slots).into_iter().partition(|slot| slot.execution == execution.id());
        *slots = others;
        left
    });
    left.into_iter().for_each(std::mem::forget);
}
