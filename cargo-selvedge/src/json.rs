//! The result for machines: one JSON document.
//!
//! ```text
//! {
//!   "schema": 1,
//!   "forms": [{ "label", "setting", "instances", "scenario", "form": "naive" | "guarded",
//!               "verdict", "as_it_should_be", "counts", "reason": null | text,
//!               "engines": [{ "engine", "verdict", "bad": null | share from 0 to 1 }] }],
//!   "forms_as_they_should_be": number, "forms_counted": number,
//!   "tests_passed": whether `cargo test` succeeded,
//!   "lines": [the report lines, as in the file]
//! }
//! ```

use selvedge::scenario::ReportLine;
use serde_json::{Value, json};

use crate::summary::reason;
use crate::verdict::Form;

/// The document.
pub fn document(forms: &[Form<'_>], lines: &[ReportLine], tests_passed: bool) -> Value {
    let counted = || forms.iter().filter(|form| form.counts);
    json!({
        "schema": 1,
        "forms": forms.iter().map(form).collect::<Vec<_>>(),
        "forms_as_they_should_be": counted().filter(|form| form.is_as_it_should_be()).count(),
        "forms_counted": counted().count(),
        "tests_passed": tests_passed,
        "lines": lines,
    })
}

fn form(form: &Form<'_>) -> Value {
    let first = form.first();
    let engines = form.rows.iter().map(|row| {
        json!({
            "engine": row.line.engine.to_string(),
            "verdict": row.verdict.to_string(),
            "bad": row.bad().map(|(bad, of)| bad as f64 / of as f64),
        })
    });
    json!({
        "label": form.label,
        "setting": first.setting,
        "instances": first.instances,
        "scenario": first.scenario,
        "form": form.kind.to_string(),
        "verdict": form.verdict.to_string(),
        "as_it_should_be": form.is_as_it_should_be(),
        "counts": form.counts,
        "reason": reason(form),
        "engines": engines.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use selvedge::scenario::Method;

    use super::*;
    use crate::synthetic::{SAMPLED, line, ran};
    use crate::verdict::forms;

    #[test]
    fn the_document_has_the_lines_and_the_verdicts() {
        let lines = [
            ran(line("cart", Method::Refute, "threads"), (8, 8, 2), SAMPLED),
            line("cart", Method::Check, "loom"),
        ];
        let document = document(&forms(&lines, false), &lines, true);
        assert_eq!(document["forms_as_they_should_be"], 2);
        assert_eq!(document["forms"][0]["form"], "naive");
        assert_eq!(document["forms"][0]["engines"][0]["bad"], 0.25);
        assert_eq!(document["forms"][1]["verdict"], "held");
        let line: ReportLine = serde_json::from_value(document["lines"][1].clone()).unwrap();
        assert_eq!(line, lines[1]);
    }
}
