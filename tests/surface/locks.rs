//! Locks and their guards, condition variables, barriers, parkers and shared ownership.

use std::fmt::{Debug, Display};

use selvedge::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use selvedge::sync::{
    Arc, Barrier, BarrierWaitResult, Condvar, Mutex, MutexGuard, Parker, RwLock, RwLockReadGuard,
    RwLockWriteGuard, Unparker, WaitTimeoutResult, Weak,
};
use selvedge::thread;
use selvedge::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(3600);

/// Runs `f` with what is shared, here and in another thread.
fn shared<T: Send + Sync + 'static>(value: T, f: fn(&T)) -> Arc<T> {
    let value = Arc::new(value);
    let other = {
        let value = Arc::clone(&value);
        thread::spawn(move || f(&value))
    };
    f(&value);
    other.join().unwrap();
    value
}

fn shown(value: &(impl Debug + Display)) -> String {
    format!("{value} {value:?}")
}

pub fn mutexes_alone() {
    let mut mutex = Mutex::new(1);
    *mutex.lock() += 1;
    {
        let mut guard: MutexGuard<'_, i32> = mutex.try_lock().unwrap();
        *guard += 1;
        assert!(mutex.try_lock().is_none());
        assert!(std::ptr::eq(MutexGuard::mutex(&guard), &mutex));
        assert_eq!(shown(&guard), "3 3");
        assert_eq!(MutexGuard::unlocked(&mut guard, || *mutex.lock()), 3);
        assert!(mutex.try_lock().is_none());
    }
    *mutex.get_mut() += 1;
    assert!(format!("{mutex:?}").starts_with("Mutex"));
    assert_eq!(mutex.into_inner(), 4);
    assert_eq!(*Mutex::<u8>::default().lock(), 0);
    assert_eq!(*Mutex::from("x").lock(), "x");
    let unsized_lock: Box<Mutex<dyn Debug + Send>> = Box::new(Mutex::new(5));
    let unsized_lock: Arc<Mutex<dyn Debug + Send>> = Arc::from(unsized_lock);
    assert_eq!(format!("{:?}", unsized_lock.lock()), "5");
}

pub fn mutex_shared() {
    let mutex = shared(Mutex::new(0), |mutex| *mutex.lock() += 1);
    assert_eq!(*mutex.lock(), 2);
    let tried =
        shared((Mutex::new(0), AtomicU32::new(0)), |(mutex, missed)| match mutex.try_lock() {
            Some(mut count) => *count += 1,
            None => drop(missed.fetch_add(1, Ordering::Relaxed)),
        });
    let taken = *tried.0.lock();
    assert!(taken > 0);
    assert_eq!(taken + tried.1.load(Ordering::Relaxed), 2);
}

pub fn guard_given_back_for_a_while() {
    let count = shared(Mutex::new(0), |mutex| {
        let mut guard = mutex.lock();
        *guard += 1;
        MutexGuard::unlocked(&mut guard, thread::yield_now);
        *guard += 1;
    });
    assert_eq!(*count.lock(), 4);
}

