//! Numbers for people.

pub use selvedge::scenario::grouped;

/// Grouped below a million, and in three digits with M, G, T above: `1.23 M`.
pub fn short(number: u64) -> String {
    const UNITS: [&str; 5] = ["M", "G", "T", "P", "E"];
    if number < 1_000_000 {
        return grouped(number);
    }
    let mut value = number as f64 / 1e6;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1e3;
        unit += 1;
    }
    let decimals = if value < 9.995 { 2 } else { usize::from(value < 99.95) };
    format!("{value:.decimals$} {}", UNITS[unit])
}

/// A share in percent, never rounded to nothing or to everything: `33.3%`, `<0.1%`, `>99.9%`.
/// `None` if there is no whole.
pub fn share(part: u64, whole: u64) -> Option<String> {
    if whole == 0 {
        return None;
    }
    let percent = part as f64 * 100.0 / whole as f64;
    Some(if part == 0 {
        "0%".to_owned()
    } else if part == whole {
        "100%".to_owned()
    } else if percent < 0.1 {
        "<0.1%".to_owned()
    } else if percent > 99.9 {
        ">99.9%".to_owned()
    } else {
        format!("{percent:.1}%")
    })
}

/// A time: `4.2 s`, `41 s`, `3 min 2 s`.
pub fn seconds(seconds: f64) -> String {
    if seconds < 9.95 {
        format!("{seconds:.1} s")
    } else if seconds < 99.5 {
        format!("{seconds:.0} s")
    } else {
        let whole = seconds.round() as u64;
        format!("{} min {} s", whole / 60, whole % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_above_a_million() {
        let cases = [
            (999_999, "999,999"),
            (1_234_567, "1.23 M"),
            (9_999_999, "10.0 M"),
            (123_456_789, "123 M"),
            (999_600_000, "1.00 G"),
            (u64::MAX, "18.4 E"),
        ];
        for (number, text) in cases {
            assert_eq!(short(number), text);
        }
    }

    #[test]
    fn shares() {
        assert_eq!(share(0, 0), None);
        let cases =
            [(0, 9, "0%"), (1, 3, "33.3%"), (1, 10_000, "<0.1%"), (9_999, 10_000, ">99.9%")];
        for (part, whole, text) in cases {
            assert_eq!(share(part, whole).as_deref(), Some(text));
        }
        assert_eq!(share(5, 5).as_deref(), Some("100%"));
    }

    #[test]
    fn times() {
        let cases = [(0.04, "0.0 s"), (9.96, "10 s"), (99.0, "99 s"), (182.4, "3 min 2 s")];
        for (time, text) in cases {
            assert_eq!(seconds(time), text);
        }
    }
}
