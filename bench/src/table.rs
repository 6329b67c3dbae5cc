//! A case as a table of at most 80 columns.

use std::fmt::Write;

use crate::{Measured, Plan, Spread};

/// What the columns of all tables mean.
pub const COLUMNS: &str = "\
ratio: to the speed of the fastest peer in the same round, median of the rounds
quarters: half of the rounds have a ratio between these two";

/// A heading, and a line for each variant.
pub fn of(name: &str, unit: &str, plan: &Plan, measured: &[Measured]) -> String {
    let Plan { rounds, operations, warm_up: _ } = plan;
    let rounds = if *rounds == 1 { "1 round".to_owned() } else { format!("{rounds} rounds") };
    let mut text = format!("{name}: {rounds} of {operations} {unit}\n");
    let million = format!("million {unit}/s");
    write_line(&mut text, "", [&million, "min..max", "ratio", "quarters"]);
    for Measured { name, speed, ratio } in measured {
        let Spread { min, median, max, .. } = speed;
        let [min, median, max] = [min, median, max].map(|speed| digits(speed / 1e6));
        let speeds = format!("{min}..{max}");
        let (ratio, quarters) = match ratio {
            Some(Spread { lower, median, upper, .. }) => {
                (format!("{median:.2}"), format!("{lower:.2}..{upper:.2}"))
            }
            None => (String::new(), String::new()),
        };
        write_line(&mut text, name, [&median, &speeds, &ratio, &quarters]);
    }
    text.truncate(text.trim_end().len());
    text
}

fn write_line(text: &mut String, name: &str, [median, speeds, ratio, quarters]: [&str; 4]) {
    let line = format!("  {name:<24}{median:>18}{speeds:>14}{ratio:>8}{quarters:>13}");
    writeln!(text, "{}", line.trim_end()).expect("a String takes everything");
}

/// Three digits, or more before the point.
pub fn digits(value: f64) -> String {
    let decimals = match value {
        100.0.. => 0,
        10.0.. => 1,
        1.0.. => 2,
        _ => 3,
    };
    format!("{value:.decimals$}")
}

/// A whole number, with commas between the thousands.
pub fn count(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits() {
        let texts = [12345.6, 123.4, 99.94, 12.34, 1.234, 0.1234, 0.001234].map(digits);
        assert_eq!(texts, ["12346", "123", "99.9", "12.3", "1.23", "0.123", "0.001"]);
    }

    #[test]
    fn whole_numbers_have_commas() {
        let texts = [0.4, 12.0, 999.6, 525_630.0, 1_234_567.0].map(count);
        assert_eq!(texts, ["0", "12", "1,000", "525,630", "1,234,567"]);
    }

    #[test]
    fn a_case_is_a_table() {
        let speed = |million: f64| Spread::of(vec![million * 0.9e6, million * 1e6, million * 1e6]);
        let measured = [
            Measured {
                name: "selvedge recv_many".to_owned(),
                speed: speed(123.0),
                ratio: Some(Spread::of(vec![2.0, 2.1, 2.4])),
            },
            Measured { name: "std recv".to_owned(), speed: speed(0.25), ratio: None },
        ];
        let plan = Plan { warm_up: true, rounds: 3, operations: 1000 };
        let text = of("1 producer, 1024 slots", "messages", &plan, &measured);
        let expected = "\
1 producer, 1024 slots: 3 rounds of 1000 messages
                          million messages/s      min..max   ratio     quarters
  selvedge recv_many                     123      111..123    2.10   2.05..2.25
  std recv                             0.250  0.225..0.250";
        assert_eq!(text, expected);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
}
