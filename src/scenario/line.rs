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
//! | `executions`, `blocked`, `violating` | counts of executions |
//! | `overlapped` | executions with overlapping operations; `null` where operations are not observed |
//! | `outcomes` | pairs of an outcome, as `Debug` prints it, and its count |
//! | `coverage` | `complete`, `bounded` (with `preemptions`, `executions`, `seconds`, `violation`, `fair`, and `search` if only loom's `plain` or `probed` one ran) or `sampled` (with `seed`) |
//! | `violation` | the first one (`kind`, `message`, `ticket`, `repeat`, `text`), or `null` |
//! | `seconds` | wall-clock time |
//! | `test` | the name of the thread, which is libtest's name of the test |
//! | `package` | cargo's name of the package whose tests ran, if cargo ran them |
//! | `parent` | the id of the process that started the tests; `null` on Windows |

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::LoomSearch;
use super::report::{Bound, Coverage};

/// One line of a report. The module lists the fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ReportLine {
    pub schema: u32,
    pub scenario: String,
    pub setting: Option<String>,
    pub instances: Option<u32>,
    pub method: Method,
    pub engine: String,
    pub memory_model: String,
    pub executions: u64,
    pub blocked: u64,
    pub overlapped: Option<u64>,
    pub violating: u64,
    pub outcomes: Vec<(String, u64)>,
    pub coverage: CoverageLine,
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
        let parsed: ReportLine =
            serde_json::from_str(line).map_err(|error| ParseLineError(error.to_string()))?;
        if parsed.schema == ReportLine::SCHEMA {
            Ok(parsed)
        } else {
            Err(ParseLineError(format!(
                "schema {} instead of {}",
                parsed.schema,
                ReportLine::SCHEMA
            )))
        }
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

/// [`Coverage`] in a report line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
#[allow(missing_docs)]
pub enum CoverageLine {
    Complete,
    Bounded {
        preemptions: Option<u8>,
        executions: Option<u64>,
        seconds: Option<f64>,
        violation: bool,
        fair: bool,
        search: Option<String>,
    },
    Sampled {
        seed: Option<u64>,
    },
}

impl From<&Coverage> for CoverageLine {
    fn from(coverage: &Coverage) -> Self {
        match coverage {
            Coverage::Complete => CoverageLine::Complete,
            Coverage::Bounded(Bound {
                preemptions,
                executions,
                duration,
                violation,
                fair,
                search,
            }) => CoverageLine::Bounded {
                preemptions: *preemptions,
                executions: *executions,
                seconds: duration.map(|d| d.as_secs_f64()),
                violation: *violation,
                fair: *fair,
                search: match search {
                    LoomSearch::Both => None,
                    LoomSearch::Plain => Some("plain".to_owned()),
                    LoomSearch::Probed => Some("probed".to_owned()),
                },
            },
            Coverage::Sampled { seed } => CoverageLine::Sampled { seed: *seed },
        }
    }
}

/// A violation in a report line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ViolationLine {
    pub kind: String,
    pub message: String,
    pub ticket: Option<String>,
    pub repeat: Option<String>,
    /// The whole explanation.
    pub text: String,
}
