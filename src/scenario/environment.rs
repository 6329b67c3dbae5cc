//! The environment's say in a run: the `SELVEDGE_*` variables. They override what a scenario sets,
//! except `SELVEDGE_ENGINES`, which is for scenarios that set no engine.
//!
//! | variable | value | meaning |
//! | --- | --- | --- |
//! | `SELVEDGE_ENGINES` | names, separated by commas | the engines of scenarios that do not choose one |
//! | `SELVEDGE_MEMORY` | `rc11` or `sc` | the memory model of the graph engine |
//! | `SELVEDGE_WORKERS` | a number from 1 | operating-system threads of the graph engine |
//! | `SELVEDGE_SEED` | a number, decimal or `0x…` | the seed of sampling engines |
//! | `SELVEDGE_REPLAY` | a ticket from a violation | run that one execution |
//! | `SELVEDGE_MAX_EXECUTIONS` | a number from 1 | executions per search |
//! | `SELVEDGE_MAX_EVENTS` | a number from 1 | operations per execution |
//! | `SELVEDGE_MAX_DURATION` | seconds, above 0 | time per search |
//! | `SELVEDGE_PREEMPTION_BOUND` | a number, or `none` | preemptions per execution, under loom |
//! | `SELVEDGE_REPORT` | a path | append a JSON line for each run ([format](super::line)) |
//! | `SELVEDGE_EXPECT` | `model` | fail if this is not the model build |
//! | `SELVEDGE_LITMUS` | paths | tables for this project's own `tests/litmus.rs`; scenarios ignore it |
//!
//! Any other variable whose name begins with `SELVEDGE_` is an error, and so is a value that is
//! none of these: a misspelled budget must not look like a run that used it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::{Engine, Memory};

/// The variables that there are.
const NAMES: [&str; 12] = [
    "SELVEDGE_ENGINES",
    "SELVEDGE_MEMORY",
    "SELVEDGE_WORKERS",
    "SELVEDGE_SEED",
    "SELVEDGE_REPLAY",
    "SELVEDGE_MAX_EXECUTIONS",
    "SELVEDGE_MAX_EVENTS",
    "SELVEDGE_MAX_DURATION",
    "SELVEDGE_PREEMPTION_BOUND",
    "SELVEDGE_REPORT",
    "SELVEDGE_EXPECT",
    "SELVEDGE_LITMUS",
];

/// What the environment asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Environment {
    pub engines: Option<Vec<Engine>>,
    pub memory: Option<Memory>,
    pub workers: Option<usize>,
    pub seed: Option<u64>,
    pub replay: Option<String>,
    pub max_executions: Option<u64>,
    pub max_events: Option<usize>,
    pub max_duration: Option<Duration>,
    pub preemption_bound: Option<Option<u8>>,
    pub report: Option<PathBuf>,
}

