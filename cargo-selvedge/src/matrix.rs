//! The matrix: what each engine found in each form of each setting.

use console::truncate_str;
use selvedge::scenario::{BudgetsMet, Coverage, LoomSearch};

use crate::number;
use crate::paint::Paint;
use crate::table::{Column, Side, Table};
use crate::verdict::{Case, Row, Verdict};

/// How much a matrix says in how much room. Of three layouts, the first that fits is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// Settings in a column of their own.
    Wide,
    /// Settings on lines of their own.
    Middle,
    /// The same, with short headings, numbers and coverage: at most 80 columns.
    Narrow,
}

/// The matrix in at most `width` columns, or in 80 if that is less; without an end of line.
pub fn render(cases: &[Case<'_>], width: usize, paint: Paint) -> String {
    let with_inputs = rows(cases).any(|(_, row)| row.line.inputs.is_some());
    let columns = |layout| columns(layout, with_inputs);
    let cells = |layout, case, row| cells(layout, with_inputs, case, row);
    let measured = |layout| {
        let rows: Vec<Vec<String>> =
            rows(cases).map(|(case, row)| cells(layout, case, row)).collect();
        Table::measure(if layout == Layout::Wide { 0 } else { 1 }, &columns(layout), &rows)
    };
    let (layout, table) = [Layout::Wide, Layout::Middle]
        .into_iter()
        .map(|layout| (layout, measured(layout)))
        .find(|(_, table)| table.width() <= width)
        .unwrap_or_else(|| (Layout::Narrow, measured(Layout::Narrow)));

    let headings: Vec<&str> = columns(layout).iter().map(|column| column.heading).collect();
    let mut lines = vec![paint.dim(&table.line(&headings))];
    let mut above: Option<&Case<'_>> = None;
    for case in cases {
        let same_label = above.is_some_and(|above| above.label == case.label);
        if layout != Layout::Wide && !same_label {
            let inputs = match layout {
                Layout::Narrow => inputs(cases, &case.label),
                _ => None,
            };
            let inputs = inputs.map(|inputs| format!(", {inputs} inputs")).unwrap_or_default();
            let label = truncate_str(&case.label, width.max(80) - inputs.len(), "…");
            lines.push(paint.heading(&format!("{label}{inputs}")));
        }
        for (index, row) in case.rows.iter().enumerate() {
            let mut cells = cells(layout, case, *row);
            style(&mut cells, layout, case, *row, paint);
            // What the line above says already is left out.
            let known = match (index > 0, same_label) {
                (true, _) => 2,
                (false, true) => 1,
                (false, false) => 0,
            };
            let known = if layout == Layout::Wide { known } else { known.max(1) - 1 };
            cells[..known].iter_mut().for_each(String::clear);
            lines.push(table.line(&cells));
        }
        above = Some(case);
    }
    lines.join("\n")
}

fn rows<'f, 'a>(cases: &'f [Case<'a>]) -> impl Iterator<Item = (&'f Case<'a>, Row<'a>)> {
    cases.iter().flat_map(|case| case.rows.iter().map(move |row| (case, *row)))
}

