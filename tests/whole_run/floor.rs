//! The least that a whole run has to run.

use selvedge::scenario::grouped;

use super::count::{Count, Counts};

/// A row of `ci/floor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub build: String,
    pub engine: String,
    pub scenarios: u64,
    pub executions: u64,
}

/// This build, as `ci/floor` spells it.
pub fn build() -> &'static str {
    if cfg!(loom) {
        "loom"
    } else if cfg!(shuttle) {
        "shuttle"
    } else if cfg!(selvedge) {
        "selvedge"
    } else {
        "production"
    }
}

pub fn parse(text: &str) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default();
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |word: &str| word.replace(',', "").parse::<u64>().ok();
        match words[..] {
            [] => {}
            [build, engine, scenarios, executions] => {
                let numbers = number(scenarios).zip(number(executions));
                let Some((scenarios, executions)) = numbers else {
                    return Err(format!("line {}: {line:?} has no two numbers", index + 1));
                };
                let (build, engine) = (build.to_owned(), engine.to_owned());
                rows.push(Row { build, engine, scenarios, executions });
            }
            _ => {
                let expected = "build, engine, scenarios and executions";
                return Err(format!("line {}: {line:?} is not {expected}", index + 1));
            }
        }
    }
    Ok(rows)
}

/// Where the counts of this build are below the floor.
pub fn complaints(rows: &[Row], build: &str, counts: &Counts) -> Vec<String> {
    let rows: Vec<_> = rows.iter().filter(|row| row.build == build).collect();
    let mut complaints = Vec::new();
    if rows.is_empty() {
        complaints.push(format!("ci/floor has no row for the {build} build"));
    }
    let none = Count::default();
    for Row { engine, scenarios, executions, .. } in &rows {
        let count = counts.engines.get(engine).unwrap_or(&none);
        let ran = count.scenarios.len() as u64;
        if ran < *scenarios || count.executions < *executions {
            complaints.push(format!(
                "below the floor: {engine} ran {} scenarios and {} executions of at least {} and \
                 {}; if that is meant, lower ci/floor in the same change",
                grouped(ran),
                grouped(count.executions),
                grouped(*scenarios),
                grouped(*executions),
            ));
        }
    }
    for engine in counts.engines.keys() {
        if !rows.iter().any(|row| row.engine == *engine) {
            complaints.push(format!("ci/floor has no row for {build} {engine}"));
        }
    }
    complaints
}
