//! What was measured, as tables of at most 100 columns.

use std::fmt::Write;
use std::time::Duration;

use selvedge::scenario::Memory;
use selvedge_bench::{count, digits};

use super::arguments::Arguments;
use super::explorer::Explorer;
use super::programs::Program;
use super::{Medians, Outcome, Standing};

/// What holds for all tables.
pub fn legend(arguments: &Arguments) -> String {
    let rounds = match arguments.rounds {
        1 => "1 round".to_owned(),
        rounds => format!("medians of {rounds} rounds"),
    };
    format!(
        "{rounds}; a + is behind searches that were cut after {} s\n\
         GenMC's rates are from elsewhere, from a machine of this kind",
        arguments.seconds.as_secs_f64()
    )
}

/// A program: a line for each engine.
pub fn of_program(program: &Program, standings: &[Standing], memory: Memory) -> String {
    let executions = count(program.executions(memory) as f64);
    let mut text = format!(
        "{}, {} threads, {executions} executions under {memory}\n",
        program.family, program.family.threads
    );
    let headings = ["executions", "blocked", "seconds", "executions/s", "ratio"];
    write_line(&mut text, "", headings);
    for Standing { explorer, result } in standings {
        let explorer = explorer.to_string();
        match result {
            Outcome::Passed(reason) => writeln!(text, "  {explorer} {reason}").unwrap(),
            Outcome::Failed(_) => writeln!(text, "  {explorer} FAILED").unwrap(),
            Outcome::Measured(medians) => write_medians(&mut text, &explorer, medians),
        }
    }
    if let Some(rate) = program.genmc(memory) {
        let ratio = rate_of(standings, 1).map(|ours| digits(rate / ours)).unwrap_or_default();
        write_line(&mut text, "GenMC 0.11, elsewhere", ["", "", "", &count(rate), &ratio]);
    }
    text.truncate(text.trim_end().len());
    text
}

fn write_medians(text: &mut String, explorer: &str, medians: &Medians) {
    let Medians { executions, blocked, complete, seconds, rate, ratio } = medians;
    let executions = format!("{}{}", count(*executions), if *complete { " " } else { "+" });
    let blocked = if *blocked > 0.0 { count(*blocked) } else { String::new() };
    let seconds = format!("{:.2?}", Duration::from_secs_f64(*seconds));
    let ratio = ratio.map(digits).unwrap_or_default();
    write_line(text, explorer, [&executions, &blocked, &seconds, &count(*rate), &ratio]);
}

fn write_line(text: &mut String, name: &str, cells: [&str; 5]) {
    let [executions, blocked, seconds, rate, ratio] = cells;
    let line =
        format!("  {name:<22}{executions:>14}{blocked:>12}{seconds:>12}{rate:>15}{ratio:>9}");
    writeln!(text, "{}", line.trim_end()).expect("a String takes everything");
}

/// The graph engine, and how it stands to itself and to GenMC.
pub fn of_all(measured: &[(Program, Vec<Standing>)], memory: Memory) -> String {
    let mut text = format!("the graph engine under {memory}, executions a second\n");
    let mut line = |[name, one, all, gain, genmc, lead]: [&str; 6]| {
        let line = format!("  {name:<20}{one:>12}{all:>14}{gain:>8}{genmc:>14}{lead:>10}");
        writeln!(text, "{}", line.trim_end()).expect("a String takes everything");
    };
    line(["", "1 worker", "all cores", "ratio", "GenMC 0.11", "to GenMC"]);
    for (program, standings) in measured {
        let one = rate_of(standings, 1);
        let all = standings.iter().filter_map(workers).max();
        let all = all.filter(|workers| *workers > 1).and_then(|all| rate_of(standings, all));
        let genmc = program.genmc(memory);
        let rate = |rate: Option<f64>| rate.map(count).unwrap_or_default();
        let ratio = |a: Option<f64>, b: Option<f64>| {
            a.zip(b).map(|(a, b)| digits(a / b)).unwrap_or_default()
        };
        let name = program.family.to_string();
        line([&name, &rate(one), &rate(all), &ratio(all, one), &rate(genmc), &ratio(one, genmc)]);
    }
    text.truncate(text.trim_end().len());
    text
}

fn workers(standing: &Standing) -> Option<usize> {
    if let Explorer::Graph { workers } = standing.explorer { Some(workers) } else { None }
}

/// The rate of the graph engine with so many workers.
fn rate_of(standings: &[Standing], workers: usize) -> Option<f64> {
    standings.iter().find_map(|standing| match (&standing.result, standing.explorer) {
        (Outcome::Measured(medians), explorer) if explorer == (Explorer::Graph { workers }) => {
            Some(medians.rate)
        }
        _ => None,
    })
}
