//! The gallery: each setting naively, which must fail, and guarded, which must hold. These are the
//! rows of `cargo selvedge`.
//!
//! Test functions are named after their setting, so that `--only` finds them.

use selvedge::arrivals::Arrivals;
use selvedge::catalogue::{
    Document, Edit, Fenced, Form, Identity, Place, Sent, StockKeeper, cache_fill, cart, clock_skew,
    clock_step, counter, document, event_consumer, inventory, lease, ledger, offline_client,
    payment, retried_write, status_update, text_editor,
};
use selvedge::naive::{CompareThenStore, LastArrival, NewestClock};
use selvedge::scenario::{Engine, Sampler, Scenario};
use selvedge::single_writer::{Handle, Joiner};
use selvedge::{
    Hlc, IdempotencyTable, Seq, SequencedRegister, VersionedCell, VersionedWords, naive,
};

fn setting(name: &str, form: Form, instances: u32) -> Scenario {
    let form = match form {
        Form::Naive => "naive",
        Form::Guarded => "guarded",
    };
    Scenario::new(format!("{name}, {form}, {instances} instances"))
        .setting(name)
        .instances(instances)
}

/// The guarded form, with two instances.
fn holds(name: &str, f: impl Fn() + Send + Sync + 'static) {
    must_hold(setting(name, Form::Guarded, 2), f);
}

fn must_hold(scenario: Scenario, f: impl Fn() + Send + Sync + 'static) {
    let report = scenario.check(f);
    for report in report.all().filter(|report| report.engine != Engine::Threads) {
        assert_ne!(report.overlapped, Some(0), "{report}: no two instances met");
    }
}

/// The naive form, with two instances.
fn fails_for_two(name: &str, f: impl Fn() + Send + Sync + 'static) {
    setting(name, Form::Naive, 2).refute(f);
}

/// The naive form, with two instances; and, sampled, with three and four: concurrency increases
/// with capacity.
fn fails<F: Fn() + Send + Sync + 'static>(name: &str, f: impl Fn(u32) -> F) {
    fails_for_two(name, f(2));
    fails_for_more(name, f);
}

#[cfg_attr(not(any(loom, shuttle, selvedge)), allow(unused_variables))]
fn fails_for_more<F: Fn() + Send + Sync + 'static>(name: &str, f: impl Fn(u32) -> F) {
    #[cfg(any(loom, shuttle, selvedge))]
    for instances in [3, 4] {
        let sampled = Engine::Shuttle(Sampler::Random);
        setting(name, Form::Naive, instances).engine(sampled).refute(f(instances));
    }
}

/// Two instances and a single writer, under each engine that can do something with them. That is a
/// thread more, and two dozen operations a request, so that loom explores it within one preemption;
/// within two there are a hundred thousand executions. Depth-first search is left out: it changes
/// the ends of schedules first, and would not come to their beginnings.
fn with_writer(name: &str, form: Form) -> Scenario {
    setting(name, form, 2).preemption_bound(1).without(Engine::Shuttle(Sampler::Dfs))
}

/// The guarded form, with a single writer.
fn holds_with_writer<F: Fn() + Send + Sync + 'static>(name: &str, f: impl Fn(u32) -> F) {
    must_hold(with_writer(name, Form::Guarded), f(2));
}

/// The naive form, with a single writer, or with its twin.
fn fails_with_writer<F: Fn() + Send + Sync + 'static>(name: &str, f: impl Fn(u32) -> F) {
    with_writer(name, Form::Naive).max_executions(5_000).refute(f(2));
    fails_for_more(name, f);
}

#[test]
fn counter_loses_updates_naively() {
    fails("counter", |instances| counter(Form::Naive, instances, VersionedCell::new));
}

#[test]
fn counter_loses_nothing_guarded() {
    holds("counter", counter(Form::Guarded, 2, VersionedCell::new));
}

#[test]
fn counter_in_words_loses_updates_naively() {
    fails("counter, lock-free", |instances| {
        counter(Form::Naive, instances, |count| VersionedWords::new([count]))
    });
}

#[test]
fn counter_in_words_loses_nothing_guarded() {
    holds("counter, lock-free", counter(Form::Guarded, 2, |count| VersionedWords::new([count])));
}

#[test]
fn document_loses_paragraphs_without_a_version() {
    fails("document", |editors| document(Form::Naive, editors, VersionedCell::new));
}

#[test]
fn document_keeps_all_paragraphs_with_a_version() {
    holds("document", document(Form::Guarded, 2, VersionedCell::new));
}

#[test]
fn inventory_oversells_although_each_operation_is_atomic() {
    fails("inventory", |customers| inventory(Form::Naive, customers, VersionedCell::new));
}

#[test]
fn inventory_sells_only_what_is_there() {
    holds("inventory", inventory(Form::Guarded, 2, VersionedCell::new));
}

#[test]
fn inventory_oversells_by_one_writer_that_is_told_what_was_decided() {
    fails_with_writer("inventory, by a single writer", |customers| {
        inventory(Form::Naive, customers, StockKeeper::new)
    });
}

#[test]
fn inventory_sells_only_what_is_there_by_one_writer_that_decides() {
    holds_with_writer("inventory, by a single writer", |customers| {
        inventory(Form::Guarded, customers, StockKeeper::new)
    });
}

#[test]
fn ledger_loses_money_when_clients_write_balances() {
    fails("ledger", |clients| ledger(Sent::Nothing, clients as usize));
}

#[test]
fn ledger_loses_money_in_good_order_when_balances_are_queued() {
    fails_with_writer("ledger, balances queued", |clients| {
        ledger(Sent::Balances, clients as usize)
    });
}

