//! Threads.

use selvedge::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use selvedge::sync::{Arc, Mutex};
use selvedge::thread::{
    self, Builder, JoinHandle, Result, Scope, ScopedJoinHandle, Thread, ThreadId,
};

pub fn handles() {
    let me: Thread = thread::current();
    let id: ThreadId = me.id();
    assert_eq!(id, thread::current().id());
    assert_eq!(me.clone().name(), me.name());
    assert!(format!("{me:?}").starts_with("Thread"));
    assert!(format!("{id:?}").starts_with("ThreadId"));
    assert!(std::collections::HashSet::from([id]).contains(&id));
    assert!(!thread::panicking());
    thread::yield_now();
}

pub fn spawn_and_join() {
    let handle: JoinHandle<(ThreadId, Option<String>)> = thread::spawn(|| {
        let me = thread::current();
        (me.id(), me.name().map(str::to_owned))
    });
    let thread = handle.thread().clone();
    assert_ne!(thread.id(), thread::current().id());
    assert!(format!("{handle:?}").starts_with("JoinHandle"));
    let result: Result<(ThreadId, Option<String>)> = handle.join();
    let (id, name) = result.unwrap();
    assert_eq!(id, thread.id());
    assert_eq!(name, None);
    assert_eq!(thread.name(), None);
}

pub fn builder() {
    let builder = Builder::new().name("worker".to_owned()).stack_size(256 * 1024);
    assert!(format!("{builder:?}").starts_with("Builder"));
    let handle = builder.spawn(|| {
        // Uses a part of the stack.
        let bytes = std::hint::black_box([1_u8; 32 * 1024]);
        (bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>(), thread::current())
    });
    let handle = handle.unwrap();
    assert_eq!(handle.thread().name(), Some("worker"));
    let (sum, worker) = handle.join().unwrap();
    assert_eq!(sum, 32 * 1024);
    assert_eq!(worker.name(), Some("worker"));
}

struct SeesThePanic(Arc<AtomicBool>);

impl Drop for SeesThePanic {
    fn drop(&mut self) {
        self.0.store(thread::panicking(), Ordering::Relaxed);
    }
}

pub fn panics() {
    let seen = Arc::new(AtomicBool::new(false));
    let lock = Arc::new(Mutex::new(0));
    let handle = {
        let (seen, lock) = (SeesThePanic(Arc::clone(&seen)), Arc::clone(&lock));
        thread::spawn(move || {
            let _seen = seen;
            let mut held = lock.lock();
            *held += 1;
            panic!("on purpose");
        })
    };
    let payload = handle.join().unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"on purpose"));
    assert!(seen.load(Ordering::Relaxed));
    assert_eq!(*lock.lock(), 1);
    let caught = std::panic::catch_unwind(|| {
        thread::scope(|scope| {
            scope.spawn(|| panic!("in a scope"));
        });
    });
    assert!(caught.is_err());
}

pub fn scopes() {
    let mut own = 0;
    let count = AtomicU32::new(0);
    let result = thread::scope(|scope| {
        let handle: ScopedJoinHandle<'_, u32> = scope.spawn(|| {
            own += 1;
            count.fetch_add(1, Ordering::Relaxed);
            3
        });
        // Joined by the scope's end.
        scope.spawn(|| count.fetch_add(1, Ordering::Relaxed));
        assert_ne!(handle.thread().id(), thread::current().id());
        assert!(format!("{handle:?}").starts_with("ScopedJoinHandle"));
        assert!(format!("{scope:?}").starts_with("Scope"));
        handle.join().unwrap()
    });
    assert_eq!((result, own, count.into_inner()), (3, 1, 2));
}

fn spawn_twice<'scope>(scope: &'scope Scope<'scope, '_>, count: &'scope AtomicU32) {
    scope.spawn(move || {
        count.fetch_add(1, Ordering::Relaxed);
        scope.spawn(move || count.fetch_add(1, Ordering::Relaxed));
    });
}

pub fn scopes_in_scopes() {
    let count = AtomicU32::new(0);
    thread::scope(|scope| spawn_twice(scope, &count));
    assert_eq!(count.load(Ordering::Relaxed), 2);
    thread::scope(|outer| {
        outer.spawn(|| {
            thread::scope(|inner| {
                inner.spawn(|| count.fetch_add(1, Ordering::Relaxed));
            });
            assert_eq!(count.load(Ordering::Relaxed), 3);
        });
    });
}

pub fn builder_in_a_scope() {
    let text = String::from("borrowed");
    let length = thread::scope(|scope| {
        let builder = Builder::new().name("scoped".to_owned()).stack_size(256 * 1024);
        let handle = builder.spawn_scoped(scope, || {
            assert_eq!(thread::current().name(), Some("scoped"));
            text.len()
        });
        let handle = handle.unwrap();
        assert_eq!(handle.thread().name(), Some("scoped"));
        handle.join().unwrap()
    });
    assert_eq!(length, text.len());
}
