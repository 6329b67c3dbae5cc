//! Replay tickets: a schedule of Shuttle's, short enough for a command line, and tied to its
//! scenario.
//!
//! `shuttle:NAME:LENGTH:STEPS`, where NAME is the scenario's name in lower case with dashes, LENGTH
//! is the number of steps, and STEPS are runs of one task, `TASK.COUNT`, with dashes between them.
//! Task 0 is the closure.

use crate::scenario::{Engine, Sampler};

/// The name of a scenario in a ticket.
#[cfg(any(loom, shuttle, selvedge))]
fn slug(name: &str) -> String {
    let dashed: String = name
        .chars()
        .map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .collect();
    dashed.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

/// The engine that a ticket is for.
pub(crate) fn engine(ticket: &str) -> Result<Engine, String> {
    match ticket.split(':').next() {
        Some("shuttle") => Ok(Engine::Shuttle(Sampler::Random)),
        _ => Err(format!(
            "SELVEDGE_REPLAY={ticket:?} is not a ticket; copy the whole value from a violation, it begins with shuttle:"
        )),
    }
}

/// Writes a ticket.
#[cfg(any(loom, shuttle, selvedge))]
pub(super) fn write(scenario: &str, steps: &[usize]) -> String {
    let runs: Vec<String> =
        steps.chunk_by(|a, b| a == b).map(|run| format!("{}.{}", run[0], run.len())).collect();
    format!("shuttle:{}:{}:{}", slug(scenario), steps.len(), runs.join("-"))
}

/// Reads a ticket of this scenario.
#[cfg(any(loom, shuttle, selvedge))]
pub(super) fn read(scenario: &str, ticket: &str) -> Result<Vec<usize>, String> {
    let malformed = || {
        format!("SELVEDGE_REPLAY={ticket:?} is not a ticket; copy the whole value from a violation")
    };
    let rest = ticket.strip_prefix("shuttle:").ok_or_else(malformed)?;
    let (name, runs) = rest.split_once(':').ok_or_else(malformed)?;
    if name != slug(scenario) {
        return Err(format!(
            "SELVEDGE_REPLAY is a schedule of the scenario {name:?}, and this is {:?}; run the test that printed \
             it, alone",
            slug(scenario)
        ));
    }
    let (length, runs) = runs.split_once(':').ok_or_else(malformed)?;
    let mut steps = Vec::new();
    for run in runs.split('-') {
        let (task, count) = run.split_once('.').ok_or_else(malformed)?;
        let task: usize = task.parse().map_err(|_| malformed())?;
        let count: usize = count.parse().map_err(|_| malformed())?;
        if count == 0 || count > 10_000_000 || steps.len() > 10_000_000 {
            return Err(malformed());
        }
        steps.extend(std::iter::repeat_n(task, count));
    }
    // A part of a ticket is another schedule, which may well hold.
    if length.parse() != Ok(steps.len()) {
        return Err(malformed());
    }
    Ok(steps)
}

#[cfg(all(test, any(loom, shuttle, selvedge)))]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_read_as_it_was_written() {
        let steps = [0, 0, 2, 3, 3, 3, 0];
        let ticket = write("Two editors, one document!", &steps);
        assert_eq!(ticket, "shuttle:two-editors-one-document:7:0.2-2.1-3.3-0.1");
        assert_eq!(read("Two editors, one document!", &ticket).unwrap(), steps);
    }

    #[test]
    fn a_ticket_of_another_scenario_is_refused_by_name() {
        let error = read("counter", &write("document", &[0])).unwrap_err();
        assert!(error.contains("\"document\"") && error.contains("\"counter\""), "{error}");
    }

    #[test]
    fn nonsense_is_refused() {
        for ticket in [
            "",
            "shuttle",
            "shuttle:x",
            "shuttle:x:",
            "shuttle:x:1",
            "shuttle:x:1:a.b",
            "shuttle:x:2:1.1",
            "loom:x:1.1",
            "shuttle:x:0:1.0",
        ] {
            assert!(read("x", ticket).is_err(), "{ticket}");
        }
    }
}
