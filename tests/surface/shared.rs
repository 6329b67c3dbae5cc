//! Shared ownership.

use std::any::Any;
use std::borrow::{Borrow, Cow};
use std::cmp::Ordering::Less;
use std::collections::{BTreeMap, HashSet};
use std::error::Error;
use std::ffi::{CStr, CString, OsStr, OsString};
use std::fmt::Debug;
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use selvedge::sync::atomic::{AtomicU32, Ordering};
use selvedge::sync::{Arc, Weak};
use selvedge::thread;

/// Counts how often it is dropped, beside the scenario.
#[derive(Clone)]
struct Counts(std::rc::Rc<std::cell::Cell<u32>>);

impl Drop for Counts {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

// It stays on its thread.
#[allow(clippy::arc_with_non_send_sync)]
pub fn owners_alone() {
    let mut arc = Arc::new(1);
    assert_eq!((*arc, Arc::strong_count(&arc), Arc::weak_count(&arc)), (1, 1, 0));
    *Arc::get_mut(&mut arc).unwrap() = 2;
    let other = Arc::clone(&arc);
    assert!(Arc::ptr_eq(&arc, &other) && !Arc::ptr_eq(&arc, &Arc::new(2)));
    assert_eq!(Arc::as_ptr(&arc), Arc::as_ptr(&other));
    assert_eq!((Arc::strong_count(&arc), Arc::get_mut(&mut arc)), (2, None));
    let arc = Arc::try_unwrap(arc).unwrap_err();
    assert_eq!(Arc::into_inner(arc), None);
    assert_eq!(Arc::try_unwrap(other), Ok(2));
    let dropped = Counts(Default::default());
    let arc = Arc::new(dropped.clone());
    drop(arc.clone());
    assert_eq!(dropped.0.get(), 0);
    assert_eq!(Arc::into_inner(arc).map(|counts| counts.0.get()), Some(0));
    assert_eq!(dropped.0.get(), 1);
    drop(Arc::new(dropped.clone()));
    assert_eq!(dropped.0.get(), 2);
    assert_eq!(Arc::unwrap_or_clone(Arc::new(3)), 3);
    let arc = Arc::new(4);
    assert_eq!((Arc::unwrap_or_clone(arc.clone()), *arc), (4, 4));
    let pinned: Pin<Arc<u8>> = Arc::pin(5);
    assert_eq!(*pinned.clone(), 5);
}

pub fn owners_that_change_the_value() {
    let mut arc = Arc::new(1);
    *Arc::make_mut(&mut arc) += 1;
    // Others keep what they have.
    let other = arc.clone();
    *Arc::make_mut(&mut arc) += 1;
    assert_eq!((*arc, *other, Arc::strong_count(&other)), (3, 2, 1));
    // References are left behind.
    let weak = Arc::downgrade(&arc);
    *Arc::make_mut(&mut arc) += 1;
    assert_eq!((*arc, weak.upgrade(), Arc::weak_count(&arc)), (4, None, 0));
    assert_eq!(Arc::get_mut(&mut arc), Some(&mut 4));
}

pub fn references_alone() {
    let none: Weak<u8> = Weak::new();
    assert_eq!((none.upgrade(), none.strong_count(), none.weak_count()), (None, 0, 0));
    assert!(none.ptr_eq(&Weak::default()));
    let mut arc = Arc::new(1);
    let weak = Arc::downgrade(&arc);
    assert_eq!((weak.strong_count(), weak.weak_count(), Arc::weak_count(&arc)), (1, 1, 1));
    assert_eq!(Arc::get_mut(&mut arc), None);
    assert_eq!(weak.as_ptr(), Arc::as_ptr(&arc));
    assert!(weak.ptr_eq(&weak.clone()) && !weak.ptr_eq(&none));
    assert_eq!(format!("{weak:?}"), "(Weak)");
    let other = weak.upgrade().unwrap();
    assert_eq!((*other, Arc::strong_count(&arc)), (1, 2));
    drop((arc, other));
    assert_eq!((weak.upgrade(), weak.strong_count(), weak.weak_count()), (None, 0, 0));
    struct Knows(Weak<Knows>);
    let knows = Arc::new_cyclic(|weak| {
        assert!(weak.upgrade().is_none());
        Knows(weak.clone())
    });
    assert!(Arc::ptr_eq(&knows, &knows.0.upgrade().unwrap()));
    assert_eq!((Arc::strong_count(&knows), Arc::weak_count(&knows)), (1, 1));
}

pub fn owners_of_what_has_no_size() {
    let debug: Arc<dyn Debug + Send + Sync> =
        Arc::from(Box::new(1) as Box<dyn Debug + Send + Sync>);
    assert_eq!(format!("{:?}", debug.clone()), "1");
    let same: Arc<dyn Debug> = {
        let pointer = Arc::into_raw(Arc::new(2)) as *const dyn Debug;
        // SAFETY: it comes from `into_raw`.
        unsafe { Arc::from_raw(pointer) }
    };
    assert_eq!(format!("{same:?}"), "2");
    let any: Arc<dyn Any + Send + Sync> = Arc::from(Box::new(3) as Box<dyn Any + Send + Sync>);
    let any = any.downcast::<u8>().unwrap_err();
    assert_eq!(*any.downcast::<i32>().unwrap(), 3);
    let call: Arc<dyn Fn(u8) -> u8> = Arc::from(Box::new(|n: u8| n + 1) as Box<dyn Fn(u8) -> u8>);
    assert_eq!(call(1), 2);
    let bytes: Arc<[u8]> = Arc::from(Arc::<str>::from("ab"));
    assert_eq!(*bytes, *b"ab");
    assert_eq!(<Arc<[u8; 2]>>::try_from(bytes.clone()).map(|array| *array), Ok(*b"ab"));
    assert_eq!(<Arc<[u8; 3]>>::try_from(bytes).unwrap_err().len(), 2);
    assert_eq!(*(1..4).collect::<Arc<[i32]>>(), [1, 2, 3]);
}

pub fn owners_of_what_they_are_made_of() {
    assert_eq!(*Arc::from(1), 1);
    assert_eq!(*Arc::<i32>::from(Box::new(2)), 2);
    let texts: [Arc<str>; 4] = [
        "a".into(),
        String::from("a").into(),
        Cow::Borrowed("a").into(),
        Box::<str>::from("a").into(),
    ];
    assert!(texts.iter().all(|text| &**text == "a"));
    let slices: [Arc<[String]>; 4] = [
        [String::new()].into(),
        vec![String::new()].into(),
        Arc::from(&[String::new()][..]),
        Cow::<[String]>::Owned(vec![String::new()]).into(),
    ];
    assert!(slices.iter().all(|slice| slice.len() == 1));
    let owned = CString::new("c").unwrap();
    assert_eq!(Arc::<CStr>::from(owned.as_c_str()), Arc::from(owned.clone()));
    assert_eq!(Arc::<OsStr>::from(OsStr::new("o")), Arc::from(OsString::from("o")));
    assert_eq!(Arc::<Path>::from(Path::new("p")), Arc::from(PathBuf::from("p")));
    assert_eq!((*Arc::<u8>::default(), &*Arc::<str>::default()), (0, ""));
    assert_eq!((Arc::<[u8]>::default().len(), Arc::<CStr>::default().to_bytes().len()), (0, 0));
}

pub fn owners_stand_for_the_value() {
    let arc = Arc::new(1);
    assert_eq!((format!("{arc}"), format!("{arc:?}")), ("1".to_owned(), "1".to_owned()));
    assert_eq!(format!("{arc:p}"), format!("{:p}", Arc::as_ptr(&arc)));
    assert!(arc < Arc::new(2) && arc <= arc.clone() && arc == Arc::new(1));
    assert_eq!((arc.cmp(&Arc::new(2)), arc.partial_cmp(&Arc::new(2))), (Less, Some(Less)));
    assert_eq!((AsRef::<i32>::as_ref(&arc), Borrow::<i32>::borrow(&arc)), (&1, &1));
    // Found by what they hold.
    let names: HashSet<Arc<str>> = ["a", "b"].map(Arc::from).into();
    assert!(names.contains("a") && !names.contains("c"));
    let numbers = BTreeMap::from([(Arc::from("a"), 1)]);
    assert_eq!(numbers.get("a"), Some(&1));
    let error: Arc<dyn Error> = Arc::from(Box::<dyn Error>::from("an error"));
    assert_eq!((error.to_string(), error.source().is_none()), ("an error".to_owned(), true));
    // A value that is not equal to itself.
    let nan = Arc::new(f32::NAN);
    assert!(nan != nan.clone());
}

pub fn owners_behind_pointers() {
    let arc = Arc::new(1);
    let pointer = Arc::into_raw(arc.clone());
    assert_eq!((pointer, Arc::strong_count(&arc)), (Arc::as_ptr(&arc), 2));
    // SAFETY: the pointer has a share, or two, until `from_raw`.
    let again = unsafe {
        Arc::increment_strong_count(pointer);
        assert_eq!(Arc::strong_count(&arc), 3);
        Arc::decrement_strong_count(pointer);
        Arc::from_raw(pointer)
    };
    assert_eq!((Arc::ptr_eq(&arc, &again), Arc::strong_count(&arc)), (true, 2));
    let pointer = Arc::downgrade(&arc).into_raw();
    // SAFETY: it comes from `into_raw`.
    let weak = unsafe { Weak::from_raw(pointer) };
    assert_eq!((weak.upgrade().as_deref(), Arc::weak_count(&arc)), (Some(&1), 1));
}

pub fn owners_of_what_is_not_initialized() {
    let mut arc: Arc<MaybeUninit<u8>> = Arc::new_uninit();
    Arc::get_mut(&mut arc).unwrap().write(1);
    // SAFETY: it was written.
    assert_eq!(*unsafe { arc.assume_init() }, 1);
    let mut slice: Arc<[MaybeUninit<u8>]> = Arc::new_uninit_slice(2);
    for item in Arc::get_mut(&mut slice).unwrap() {
        item.write(2);
    }
    // SAFETY: all items were written.
    assert_eq!(*unsafe { slice.assume_init() }, [2, 2]);
}

/// Adds one when it is dropped.
struct Adds(Arc<AtomicU32>);

impl Drop for Adds {
    fn drop(&mut self) {
        // Relaxed: whoever looks has joined the thread.
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

pub fn owners_shared() {
    let word = Arc::new(AtomicU32::new(0));
    let adds = Arc::new(Adds(word.clone()));
    let other = {
        let adds = Arc::clone(&adds);
        thread::spawn(move || drop(adds))
    };
    drop(adds);
    other.join().unwrap();
    // Relaxed: both owners are gone.
    assert_eq!((word.load(Ordering::Relaxed), Arc::strong_count(&word)), (1, 1));
}

pub fn owners_who_compete_for_the_value() {
    let first = Arc::new(Adds(Arc::default()));
    let second = Arc::clone(&first);
    let weak = Arc::downgrade(&first);
    let other = thread::spawn(move || Arc::into_inner(second).is_some());
    let mine = Arc::into_inner(first).is_some();
    // One of them gets it.
    assert!(mine ^ other.join().unwrap());
    assert!(weak.upgrade().is_none());
}