pub fn rwlocks_alone() {
    let mut lock = RwLock::new(1);
    *lock.write() += 1;
    {
        let mut first: RwLockReadGuard<'_, i32> = lock.read();
        let second = lock.try_read().unwrap();
        assert!(lock.try_write().is_none());
        assert!(std::ptr::eq(RwLockReadGuard::rwlock(&first), &lock));
        assert_eq!(shown(&first), "2 2");
        assert_eq!(*first, *second);
        drop(second);
        RwLockReadGuard::unlocked(&mut first, || *lock.write() += 1);
        assert_eq!(*first, 3);
    }
    {
        let mut only: RwLockWriteGuard<'_, i32> = lock.try_write().unwrap();
        *only += 1;
        assert!(lock.try_read().is_none());
        assert!(lock.try_write().is_none());
        assert!(std::ptr::eq(RwLockWriteGuard::rwlock(&only), &lock));
        assert_eq!(shown(&only), "4 4");
        assert_eq!(RwLockWriteGuard::unlocked(&mut only, || *lock.read()), 4);
        assert!(lock.try_read().is_none());
        let read = RwLockWriteGuard::downgrade(only);
        assert_eq!(*lock.try_read().unwrap(), *read);
        assert!(lock.try_write().is_none());
    }
    *lock.get_mut() += 1;
    assert!(format!("{lock:?}").starts_with("RwLock"));
    assert_eq!(lock.into_inner(), 5);
    assert_eq!(*RwLock::<u8>::default().read(), 0);
    assert_eq!(*RwLock::from("x").read(), "x");
    let unsized_lock: Box<RwLock<dyn Debug + Send + Sync>> = Box::new(RwLock::new(5));
    let unsized_lock: Arc<RwLock<dyn Debug + Send + Sync>> = Arc::from(unsized_lock);
    assert_eq!(format!("{:?}", unsized_lock.read()), "5");
}

pub fn rwlock_shared() {
    let lock = shared(RwLock::new((0, 0)), |lock| {
        {
            let mut pair = lock.write();
            pair.0 += 1;
            pair.1 += 1;
        }
        let pair = lock.read();
        assert_eq!(pair.0, pair.1);
    });
    assert_eq!(*lock.read(), (2, 2));
}

pub fn rwlock_downgraded() {
    let lock = shared(RwLock::new(0), |lock| {
        let mut only = lock.write();
        *only += 1;
        let mine = *only;
        // Nobody writes in between.
        let read = RwLockWriteGuard::downgrade(only);
        assert_eq!(*read, mine);
    });
    assert_eq!(*lock.read(), 2);
}

/// A flag under a mutex, and how its change is told.
#[derive(Default)]
struct Flag {
    raised: Mutex<bool>,
    changed: Condvar,
    /// Set under the mutex by a thread that goes on to wait.
    waits: AtomicBool,
}

impl Flag {
    fn raise(&self) {
        *self.raised.lock() = true;
        self.changed.notify_one();
    }
}

/// Lets another thread wait by `wait`, and raises the flag.
fn raise_while(wait: fn(&Flag)) {
    let flag = Arc::new(Flag::default());
    let waiting = {
        let flag = Arc::clone(&flag);
        thread::spawn(move || wait(&flag))
    };
    flag.raise();
    waiting.join().unwrap();
}

pub fn conditions_without_waiters() {
    let condition = Condvar::new();
    assert!(!condition.notify_one());
    assert_eq!(condition.notify_all(), 0);
    assert!(format!("{condition:?}").starts_with("Condvar"));
    assert!(!Condvar::default().notify_one());
}

pub fn condition_wait() {
    raise_while(|flag| {
        let mut raised = flag.raised.lock();
        while !*raised {
            flag.changed.wait(&mut raised);
        }
    });
    // Whoever says under the mutex that it waits is notified.
    let flag = Arc::new(Flag::default());
    let waiting = {
        let flag = Arc::clone(&flag);
        thread::spawn(move || {
            let mut raised = flag.raised.lock();
            flag.waits.store(true, Ordering::Relaxed);
            while !*raised {
                flag.changed.wait(&mut raised);
            }
        })
    };
    {
        let mut raised = flag.raised.lock();
        *raised = true;
        let notified = flag.changed.notify_one();
        assert_eq!(notified, flag.waits.load(Ordering::Relaxed));
    }
    waiting.join().unwrap();
}

pub fn condition_wait_while() {
    raise_while(|flag| {
        let mut raised = flag.raised.lock();
        flag.changed.wait_while(&mut raised, |raised| !*raised);
        assert!(*raised);
    });
}

