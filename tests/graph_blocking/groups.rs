//! Barriers.

use std::collections::BTreeSet;

use selvedge::sync::atomic::{AtomicU32, Ordering::*};
use selvedge::sync::{Arc, Barrier};
use selvedge::thread;

use super::*;

/// So many threads meet at a barrier so many times. Returns who led each time.
fn meetings<const THREADS: usize, const TIMES: usize>()
-> impl Fn() -> [usize; TIMES] + Clone + Send + Sync + 'static {
    || {
        let shared = Arc::new((Barrier::new(THREADS), [(); TIMES].map(|()| AtomicU32::new(0))));
        let threads = [(); THREADS].map(|()| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                std::array::from_fn::<_, TIMES, _>(|time| {
                    let came = &shared.1[time];
                    came.fetch_add(1, Relaxed);
                    let leads = shared.0.wait().is_leader();
                    // The barrier orders what came before it.
                    assert_eq!(came.load(Relaxed), THREADS as u32, "nobody passes early");
                    leads
                })
            })
        });
        let led = threads.map(|thread| thread.join().unwrap());
        std::array::from_fn(|time| {
            let mut leaders = (0..THREADS).filter(|thread| led[*thread][time]);
            let leader = leaders.next().expect("somebody leads");
            assert_eq!(leaders.next(), None, "only one leads");
            leader
        })
    }
}

#[test]
fn whoever_comes_last_leads() {
    let led: BTreeSet<_> = explored("two meet", meetings::<2, 1>()).outcomes.into_keys().collect();
    assert_eq!(led, BTreeSet::from([[0], [1]]));
    let led: BTreeSet<_> =
        explored("three meet", meetings::<3, 1>()).outcomes.into_keys().collect();
    assert_eq!(led, BTreeSet::from([[0], [1], [2]]));
}

#[test]
fn a_barrier_is_used_again() {
    let led: BTreeSet<_> =
        explored("meet twice", meetings::<2, 2>()).outcomes.into_keys().collect();
    assert_eq!(led, BTreeSet::from([[0, 0], [0, 1], [1, 0], [1, 1]]));
    let led = explored("meet three times", meetings::<2, 3>()).outcomes;
    assert_eq!(led.len(), 8);
}

#[test]
fn a_barrier_for_one_blocks_nobody() {
    for size in [0, 1] {
        let report = explored("alone", move || {
            let barrier = Barrier::new(size);
            thread::scope(|scope| {
                scope.spawn(|| assert!(barrier.wait().is_leader()));
            });
            barrier.wait().is_leader()
        });
        assert_eq!(Vec::from_iter(report.outcomes), [(true, 1)]);
    }
}
