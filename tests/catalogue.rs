//! The gallery: each setting naively, which must fail, and guarded, which must hold. These are the
//! rows of `cargo selvedge`.
//!
//! Test functions are named after their setting, so that `--only` finds them.

use selvedge::arrivals::Arrivals;
use selvedge::catalogue::{Fenced, Form, counter, document, event_consumer, inventory, lease};
use selvedge::scenario::{Engine, Scenario};
use selvedge::{VersionedCell, VersionedWords};

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
    let report = setting(name, Form::Guarded, 2).check(f);
    for report in report.all().filter(|report| report.engine != Engine::Threads) {
        assert_ne!(report.overlapped, Some(0), "{report}: no two instances met");
    }
}

/// The naive form, with two instances; and, sampled, with three and four: concurrency increases
/// with capacity.
fn fails<F: Fn() + Send + Sync + 'static>(name: &str, f: impl Fn(u32) -> F) {
    setting(name, Form::Naive, 2).refute(f(2));
    #[cfg(any(loom, shuttle, selvedge))]
    for instances in [3, 4] {
        use selvedge::scenario::Sampler;
        let sampled = Engine::Shuttle(Sampler::Random);
        setting(name, Form::Naive, instances).engine(sampled).refute(f(instances));
    }
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

fn deposits(instances: u32) -> Arrivals<u64> {
    Arrivals::of([50]).at_most(2).instances(instances as usize).alike().crashes()
}

#[test]
fn event_consumer_applies_an_event_twice_after_a_crash() {
    fails("event consumer", |instances| {
        event_consumer(Form::Naive, deposits(instances), VersionedCell::new)
    });
}

#[test]
fn event_consumer_applies_each_event_once() {
    holds("event consumer", event_consumer(Form::Guarded, deposits(2), VersionedCell::new));
}

#[test]
fn lease_that_ran_out_lets_a_late_write_through() {
    setting("lease", Form::Naive, 2).refute(lease(Fenced::Nothing));
}

#[test]
fn lease_whose_token_fences_writes_only_still_loses_one() {
    setting("lease, writes fenced", Form::Naive, 2).refute(lease(Fenced::Writes));
}

#[test]
fn lease_with_a_fencing_token_loses_nothing() {
    holds("lease", lease(Fenced::Everything));
}
