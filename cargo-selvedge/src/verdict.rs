//! What a line of the report shows, and what a case (a scenario with all of its engines) shows.
//!
//! | form | the line's run | the line shows |
//! | --- | --- | --- |
//! | naive | at least one execution went wrong | refuted |
//! | naive | none did | not refuted |
//! | guarded | at least one execution went wrong | violated |
//! | guarded | none did, and it was the graph engine, which came to its end | proved |
//! | guarded | none did, and another engine saw all that it can tell apart, or all within a number of preemptions | held |
//! | guarded | none did, and it was cut or sampled | not refuted |
//! | either | the run itself went wrong: the engine's limit was met, or the test is at fault | not tested |
//!
//! A proof is one for the scenario as it is, under the memory model and the budgets that it names:
//! `proved (18 executions, RC11, complete)`. The end of loom's search is none, because loom leaves
//! executions out, nor is that of Shuttle's depth-first search.
//!
//! A naive case is refuted if one engine refuted it. A guarded case is proved, or held, if it was
//! under at least one engine, was violated under none, and was tested under each that ran.

use std::fmt;

use selvedge::scenario::{Coverage, Engine, Method, ReportLine, Sampler, ViolationKind};

use crate::number;

/// The form of a setting: which of the two a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// `refute`: it must go wrong.
    Naive,
    /// `check`: it must hold.
    Guarded,
}

impl Form {
    /// The form that a line is about; none for `explore`, which has no right and wrong.
    pub fn of(line: &ReportLine) -> Option<Form> {
        match line.method {
            Method::Refute => Some(Form::Naive),
            Method::Check => Some(Form::Guarded),
            Method::Explore => None,
        }
    }

    /// Whether a case of this form should show that.
    pub fn expects(self, verdict: Verdict) -> bool {
        match self {
            Form::Naive => verdict == Verdict::Refuted,
            Form::Guarded => matches!(verdict, Verdict::Held | Verdict::Proved),
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Form::Naive => "naive",
            Form::Guarded => "guarded",
        })
    }
}

/// What a line, or a case, shows. The order is the order of weight in a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Nothing went wrong, and not all was seen.
    NotRefuted,
    /// Nothing goes wrong, within the coverage.
    Held,
    /// Nothing goes wrong in any execution, under the memory model and the budgets that are named.
    Proved,
    /// The run shows nothing of the code under test. A guarded case is not as expected by it: its
    /// author asked for a run that was none. A naive one may be refuted under another engine.
    NotTested,
    /// It goes wrong, as it should.
    Refuted,
    /// It goes wrong, and should not.
    Violated,
}

impl Verdict {
    /// What a line shows.
    pub fn of(form: Form, line: &ReportLine) -> Verdict {
        match form {
            _ if no_test(line).is_some() => Verdict::NotTested,
            Form::Naive if line.violating > 0 && has_finding(line) => Verdict::Refuted,
            Form::Naive => Verdict::NotRefuted,
            Form::Guarded if line.violation.is_some() || line.violating > 0 => Verdict::Violated,
            Form::Guarded if is_proof(line) => Verdict::Proved,
            Form::Guarded if saw_all(&line.coverage) => Verdict::Held,
            Form::Guarded => Verdict::NotRefuted,
        }
    }

    /// What a case shows whose lines show these.
    pub fn of_all(lines: impl IntoIterator<Item = Verdict>) -> Verdict {
        // Of a case's lines, those that matter more are greater: see the order.
        lines.into_iter().max().unwrap_or(Verdict::NotRefuted)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Verdict::NotRefuted => "not refuted",
            Verdict::Held => "held",
            Verdict::Proved => "proved",
            Verdict::NotTested => "not tested",
            Verdict::Refuted => "refuted",
            Verdict::Violated => "violated",
        })
    }
}

/// Whether all executions of a memory model were seen, or all within budgets that are named.
fn is_proof(line: &ReportLine) -> bool {
    line.engine == Engine::Graph
        && matches!(line.coverage, Coverage::Complete | Coverage::Within(_))
}

/// Whether all executions were seen, or all with a bounded number of preemptions.
fn saw_all(coverage: &Coverage) -> bool {
    match coverage {
        Coverage::Complete | Coverage::Within(_) => true,
        Coverage::Bounded(bound) => !bound.is_cut(),
        Coverage::Sampled { .. } => false,
    }
}

/// Whether a line has a violation that is about the code under test, rather than about the test.
fn has_finding(line: &ReportLine) -> bool {
    line.violation.as_ref().is_some_and(|violation| violation.kind.is_finding())
}

/// What made a line's run one that shows nothing of the code under test; `None` if it shows
/// something. That a naive form was not observed to fail is something.
pub fn no_test(line: &ReportLine) -> Option<ViolationKind> {
    let kind = line.violation.as_ref()?.kind;
    (!kind.is_finding() && kind != ViolationKind::NotObserved).then_some(kind)
}

/// Whether a line's violation must be told: every one but those that a naive form is for.
pub fn is_problem(line: &ReportLine) -> bool {
    let expected = line.method == Method::Refute && has_finding(line);
    line.violation.is_some() && !expected
}

/// One engine's run of a case.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The line of the report.
    pub line: &'a ReportLine,
    /// What it shows.
    pub verdict: Verdict,
}