impl Environment {
    /// Reads the process's variables.
    pub fn read() -> Result<Environment, String> {
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            name.starts_with("SELVEDGE_").then_some((name, value))
        });
        let mut readable = BTreeMap::new();
        for (name, value) in variables {
            let value = value.into_string().map_err(|_| format!("{name} is not valid Unicode"))?;
            readable.insert(name, value);
        }
        if std::env::var_os("SHUTTLE_RANDOM_SEED").is_some() {
            return Err(
                "SHUTTLE_RANDOM_SEED is set, which replaces every seed inside of Shuttle, so that \
                        reports would name the wrong one; unset it, and use SELVEDGE_SEED"
                    .to_owned(),
            );
        }
        let model = cfg!(any(loom, shuttle, selvedge));
        Environment::parse(readable, model)
    }

    fn parse(variables: BTreeMap<String, String>, model: bool) -> Result<Environment, String> {
        let mut environment = Environment::default();
        for (name, value) in variables {
            let value = value.as_str();
            let wrong = |what: &str| format!("{name}={value:?} is not {what}");
            match name.as_str() {
                "SELVEDGE_ENGINES" => {
                    let engines: Result<Vec<Engine>, _> =
                        value.split(',').map(|engine| engine.trim().parse()).collect();
                    environment.engines =
                        Some(engines.map_err(|error| format!("{name}: {error}"))?);
                }
                "SELVEDGE_MEMORY" => {
                    let memory = value.parse().map_err(|error| format!("{name}: {error}"))?;
                    environment.memory = Some(memory);
                }
                "SELVEDGE_WORKERS" => {
                    let workers = positive(value).and_then(|count| usize::try_from(count).ok());
                    environment.workers = Some(workers.ok_or_else(|| wrong("a number from 1"))?);
                }
                "SELVEDGE_SEED" => {
                    let parsed = match value.strip_prefix("0x") {
                        Some(digits) => u64::from_str_radix(digits, 16),
                        None => value.parse(),
                    };
                    environment.seed = Some(parsed.map_err(|_| wrong("a number of 64 bits"))?);
                }
                "SELVEDGE_REPLAY" => environment.replay = Some(value.to_owned()),
                "SELVEDGE_MAX_EXECUTIONS" => {
                    environment.max_executions =
                        Some(positive(value).ok_or_else(|| wrong("a number from 1"))?);
                }
                "SELVEDGE_MAX_EVENTS" => {
                    let events = positive(value).and_then(|events| usize::try_from(events).ok());
                    environment.max_events = Some(events.ok_or_else(|| wrong("a number from 1"))?);
                }
                "SELVEDGE_MAX_DURATION" => {
                    let seconds = value.parse().ok().filter(|seconds| *seconds > 0.0);
                    let duration = seconds.and_then(|s| Duration::try_from_secs_f64(s).ok());
                    environment.max_duration =
                        Some(duration.ok_or_else(|| wrong("a number of seconds above 0"))?);
                }
                "SELVEDGE_PREEMPTION_BOUND" if value == "none" => {
                    environment.preemption_bound = Some(None);
                }
                "SELVEDGE_PREEMPTION_BOUND" => {
                    let bound =
                        value.parse::<u8>().map_err(|_| wrong("a number up to 255, or none"))?;
                    environment.preemption_bound = Some(Some(bound));
                }
                "SELVEDGE_REPORT" if value.is_empty() => return Err(wrong("a path")),
                "SELVEDGE_REPORT" => environment.report = Some(PathBuf::from(value)),
                "SELVEDGE_EXPECT" if value != "model" => return Err(wrong("\"model\"")),
                "SELVEDGE_EXPECT" if !model => {
                    return Err("SELVEDGE_EXPECT=model, but this is a production build: the flag --cfg loom, \
                                --cfg shuttle or --cfg selvedge did not reach rustc. An environment's RUSTFLAGS \
                                replaces the flags of cargo's configuration: add the --cfg to RUSTFLAGS, or \
                                unset it"
                        .to_owned());
                }
                "SELVEDGE_EXPECT" => {}
                "SELVEDGE_LITMUS" => {}
                _ => {
                    return Err(format!("unknown variable {name}; there are {}", NAMES.join(", ")));
                }
            }
        }
        Ok(environment)
    }
}

fn positive(value: &str) -> Option<u64> {
    value.parse().ok().filter(|number| *number > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(name: &str, value: &str, model: bool) -> Result<Environment, String> {
        Environment::parse(BTreeMap::from([(name.to_owned(), value.to_owned())]), model)
    }

    #[test]
    fn an_unknown_variable_is_an_error_that_lists_the_known_ones() {
        let error = parse("SELVEDGE_MAX_EXECUTION", "3", true).unwrap_err();
        assert!(error.starts_with("unknown variable SELVEDGE_MAX_EXECUTION;"), "{error}");
        assert!(NAMES.iter().all(|name| error.contains(name)), "{error}");
    }

    #[test]
    fn every_known_variable_is_understood_and_refuses_nonsense() {
        for name in NAMES {
            let (good, bad) = match name {
                "SELVEDGE_ENGINES" => ("loom, shuttle-pct:2", Some("lom")),
                "SELVEDGE_MEMORY" => ("sc", Some("tso")),
                "SELVEDGE_SEED" => ("0xff", Some("-1")),
                "SELVEDGE_REPLAY" => ("shuttle:x:0", None),
                "SELVEDGE_MAX_DURATION" => ("0.5", Some("0")),
                "SELVEDGE_PREEMPTION_BOUND" => ("none", Some("many")),
                "SELVEDGE_REPORT" => ("report.jsonl", Some("")),
                "SELVEDGE_EXPECT" => ("model", Some("production")),
                "SELVEDGE_LITMUS" => ("table.tsv", None),
                _ => ("7", Some("0")),
            };
            assert!(parse(name, good, true).is_ok(), "{name}={good}");
            if let Some(bad) = bad {
                let error = parse(name, bad, true).unwrap_err();
                assert!(error.contains(name), "{error}");
            }
        }
    }

    #[test]
    fn a_production_build_that_was_expected_to_be_a_model_names_rustflags() {
        let error = parse("SELVEDGE_EXPECT", "model", false).unwrap_err();
        assert!(error.contains("RUSTFLAGS"), "{error}");
    }
}
