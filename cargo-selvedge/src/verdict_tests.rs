use selvedge::scenario::Method::{Check, Explore, Refute};
use selvedge::scenario::{LoomSearch, ViolationKind};

use super::*;
use crate::synthetic::{
    SAMPLED, bounded, cut, line, ran, rc11, two_preemptions, until_violation, violation, with,
    within,
};

fn verdict(line: &ReportLine) -> Verdict {
    Verdict::of(Form::of(line).unwrap(), line)
}

#[test]
fn the_table_of_verdicts() {
    let naive = line("cart", Refute, "loom");
    let guarded = line("cart", Check, "loom");
    let cut_within_bound = bounded(|bound| {
        bound.preemptions = Some(2);
        bound.executions = Some(9);
    });
    let fair = bounded(|bound| bound.fair = true);
    let plain_search = bounded(|bound| bound.search = LoomSearch::Plain);
    let table = [
        (ran(naive.clone(), (9, 9, 1), until_violation()), Verdict::Refuted),
        (ran(naive.clone(), (9, 9, 4), SAMPLED), Verdict::Refuted),
        (ran(naive.clone(), (9, 9, 0), SAMPLED), Verdict::NotRefuted),
        (naive, Verdict::NotRefuted),
        (ran(guarded.clone(), (9, 9, 1), until_violation()), Verdict::Violated),
        (ran(guarded.clone(), (9, 9, 0), two_preemptions()), Verdict::Held),
        (ran(guarded.clone(), (9, 9, 0), cut()), Verdict::NotRefuted),
        (ran(guarded.clone(), (9, 9, 0), cut_within_bound), Verdict::NotRefuted),
        (ran(guarded.clone(), (9, 9, 0), SAMPLED), Verdict::NotRefuted),
        (ran(guarded.clone(), (9, 9, 0), plain_search), Verdict::Held),
        (ran(guarded.clone(), (9, 9, 0), fair), Verdict::Held),
        (rc11("cart", Check), Verdict::Proved),
        (line("cart", Check, "graph"), Verdict::Proved),
        (ran(rc11("cart", Check), (9, 9, 0), one_timeout()), Verdict::Proved),
        (ran(rc11("cart", Check), (9, 9, 0), cut()), Verdict::NotRefuted),
        (ran(rc11("cart", Check), (9, 9, 1), until_violation()), Verdict::Violated),
        (ran(rc11("cart", Check), (9, 9, 1), Coverage::Complete), Verdict::Violated),
        (rc11("cart", Refute), Verdict::NotRefuted),
        (line("cart", Check, "shuttle-dfs"), Verdict::Held),
        (guarded, Verdict::Held),
    ];
    for (line, expected) in table {
        assert_eq!(verdict(&line), expected, "{line:?}");
    }
}

fn one_timeout() -> Coverage {
    within(|met| met.timeouts = Some(1))
}

#[test]
fn a_proof_names_its_executions_its_memory_model_and_its_coverage() {
    let one = ran(rc11("cart", Check), (1, 0, 0), one_timeout());
    let many = ran(line("cart", Check, "graph"), (1_234_567, 9, 0), Coverage::Complete);
    let held = line("cart", Check, "loom");
    let violated = ran(line("cart", Check, "threads"), (9, 9, 1), SAMPLED);
    let proof = |lines: &[ReportLine]| cases(lines, false)[0].proof();
    let of_one = "1 execution, RC11, complete up to 1 timeout a thread";
    let of_many = "1,234,567 executions, SC, complete";
    assert_eq!(proof(&[held.clone(), one.clone()]).as_deref(), Some(of_one));
    assert_eq!(proof(&[many.clone(), held.clone()]).as_deref(), Some(of_many));
    assert_eq!(proof(&[one, many.clone()]), Some(format!("{of_one}; {of_many}")));
    assert_eq!(proof(&[held]), None);
    assert_eq!(proof(&[many, violated]), None);
}

#[test]
fn a_fault_of_the_test_refutes_nothing_and_lets_nothing_hold() {
    use ViolationKind::{CarriedObject, LeakedThread, Misuse, NonDeterministic, Untested};
    for kind in [CarriedObject, LeakedThread, Misuse, NonDeterministic, Untested] {
        for method in [Refute, Check, Explore] {
            assert!(is_problem(&fault(method, "loom", kind)));
        }
        assert_eq!(verdict(&fault(Refute, "loom", kind)), Verdict::NotTested, "{kind}");
        let lines = [rc11("cart", Check), fault(Check, "loom", kind)];
        let cases = cases(&lines, false);
        assert_eq!(cases[0].rows.iter().map(|row| row.verdict).max(), Some(Verdict::NotTested));
        assert!(!cases[0].is_as_expected() && cases[0].proof().is_none(), "{kind}");
    }
}

/// A run that went wrong for this reason.
fn fault(method: selvedge::scenario::Method, engine: &str, kind: ViolationKind) -> ReportLine {
    with(ran(line("cart", method, engine), (1, 0, 1), until_violation()), |line| {
        line.violation = Some(violation(kind));
    })
}

