//! The guarantees of `IdempotencyTable` as scenarios, and its naive twin, which breaks them.

#[path = "common/idempotent.rs"]
mod idempotent;

use idempotent as effects;
use selvedge::scenario::Scenario;
use selvedge::{IdempotencyTable, naive};

type Table = IdempotencyTable<u64, u64>;
type NaiveTable = naive::IdempotencyTable;

#[test]
fn g1_duplicates_run_one_effect() {
    Scenario::new("idempotency: duplicates run one effect")
        .check(effects::duplicates_run_one_effect::<Table>);
}

#[test]
fn naive_table_runs_an_effect_twice() {
    Scenario::new("naive idempotency: an effect runs twice")
        .refute(effects::duplicates_run_one_effect::<NaiveTable>);
}

#[test]
fn g2_one_waiter_follows_a_failure() {
    Scenario::new("idempotency: one waiter follows a failure")
        .check(effects::one_waiter_follows_a_failure::<Table>);
}

#[test]
fn naive_table_runs_all_after_a_failure() {
    Scenario::new("naive idempotency: all run after a failure")
        .refute(effects::one_waiter_follows_a_failure::<NaiveTable>);
}

#[test]
fn g6_another_request_is_refused() {
    Scenario::new("idempotency: another request is refused")
        .check(effects::another_request_is_refused::<Table>);
}

#[test]
fn naive_table_runs_two_requests_of_one_key() {
    Scenario::new("naive idempotency: two requests of one key run")
        .refute(effects::another_request_is_refused::<NaiveTable>);
}

#[test]
fn g7_an_expired_result_is_run_again_once() {
    Scenario::new("idempotency: an expired result is run again once")
        .check(effects::an_expired_result_is_run_again_once::<Table>);
}

#[test]
fn naive_table_runs_an_expired_effect_twice() {
    Scenario::new("naive idempotency: an expired effect runs twice")
        .refute(effects::an_expired_result_is_run_again_once::<NaiveTable>);
}

#[test]
fn g8_the_limit_is_exact() {
    Scenario::new("idempotency: the limit is exact").check(effects::the_limit_is_exact::<Table>);
}

#[test]
fn naive_table_exceeds_its_limit() {
    Scenario::new("naive idempotency: the limit is exceeded")
        .refute(effects::the_limit_is_exact::<NaiveTable>);
}
