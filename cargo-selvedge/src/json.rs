//! The result for machines: one JSON document.
//!
//! ```text
//! {
//!   "schema": 1,
//!   "forms": [{ "label", "setting", "instances", "scenario", "form": "naive" | "guarded",
//!               "verdict", "as_expected", "counted", "reason": null | text,
//!               "proof": null | text,
//!               "engines": [{ "engine", "verdict", "bad": null | share from 0 to 1 }] }],
//!   "forms_as_expected": number, "forms_counted": number,
//!   "tests_passed": whether `cargo test` succeeded,
//!   "lines": [the report lines, as in the file]
//! }
//! ```

use selvedge::scenario::ReportLine;
use serde_json::{Value, json};

use crate::summary::reason;
use crate::verdict::Case;

/// The document.
pub fn document(cases: &[Case<'_>], lines: &[ReportLine], tests_passed: bool) -> Value {
    let counted = || cases.iter().filter(|case| case.counted);
    json!({
        "schema": 1,
        "forms": cases.iter().map(case).collect::<Vec<_>>(),
        "forms_as_expected": counted().filter(|case| case.is_as_expected()).count(),
        "forms_counted": counted().count(),
        "tests_passed": tests_passed,
        "lines": lines,
    })
}

fn case(case: &Case<'_>) -> Value {
    let first = case.first();
    let engines = case.rows.iter().map(|row| {
        json!({
            "engine": row.line.engine.to_string(),
            "verdict": row.verdict.to_string(),
            "bad": row.bad().map(|(bad, of)| bad as f64 / of as f64),
        })
    });
    json!({
        "label": case.label,
        "setting": first.setting,
        "instances": first.instances,
        "scenario": first.scenario,
        "form": case.form.to_string(),
        "verdict": case.verdict.to_string(),
        "as_expected": case.is_as_expected(),
        "counted": case.counted,
        "reason": reason(case),
        "proof": case.proof(),
        "engines": engines.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use selvedge::scenario::Method;

    use super::*;
    use crate::synthetic::{SAMPLED, line, ran, rc11};
    use crate::verdict::cases;

    #[test]
    fn the_document_has_the_lines_and_the_verdicts() {
        let lines = [
            ran(line("cart", Method::Refute, "threads"), (8, 8, 2), SAMPLED),
            line("cart", Method::Check, "loom"),
            rc11("till", Method::Check),
        ];
        let document = document(&cases(&lines, false), &lines, true);
        assert_eq!(document["forms_as_expected"], 3);
        assert_eq!(document["forms"][0]["form"], "naive");
        assert_eq!(document["forms"][0]["engines"][0]["bad"], 0.25);
        assert_eq!(document["forms"][1]["verdict"], "held");
        assert_eq!(document["forms"][1]["proof"], Value::Null);
        assert_eq!(document["forms"][2]["verdict"], "proved");
        assert_eq!(document["forms"][2]["proof"], "12 executions, RC11, complete");
        let line: ReportLine = serde_json::from_value(document["lines"][1].clone()).unwrap();
        assert_eq!(line, lines[1]);
    }
}