/// The most inputs of a row under this label.
fn inputs(cases: &[Case<'_>], label: &str) -> Option<String> {
    let rows = rows(cases).filter(|(case, _)| case.label == label);
    rows.filter_map(|(_, row)| row.line.inputs).max().map(number::grouped)
}

/// The columns; that of inputs only in matrices that have some, and where there is room.
fn columns(layout: Layout, with_inputs: bool) -> Vec<Column> {
    const fn left(heading: &'static str) -> Column {
        Column { heading, side: Side::Left }
    }
    const fn right(heading: &'static str) -> Column {
        Column { heading, side: Side::Right }
    }
    const WIDE: [Column; 9] = [
        left("setting"),
        left("form"),
        left("engine"),
        left("verdict"),
        right("inputs"),
        right("executions"),
        right("overlap"),
        right("bad"),
        left("coverage"),
    ];
    const NARROW: [Column; 7] = [
        left("form"),
        left("engine"),
        left("verdict"),
        right("runs"),
        right("overlap"),
        right("bad"),
        left("coverage"),
    ];
    let columns: &[Column] = match layout {
        Layout::Wide => &WIDE,
        Layout::Middle => &WIDE[1..],
        Layout::Narrow => &NARROW,
    };
    columns.iter().filter(|column| with_inputs || column.heading != "inputs").copied().collect()
}

/// The cells of a row, from the setting (in the wide layout) or the form on.
fn cells(layout: Layout, with_inputs: bool, case: &Case<'_>, row: Row<'_>) -> Vec<String> {
    let count = |count| match layout {
        Layout::Narrow => number::short(count),
        _ => number::grouped(count),
    };
    let none = || "–".to_owned();
    let mut cells = match layout {
        Layout::Wide => vec![truncate_str(&case.label, 40, "…").into_owned()],
        _ => Vec::new(),
    };
    cells.extend([case.form.to_string(), row.line.engine.to_string(), row.verdict.to_string()]);
    if with_inputs && layout != Layout::Narrow {
        cells.push(row.line.inputs.map(count).unwrap_or_default());
    }
    cells.extend([
        count(row.line.executions),
        row.line.overlapped.filter(|_| row.line.executions > 0).map_or_else(none, count),
        row.bad().and_then(|(bad, of)| number::share(bad, of)).unwrap_or_else(none),
        coverage(layout, row),
    ]);
    cells
}

/// What a run covered, in a few words: 15 columns at most in the narrow layout.
fn coverage(layout: Layout, row: Row<'_>) -> String {
    let narrow = layout == Layout::Narrow;
    let bound = match &row.line.coverage {
        _ if !row.is_test() => return "–".to_owned(),
        Coverage::Complete => return of_model(row, "complete"),
        Coverage::Within(_) if narrow => return of_model(row, "budgets"),
        Coverage::Within(met) => return of_model(row, &budgets(met)),
        Coverage::Sampled { .. } => return "sampled".to_owned(),
        Coverage::Bounded(bound) if bound.violation => return format!("until {}", row.verdict),
        Coverage::Bounded(bound) => bound,
    };
    let cut = match (bound.executions, bound.duration) {
        (Some(_), _) => Some("cut by number".to_owned()),
        (None, Some(_)) => Some("cut by time".to_owned()),
        (None, None) => None,
    };
    let owners = bound.one_order_of_owners.then(|| "Arc order".to_owned());
    let fair = bound.fair.then(|| match narrow && owners.is_some() {
        true => "fair".to_owned(),
        false => "fair waits".to_owned(),
    });
    let search = match bound.search {
        LoomSearch::Plain => Some("plain only".to_owned()),
        LoomSearch::Probed => Some("probed only".to_owned()),
        _ => None,
    };
    let short = narrow && (search.is_some() || owners.is_some());
    let preemptions = bound.preemptions.map(|most| match short {
        true => format!("≤ {most}"),
        false if most == 1 => "≤ 1 preemption".to_owned(),
        false => format!("≤ {most} preemptions"),
    });
    let parts = match cut {
        // It says more than the others, and there is room for one.
        Some(cut) if narrow => vec![cut],
        None if narrow && search.is_some() => [preemptions, search].into_iter().flatten().collect(),
        cut => [preemptions, fair, search, owners, cut].into_iter().flatten().collect(),
    };
    if parts.is_empty() { "bounded".to_owned() } else { parts.join(", ") }
}

/// Names the memory model of a proof with what it covers.
fn of_model(row: Row<'_>, coverage: &str) -> String {
    row.model().map_or_else(|| coverage.to_owned(), |model| format!("{model}, {coverage}"))
}

/// The budgets that were met, in a few words.
fn budgets(met: &BudgetsMet) -> String {
    let kinds = [
        (met.timeouts, "timeout"),
        (met.spurious_wakeups, "spurious wake-up"),
        (met.spurious_failures, "spurious failure"),
    ];
    let parts: Vec<String> = kinds
        .into_iter()
        .filter_map(|(most, noun)| match most? {
            0 => Some(format!("no {noun}s")),
            1 => Some(format!("up to 1 {noun}")),
            most => Some(format!("up to {most} {noun}s")),
        })
        .collect();
    parts.join(", ")
}

/// Colors the verdict by what it means for the case.
fn style(cells: &mut [String], layout: Layout, case: &Case<'_>, row: Row<'_>, paint: Paint) {
    let from_form = usize::from(layout == Layout::Wide);
    if layout == Layout::Wide {
        cells[0] = paint.heading(&cells[0]);
    }
    let verdict = &mut cells[from_form + 2];
    *verdict = match row.verdict {
        Verdict::Violated => paint.bad(verdict),
        Verdict::NotTested => paint.doubtful(verdict),
        shown if case.form.expects(shown) => paint.good(verdict),
        _ if case.is_as_expected() => paint.dim(verdict),
        _ => paint.doubtful(verdict),
    };
}

#[cfg(test)]
#[path = "matrix_tests.rs"]
mod tests;
