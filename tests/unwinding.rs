//! Panics in odd places, under each engine: what a thread that unwinds holds, locks and waits for.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use selvedge::scenario::{Engine, Sampler, Scenario, ViolationKind};
use selvedge::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use selvedge::sync::{Arc, Condvar, Mutex, RwLock};
use selvedge::thread;

const MODEL: bool = cfg!(any(loom, shuttle, selvedge));

fn all_engines() -> Vec<Engine> {
    let modeled = [
        Engine::Loom,
        Engine::Shuttle(Sampler::Random),
        Engine::Shuttle(Sampler::DEFAULT_PCT),
        Engine::Shuttle(Sampler::Urw),
        Engine::Shuttle(Sampler::Dfs),
    ];
    let mut engines = if MODEL { modeled.to_vec() } else { Vec::new() };
    engines.push(Engine::Threads);
    engines
}

fn holds(name: &str, f: impl Fn() + Send + Sync + Clone + 'static) {
    for engine in all_engines() {
        Scenario::new(name).engine(engine).max_executions(1_000).check(f.clone());
    }
}

fn panics(f: impl FnOnce()) {
    assert!(catch_unwind(AssertUnwindSafe(f)).is_err());
}

#[test]
fn a_caught_panic_unlocks_before_a_join() {
    holds("join after a panic", || {
        let lock = Arc::new(Mutex::new(0));
        let shared = Arc::clone(&lock);
        let thread = thread::spawn(move || *shared.lock() += 1);
        panics(|| {
            let _held = lock.lock();
            panic!("on purpose");
        });
        thread.join().unwrap();
    });
}

#[test]
fn a_scope_that_panics_unlocks_before_it_waits_for_its_threads() {
    holds("scope panics", || {
        let lock = Mutex::new(0);
        panics(|| {
            thread::scope(|scope| {
                scope.spawn(|| *lock.lock() += 1);
                let _held = lock.lock();
                panic!("on purpose");
            });
        });
        assert_eq!(*lock.lock(), 1);
    });
}

#[test]
fn a_mutex_whose_holder_panicked_can_be_tried() {
    holds("try_lock after a panic", || {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let other = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            let mut ready = other.0.lock();
            other.1.wait_while(&mut ready, |ready| if *ready { panic!("ready") } else { true });
        });
        *shared.0.lock() = true;
        shared.1.notify_all();
        assert!(thread.join().is_err());
        assert!(shared.0.try_lock().is_some());
    });
}

/// Locks twice when it is dropped.
struct LocksTwice(Arc<Mutex<u64>>);

impl Drop for LocksTwice {
    fn drop(&mut self) {
        *self.0.lock() += 1;
        *self.0.lock() += 1;
    }
}

#[test]
fn a_destructor_that_unwinds_may_lock_what_was_unlocked_on_the_way() {
    holds("destructor locks", || {
        let lock = Arc::new(Mutex::new(0));
        let shared = Arc::clone(&lock);
        let thread = thread::spawn(move || {
            let _locks = LocksTwice(Arc::clone(&shared));
            let _held = shared.lock();
            panic!("on purpose");
        });
        *lock.lock() += 1;
        assert!(thread.join().is_err());
        assert_eq!(*lock.lock(), 3);
    });
}

#[test]
fn two_read_guards_unlock_while_their_thread_unwinds() {
    holds("read guards", || {
        let lock = Arc::new(RwLock::new(0));
        let shared = Arc::clone(&lock);
        let thread = thread::spawn(move || {
            let _one = shared.read();
            let _two = shared.read();
            panic!("on purpose");
        });
        assert!(thread.join().is_err());
        *lock.write() += 1;
    });
}

#[test]
fn a_thread_whose_scenario_panicked_is_not_panicking_itself() {
    struct JoinsWhenDropped(Option<thread::JoinHandle<()>>);
    impl Drop for JoinsWhenDropped {
        fn drop(&mut self) {
            let _ = self.0.take().unwrap().join();
        }
    }
    for engine in all_engines() {
        let violation = Scenario::new("panics").engine(engine).try_check(|| {
            let lock = Arc::new(Mutex::new(0));
            let shared = Arc::clone(&lock);
            let _thread = JoinsWhenDropped(Some(thread::spawn(move || *shared.lock() += 1)));
            let value = lock.lock();
            assert_eq!(*value, 5, "on purpose");
        });
        assert!(!std::thread::panicking(), "{engine}");
        let violation = violation.unwrap_err();
        assert!(violation.message.contains("on purpose"), "{violation}");
    }
}

