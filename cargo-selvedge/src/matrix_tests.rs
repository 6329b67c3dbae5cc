use selvedge::scenario::{LoomSearch, Method, ReportLine};

use super::*;
use crate::synthetic::{
    SAMPLED, bounded, cut, line, ran, rc11, two_preemptions, until_violation, with, within,
};
use crate::verdict::cases;

/// Two settings with all that a row can show, one of them with two numbers of instances.
fn lines() -> Vec<ReportLine> {
    let mut lines = Vec::new();
    let naive = |engine| line("text editor", Method::Refute, engine);
    let guarded = |engine| line("text editor", Method::Check, engine);
    for instances in [2, 3] {
        let of = |line| with(line, |line: &mut ReportLine| line.instances = Some(instances));
        lines.extend([
            of(ran(naive("loom"), (17, 14, 1), until_violation())),
            of(ran(naive("shuttle-dfs"), (252, 250, 124), Coverage::Complete)),
            of(ran(naive("shuttle-random"), (10_000, 9_412, 4_321), SAMPLED)),
            of(ran(naive("shuttle-pct"), (10_000, 10_000, 9_999), SAMPLED)),
            of(ran(naive("threads"), (1_000_000, 12, 0), SAMPLED)),
            of(ran(rc11("text editor", Method::Check), (1_234_567, 9, 0), Coverage::Complete)),
            of(ran(guarded("loom"), (123_456, 120_001, 0), two_preemptions())),
            of(ran(guarded("shuttle-dfs"), (12_345_678, 12_000_000, 0), cut())),
            of(ran(guarded("shuttle-pct:10"), (10_000, 9_412, 0), SAMPLED)),
            with(of(ran(guarded("threads"), (1_000_000, 0, 0), SAMPLED)), |line| {
                line.overlapped = None;
            }),
        ]);
    }
    let one_timeout = within(|met| met.timeouts = Some(1));
    lines.extend([
        ran(rc11("cart", Method::Refute), (36, 30, 12), Coverage::Complete),
        ran(rc11("till", Method::Check), (91, 90, 0), one_timeout),
        line("clock", Method::Check, "graph"),
        ran(line("cart", Method::Refute, "threads"), (20_000, 19_000, 1), SAMPLED),
        ran(line("cart", Method::Check, "loom"), (91, 90, 1), until_violation()),
        ran(
            line("cart", Method::Check, "shuttle-dfs"),
            (90, 90, 0),
            bounded(|bound| (bound.fair, bound.one_order_of_owners) = (true, true)),
        ),
        ran(line("cart", Method::Check, "threads"), (20_000, 19_000, 0), SAMPLED),
    ]);
    lines
}

/// The lines with so many inputs in one setting.
fn with_inputs() -> Vec<ReportLine> {
    let inputs = |line: ReportLine| match line.setting.as_deref() {
        Some("cart") => with(line, |line| line.inputs = Some(1_260)),
        _ => line,
    };
    lines().into_iter().map(inputs).collect()
}

#[test]
fn inputs_have_a_column_where_there_is_room() {
    let first = |text: String| text.lines().take(10).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!("inputs_at_100", first(rendered(&with_inputs(), 100)));
    insta::assert_snapshot!("inputs_at_80", first(rendered(&with_inputs(), 80)));
}

fn rendered(lines: &[ReportLine], width: usize) -> String {
    let text = render(&cases(lines, false), width, Paint::PLAIN);
    let longest = text.lines().map(console::measure_text_width).max().unwrap();
    assert!(longest <= width.max(80), "too wide:\n{text}");
    assert!(text.lines().all(|line| line.trim_end() == line), "spaces at an end:\n{text}");
    text
}

#[test]
fn at_80_columns() {
    insta::assert_snapshot!(rendered(&lines(), 80));
}

#[test]
fn at_100_columns() {
    insta::assert_snapshot!(rendered(&lines(), 100));
}

#[test]
fn at_140_columns() {
    insta::assert_snapshot!(rendered(&lines(), 140));
}

#[test]
fn the_widest_cells_fit_80_columns() {
    let long = "a setting whose name is a whole sentence, and longer than a line of a terminal is";
    let coverage = bounded(|bound| {
        bound.preemptions = Some(2);
        bound.executions = Some(1_000_000_000);
    });
    let one_search = bounded(|bound| {
        bound.preemptions = Some(2);
        bound.search = LoomSearch::Probed;
    });
    let widest =
        ran(line(long, Method::Check, "shuttle-random"), (999_499_999_999, 9_949_999, 0), coverage);
    let bound = ran(line(long, Method::Check, "loom"), (1, 1, 0), two_preemptions());
    let one_search = ran(line(long, Method::Check, "shuttle-pct:10"), (1, 1, 0), one_search);
    let share = ran(line(long, Method::Refute, "threads"), (1_000_000, 1, 999_999), SAMPLED);
    let all_budgets = within(|met| {
        (met.timeouts, met.spurious_wakeups, met.spurious_failures) = (Some(9), Some(0), Some(99));
    });
    let proved = ran(rc11(long, Method::Check), (999_499_999_999, 9_949_999, 0), all_budgets);
    rendered(&[widest, bound, one_search, share, proved], 80);
}

#[test]
fn every_width_holds() {
    for width in 40..200 {
        rendered(&lines(), width);
    }
}

#[test]
fn colors_leave_the_text_as_it_is() {
    let lines = lines();
    let cases = cases(&lines, false);
    for width in [80, 100, 140] {
        let colored = render(&cases, width, Paint::new(clap::ColorChoice::Always, false, false));
        let plain = render(&cases, width, Paint::PLAIN);
        assert_eq!(console::strip_ansi_codes(&colored), plain);
    }
}