pub fn condition_timed_but_notified() {
    raise_while(|flag| {
        let mut raised = flag.raised.lock();
        while !*raised {
            let result: WaitTimeoutResult = flag.changed.wait_for(&mut raised, LONG);
            assert!(!result.timed_out());
        }
    });
    raise_while(|flag| {
        let mut raised = flag.raised.lock();
        while !*raised {
            let deadline = Instant::now() + LONG;
            let result = flag.changed.wait_until(&mut raised, deadline);
            assert!(!result.timed_out());
        }
    });
    raise_while(|flag| {
        let mut raised = flag.raised.lock();
        let result = flag.changed.wait_while_for(&mut raised, |raised| !*raised, LONG);
        assert!(*raised && !result.timed_out());
    });
    raise_while(|flag| {
        let mut raised = flag.raised.lock();
        let deadline = Instant::now() + LONG;
        let result = flag.changed.wait_while_until(&mut raised, |raised| !*raised, deadline);
        assert!(*raised && !result.timed_out());
    });
}

pub fn condition_notify_all() {
    let flag = Arc::new(Flag::default());
    let waiting: Vec<_> = (0..2)
        .map(|_| {
            let flag = Arc::clone(&flag);
            thread::spawn(move || {
                let mut raised = flag.raised.lock();
                flag.changed.wait_while(&mut raised, |raised| !*raised);
            })
        })
        .collect();
    *flag.raised.lock() = true;
    assert!(flag.changed.notify_all() <= 2);
    for thread in waiting {
        thread.join().unwrap();
    }
}

pub fn barrier() {
    let shared = Arc::new((Barrier::new(2), AtomicU32::new(0)));
    let pass = |shared: &(Barrier, AtomicU32)| {
        let mut led = 0;
        for round in 1..=2 {
            shared.1.fetch_add(1, Ordering::Relaxed);
            let result: BarrierWaitResult = shared.0.wait();
            led += u32::from(result.is_leader());
            assert!(format!("{result:?}").starts_with("BarrierWaitResult"));
            assert!(shared.1.load(Ordering::Relaxed) >= 2 * round);
        }
        led
    };
    let other = {
        let shared = Arc::clone(&shared);
        thread::spawn(move || pass(&shared))
    };
    let led = pass(&shared);
    assert_eq!(led + other.join().unwrap(), 2);
    assert!(format!("{:?}", shared.0).starts_with("Barrier"));
    assert!(Barrier::new(1).wait().is_leader());
    assert!(Barrier::new(0).wait().is_leader());
}

pub fn parkers_alone() {
    let parker = Parker::default();
    // One token, however often it is given.
    parker.unparker().unpark();
    parker.unparker().unpark();
    parker.park();
    parker.unparker().unpark();
    parker.park_timeout(LONG);
    parker.unparker().unpark();
    parker.park_deadline(Instant::now() + LONG);
    assert!(format!("{parker:?} {:?}", parker.unparker()).starts_with("Parker { .. } Unparker"));
}

pub fn parker() {
    let parker = Parker::new();
    let ready = Arc::new(AtomicBool::new(false));
    let unparker: Unparker = parker.unparker().clone();
    let other = {
        let ready = Arc::clone(&ready);
        thread::spawn(move || {
            ready.store(true, Ordering::Relaxed);
            unparker.unpark();
        })
    };
    while !ready.load(Ordering::Relaxed) {
        parker.park();
    }
    other.join().unwrap();
    // The parker travels to the thread that parks.
    let unparker = parker.unparker().clone();
    let parked = thread::spawn(move || parker.park());
    unparker.unpark();
    parked.join().unwrap();
}

pub fn shared_ownership() {
    let shared = Arc::new(Mutex::new(vec![1]));
    let weak: Weak<Mutex<Vec<i32>>> = Arc::downgrade(&shared);
    let other = {
        let weak = weak.clone();
        thread::spawn(move || {
            if let Some(shared) = weak.upgrade() {
                shared.lock().push(2);
            }
        })
    };
    let left = Arc::into_inner(shared).map(Mutex::into_inner);
    other.join().unwrap();
    assert!(left.is_none_or(|values| [vec![1], vec![1, 2]].contains(&values)));
    assert!(weak.upgrade().is_none());
}