#[test]
fn ledger_keeps_all_money_when_transfers_are_queued() {
    holds_with_writer("ledger", |clients| ledger(Sent::Transfer, clients as usize));
}

type Writer = (Handle<Edit, ()>, Joiner<Document>);

#[test]
fn text_editor_loses_lines_with_several_consumers() {
    fails_with_writer("text editor", |editors| {
        text_editor::<naive::SingleWriter<_, _, _>>(Place::Below, editors)
    });
}

#[test]
fn text_editor_mangles_text_by_line_numbers() {
    fails_with_writer("text editor, by number", |editors| {
        text_editor::<Writer>(Place::Number, editors)
    });
}

#[test]
fn text_editor_keeps_each_text_in_one_piece_with_one_writer() {
    holds_with_writer("text editor", |editors| text_editor::<Writer>(Place::Below, editors));
}

#[test]
fn lease_that_ran_out_lets_a_late_write_through() {
    fails_for_two("lease", lease(Fenced::Nothing));
}

#[test]
fn lease_whose_token_fences_writes_only_still_loses_one() {
    fails_for_two("lease, writes fenced", lease(Fenced::Writes));
}

#[test]
fn lease_with_a_fencing_token_loses_nothing() {
    holds("lease", lease(Fenced::Everything));
}

/// A message that arrives up to twice, at one instance of two or at both.
fn retried<M: Clone>(message: M) -> Arrivals<M> {
    Arrivals::of([message]).at_most(2).instances(2).alike()
}

#[test]
fn event_consumer_applies_an_event_twice_after_a_crash() {
    let deposit = retried(50).crashes();
    fails_for_two("event consumer", event_consumer(Form::Naive, deposit, VersionedCell::new));
}

#[test]
fn event_consumer_applies_each_event_once() {
    let deposit = retried(50).crashes();
    holds("event consumer", event_consumer(Form::Guarded, deposit, VersionedCell::new));
}

#[test]
fn cart_holds_an_item_twice_after_a_retry() {
    fails_for_two("cart", cart(Form::Naive, retried("tea").lost_replies()));
}

#[test]
fn cart_holds_an_item_once_by_its_key() {
    holds("cart", cart(Form::Guarded, retried("tea").lost_replies()));
}

type Table = IdempotencyTable<u64, u64>;

#[test]
fn payment_is_charged_twice_when_it_is_noted_after_the_charge() {
    fails_for_two("payment", payment::<naive::IdempotencyTable>(Identity::Key, retried(30)));
}

#[test]
fn payment_is_charged_once_by_its_key() {
    holds("payment", payment::<Table>(Identity::Key, retried(30)));
}

/// Two purchases of the same thing, at one instance of two or at both.
fn the_same_twice() -> Arrivals<u64> {
    Arrivals::of([30, 30]).instances(2).alike()
}

#[test]
fn second_payment_for_the_same_is_taken_for_a_retry() {
    fails_for_two("second payment", payment::<Table>(Identity::Content, the_same_twice()));
}

#[test]
fn second_payment_for_the_same_has_a_key_of_its_own() {
    holds("second payment", payment::<Table>(Identity::Key, the_same_twice()));
}

/// The updates of an order, of which each may come twice, and the later one first.
fn updates() -> Arrivals<(Seq, &'static str)> {
    Arrivals::of([(Seq(1), "paid"), (Seq(2), "shipped")]).at_most(2).instances(2).alike()
}

#[test]
fn status_update_that_arrives_last_wins() {
    fails_for_two("status update", status_update::<LastArrival<_, Seq>>(updates()));
}

#[test]
fn status_update_that_is_compared_and_then_stored_wins_late() {
    let compared = status_update::<CompareThenStore<_, Seq>>(updates());
    fails_for_two("status update, compared", compared);
}

#[test]
fn status_update_with_the_greatest_number_wins() {
    holds("status update", status_update::<SequencedRegister<_, Seq>>(updates()));
}

#[test]
fn cache_fill_overwrites_what_came_after_its_read() {
    fails_for_two("cache fill", cache_fill::<LastArrival<_, Seq>>());
}

#[test]
fn cache_fill_with_an_older_version_is_refused() {
    holds("cache fill", cache_fill::<SequencedRegister<_, Seq>>());
}

#[test]
fn clock_skew_hides_an_answer() {
    fails_for_two("clock skew", clock_skew::<NewestClock<_, Hlc>>());
}

#[test]
fn clock_skew_does_not_matter_to_a_logical_clock() {
    holds("clock skew", clock_skew::<SequencedRegister<_, Hlc>>());
}

#[test]
fn clock_step_hides_a_later_action() {
    fails_for_two("clock step", clock_step::<NewestClock<_, Hlc>>());
}

#[test]
fn clock_step_does_not_matter_to_a_logical_clock() {
    holds("clock step", clock_step::<SequencedRegister<_, Hlc>>());
}

#[test]
fn retried_write_overwrites_the_answer_to_it() {
    fails_for_two("retried write", retried_write::<NewestClock<_, Hlc>>());
}

#[test]
fn retried_write_with_one_stamp_is_a_duplicate() {
    holds("retried write", retried_write::<SequencedRegister<_, Hlc>>());
}

#[test]
fn offline_client_loses_its_change_by_time() {
    fails_for_two("offline client", offline_client(Form::Naive));
}

#[test]
fn offline_client_changes_the_version_that_it_has_seen() {
    holds("offline client", offline_client(Form::Guarded));
}