#[test]
fn a_fault_is_reported_while_another_thread_unwinds() {
    /// Works for a while, and then locks.
    struct Slow(Arc<(Mutex<u64>, AtomicBool)>);
    impl Drop for Slow {
        fn drop(&mut self) {
            for _ in 0..20 {
                self.0.1.load(Ordering::Acquire);
                thread::yield_now();
            }
            *self.0.0.lock() += 1;
        }
    }
    for engine in all_engines().into_iter().filter(|engine| *engine != Engine::Threads) {
        let result = Scenario::new("fault").engine(engine).max_executions(200).try_check(|| {
            let shared = Arc::new((Mutex::new(0), AtomicBool::new(false)));
            let slow = Slow(Arc::clone(&shared));
            let unwinds = thread::spawn(move || {
                let _slow = slow;
                panic!("on purpose");
            });
            let locks = thread::spawn(move || {
                let _one = shared.0.lock();
                let _two = shared.0.lock();
            });
            let _ = locks.join();
            let _ = unwinds.join();
        });
        assert_eq!(result.unwrap_err().kind, ViolationKind::Deadlock, "{engine}");
        assert!(!std::thread::panicking(), "{engine}");
    }
}

#[test]
fn what_a_scoped_thread_borrows_outlives_its_closure() {
    use std::sync::atomic::{AtomicBool as StdAtomicBool, Ordering::Relaxed};
    static ALIVE: StdAtomicBool = StdAtomicBool::new(false);
    static USED_LATE: StdAtomicBool = StdAtomicBool::new(false);
    struct Owner;
    impl Drop for Owner {
        fn drop(&mut self) {
            ALIVE.store(false, Relaxed);
        }
    }
    struct Borrower<'a>(#[allow(dead_code)] &'a Owner);
    impl Drop for Borrower<'_> {
        fn drop(&mut self) {
            USED_LATE.fetch_or(!ALIVE.load(Relaxed), Relaxed);
        }
    }
    for engine in all_engines().into_iter().filter(|engine| *engine != Engine::Threads) {
        let result = Scenario::new("borrows").engine(engine).try_check(|| {
            ALIVE.store(true, Relaxed);
            let owner = Owner;
            let lock = Mutex::new(0);
            thread::scope(|scope| {
                let borrower = Borrower(&owner);
                scope.spawn(move || drop(borrower));
                let _one = lock.lock();
                let _two = lock.lock();
            });
        });
        assert_eq!(result.unwrap_err().kind, ViolationKind::Deadlock, "{engine}");
        assert!(!USED_LATE.load(Relaxed), "{engine}");
    }
}

struct UsesAtomic(Arc<AtomicU64>);

impl Drop for UsesAtomic {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}

struct Panics;

impl Drop for Panics {
    fn drop(&mut self) {
        panic!("in a destructor");
    }
}

/// Looks at its own key when it is dropped.
struct LooksAtItself;

impl Drop for LooksAtItself {
    fn drop(&mut self) {
        ITSELF.with(|itself| drop(itself.borrow_mut()));
    }
}

selvedge::thread_local! {
    static COUNTS: RefCell<Option<UsesAtomic>> = const { RefCell::new(None) };
    static PANICS: RefCell<Option<Panics>> = const { RefCell::new(None) };
    static ITSELF: RefCell<Option<LooksAtItself>> = const { RefCell::new(None) };
}

#[test]
fn a_thread_local_is_destroyed_before_its_thread_is_joined() {
    if !MODEL {
        return;
    }
    holds("thread-local", || {
        let counter = Arc::new(AtomicU64::new(0));
        let shared = Arc::clone(&counter);
        let counts = move || COUNTS.with(|counts| *counts.borrow_mut() = Some(UsesAtomic(shared)));
        thread::spawn(counts).join().unwrap();
        assert_eq!(counter.load(Ordering::Acquire), 1);
    });
}

#[test]
fn a_thread_local_whose_destructor_panics_is_a_violation() {
    // In production the process aborts.
    let engines = if MODEL { all_engines() } else { Vec::new() };
    for (engine, on_main) in engines.iter().flat_map(|engine| [(*engine, false), (*engine, true)]) {
        let result = Scenario::new("panics").engine(engine).try_check(move || {
            let panics = || PANICS.with(|panics| *panics.borrow_mut() = Some(Panics));
            if on_main {
                panics();
            }
            thread::spawn(move || {
                if !on_main {
                    panics()
                }
            })
            .join()
            .unwrap();
        });
        let violation = result.unwrap_err();
        assert_eq!(violation.kind, ViolationKind::Panic, "{violation}");
        assert!(violation.message.contains("thread-local"), "{violation}");

        let result = Scenario::new("itself").engine(engine).try_check(|| {
            let looks = || ITSELF.with(|itself| *itself.borrow_mut() = Some(LooksAtItself));
            thread::spawn(looks).join().unwrap();
        });
        assert_eq!(result.unwrap_err().kind, ViolationKind::Panic, "{engine}");
    }
}
