//! How far a long run has come, told to a person now and then.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::Plan;
use crate::scenario::grouped;

/// The first line comes after this time.
const FIRST: Duration = Duration::from_secs(10);

/// The time between two lines doubles up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// Tells how far the run of a scenario has come. Its parts, the inputs, run one after the other.
#[derive(Debug)]
pub(super) struct Progress {
    scenario: Arc<str>,
    began: Instant,
    most_runs: u64,
    longest: Option<Duration>,
    /// When the next line is due, in milliseconds from the beginning.
    due: AtomicU64,
    parts: u64,
    finished: Mutex<Finished>,
}

/// What the parts that are over came to.
#[derive(Clone, Copy, Debug, Default)]
struct Finished {
    parts: u64,
    executions: u64,
    blocked: u64,
}

impl Progress {
    /// Of a run that begins now. `parts` is about how many there will be.
    pub fn new(plan: &Plan, parts: u64) -> Progress {
        Progress {
            scenario: Arc::clone(&plan.scenario),
            began: Instant::now(),
            most_runs: plan.max_executions,
            longest: plan.max_duration,
            due: AtomicU64::new(FIRST.as_millis() as u64),
            parts: parts.max(1),
            finished: Mutex::default(),
        }
    }

    /// Tells of the part that runs, if it is time to: how many executions came to their end, how
    /// many were blocked, and which fraction of the part is done, if that can be estimated. Cheap,
    /// if it is not time; any thread may call it.
    pub fn tell(&self, executions: u64, blocked: u64, fraction: Option<f64>) {
        let elapsed = self.began.elapsed();
        if let Some(text) = self.line_at(elapsed, executions, blocked, fraction) {
            // Past libtest's capture, which shows it when it is of no use any more; and a run is
            // not to end because nobody can read of it.
            let _ = writeln!(std::io::stderr(), "{text}");
        }
    }

    /// A part is over.
    pub fn finish_part(&self, executions: u64, blocked: u64) {
        let mut finished = self.finished.lock();
        finished.parts += 1;
        finished.executions += executions;
        finished.blocked += blocked;
    }

    /// The line, if one is due.
    fn line_at(
        &self,
        elapsed: Duration,
        executions: u64,
        blocked: u64,
        fraction: Option<f64>,
    ) -> Option<String> {
        let now = elapsed.as_millis() as u64;
        // Relaxed, also below: nothing is read on the strength of it.
        let due = self.due.load(Ordering::Relaxed);
        if now < due {
            return None;
        }
        // Of the threads that come at the same time, one tells.
        let next = after(elapsed).as_millis() as u64;
        self.due.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed).ok()?;
        let finished = *self.finished.lock();
        let fraction = match fraction {
            None if self.parts == 1 => None,
            fraction => {
                let done = finished.parts as f64 + fraction.unwrap_or(0.0);
                Some((done / self.parts as f64).clamp(0.0, 1.0))
            }
        };
        let state = State {
            executions: finished.executions + executions,
            blocked: finished.blocked + blocked,
            elapsed,
            fraction,
        };
        Some(self.text(&state))
    }

    /// The line of a state.
    fn text(&self, state: &State) -> String {
        let State { executions, blocked, elapsed, fraction } = *state;
        let seconds = elapsed.as_secs_f64().max(0.001);
        let runs = executions + blocked;
        let blocked = match blocked {
            0 => String::new(),
            blocked => format!(" and {} blocked", grouped(blocked)),
        };
        let rate = runs as f64 / seconds;
        let mut text = format!(
            "selvedge: {:?}: {} executions{blocked} in {}, {}/s",
            self.scenario,
            grouped(executions),
            rough(seconds),
            grouped(leading_digits(rate)),
        );
        // Where the budget ends first, it is what one waits for.
        let by_number = self.most_runs.saturating_sub(runs) as f64 / rate;
        let by_time = self.longest.map(|longest| longest.saturating_sub(elapsed).as_secs_f64());
        let cut = by_number.min(by_time.unwrap_or(f64::INFINITY));
        match fraction {
            None => text.push_str(&format!(", cut in some {} at the latest", rough(cut))),
            Some(fraction) => {
                let left = seconds * (1.0 - fraction) / fraction;
                text.push_str(&format!(", about {} done, ", percent(fraction)));
                text.push_str(&match left <= cut {
                    true => format!("some {} left (estimate)", rough(left)),
                    false => format!("cut in some {} (estimate)", rough(cut)),
                });
            }
        }
        text
    }
}

/// How far a run has come.
#[derive(Clone, Copy, Debug)]
struct State {
    executions: u64,
    blocked: u64,
    elapsed: Duration,
    /// What is done of the whole.
    fraction: Option<f64>,
}

/// When the line after one at this time is due.
fn after(elapsed: Duration) -> Duration {
    elapsed + elapsed.clamp(FIRST, LONGEST_PAUSE)
}

/// A share, in few digits, and never all: what is done is not told.
fn percent(fraction: f64) -> String {
    match 100.0 * fraction {
        percent if percent < 0.01 => "0.01 % or less".to_owned(),
        percent if percent < 1.0 => format!("{percent:.2} %"),
        percent => format!("{:.0} %", percent.min(99.0)),
    }
}

