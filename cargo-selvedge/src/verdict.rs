//! What a line of the report shows, and what a form as a whole shows.
//!
//! | form | the line's run | the line shows |
//! | --- | --- | --- |
//! | naive | at least one execution went wrong | refuted |
//! | naive | none did | not refuted |
//! | guarded | at least one execution went wrong, or the run itself did | violated |
//! | guarded | none did, and it saw all, or all within a number of preemptions | held |
//! | guarded | none did, and it was cut or sampled | not refuted |
//!
//! A naive form is refuted as a whole if one engine refuted it. A guarded form is held as a whole
//! if it held under one engine at least and was violated under none.

use std::fmt;

use selvedge::scenario::{Coverage, Engine, Method, ReportLine, Sampler};

/// The form of a setting that a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `refute`: it must go wrong.
    Naive,
    /// `check`: it must hold.
    Guarded,
}

impl Kind {
    /// The form that a line is about; none for `explore`, which has no right and wrong.
    pub fn of(line: &ReportLine) -> Option<Kind> {
        match line.method {
            Method::Refute => Some(Kind::Naive),
            Method::Check => Some(Kind::Guarded),
            Method::Explore => None,
        }
    }

    /// What a form of this kind should show.
    pub fn expected(self) -> Verdict {
        match self {
            Kind::Naive => Verdict::Refuted,
            Kind::Guarded => Verdict::Held,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Kind::Naive => "naive",
            Kind::Guarded => "guarded",
        })
    }
}

/// What a line, or a form as a whole, shows. The order is the order of weight in a guarded form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Nothing went wrong, and not all was seen.
    NotRefuted,
    /// Nothing goes wrong, within the coverage.
    Held,
    /// It goes wrong, as it should.
    Refuted,
    /// It goes wrong, and should not.
    Violated,
}

impl Verdict {
    /// What a line shows.
    pub fn of(kind: Kind, line: &ReportLine) -> Verdict {
        match kind {
            Kind::Naive if line.violating > 0 && has_finding(line) => Verdict::Refuted,
            Kind::Naive => Verdict::NotRefuted,
            Kind::Guarded if line.violation.is_some() || line.violating > 0 => Verdict::Violated,
            Kind::Guarded if saw_all(&line.coverage) => Verdict::Held,
            Kind::Guarded => Verdict::NotRefuted,
        }
    }

    /// What a form shows whose lines show these.
    pub fn of_all(lines: impl IntoIterator<Item = Verdict>) -> Verdict {
        // Of a form's lines, those that matter more are greater: see the order.
        lines.into_iter().max().unwrap_or(Verdict::NotRefuted)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Verdict::NotRefuted => "not refuted",
            Verdict::Held => "held",
            Verdict::Refuted => "refuted",
            Verdict::Violated => "violated",
        })
    }
}

/// Whether all executions were seen, or all with a bounded number of preemptions.
fn saw_all(coverage: &Coverage) -> bool {
    match coverage {
        Coverage::Complete => true,
        Coverage::Bounded(bound) => !bound.is_cut(),
        Coverage::Sampled { .. } => false,
    }
}

/// Whether a line has a violation that is about the code under test, rather than about the test.
fn has_finding(line: &ReportLine) -> bool {
    line.violation.as_ref().is_some_and(|violation| violation.kind.is_finding())
}

/// Whether a line's violation must be told: every one but those that a naive form is for.
pub fn is_problem(line: &ReportLine) -> bool {
    let expected = line.method == Method::Refute && has_finding(line);
    line.violation.is_some() && !expected
}

/// One engine's run of a form.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The line of the report.
    pub line: &'a ReportLine,
    /// What it shows.
    pub verdict: Verdict,
}

impl Row<'_> {
    /// The share of executions that went wrong, as part and whole; `None` where the search stopped
    /// at the first, so that the number of executions says when it was found, and not how often it
    /// occurs.
    pub fn bad(&self) -> Option<(u64, u64)> {
        let stopped = match (self.line.method, &self.line.coverage) {
            (_, Coverage::Bounded(bound)) => bound.violation,
            (Method::Refute, _) => false,
            _ => self.line.violating > 0,
        };
        (!stopped && self.line.executions > 0)
            .then_some((self.line.violating, self.line.executions))
    }
}

/// A scenario in the naive or the guarded form, with all engines that ran it.
#[derive(Clone, Debug)]
pub struct Form<'a> {
    /// The setting and the number of instances, or else the scenario.
    pub label: String,
    /// Naive or guarded.
    pub kind: Kind,
    /// One engine each, in the order in which engines are named.
    pub rows: Vec<Row<'a>>,
    /// What they show together.
    pub verdict: Verdict,
    /// Whether the verdict decides on the exit code; `--all` shows forms that do not.
    pub counts: bool,
}

impl<'a> Form<'a> {
    /// A form of at least one line.
    fn new(label: String, kind: Kind, mut lines: Vec<&'a ReportLine>, counts: bool) -> Form<'a> {
        lines.sort_by_key(|line| engine_rank(line.engine));
        let rows: Vec<Row<'a>> =
            lines.into_iter().map(|line| Row { line, verdict: Verdict::of(kind, line) }).collect();
        let verdict = Verdict::of_all(rows.iter().map(|row| row.verdict));
        Form { label, kind, rows, verdict, counts }
    }

    /// Whether the form shows what it should.
    pub fn is_as_it_should_be(&self) -> bool {
        self.verdict == self.kind.expected()
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
        Engine::Loom => 0,
        Engine::Shuttle(Sampler::Dfs) => 1,
        Engine::Shuttle(Sampler::Random) => 2,
        Engine::Shuttle(Sampler::Pct { .. }) => 3,
        Engine::Shuttle(_) => 4,
        _ => 5,
    };
    (rank, engine)
}

/// The forms that the lines are about, those of one setting together. Scenarios without a setting
/// are forms if `all` are asked for, and if no scenario has one.
pub fn forms(lines: &[ReportLine], all: bool) -> Vec<Form<'_>> {
    let no_settings = !lines.iter().any(|line| Kind::of(line).is_some() && line.setting.is_some());
    let mut groups: std::collections::BTreeMap<_, Vec<&ReportLine>> = Default::default();
    for line in lines {
        let Some(kind) = Kind::of(line) else { continue };
        if line.setting.is_some() || all || no_settings {
            // Scenarios without a setting come last.
            let row = (line.setting.is_none(), &line.setting, line.instances);
            groups.entry((row, kind, &line.scenario)).or_default().push(line);
        }
    }
    let siblings = |row, kind| groups.keys().filter(|key| (key.0, key.1) == (row, kind)).count();
    let mut forms: Vec<Form<'_>> = Vec::new();
    for (&(row, kind, scenario), lines) in &groups {
        let label = match row.1 {
            Some(setting) if siblings(row, kind) > 1 => format!("{setting}: {scenario}"),
            Some(setting) => setting.clone(),
            None => scenario.clone(),
        };
        let label = match row.2 {
            Some(instances) => format!("{label} ×{instances}"),
            None => label,
        };
        forms.push(Form::new(label, kind, lines.clone(), row.1.is_some() || no_settings));
    }
    // The forms of one label stand together: a naive and a guarded scenario of the same setting.
    forms.sort_by(|a, b| place(a).cmp(&place(b)));
    forms
}

fn place<'f>(form: &'f Form<'_>) -> impl Ord + use<'f> {
    let line = form.first();
    (line.setting.is_none(), line.setting.as_deref(), line.instances, &form.label, form.kind)
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
