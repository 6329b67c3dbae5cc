use selvedge::scenario::{Method, ViolationKind};

use super::*;
use crate::synthetic::{SAMPLED, line, ran, rc11, until_violation, violation, with};

fn failed(output: &[&str]) -> TestRun {
    TestRun { passed: false, output: output.iter().map(|line| (*line).to_owned()).collect() }
}

#[test]
fn a_violation_explains_its_tests_failure_and_no_other() {
    let lines = [ran(line("cart", Method::Check, "loom"), (9, 9, 1), until_violation())];
    assert!(is_explained(&failed(&["test cart_keeps_all ... FAILED"]), &lines));
    assert!(!is_explained(
        &failed(&["test cart_keeps_all ... FAILED", "test b ... FAILED"]),
        &lines
    ));
    assert!(!is_explained(&failed(&["error[E0425]: cannot find value"]), &lines));
    let crash = "  process didn't exit successfully: `t` (signal: 6, SIGABRT)";
    assert!(!is_explained(&failed(&["test cart_keeps_all ... FAILED", crash]), &lines));
    assert!(!is_explained(&failed(&["test cart_keeps_all ... FAILED"]), &[]));
}

#[test]
fn failed_tests_are_named() {
    let one = failed(&["test a ... FAILED"]);
    let text = "the test a failed: see why beneath the matrix";
    assert_eq!(failed_tests(&one, false).as_deref(), Some(text));
    let several = failed_tests(&failed(&["test a ... FAILED", "test b ... FAILED"]), true).unwrap();
    assert!(several.starts_with("the tests a, b failed: for more than"), "{several}");
    assert_eq!(failed_tests(&TestRun { passed: true, output: Vec::new() }, false), None);
}

#[test]
fn only_chooses_settings_or_else_tests() {
    let lines = [line("text editor", Method::Check, "loom"), line("cart", Method::Check, "loom")];
    assert_eq!(chosen(&lines, Some("Text-Editor"), &[]), &lines[..1]);
    assert_eq!(chosen(&lines, Some("keeps_all"), &[]), &lines);
    assert_eq!(chosen(&lines, None, &[]), &lines);

    let violated = ran(lines[1].clone(), (9, 9, 1), until_violation());
    let lines = [lines[0].clone(), violated];
    assert_eq!(chosen(&lines, Some("editor"), &["cart_keeps_all"]), &lines);
}

#[test]
fn a_name_that_matches_nothing_gets_the_list() {
    let tests = ["cart::keeps_all".to_owned(), "counter::keeps_all".to_owned()];
    insta::assert_snapshot!(no_match("kart", &tests, &["text editor"]));
}

#[test]
fn the_whole_text() {
    let instances = |count, line| with(line, |line: &mut ReportLine| line.instances = Some(count));
    let naive = |engine| line("counter", Method::Refute, engine);
    let lines = [
        instances(2, ran(naive("loom"), (3, 2, 1), until_violation())),
        instances(2, ran(naive("shuttle-random"), (10_000, 9_000, 4_900), SAMPLED)),
        instances(3, ran(naive("shuttle-random"), (10_000, 9_900, 7_700), SAMPLED)),
        instances(2, ran(line("counter", Method::Check, "loom"), (40, 38, 1), until_violation())),
    ];
    insta::assert_snapshot!(text(
        &cases(&lines, false),
        &lines,
        &LeftOut::default(),
        &[],
        80,
        Paint::PLAIN
    ));
}

/// Six threads, of which loom runs five at most, and a scenario with one thread only.
#[test]
fn a_limit_and_a_fault_of_the_test_are_no_violations_of_the_code() {
    let fault = |setting, engine, kind| {
        with(line(setting, Method::Check, engine), |line: &mut ReportLine| {
            (line.executions, line.overlapped, line.violating) = (1, Some(0), 1);
            line.violation = Some(violation(kind));
        })
    };
    let misuse = with(fault("six readers", "loom", ViolationKind::Misuse), |line| {
        line.coverage = until_violation();
    });
    let lines = [
        rc11("six readers", Method::Check),
        misuse,
        fault("alone", "graph", ViolationKind::Untested),
    ];
    let cases = cases(&lines, false);
    assert!(!summary::is_good(&cases));
    insta::assert_snapshot!(text(&cases, &lines, &LeftOut::default(), &[], 80, Paint::PLAIN));
}

#[test]
fn what_is_left_out_is_told_above_the_result() {
    let bare = with(line("till", Method::Check, "loom"), |line| line.setting = None);
    let lines = [line("cart", Method::Check, "loom"), bare];
    let mut left_out = LeftOut::default();
    left_out.count_without_setting(&lines, false);
    let text = text(&cases(&lines, false), &lines, &left_out, &[], 80, Paint::PLAIN);
    let end = "\n\nleft out: 1 scenario without a setting; --all shows it, uncounted\n\n\
               1 of 1 forms as expected";
    assert!(text.ends_with(end), "{text}");
}

#[test]
fn columns_win_over_the_terminal_and_the_terminal_over_a_guess() {
    assert_eq!(width_of(Some("120"), true, Some(80)), 120);
    assert_eq!(width_of(None, true, Some(132)), 132);
    for none in ["", "0", "wide"] {
        assert_eq!(width_of(Some(none), true, Some(90)), 90);
    }
    // `script` gives a terminal no rows.
    assert_eq!(width_of(None, true, None), 80);
    assert_eq!(width_of(None, false, None), 100);
}

/// All that is not quoted from a violation.
#[test]
fn no_line_is_longer_than_the_width() {
    let instances = |count, line| with(line, |line: &mut ReportLine| line.instances = Some(count));
    let spurious = crate::synthetic::within(|met| met.spurious_failures = Some(0));
    let proved = ran(rc11("text editor", Method::Check), (208_436, 9, 0), spurious);
    let mut lines = vec![instances(2, proved)];
    for count in 2..14 {
        let naive = line("text editor", Method::Refute, "shuttle-random");
        lines.push(instances(count, ran(naive, (10_000, 9_000, 4_900), SAMPLED)));
    }
    lines.push(with(line("cart", Method::Check, "loom"), |line| line.setting = None));
    let mut left_out = LeftOut::default();
    left_out.count_without_setting(&lines, false);
    for width in [80, 100] {
        for all in [false, true] {
            let text = text(&cases(&lines, all), &lines, &left_out, &[], width, Paint::PLAIN);
            let longest = text.lines().map(console::measure_text_width).max();
            assert!(longest <= Some(width), "{text}");
        }
    }
}

#[test]
fn explorations_alone_are_no_cases() {
    let lines = [line("cart", Method::Explore, "loom")];
    let text = text(&cases(&lines, false), &lines, &LeftOut::default(), &[], 80, Paint::PLAIN);
    assert_eq!(text, "1 exploration; no scenario has to hold or to be refuted");
}
