//! The JSON lines that `SELVEDGE_REPORT` collects: one for each engine that ran a scenario.
//!
//! | field | meaning |
//! | --- | --- |
//! | `schema` | 1 |
//! | `scenario` | the scenario's name |
//! | `setting`, `instances` | the row it belongs to, if it names one |
//! | `method` | `check`, `explore` or `refute` |
//! | `engine` | as `SELVEDGE_ENGINES` spells it |
//! | `memory_model` | in words |
//! | `inputs` | inputs that were explored; `null` if the scenario chose nothing |
//! | `executions`, `blocked`, `violating` | counts of executions |
//! | `overlapped` | executions with overlapping operations; `null` where operations are not observed |
//! | `outcomes` | pairs of an outcome, as `Debug` prints it, and its count |
//! | `coverage` | an object whose `kind` is `complete`, `within` (with the fields of [`BudgetsMet`], see below), `bounded` (with the fields of [`Bound`], see below) or `sampled` (with `seed`; `null` for real threads) |
//! | `violation` | the first one: `kind` in the words that a person sees, `message`, `ticket` and `repeat` (`null` where there is none), and `text`; `null` if there is none |
//! | `seconds` | wall-clock time |
//! | `test` | the name of the thread, which is libtest's name of the test |
//! | `package` | cargo's name of the package whose tests ran, if cargo ran them |
//! | `parent` | the id of the process that started the tests; `null` on Windows |
//!
//! The fields of a bounded coverage are `preemptions`, `executions` and `seconds` (`null` where
//! there is no such bound), `violation`, `fair`, and `search`: `plain` or `probed` if only that one
//! of loom's searches ran, and `both` otherwise.
//!
//! Those of a coverage within budgets are `spurious_failures`, `spurious_wakeups` and `timeouts`:
//! the budget a thread, or `null` if it left nothing out.
//!
//! [`Bound`]: super::Bound
//! [`BudgetsMet`]: super::BudgetsMet

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Coverage, Engine, ViolationKind};

/// One line of a report. The module lists the fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ReportLine {
    pub schema: u32,
    pub scenario: String,
    pub setting: Option<String>,
    pub instances: Option<u32>,
    pub method: Method,
    #[serde(with = "text")]
    pub engine: Engine,
    pub memory_model: String,
    pub inputs: Option<u64>,
    pub executions: u64,
    pub blocked: u64,
    pub overlapped: Option<u64>,
    pub violating: u64,
    pub outcomes: Vec<(String, u64)>,
    pub coverage: Coverage,
    pub violation: Option<ViolationLine>,
    pub seconds: f64,
    pub test: Option<String>,
    pub package: Option<String>,
    pub parent: Option<u32>,
}

impl ReportLine {
    /// The version of the format.
    pub const SCHEMA: u32 = 1;

    /// Appends the line to a file, which is created with its folder if it is not there. One write
    /// a line, so that parallel tests do not mix theirs.
    ///
    /// # Errors
    /// The file system's.
    pub fn append(&self, path: &Path) -> std::io::Result<()> {
        let mut line = serde_json::to_string(self).map_err(std::io::Error::other)?;
        line.push('\n');
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        OpenOptions::new().create(true).append(true).open(path)?.write_all(line.as_bytes())
    }
}

impl std::str::FromStr for ReportLine {
    type Err = ParseLineError;

    fn from_str(line: &str) -> Result<ReportLine, ParseLineError> {
        /// All that is known of a line of another version.
        #[derive(Deserialize)]
        struct Version {
            schema: u32,
        }
        let unreadable = |error: serde_json::Error| ParseLineError(error.to_string());
        let Version { schema } = serde_json::from_str(line).map_err(unreadable)?;
        if schema != ReportLine::SCHEMA {
            return Err(ParseLineError(format!(
                "schema {schema} instead of {}",
                ReportLine::SCHEMA
            )));
        }
        serde_json::from_str(line).map_err(unreadable)
    }
}

/// A line that is no report line of this version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseLineError(String);

impl std::fmt::Display for ParseLineError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "not a report line of this version: {}", self.0)
    }
}

impl std::error::Error for ParseLineError {}

/// What was asked of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// It must hold.
    Check,
    /// All of its outcomes are wanted.
    Explore,
    /// It must fail.
    Refute,
}

/// A violation in a report line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ViolationLine {
    pub kind: ViolationKind,
    pub message: String,
    pub ticket: Option<String>,
    pub repeat: Option<String>,
    /// The whole explanation.
    pub text: String,
}