#[test]
fn a_finding_weighs_more_than_a_run_that_was_none() {
    let misuse = |method| fault(method, "loom", ViolationKind::Misuse);
    let found = |method| ran(line("cart", method, "shuttle-random"), (9, 9, 1), SAMPLED);
    let verdict = |lines: &[ReportLine]| cases(lines, false)[0].verdict;
    assert_eq!(verdict(&[misuse(Check), found(Check)]), Verdict::Violated);
    assert_eq!(verdict(&[misuse(Refute), found(Refute)]), Verdict::Refuted);
    assert_eq!(verdict(&[misuse(Refute), line("cart", Refute, "threads")]), Verdict::NotTested);
}

#[test]
fn a_naive_form_that_was_not_observed_to_fail_was_tested() {
    let not_observed = fault(Refute, "shuttle-pct", ViolationKind::NotObserved);
    assert_eq!(verdict(&not_observed), Verdict::NotRefuted);
}

#[test]
fn what_a_naive_case_is_for_is_no_problem() {
    assert!(!is_problem(&ran(line("cart", Refute, "loom"), (9, 9, 1), SAMPLED)));
    let not_observed = with(line("cart", Refute, "shuttle-pct"), |line| {
        line.violation = Some(violation(ViolationKind::NotObserved));
    });
    assert!(is_problem(&not_observed));
    assert!(is_problem(&ran(line("cart", Check, "loom"), (9, 9, 1), SAMPLED)));
}

#[test]
fn a_naive_case_needs_one_engine_to_refute_it() {
    let lines = [
        line("cart", Refute, "threads"),
        ran(line("cart", Refute, "shuttle-pct"), (9, 9, 1), SAMPLED),
    ];
    let cases = cases(&lines, false);
    assert_eq!(cases.len(), 1);
    assert!(cases[0].is_as_expected());
}

#[test]
fn a_guarded_case_needs_one_engine_to_finish_and_none_to_find_a_violation() {
    let held = line("cart", Check, "loom");
    let sampled = ran(line("cart", Check, "threads"), (9, 9, 0), SAMPLED);
    let violated = ran(line("cart", Check, "threads"), (9, 9, 1), SAMPLED);
    let proved = rc11("cart", Check);
    let table = [
        (vec![proved.clone(), held.clone(), sampled.clone()], Verdict::Proved),
        (vec![proved, violated.clone()], Verdict::Violated),
        (vec![held.clone(), sampled.clone()], Verdict::Held),
        (vec![sampled], Verdict::NotRefuted),
        (vec![held, violated], Verdict::Violated),
    ];
    for (lines, expected) in table {
        assert_eq!(cases(&lines, false)[0].verdict, expected);
    }
}

#[test]
fn cases_of_a_setting_are_together_and_in_order() {
    let instances =
        |count, method| with(line("tap", method, "loom"), |l| l.instances = Some(count));
    let lines = [
        instances(3, Refute),
        line("cart", Check, "threads"),
        instances(2, Check),
        line("cart", Check, "loom"),
        instances(2, Refute),
        line("cart", Refute, "loom"),
    ];
    let cases = cases(&lines, false);
    let order: Vec<String> =
        cases.iter().map(|case| format!("{} {}", case.label, case.form)).collect();
    assert_eq!(
        order,
        ["cart naive", "cart guarded", "tap ×2 naive", "tap ×2 guarded", "tap ×3 naive"]
    );
    let engines: Vec<String> =
        cases[1].rows.iter().map(|row| row.line.engine.to_string()).collect();
    assert_eq!(engines, ["loom", "threads"]);
}

#[test]
fn two_scenarios_of_one_form_are_told_apart() {
    let lines = [
        line("cart", Refute, "loom"),
        with(line("cart", Refute, "loom"), |line| line.scenario = "newest timestamp".to_owned()),
        line("cart", Check, "loom"),
    ];
    let labels: Vec<String> = cases(&lines, false).into_iter().map(|case| case.label).collect();
    assert_eq!(labels, ["cart", "cart: cart naive", "cart: newest timestamp"]);
}

#[test]
fn scenarios_without_a_setting_are_cases_if_asked_for_or_if_none_has_one() {
    let bare = with(line("cart", Check, "loom"), |line| line.setting = None);
    let lines = [bare.clone(), line("cart", Check, "loom")];
    assert_eq!(cases(&lines, false).len(), 1);
    let all = cases(&lines, true);
    assert_eq!(all.iter().map(|case| case.counted).collect::<Vec<_>>(), [true, false]);
    assert_eq!(all[1].label, "cart guarded");
    let alone = [bare];
    assert!(cases(&alone, false)[0].counted);
}

#[test]
fn explorations_are_no_cases() {
    assert!(cases(&[line("cart", Explore, "loom")], true).is_empty());
}

#[test]
fn there_is_no_share_where_the_search_stopped_at_the_first() {
    let bad = |line: &ReportLine| Row { line, verdict: Verdict::NotRefuted }.bad();
    assert_eq!(bad(&ran(line("cart", Refute, "loom"), (9, 9, 1), until_violation())), None);
    assert_eq!(bad(&ran(line("cart", Check, "threads"), (9, 9, 1), SAMPLED)), None);
    assert_eq!(bad(&ran(line("cart", Refute, "threads"), (9, 9, 3), SAMPLED)), Some((3, 9)));
    assert_eq!(bad(&line("cart", Check, "loom")), Some((0, 12)));
}