impl<'a> Row<'a> {
    /// The share of executions that went wrong, as part and whole; `None` where the search stopped
    /// at the first, so that the number of executions says when it was found, and not how often it
    /// occurs, and where nothing was tested.
    pub fn bad(&self) -> Option<(u64, u64)> {
        let stopped = match (self.line.method, &self.line.coverage) {
            (_, Coverage::Bounded(bound)) => bound.violation,
            (Method::Refute, _) => false,
            _ => self.line.violating > 0,
        };
        (!stopped && self.is_test() && self.line.executions > 0)
            .then_some((self.line.violating, self.line.executions))
    }

    /// Whether the run shows anything of the code under test.
    pub fn is_test(&self) -> bool {
        self.verdict != Verdict::NotTested
    }

    /// The memory model of a proof, in short.
    pub fn model(&self) -> Option<&'a str> {
        let model = match self.line.memory_model.as_str() {
            "sequential consistency" => "SC",
            other => other,
        };
        (self.verdict == Verdict::Proved).then_some(model)
    }

    /// What was proved: `18 executions, RC11, complete`.
    fn proof(&self) -> Option<String> {
        let executions = match self.line.executions {
            1 => "1 execution".to_owned(),
            count => format!("{} executions", number::grouped(count)),
        };
        Some(format!("{executions}, {}, {}", self.model()?, self.line.coverage))
    }
}

/// A scenario in the naive or the guarded form, with all engines that ran it.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    /// The setting and the number of instances, or else the scenario.
    pub label: String,
    /// Naive or guarded.
    pub form: Form,
    /// One engine each, in the order in which engines are named.
    pub rows: Vec<Row<'a>>,
    /// What they show together.
    pub verdict: Verdict,
    /// Whether the verdict decides on the exit code; `--all` shows cases whose does not.
    pub counted: bool,
}

impl<'a> Case<'a> {
    /// A case of at least one line.
    fn new(label: String, form: Form, mut lines: Vec<&'a ReportLine>, counted: bool) -> Case<'a> {
        lines.sort_by_key(|line| engine_rank(line.engine));
        let rows: Vec<Row<'a>> =
            lines.into_iter().map(|line| Row { line, verdict: Verdict::of(form, line) }).collect();
        let verdict = Verdict::of_all(rows.iter().map(|row| row.verdict));
        Case { label, form, rows, verdict, counted }
    }

    /// Whether the case shows what it should.
    pub fn is_as_expected(&self) -> bool {
        self.form.expects(self.verdict)
    }

    /// What was proved, if the case is.
    pub fn proof(&self) -> Option<String> {
        let proofs: Vec<String> = self.rows.iter().filter_map(Row::proof).collect();
        (self.verdict == Verdict::Proved).then(|| proofs.join("; "))
    }

    /// The setting, if the scenario has one.
    pub fn setting(&self) -> Option<&'a str> {
        self.first().setting.as_deref()
    }

    /// The first line.
    pub fn first(&self) -> &'a ReportLine {
        self.rows[0].line
    }
}

/// The key by which engines are sorted: exhaustive ones first, real threads last.
pub fn engine_rank(engine: Engine) -> (usize, Engine) {
    let rank = match engine {
        Engine::Graph => 0,
        Engine::Loom => 1,
        Engine::Shuttle(Sampler::Dfs) => 2,
        Engine::Shuttle(Sampler::Random) => 3,
        Engine::Shuttle(Sampler::Pct { .. }) => 4,
        Engine::Shuttle(_) => 5,
        _ => 6,
    };
    (rank, engine)
}

/// The cases that the lines are about, those of one setting together. Scenarios without a setting
/// are cases if `all` are asked for, and if no scenario has one.
pub fn cases(lines: &[ReportLine], all: bool) -> Vec<Case<'_>> {
    let no_settings = !has_setting(lines);
    let mut groups: std::collections::BTreeMap<_, Vec<&ReportLine>> = Default::default();
    for line in lines {
        let Some(form) = Form::of(line) else { continue };
        if line.setting.is_some() || all || no_settings {
            // Scenarios without a setting come last.
            let row = (line.setting.is_none(), &line.setting, line.instances);
            groups.entry((row, form, &line.scenario)).or_default().push(line);
        }
    }
    let siblings = |row, form| groups.keys().filter(|key| (key.0, key.1) == (row, form)).count();
    let mut cases: Vec<Case<'_>> = Vec::new();
    for (&(row, form, scenario), lines) in &groups {
        let label = match row.1 {
            Some(setting) if siblings(row, form) > 1 => format!("{setting}: {scenario}"),
            Some(setting) => setting.clone(),
            None => scenario.clone(),
        };
        let label = match row.2 {
            Some(instances) => format!("{label} ×{instances}"),
            None => label,
        };
        cases.push(Case::new(label, form, lines.clone(), row.1.is_some() || no_settings));
    }
    // The cases of one label stand together: a naive and a guarded scenario of the same setting.
    cases.sort_by(|a, b| place(a).cmp(&place(b)));
    cases
}

/// Whether a scenario that has to hold or to be refuted has a setting.
pub fn has_setting(lines: &[ReportLine]) -> bool {
    lines.iter().any(|line| Form::of(line).is_some() && line.setting.is_some())
}

fn place<'f>(case: &'f Case<'_>) -> impl Ord + use<'f> {
    let line = case.first();
    (line.setting.is_none(), line.setting.as_deref(), line.instances, &case.label, case.form)
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
