//! The trace of an execution, as text: one row an operation, in the order of the engine.

use std::fmt::Write;

use crate::swap::execution::Execution;
use crate::swap::model::{Event, Trace};

/// Rows that are shown at the beginning and at the end of a long trace.
const SHOWN: usize = 60;

/// The trace as a table, at most 100 columns wide as long as names and paths are short.
pub(super) fn timeline(execution: &Execution) -> String {
    let trace = execution.trace.lock();
    if trace.events.is_empty() {
        return String::new();
    }
    let threads = execution.progress.lock().threads.len() as u32;
    let names: Vec<String> = (0..threads).map(|thread| execution.thread_name(thread)).collect();
    let name = |thread: u32| names.get(thread as usize).map_or("", String::as_str);
    let objects: Vec<String> =
        (0..trace.objects.len() as u32).map(|o| trace.object_name(o)).collect();
    let object = |index: u32| objects.get(index as usize).map_or("", String::as_str);

    let folded = trace.events.len().saturating_sub(2 * SHOWN);
    let rows: Vec<[String; 5]> = trace
        .events
        .iter()
        .enumerate()
        .filter(|(index, _)| folded == 0 || *index < SHOWN || *index >= SHOWN + folded)
        .map(|(index, event)| row(index, event, &name, &object))
        .collect();
    let waits = waits(&trace, &name, &object);
    let width = |column: usize, heading: &str| {
        let cells = rows.iter().chain(&waits).map(|row| row[column].chars().count());
        cells.max().unwrap_or(0).max(heading.len())
    };
    let [number, thread, what, operation] =
        [width(0, "#"), width(1, "thread"), width(2, "object"), width(3, "operation")];

    let mut text = String::new();
    let mut line = |cells: [&str; 5]| {
        let written = format!(
            "  {:>number$}  {:thread$}  {:what$}  {:operation$}  {}",
            cells[0], cells[1], cells[2], cells[3], cells[4]
        );
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", written.trim_end());
    };
    line(["#", "thread", "object", "operation", "place"]);
    for (index, row) in rows.iter().enumerate() {
        if folded > 0 && index == SHOWN {
            line(["", "", "", &format!("… {folded} more …"), ""]);
        }
        line([&row[0], &row[1], &row[2], &row[3], &row[4]]);
    }
    for wait in &waits {
        line(wait.each_ref().map(String::as_str));
    }
    text
}

fn row<'a>(
    index: usize,
    event: &Event,
    thread: &impl Fn(u32) -> &'a str,
    object: &impl Fn(u32) -> &'a str,
) -> [String; 5] {
    let operation = match event.effect_thread() {
        Some(other) => format!("{} {}", event.operation, thread(other)),
        None => event.to_string(),
    };
    [
        (index + 1).to_string(),
        thread(event.thread).to_owned(),
        object(event.object).to_owned(),
        operation,
        event.place.to_string(),
    ]
}

/// What unfinished threads wait for.
fn waits<'a>(
    trace: &Trace,
    thread: &impl Fn(u32) -> &'a str,
    object: &impl Fn(u32) -> &'a str,
) -> Vec<[String; 5]> {
    trace
        .waits()
        .map(|(waiting, wait)| {
            [
                String::new(),
                thread(waiting).to_owned(),
                object(wait.object).to_owned(),
                match wait.joins {
                    Some(other) => format!("waits: {} {}", wait.operation, thread(other)),
                    None => format!("waits: {}", wait.operation),
                },
                wait.place.to_string(),
            ]
        })
        .collect()
}
