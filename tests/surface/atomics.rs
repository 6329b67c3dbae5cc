//! Atomics of every width, pointers, booleans and fences.

use std::panic::{AssertUnwindSafe, catch_unwind};

use selvedge::sync::Arc;
use selvedge::sync::atomic::{
    AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8,
    AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Ordering, compiler_fence, fence,
};
use selvedge::thread;

use Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};

const LOADS: [Ordering; 3] = [Relaxed, Acquire, SeqCst];
const STORES: [Ordering; 3] = [Relaxed, Release, SeqCst];
const UPDATES: [Ordering; 5] = [Relaxed, Acquire, Release, AcqRel, SeqCst];

macro_rules! integer {
    ($atomic:ident, $value:ident) => {{
        let mut atomic = $atomic::new(5);
        for order in LOADS {
            assert_eq!(atomic.load(order), 5);
        }
        for order in STORES {
            atomic.store(6, order);
            assert_eq!(atomic.swap(7, order), 6);
        }
        for order in UPDATES {
            atomic.store(7, Relaxed);
            assert_eq!(atomic.swap(7, order), 7);
            assert_eq!(atomic.fetch_add($value::MAX, order), 7);
            assert_eq!(atomic.load(Relaxed), $value::MAX.wrapping_add(7));
            assert_eq!(atomic.fetch_sub($value::MAX, order), $value::MAX.wrapping_add(7));
            assert_eq!(atomic.fetch_and(0b101, order), 0b111);
            assert_eq!(atomic.fetch_or(0b010, order), 0b101);
            assert_eq!(atomic.fetch_xor(0b110, order), 0b111);
            assert_eq!(atomic.fetch_nand(0b011, order), 0b001);
            assert_eq!(atomic.load(Relaxed), !0b001);
            atomic.store(7, Relaxed);
            assert_eq!(atomic.fetch_max(9, order), 7);
            assert_eq!(atomic.fetch_max(8, order), 9);
            assert_eq!(atomic.fetch_min(3, order), 9);
            assert_eq!(atomic.fetch_min($value::MIN, order), 3);
            assert_eq!(atomic.load(Relaxed), $value::MIN);
            for failure in LOADS {
                atomic.store(7, Relaxed);
                assert_eq!(atomic.compare_exchange(7, 8, order, failure), Ok(7));
                assert_eq!(atomic.compare_exchange(7, 9, order, failure), Err(8));
                assert_eq!(atomic.compare_exchange_weak(7, 9, order, failure), Err(8));
                while let Err(seen) = atomic.compare_exchange_weak(8, 7, order, failure) {
                    assert_eq!(seen, 8);
                }
                assert_eq!(
                    atomic.fetch_update(order, failure, |value| value.checked_add(1)),
                    Ok(7)
                );
                assert_eq!(atomic.fetch_update(order, failure, |_| None), Err(8));
            }
        }
        *atomic.get_mut() = 41;
        *atomic.get_mut() += 1;
        assert_eq!(*atomic.get_mut(), 42);
        assert_eq!(atomic.load(Relaxed), 42);
        assert_eq!(format!("{atomic:?}"), "42");
        assert_eq!(atomic.into_inner(), 42);
        assert_eq!($atomic::default().into_inner(), 0);
        assert_eq!($atomic::from(3).into_inner(), 3);
    }};
}

pub fn integers_of_8_bits() {
    integer!(AtomicU8, u8);
    integer!(AtomicI8, i8);
    // The sign decides which is larger.
    assert_eq!(AtomicI8::new(-1).fetch_max(1, Relaxed), -1);
    assert_eq!(AtomicI8::new(-1).fetch_min(1, Relaxed), -1);
}

pub fn integers_of_16_bits() {
    integer!(AtomicU16, u16);
    integer!(AtomicI16, i16);
}

pub fn integers_of_32_bits() {
    integer!(AtomicU32, u32);
    integer!(AtomicI32, i32);
}

pub fn integers_of_64_bits() {
    integer!(AtomicU64, u64);
    integer!(AtomicI64, i64);
}

pub fn integers_of_the_machine() {
    integer!(AtomicUsize, usize);
    integer!(AtomicIsize, isize);
}

