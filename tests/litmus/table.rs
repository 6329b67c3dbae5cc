//! Tables of programs: a row a line.

use crate::notation;
use crate::program::Program;

/// A program, and how many executions it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub name: String,
    /// Under sequential consistency.
    pub sc: u64,
    /// Under RC11.
    pub rc11: u64,
    pub program: Program,
}

/// The rows of a table, each with the number of its line, or a complaint about it.
pub fn rows(text: &str) -> impl Iterator<Item = (usize, Result<Row, String>)> {
    let numbered = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    let rows = numbered.filter(|(_, line)| !line.starts_with('#') && !line.trim().is_empty());
    rows.map(|(number, line)| (number, row(line)))
}

fn row(line: &str) -> Result<Row, String> {
    let columns: Vec<&str> = line.split('\t').collect();
    let [name, sc, rc11, program] = columns[..] else {
        return Err(format!(
            "{line:?} has {} columns, not 4: name, executions under SC, executions under RC11, \
             program, with a tab between",
            columns.len()
        ));
    };
    let count = |memory: &str, text: &str| {
        let wrong = |_| format!("{name}: executions under {memory}: {text:?} is no number");
        text.trim().parse::<u64>().map_err(wrong)
    };
    Ok(Row {
        name: name.to_owned(),
        sc: count("SC", sc)?,
        rc11: count("RC11", rc11)?,
        program: notation::parse(program).map_err(|complaint| format!("{name}: {complaint}"))?,
    })
}
