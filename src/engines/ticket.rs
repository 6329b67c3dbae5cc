//! Replay tickets: a schedule of Shuttle's, short enough for a command line, and tied to its
//! scenario.
//!
//! `shuttle:NAME:LENGTH:STEPS`, where NAME is the scenario's name in lower case with dashes, LENGTH
//! is the number of steps, and STEPS are runs of one task, `TASK.COUNT`, with dashes between them.
//! Task 0 is the closure. If the closure chose among alternatives, `:CHOICES` follows, which are
//! `PICKEDofALL` with dashes between them.

use crate::scenario::{Engine, Sampler};
#[cfg(any(loom, shuttle, selvedge))]
use crate::swap::choices::{Choice, Script};

/// What repeats an execution.
#[cfg(any(loom, shuttle, selvedge))]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    /// The closure's choices.
    pub input: Script,
    /// The task of each step.
    pub steps: Vec<usize>,
}

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

/// The scenario that a ticket is of, if it is a ticket, and not of this one. In a production build,
/// in which nothing is replayed, all are this one's.
#[cfg_attr(not(any(loom, shuttle, selvedge)), allow(unused_variables))]
pub(crate) fn of_another<'a>(ticket: &'a str, scenario: &str) -> Option<&'a str> {
    #[cfg(any(loom, shuttle, selvedge))]
    if Ticket::read(ticket).is_ok() {
        return ticket.split(':').nth(1).filter(|name| *name != slug(scenario));
    }
    None
}

#[cfg(any(loom, shuttle, selvedge))]
impl Ticket {
    /// The text of the ticket of an execution of this scenario.
    pub fn write(&self, scenario: &str) -> String {
        let runs: Vec<String> = (self.steps.chunk_by(|a, b| a == b))
            .map(|run| format!("{}.{}", run[0], run.len()))
            .collect();
        let choices: Vec<String> =
            self.input.0.iter().map(|Choice { picked, of }| format!("{picked}of{of}")).collect();
        let mut parts = vec![
            "shuttle".to_owned(),
            slug(scenario),
            self.steps.len().to_string(),
            runs.join("-"),
        ];
        parts.extend((!choices.is_empty()).then(|| choices.join("-")));
        parts.join(":")
    }

    /// Reads a ticket.
    pub fn read(ticket: &str) -> Result<Ticket, String> {
        let malformed = || {
            format!(
                "SELVEDGE_REPLAY={ticket:?} is not a ticket; copy the whole value from a violation"
            )
        };
        let parts: Vec<&str> = ticket.split(':').collect();
        let (&["shuttle", _, length, runs] | &["shuttle", _, length, runs, _]) = &parts[..] else {
            return Err(malformed());
        };
        let steps = steps(runs).ok_or_else(malformed)?;
        // A part of a ticket is another schedule, which may well hold.
        if length.parse() != Ok(steps.len()) {
            return Err(malformed());
        }
        let input = parts.get(4).map_or(Some(Script::default()), |choices| input(choices));
        Ok(Ticket { input: input.ok_or_else(malformed)?, steps })
    }
}

#[cfg(any(loom, shuttle, selvedge))]
fn steps(runs: &str) -> Option<Vec<usize>> {
    const MOST: usize = 10_000_000;
    let mut steps = Vec::new();
    for run in runs.split('-') {
        let (task, count) = run.split_once('.')?;
        let task: usize = task.parse().ok()?;
        let count: usize = count.parse().ok()?;
        if count == 0 || count > MOST || steps.len() > MOST {
            return None;
        }
        steps.extend(std::iter::repeat_n(task, count));
    }
    Some(steps)
}

#[cfg(any(loom, shuttle, selvedge))]
fn input(choices: &str) -> Option<Script> {
    let choice = |choice: &str| {
        let (picked, of) = choice.split_once("of")?;
        let (picked, of) = (picked.parse().ok()?, of.parse().ok()?);
        (picked < of).then_some(Choice { picked, of })
    };
    choices.split('-').map(choice).collect::<Option<_>>().map(Script)
}

#[cfg(all(test, any(loom, shuttle, selvedge)))]
mod tests {
    use super::*;

    fn ticket(choices: &[(usize, usize)], steps: &[usize]) -> Ticket {
        let choices = choices.iter().map(|&(picked, of)| Choice { picked, of });
        Ticket { input: Script(choices.collect()), steps: steps.to_vec() }
    }

    #[test]
    fn a_ticket_is_read_as_it_was_written() {
        let name = "Two editors, one document!";
        let plain = ticket(&[], &[0, 0, 2, 3, 3, 3, 0]);
        assert_eq!(plain.write(name), "shuttle:two-editors-one-document:7:0.2-2.1-3.3-0.1");
        let chosen = ticket(&[(4, 60), (0, 1)], &[0, 0, 2]);
        assert_eq!(chosen.write("cart"), "shuttle:cart:3:0.2-2.1:4of60-0of1");
        assert_eq!(Ticket::read(&plain.write(name)).unwrap(), plain);
        assert_eq!(Ticket::read(&chosen.write("cart")).unwrap(), chosen);
    }

    #[test]
    fn a_ticket_is_of_one_scenario() {
        let ticket = ticket(&[], &[0]).write("Two editors");
        assert_eq!(of_another(&ticket, "two editors"), None);
        assert_eq!(of_another(&ticket, "counter"), Some("two-editors"));
        // Whoever reads it says what is wrong with it.
        assert_eq!(of_another("shuttle:two-edit", "counter"), None);
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
            "shuttle:x:1:1.1:",
            "shuttle:x:1:1.1:2of2",
            "shuttle:x:1:1.1:0of2:",
        ] {
            assert!(Ticket::read(ticket).is_err(), "{ticket}");
        }
    }
}
