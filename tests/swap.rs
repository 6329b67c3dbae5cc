//! The swap's types under each engine, where they were once wrong.

use std::panic::catch_unwind;
use std::time::Duration;

use selvedge::scenario::{Engine, Sampler, Scenario, ViolationKind};
use selvedge::sync::atomic::{AtomicU64, Ordering};
use selvedge::sync::{Arc, Condvar, Mutex, RwLock};
use selvedge::thread;

const MODEL: bool = cfg!(any(loom, shuttle, selvedge));

/// The engines of this build that observe operations.
fn modeled() -> Vec<Engine> {
    let modeled =
        [Engine::Loom, Engine::Shuttle(Sampler::Random), Engine::Shuttle(Sampler::DEFAULT_PCT)];
    if MODEL { modeled.to_vec() } else { Vec::new() }
}

fn holds(name: &str, f: impl Fn() + Send + Sync + Clone + 'static) {
    for engine in modeled().into_iter().chain([Engine::Threads]) {
        Scenario::new(name).engine(engine).max_executions(1_000).check(f.clone());
    }
}

#[test]
fn a_try_that_fails_leaves_the_lock_as_it_is() {
    holds("try", || {
        let lock = Arc::new(RwLock::new(0));
        let shared = Arc::clone(&lock);
        let thread = thread::spawn(move || drop(shared.read()));
        let read = lock.read();
        assert!(lock.try_write().is_none());
        assert!(lock.try_write().is_none());
        drop(read);
        let write = lock.write();
        assert!(lock.try_read().is_none());
        assert!(lock.try_write().is_none());
        assert!(lock.try_read().is_none());
        drop(write);
        thread.join().unwrap();
        assert!(lock.try_write().is_some());
    });
}

#[test]
fn the_last_owner_gets_the_newest_value() {
    /// Expects what the other owner stored.
    struct Last(AtomicU64);
    impl Drop for Last {
        fn drop(&mut self) {
            assert_eq!(*self.0.get_mut(), 1);
        }
    }
    holds("last owner", || {
        let one = Arc::new(Last(AtomicU64::new(0)));
        let two = Arc::clone(&one);
        let stores = thread::spawn(move || one.0.store(1, Ordering::Relaxed));
        let drops = thread::spawn(move || drop(two));
        stores.join().unwrap();
        drops.join().unwrap();
    });
}

#[test]
fn the_clock_does_not_pass_its_end() {
    if !MODEL {
        return;
    }
    holds("end of time", || {
        let begin = selvedge::time::Instant::now();
        let waits = thread::spawn(|| thread::sleep(Duration::ZERO));
        selvedge::time::advance(Duration::ZERO);
        selvedge::time::advance(Duration::MAX);
        let passed = begin.elapsed();
        assert!(catch_unwind(|| selvedge::time::advance(Duration::from_secs(1))).is_err());
        assert_eq!(begin.elapsed(), passed);
        waits.join().unwrap();
    });
}

/// Two threads wait on one condition variable, each with the mutex of its number.
fn waits_with(mutexes: [usize; 2]) -> impl Fn() + Send + Sync + Clone + 'static {
    move || {
        let shared = Arc::new((Condvar::new(), [Mutex::new(false), Mutex::new(false)]));
        let threads = mutexes.map(|mutex| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                shared.0.wait_while(&mut shared.1[mutex].lock(), |ready| !*ready);
            })
        });
        for mutex in &shared.1 {
            *mutex.lock() = true;
        }
        shared.0.notify_all();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}

#[test]
fn a_second_mutex_of_a_condition_variable_is_told() {
    for engine in modeled() {
        let scenario = Scenario::new("two mutexes").engine(engine).max_executions(3_000);
        let violation = scenario.try_check(waits_with([0, 1])).expect_err("two mutexes");
        assert_eq!(violation.kind, ViolationKind::Panic, "{violation}");
        let words = "with another mutex than thread";
        assert!(violation.message.contains(words), "{violation}");
    }
    holds("one mutex", waits_with([0, 0]));
}

