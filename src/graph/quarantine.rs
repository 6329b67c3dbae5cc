//! Freed memory that is kept until the end of a run.
//!
//! An address that is freed and handed out again within a run would make pointers of two objects
//! equal, depending on the allocator; and an access through a dangling pointer would touch memory
//! of somebody else. With the allocator of this module neither happens: the program sees a fresh
//! address for each object, and the object that a dangling pointer points to is still there to say
//! that it is gone.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, UnsafeCell};

/// The allocator of a test binary, which [`quarantine!`](crate::quarantine) installs: the system's,
/// except that inside of a run of the graph engine freed memory is kept until the run's end.
#[derive(Debug, Default)]
pub struct Quarantine(());

impl Quarantine {
    /// An allocator, for the macro.
    pub const fn new() -> Quarantine {
        Quarantine(())
    }
}

/// Memory that was freed, and how.
type Freed = (*mut u8, Layout);

thread_local! {
    static ACTIVE: Cell<bool> = const { Cell::new(false) };
    // Without a destructor, so that it is there until the thread's very end.
    static KEPT: UnsafeCell<std::mem::ManuallyDrop<Vec<Freed>>> =
        const { UnsafeCell::new(std::mem::ManuallyDrop::new(Vec::new())) };
}

// SAFETY: allocation is the system's. Deallocation is the system's too, at once or later, once for
// each pointer, with its layout.
unsafe impl GlobalAlloc for Quarantine {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if !ACTIVE.try_with(Cell::get).unwrap_or(false) {
            // SAFETY: as the caller promises.
            return unsafe { System.dealloc(pointer, layout) };
        }
        // The list may grow, which frees its old memory.
        ACTIVE.set(false);
        KEPT.with(|kept| {
            // SAFETY: only this function and `end` use the list, on this thread, and neither calls
            // the other meanwhile, since the quarantine is not active.
            unsafe { (*kept.get()).push((pointer, layout)) }
        });
        ACTIVE.set(true);
    }
}

/// Begins to keep what this operating-system thread frees, until the guard is dropped.
pub fn begin() -> Active {
    ACTIVE.set(true);
    Active(())
}

/// Frees the list of what was kept, when this operating-system thread has no further runs.
pub fn end() {
    // SAFETY: as in `dealloc`; between runs the quarantine is not active.
    let kept = KEPT.with(|kept| unsafe { std::mem::take(&mut **kept.get()) });
    drop(kept);
}

/// Frees what was kept when dropped.
pub struct Active(());

impl Drop for Active {
    fn drop(&mut self) {
        ACTIVE.set(false);
        KEPT.with(|kept| {
            // SAFETY: as in `dealloc`.
            let kept = unsafe { &mut *kept.get() };
            for (pointer, layout) in kept.drain(..) {
                // SAFETY: whoever freed it promised that it was allocated with this layout, and
                // that nobody uses it.
                unsafe { System.dealloc(pointer, layout) };
            }
        });
    }
}