/// A value as its `Display` writes it and its `FromStr` reads it.
mod text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(value: &impl Display, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub fn deserialize<'de, T, D>(from: D) -> Result<T, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// A duration as a number of seconds.
pub(super) mod seconds {
    use std::time::Duration;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(time: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
        time.map(|time| time.as_secs_f64()).serialize(to)
    }

    pub fn deserialize<'de, D>(from: D) -> Result<Option<Duration>, D::Error>
    where
        D: Deserializer<'de>,
    {
        let seconds = Option::<f64>::deserialize(from)?;
        seconds.map(Duration::try_from_secs_f64).transpose().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;
    use crate::scenario::{Bound, BudgetsMet, LoomSearch, Sampler};

    fn line() -> ReportLine {
        ReportLine {
            schema: ReportLine::SCHEMA,
            scenario: "a counter".to_owned(),
            setting: None,
            instances: Some(2),
            method: Method::Refute,
            engine: Engine::Shuttle(Sampler::Pct { depth: 5 }),
            memory_model: "sequential consistency".to_owned(),
            inputs: Some(60),
            executions: 12,
            blocked: 0,
            overlapped: None,
            violating: 1,
            outcomes: vec![("()".to_owned(), 11)],
            coverage: Coverage::Sampled { seed: Some(42) },
            violation: Some(ViolationLine {
                kind: ViolationKind::DataRace,
                message: "two writes".to_owned(),
                ticket: None,
                repeat: None,
                text: "data race: two writes".to_owned(),
            }),
            seconds: 0.25,
            test: None,
            package: None,
            parent: None,
        }
    }

    fn parse(line: &Value) -> Result<ReportLine, ParseLineError> {
        line.to_string().parse()
    }

    #[track_caller]
    fn refused(line: &Value, reason: &str) {
        let error = parse(line).unwrap_err().to_string();
        assert!(error.starts_with("not a report line of this version: "), "{error}");
        assert!(error.contains(reason), "{error}");
    }

    #[test]
    fn engines_methods_and_kinds_are_written_as_people_see_them() {
        let written = serde_json::to_value(line()).unwrap();
        assert_eq!(written["engine"], "shuttle-pct:5");
        assert_eq!(written["method"], "refute");
        assert_eq!(written["violation"]["kind"], "data race");
        assert_eq!(parse(&written).unwrap(), line());
    }

    #[test]
    fn each_coverage_is_an_object_with_its_kind() {
        let bound = Bound {
            preemptions: Some(2),
            executions: None,
            duration: Some(Duration::from_millis(1_500)),
            violation: false,
            fair: true,
            one_order_of_owners: true,
            search: LoomSearch::Plain,
        };
        let bounded = json!({
            "kind": "bounded", "preemptions": 2, "executions": null, "seconds": 1.5,
            "violation": false, "fair": true, "one_order_of_owners": true, "search": "plain",
        });
        let sampled = json!({ "kind": "sampled", "seed": null });
        let met =
            BudgetsMet { timeouts: Some(1), spurious_failures: Some(0), ..BudgetsMet::default() };
        let within = json!({
            "kind": "within", "spurious_failures": 0, "spurious_wakeups": null, "timeouts": 1,
        });
        for (coverage, written) in [
            (Coverage::Complete, json!({ "kind": "complete" })),
            (Coverage::Within(met), within),
            (Coverage::Bounded(bound), bounded),
            (Coverage::Sampled { seed: None }, sampled),
        ] {
            assert_eq!(serde_json::to_value(&coverage).unwrap(), written);
            let line = ReportLine { coverage, ..line() };
            assert_eq!(parse(&serde_json::to_value(&line).unwrap()).unwrap(), line);
        }
    }

    #[test]
    fn another_schema_is_told_before_anything_else() {
        refused(&json!({ "schema": 2, "engine": { "name": "graph" } }), "schema 2 instead of 1");
        refused(&json!({ "counted": 7 }), "missing field `schema`");
        refused(&json!({ "schema": 1 }), "missing field `scenario`");
    }

    #[test]
    fn words_and_bounds_of_another_version_are_told() {
        let written = serde_json::to_value(line()).unwrap();
        let with = |pointer: &str, value: Value| {
            let mut line = written.clone();
            *line.pointer_mut(pointer).unwrap() = value;
            line
        };
        refused(&with("/engine", "petri".into()), "unknown engine \"petri\"");
        refused(&with("/violation/kind", "starvation".into()), "unknown variant `starvation`");
        refused(&with("/coverage/kind", "estimated".into()), "unknown variant `estimated`");
        // A bound that is not understood must not make the search look larger than it was.
        let mut bounded = serde_json::to_value(Coverage::Bounded(Bound::default())).unwrap();
        bounded["memory"] = 1.into();
        refused(&with("/coverage", bounded.clone()), "unknown field `memory`");
        let mut within = serde_json::to_value(Coverage::Within(BudgetsMet::default())).unwrap();
        within["crashes"] = 1.into();
        refused(&with("/coverage", within), "unknown field `crashes`");
        bounded.as_object_mut().unwrap().remove("memory");
        bounded["seconds"] = (-1.0).into();
        refused(&with("/coverage", bounded), "negative");
    }
}