/// A time in one unit, with a leading digit or a few.
fn rough(seconds: f64) -> String {
    const UNITS: [(f64, &str); 4] = [(60.0, "s"), (60.0, "min"), (24.0, "h"), (365.0, "days")];
    let mut count = seconds;
    for (of_next, unit) in UNITS {
        if count < 2.0 * of_next {
            return format!("{count:.0} {unit}");
        }
        count /= of_next;
    }
    if count < 1e6 {
        format!("{} years", grouped(count.round() as u64))
    } else {
        "1,000,000 years or more".to_owned()
    }
}

/// The number, of which all but the first two digits are 0.
fn leading_digits(number: f64) -> u64 {
    let unit = 10_f64.powi((number.max(1.0).log10().floor() as i32 - 1).max(0));
    ((number / unit).round() * unit) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn progress(parts: u64, most_runs: u64, longest: Option<Duration>) -> Progress {
        Progress {
            scenario: "a queue".into(),
            began: Instant::now(),
            most_runs,
            longest,
            due: AtomicU64::new(FIRST.as_millis() as u64),
            parts,
            finished: Mutex::default(),
        }
    }

    #[track_caller]
    fn says(progress: &Progress, told: (u32, u64, u64, Option<f64>), expected: &str) {
        let (seconds, executions, blocked, fraction) = told;
        let line = progress.line_at(SECOND * seconds, executions, blocked, fraction);
        assert_eq!(line.as_deref(), Some(expected));
    }

    #[test]
    fn the_pauses_grow() {
        let progress = progress(1, u64::MAX, None);
        let told = |second: &u32| progress.line_at(SECOND * *second, 1, 0, Some(0.5)).is_some();
        let seconds: Vec<u32> = (0..2_000).filter(told).collect();
        assert_eq!(seconds, [10, 20, 40, 80, 160, 320, 620, 920, 1_220, 1_520, 1_820]);
    }

    #[test]
    fn a_late_line_is_not_made_up_for() {
        let progress = progress(1, u64::MAX, None);
        let told = |second: u32| progress.line_at(SECOND * second, 1, 0, None).is_some();
        assert!(told(35));
        assert!(!told(69));
        assert!(told(71));
    }

    #[test]
    fn the_estimate_is_by_what_is_done() {
        says(
            &progress(1, 1_000_000_000, None),
            (20, 1_220_000, 0, Some(0.04)),
            "selvedge: \"a queue\": 1,220,000 executions in 20 s, 61,000/s, \
             about 4 % done, some 8 min left (estimate)",
        );
        says(
            &progress(1, u64::MAX, None),
            (600, 40_000_000, 2_000_000, Some(0.000_001)),
            "selvedge: \"a queue\": 40,000,000 executions and 2,000,000 blocked in 10 min, \
             70,000/s, about 0.01 % or less done, some 19 years left (estimate)",
        );
    }

    #[test]
    fn the_budget_ends_first_if_it_does() {
        says(
            &progress(1, 10_000_000, None),
            (20, 1_000_000, 1_000_000, Some(0.000_2)),
            "selvedge: \"a queue\": 1,000,000 executions and 1,000,000 blocked in 20 s, 100,000/s, \
             about 0.02 % done, cut in some 80 s (estimate)",
        );
        says(
            &progress(1, 10_000_000, Some(SECOND * 60)),
            (20, 1_000_000, 0, Some(0.02)),
            "selvedge: \"a queue\": 1,000,000 executions in 20 s, 50,000/s, \
             about 2 % done, cut in some 40 s (estimate)",
        );
        says(
            &progress(1, 10_000_000, None),
            (20, 1_000_000, 0, None),
            "selvedge: \"a queue\": 1,000,000 executions in 20 s, 50,000/s, \
             cut in some 3 min at the latest",
        );
    }

    #[test]
    fn parts_that_are_over_count() {
        let progress = progress(50, u64::MAX, None);
        progress.finish_part(1_000, 0);
        progress.finish_part(3_000, 7);
        says(
            &progress,
            (10, 500, 1, Some(0.5)),
            "selvedge: \"a queue\": 4,500 executions and 8 blocked in 10 s, 450/s, \
             about 5 % done, some 3 min left (estimate)",
        );
        says(
            &progress,
            (20, 500, 1, None),
            "selvedge: \"a queue\": 4,500 executions and 8 blocked in 20 s, 230/s, \
             about 4 % done, some 8 min left (estimate)",
        );
    }

    #[test]
    fn more_parts_than_expected_are_no_more_than_all() {
        let progress = progress(2, u64::MAX, None);
        (0..5).for_each(|_| progress.finish_part(10, 0));
        let line = progress.line_at(SECOND * 10, 1, 0, Some(0.9)).unwrap();
        assert!(line.ends_with("about 99 % done, some 0 s left (estimate)"), "{line}");
    }

    #[test]
    fn times_have_one_unit() {
        let table = [
            (0.2, "0 s"),
            (119.0, "119 s"),
            (120.0, "2 min"),
            (7_199.0, "120 min"),
            (7_200.0, "2 h"),
            (172_800.0, "2 days"),
            (9e10, "2,854 years"),
            (1e15, "1,000,000 years or more"),
            (f64::INFINITY, "1,000,000 years or more"),
        ];
        for (seconds, text) in table {
            assert_eq!(rough(seconds), text);
        }
    }

    #[test]
    fn rates_have_two_digits() {
        let table = [(0.0, 0), (7.4, 7), (99.6, 100), (1_249.0, 1_200), (61_499.9, 61_000)];
        for (rate, rounded) in table {
            assert_eq!(leading_digits(rate), rounded);
        }
    }
}
