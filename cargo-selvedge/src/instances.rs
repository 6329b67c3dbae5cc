//! How the share of bad outcomes grows with the number of instances.

use std::collections::{BTreeMap, BTreeSet};

use console::truncate_str;
use selvedge::scenario::{Coverage, Engine};

use crate::number;
use crate::paint::Paint;
use crate::table::{Column, Side, Table};
use crate::verdict::{Case, Form, engine_rank};

/// A table for the naive settings that were sampled with several numbers of instances; `None` if
/// there are none. Without an end of line.
pub fn render(cases: &[Case<'_>], width: usize, paint: Paint) -> Option<String> {
    let shares = shares(cases);
    if shares.is_empty() {
        return None;
    }
    let counts: BTreeSet<u32> =
        shares.values().flat_map(|by_count| by_count.keys().copied()).collect();
    let mut columns = vec![
        Column { heading: "setting", side: Side::Left },
        Column { heading: "engine", side: Side::Left },
    ];
    columns.extend(counts.iter().map(|_| Column { heading: "", side: Side::Right }));

    let mut headings = vec!["setting".to_owned(), "engine".to_owned()];
    headings.extend(counts.iter().map(|count| format!("×{count}")));
    let mut rows = vec![headings];
    for ((setting, (_, engine)), by_count) in &shares {
        let mut row = vec![truncate_str(setting, 30, "…").into_owned(), engine.to_string()];
        row.extend(
            counts.iter().map(|count| by_count.get(count).cloned().unwrap_or("–".to_owned())),
        );
        rows.push(row);
    }

    let table = Table::measure(1, &columns, &rows);
    let mut lines = vec![paint.heading("share of bad outcomes in the naive form, by instances")];
    let mut setting_above = String::new();
    for (index, mut row) in rows.into_iter().enumerate() {
        if row[0] == setting_above {
            row[0].clear();
        } else {
            setting_above.clone_from(&row[0]);
        }
        let line = truncate_str(&table.line(&row), width.max(80), "…").into_owned();
        lines.push(if index == 0 { paint.dim(&line) } else { line });
    }
    Some(lines.join("\n"))
}

/// The cases that the matrix shows: without the naive ones that have more instances than another
/// of their setting, and no guarded one beside them. Those are there for the table of shares, as
/// long as they are as expected.
pub fn without_shares<'a>(cases: &[Case<'a>]) -> Vec<Case<'a>> {
    let is_share = |case: &&Case<'a>| {
        let row = |other: &Case<'a>| (other.setting(), other.first().instances);
        let (setting, instances) = row(case);
        let fewer = |other: &Case<'a>| row(other).0 == setting && row(other).1 < instances;
        let beside = |other: &Case<'a>| other.form == Form::Guarded && row(other) == row(case);
        case.form == Form::Naive
            && setting.is_some()
            && case.is_as_expected()
            && cases.iter().any(fewer)
            && !cases.iter().any(beside)
    };
    cases.iter().filter(|case| !is_share(case)).cloned().collect()
}

type Shares<'a> = BTreeMap<(&'a str, (usize, Engine)), BTreeMap<u32, String>>;

/// By setting and engine, then by instances: the share, where there are two numbers of instances.
fn shares<'a>(cases: &[Case<'a>]) -> Shares<'a> {
    let mut shares = Shares::new();
    for case in cases.iter().filter(|case| case.form == Form::Naive) {
        for row in &case.rows {
            let sampled = matches!(row.line.coverage, Coverage::Sampled { .. });
            let (Some(setting), Some(instances), Some((bad, of)), true) =
                (case.setting(), row.line.instances, row.bad(), sampled)
            else {
                continue;
            };
            if let Some(share) = number::share(bad, of) {
                let engine = engine_rank(row.line.engine);
                shares.entry((setting, engine)).or_default().insert(instances, share);
            }
        }
    }
    shares.retain(|_, by_count| by_count.len() > 1);
    shares
}

#[cfg(test)]
mod tests {
    use selvedge::scenario::{Method, ReportLine};

    use super::*;
    use crate::synthetic::{SAMPLED, line, ran, until_violation, with};
    use crate::verdict::cases;

    fn sampled(setting: &str, engine: &str, instances: u32, bad: u64) -> ReportLine {
        let line = ran(line(setting, Method::Refute, engine), (10_000, 9_000, bad), SAMPLED);
        with(line, |line| line.instances = Some(instances))
    }

    #[test]
    fn a_column_for_each_number_of_instances() {
        let stopped = ran(line("counter", Method::Refute, "loom"), (9, 9, 1), until_violation());
        let lines = [
            sampled("counter", "shuttle-random", 2, 3_210),
            sampled("counter", "shuttle-random", 3, 5_400),
            sampled("counter", "threads", 2, 3),
            sampled("counter", "threads", 3, 0),
            sampled("ledger", "threads", 3, 10_000),
            with(stopped, |line| line.instances = Some(2)),
            sampled("cart", "threads", 2, 1),
            sampled("cart", "threads", 4, 2_500),
        ];
        let text = render(&cases(&lines, false), 80, Paint::PLAIN).unwrap();
        insta::assert_snapshot!(text);
    }

    #[test]
    fn one_number_of_instances_is_no_table() {
        let lines = [sampled("counter", "threads", 2, 3)];
        assert_eq!(render(&cases(&lines, false), 80, Paint::PLAIN), None);
    }
}
