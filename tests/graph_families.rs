//! The graph engine meets each execution of known families once: all of them, under both memory
//! models, and with any number of workers.
#![cfg(any(loom, selvedge))]

#[path = "common/families.rs"]
mod families;

use families::{
    Family, ainc, casw, cinc, coa, fib_bench, inc, indexer, lastzero, lock2inc, lockinc, readers,
    ring, store_buffering,
};
use selvedge::scenario::{Coverage, Engine, Memory, Scenario};

/// Each family is explored in full, and comes to its number of executions.
fn are_counted(families: &[Family]) {
    for family in families {
        for (memory, expected) in [(Memory::Sc, family.sc), (Memory::Rc11, family.rc11)] {
            for workers in [1, 2] {
                let report = Scenario::new(format!("{family}, {memory}, {workers} workers"))
                    .engine(Engine::Graph)
                    .memory(memory)
                    .workers(workers)
                    .check(family.closure());
                assert_eq!(report.coverage, Coverage::Complete, "{report}");
                assert_eq!(report.executions, expected, "{report}");
                // Where several workers meet a wait, some of them do so twice.
                if workers == 1 || family.blocked == 0 {
                    assert_eq!(report.blocked, family.blocked, "{report}");
                }
            }
        }
    }
}

#[test]
fn increments_are_counted() {
    are_counted(&[inc(2, 4), inc(3, 36), inc(4, 576)]);
    are_counted(&[ainc(2, 2), ainc(3, 6), ainc(4, 24), ainc(5, 120), ainc(6, 720), ainc(7, 5_040)]);
    are_counted(&[cinc(2, 8), cinc(3, 216), cinc(4, 13_824)]);
}

#[test]
fn exchanges_are_counted() {
    are_counted(&[casw(2, 6), casw(3, 66), casw(4, 1_200)]);
}

#[test]
fn weak_outcomes_are_counted() {
    are_counted(&[store_buffering(2, 3, 4), store_buffering(3, 7, 8)]);
    are_counted(&[coa(1, 4, 4), coa(2, 15, 16), coa(3, 130, 144), coa(4, 2_028, 2_304)]);
    are_counted(&[fib_bench(1, 11, 11), fib_bench(2, 140, 153), fib_bench(3, 1_698, 2_258)]);
}

#[test]
fn overlaps_of_a_ring_are_counted() {
    are_counted(&[ring(1, 2, 2), ring(2, 9, 9), ring(3, 44, 47), ring(5, 1_182, 1_427)]);
}

#[test]
fn loops_are_counted() {
    are_counted(&[lastzero(5, 64, 64), lastzero(10, 3_328, 3_328)]);
    are_counted(&[indexer(12, 8), indexer(15, 4_096)]);
}

#[test]
fn many_threads_are_counted() {
    are_counted(&[readers(2, 4), readers(8, 256), readers(13, 8_192)]);
}

#[test]
fn orders_of_a_lock_are_counted() {
    are_counted(&[lockinc(2, 2, 1), lockinc(3, 6, 5), lockinc(4, 24, 29), lockinc(5, 120, 189)]);
    are_counted(&[lockinc(6, 720, 1_399), lock2inc(2, 6, 5), lock2inc(3, 90, 117)]);
}

#[test]
#[ignore = "takes long without optimization; ci/loom --release runs it"]
fn large_families_are_counted() {
    are_counted(&[inc(6, 518_400), casw(5, 32_880), coa(5, 49_776, 57_600)]);
    are_counted(&[fib_bench(5, 218_243, 525_630), lastzero(15, 147_456, 147_456)]);
}

#[test]
#[ignore = "takes long without optimization; ci/loom --release runs it"]
fn many_orders_of_a_lock_are_counted() {
    are_counted(&[lockinc(7, 5_040, 11_647), lock2inc(4, 2_520, 4_441)]);
}