pub fn booleans() {
    let mut atomic = AtomicBool::new(true);
    for order in LOADS {
        assert!(atomic.load(order));
    }
    for order in STORES {
        atomic.store(false, order);
        assert!(!atomic.swap(true, order));
    }
    for order in UPDATES {
        assert!(atomic.swap(true, order));
        assert!(atomic.fetch_and(false, order));
        assert!(!atomic.fetch_or(true, order));
        assert!(atomic.fetch_xor(true, order));
        assert!(!atomic.fetch_nand(false, order));
        assert!(atomic.fetch_not(order));
        assert!(!atomic.fetch_not(order));
        for failure in LOADS {
            assert_eq!(atomic.compare_exchange(true, false, order, failure), Ok(true));
            assert_eq!(atomic.compare_exchange(true, false, order, failure), Err(false));
            assert_eq!(atomic.compare_exchange_weak(true, false, order, failure), Err(false));
            while atomic.compare_exchange_weak(false, true, order, failure).is_err() {}
            assert_eq!(atomic.fetch_update(order, failure, |value| Some(!value)), Ok(true));
            assert_eq!(atomic.fetch_update(order, failure, |_| None), Err(false));
            atomic.store(true, Relaxed);
        }
    }
    *atomic.get_mut() = false;
    assert!(!atomic.load(Relaxed));
    assert_eq!(format!("{atomic:?}"), "false");
    assert!(!atomic.into_inner());
    assert!(!AtomicBool::default().into_inner());
    assert!(AtomicBool::from(true).into_inner());
}

pub fn pointers() {
    let mut values = [1, 2];
    let [first, second] = &mut values;
    let (first, second): (*mut i32, *mut i32) = (first, second);
    let mut atomic = AtomicPtr::new(first);
    for order in LOADS {
        assert_eq!(atomic.load(order), first);
    }
    for order in STORES {
        atomic.store(second, order);
        assert_eq!(atomic.swap(first, order), second);
    }
    for order in UPDATES {
        assert_eq!(atomic.swap(first, order), first);
        for failure in LOADS {
            assert_eq!(atomic.compare_exchange(first, second, order, failure), Ok(first));
            assert_eq!(atomic.compare_exchange(first, second, order, failure), Err(second));
            assert_eq!(atomic.compare_exchange_weak(first, second, order, failure), Err(second));
            while atomic.compare_exchange_weak(second, first, order, failure).is_err() {}
            assert_eq!(atomic.fetch_update(order, failure, |_| Some(second)), Ok(first));
            assert_eq!(atomic.fetch_update(order, failure, |_| None), Err(second));
            atomic.store(first, Relaxed);
        }
    }
    *atomic.get_mut() = second;
    // SAFETY: the pointer is to the local array, which nobody else uses.
    unsafe { *atomic.load(Relaxed) = 5 };
    assert_eq!(format!("{atomic:?}"), format!("{second:?}"));
    assert_eq!(format!("{atomic:p}"), format!("{second:p}"));
    assert_eq!(atomic.into_inner(), second);
    assert!(AtomicPtr::<i32>::default().into_inner().is_null());
    assert_eq!(AtomicPtr::from(first).into_inner(), first);
    assert_eq!(values, [1, 5]);
}

pub fn fences() {
    for order in [Acquire, Release, AcqRel, SeqCst] {
        fence(order);
        compiler_fence(order);
    }
}

pub fn orderings_that_do_not_exist() {
    let atomic = AtomicU32::new(0);
    let panics = |f: &dyn Fn()| catch_unwind(AssertUnwindSafe(f)).is_err();
    // Not as literals, which the compiler refuses.
    for order in [Release, AcqRel] {
        assert!(panics(&|| {
            let _ = atomic.load(order);
        }));
        assert!(panics(&|| {
            let _ = atomic.compare_exchange(0, 1, SeqCst, order);
        }));
        assert!(panics(&|| {
            let _ = atomic.compare_exchange_weak(0, 1, SeqCst, order);
        }));
        assert!(panics(&|| {
            let _ = atomic.fetch_update(SeqCst, order, Some);
        }));
    }
    for order in [Acquire, AcqRel] {
        assert!(panics(&|| atomic.store(1, order)));
    }
    let relaxed = std::hint::black_box(Relaxed);
    assert!(panics(&|| fence(relaxed)));
    assert_eq!(atomic.into_inner(), 0);
}

pub fn shared_between_threads() {
    let count = Arc::new(AtomicU64::new(0));
    let flag = Arc::new(AtomicBool::new(false));
    let other = {
        let (count, flag) = (Arc::clone(&count), Arc::clone(&flag));
        thread::spawn(move || {
            count.fetch_add(2, Relaxed);
            flag.store(true, Release);
        })
    };
    count.fetch_add(1, Relaxed);
    if flag.load(Acquire) {
        assert_eq!(count.load(Relaxed), 3);
    }
    other.join().unwrap();
    assert_eq!(count.load(Relaxed), 3);
}
