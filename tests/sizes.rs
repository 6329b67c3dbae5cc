//! Every primitive under the graph engine, systematically: all programs of two threads with two
//! operations each, in all of their executions. What the operations returned must be what they
//! return in some order of their steps.
#![cfg(any(loom, selvedge))]

#[path = "common/clock.rs"]
mod clock;
#[path = "sizes/clocks.rs"]
mod clocks;
#[path = "sizes/line.rs"]
mod line;
#[path = "sizes/map.rs"]
mod map;
#[path = "sizes/map_in_time.rs"]
mod map_in_time;
#[path = "sizes/optimistic.rs"]
mod optimistic;
#[path = "sizes/order.rs"]
mod order;
#[path = "sizes/program.rs"]
mod program;
#[path = "sizes/register.rs"]
mod register;
#[path = "sizes/reorder.rs"]
mod reorder;
#[path = "sizes/runs.rs"]
mod runs;
#[path = "sizes/table.rs"]
mod table;
#[path = "sizes/table_in_time.rs"]
mod table_in_time;
#[path = "sizes/table_of_sizes.rs"]
mod table_of_sizes;
#[path = "sizes/values.rs"]
mod values;
#[path = "sizes/writer.rs"]
mod writer;

use program::{Size, every_program_holds, some_program_fails};
use table_of_sizes::{print_heading, print_rows};

selvedge::quarantine!();

#[test]
fn versioned_cell() {
    every_program_holds::<optimistic::Cell>(Size::of(2, 2));
    some_program_fails::<optimistic::NaiveCell>(Size::of(2, 2));
}

#[test]
fn versioned_words() {
    every_program_holds::<optimistic::Words>(Size::of(2, 2).first(4));
    some_program_fails::<optimistic::NaiveWords>(Size::of(2, 2));
}

#[test]
fn idempotency_table() {
    every_program_holds::<table::Guarded>(Size::of(2, 2).first(4));
    some_program_fails::<table::Twin>(Size::of(2, 2));
}

#[test]
fn idempotency_table_in_time() {
    every_program_holds::<table_in_time::GivenUp>(Size::of(2, 2).first(2));
}

#[test]
fn sequenced_register() {
    every_program_holds::<register::Guarded>(Size::of(2, 2));
    some_program_fails::<register::Last>(Size::of(2, 2));
    some_program_fails::<register::Compares>(Size::of(2, 2));
    some_program_fails::<register::Newest>(Size::of(2, 2));
}

#[test]
fn sequenced_map() {
    every_program_holds::<map::Guarded>(Size::of(2, 2));
    some_program_fails::<map::Twin>(Size::of(2, 2));
}

#[test]
fn sequenced_map_in_time() {
    every_program_holds::<map_in_time::InTime>(Size::of(2, 2));
}

#[test]
fn lamport_clock() {
    every_program_holds::<clocks::OfLamport>(Size::of(2, 2));
    some_program_fails::<clocks::NaiveLamport>(Size::of(2, 2));
}

#[test]
fn hybrid_clock() {
    every_program_holds::<clocks::Hybrid>(Size::of(2, 2));
    some_program_fails::<clocks::NaiveHybrid>(Size::of(2, 2));
}

#[test]
fn reorder_buffer() {
    every_program_holds::<reorder::Guarded>(Size::of(2, 2).first(5));
    some_program_fails::<reorder::Twin>(Size::of(2, 2));
}

#[test]
fn queue() {
    every_program_holds::<line::Guarded>(Size::of(2, 2).first(3));
    some_program_fails::<line::NaiveClaim>(Size::of(3, 1));
    some_program_fails::<line::NaiveClose>(Size::of(2, 2));
}

#[test]
fn single_writer() {
    every_program_holds::<writer::Guarded>(Size::of(1, 2));
    every_program_holds::<writer::Pairs>(Size::of(1, 1));
    some_program_fails::<writer::NaivePairs>(Size::of(1, 1));
}

/// All operations of those that the tests above have some of.
#[test]
#[ignore = "takes long without optimization; ci/sizes runs it"]
fn every_operation() {
    every_program_holds::<optimistic::Words>(Size::of(2, 2));
    every_program_holds::<table::Guarded>(Size::of(2, 2));
    every_program_holds::<reorder::Guarded>(Size::of(2, 2));
    every_program_holds::<line::Guarded>(Size::of(2, 2));
}

/// All operations, with leases that end and results that expire.
#[test]
#[ignore = "takes long without optimization; ci/sizes runs it"]
fn every_operation_in_time() {
    every_program_holds::<table_in_time::GivenUp>(Size::of(2, 2));
    every_program_holds::<table_in_time::WaitedFor>(Size::of(2, 2));
}

/// All operations once.
#[test]
#[ignore = "takes long without optimization; ci/sizes runs it"]
fn three_threads() {
    every_program_holds::<register::Guarded>(Size::of(3, 1));
    every_program_holds::<map::Guarded>(Size::of(3, 1));
    every_program_holds::<clocks::OfLamport>(Size::of(3, 1));
    every_program_holds::<clocks::Hybrid>(Size::of(3, 1));
    every_program_holds::<optimistic::Cell>(Size::of(3, 1));
    every_program_holds::<map_in_time::InTime>(Size::of(3, 1));
    every_program_holds::<reorder::Guarded>(Size::of(3, 1));
    every_program_holds::<line::Guarded>(Size::of(3, 1));
    every_program_holds::<table::Guarded>(Size::of(3, 1));
    every_program_holds::<optimistic::Words>(Size::of(3, 1));
}

/// Some operations once; the writer is a third thread.
#[test]
#[ignore = "takes long without optimization; ci/sizes runs it"]
fn two_callers() {
    every_program_holds::<writer::Guarded>(Size::of(2, 1).first(3));
}

/// Some operations twice.
#[test]
#[ignore = "takes long without optimization; ci/sizes runs it"]
fn three_threads_of_two_operations() {
    every_program_holds::<register::Guarded>(Size::of(3, 2).first(3));
    every_program_holds::<map::Guarded>(Size::of(3, 2).first(3));
    every_program_holds::<map_in_time::InTime>(Size::of(3, 2).first(3));
}

#[test]
#[ignore = "takes minutes, optimized; ci/sizes runs it"]
fn table_of_all_engines() {
    print_heading();
    print_rows::<optimistic::Cell>();
    print_rows::<optimistic::Words>();
    print_rows::<table::Guarded>();
    print_rows::<register::Guarded>();
    print_rows::<map::Guarded>();
    print_rows::<clocks::OfLamport>();
    print_rows::<clocks::Hybrid>();
    print_rows::<reorder::Guarded>();
    print_rows::<line::Guarded>();
    print_rows::<writer::Guarded>();
}