/// Both of loom's searches, and Shuttle's depth-first one, without a bound: what they say of owners
/// that they do not interleave.
#[cfg(any(loom, shuttle, selvedge))]
#[test]
fn a_search_that_leaves_owners_in_one_order_is_not_complete() {
    use selvedge::scenario::Coverage;
    use selvedge::sync::Weak;

    /// Does something when the last owner drops it.
    struct Counted(Arc<AtomicU64>);
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    fn one_order(program: impl Fn() + Send + Sync + Copy + 'static) -> Vec<bool> {
        let engines = [Engine::Loom, Engine::Shuttle(Sampler::Dfs)];
        let covered = engines.map(|engine| {
            let scenario = Scenario::new("owners").engine(engine).preemption_bound(None);
            match scenario.check(program).coverage {
                Coverage::Complete => false,
                Coverage::Bounded(bound) => {
                    assert!(bound.one_order_of_owners && !bound.is_cut(), "{bound}");
                    true
                }
                other => panic!("{other}"),
            }
        });
        covered.to_vec()
    }
    fn beside(
        of_thread: impl FnOnce(Arc<u8>) + Send + 'static,
        of_main: impl FnOnce(Arc<u8>),
        at_last: impl FnOnce(Arc<u8>),
    ) {
        let value = Arc::new(5);
        let [one, two] = [Arc::clone(&value), Arc::clone(&value)];
        let thread = thread::spawn(move || of_thread(one));
        of_main(two);
        thread.join().unwrap();
        at_last(value);
    }
    /// The first owner is the thread's, and main is through before it.
    fn first_beside_clone(of_thread: impl FnOnce(Arc<u8>) + Send + 'static) {
        let first = Arc::new(5);
        let second = Arc::clone(&first);
        let thread = thread::spawn(move || of_thread(first));
        drop(second);
        thread.join().unwrap();
    }
    assert_eq!(one_order(|| beside(drop, drop, |last| _ = Arc::try_unwrap(last))), [false; 2]);
    assert_eq!(one_order(|| beside(|one| _ = Arc::try_unwrap(one), drop, drop)), [true; 2]);
    assert_eq!(one_order(|| beside(drop, |two| _ = Arc::into_inner(two), drop)), [true; 2]);
    assert_eq!(one_order(|| beside(drop, |mut two| _ = Arc::get_mut(&mut two), drop)), [true; 2]);
    assert_eq!(one_order(|| beside(drop, |two| _ = Arc::strong_count(&two), drop)), [true; 2]);
    let upgrades = |one| _ = Arc::downgrade(&one).upgrade();
    assert_eq!(one_order(move || beside(upgrades, drop, drop)), [true; 2]);
    // Whoever drops it last.
    let destroys = |joined_before: bool| {
        let drops = Arc::new(AtomicU64::new(0));
        let value = Arc::new(Counted(Arc::clone(&drops)));
        let shared = Arc::clone(&value);
        let thread = thread::spawn(move || drop(shared));
        let mut value = Some(value);
        if !joined_before {
            value = None;
        }
        thread.join().unwrap();
        drop(value);
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    };
    assert_eq!(one_order(move || destroys(true)), [false; 2]);
    assert_eq!(one_order(move || destroys(false)), [true; 2]);
    assert_eq!(one_order(|| first_beside_clone(|one| _ = Arc::try_unwrap(one))), [true; 2]);
    assert_eq!(one_order(|| first_beside_clone(|one| _ = Arc::strong_count(&one))), [true; 2]);
    assert_eq!(one_order(|| first_beside_clone(drop)), [false; 2]);
    // Whose destructor joins.
    struct Joins(Option<thread::JoinHandle<()>>);
    impl Drop for Joins {
        fn drop(&mut self) {
            if let Some(thread) = self.0.take() {
                thread.join().unwrap();
            }
        }
    }
    let joins = || {
        let joins = Arc::new(Joins(Some(thread::spawn(|| ()))));
        let shared = Arc::clone(&joins);
        let thread = thread::spawn(move || drop(shared));
        drop(joins);
        thread.join().unwrap();
    };
    assert_eq!(one_order(joins), [true; 2]);
    // One that was never shared, and none.
    assert_eq!(one_order(|| beside(|_| _ = Weak::<u8>::new().upgrade(), drop, drop)), [false; 2]);
    let alone = || beside(|_| _ = Arc::into_inner(Arc::new(1)), drop, drop);
    assert_eq!(one_order(alone), [false; 2]);
}
