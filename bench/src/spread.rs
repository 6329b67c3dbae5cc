//! Five numbers in place of many.

/// The least, the greatest, and what divides the sorted values into four equal parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    /// The least.
    pub min: f64,
    /// A quarter of the values are below.
    pub lower: f64,
    /// Half of the values are below.
    pub median: f64,
    /// A quarter of the values are above.
    pub upper: f64,
    /// The greatest.
    pub max: f64,
}

impl Spread {
    /// Sorts the values. Between two of them it interpolates, as spreadsheets do (type 7 of
    /// Hyndman and Fan, "Sample quantiles in statistical packages", 1996).
    ///
    /// # Panics
    /// If there are none.
    pub fn of(mut values: Vec<f64>) -> Spread {
        assert!(!values.is_empty(), "a spread of no values");
        values.sort_by(f64::total_cmp);
        let last = values.len() - 1;
        let at = |part: f64| {
            let place = part * last as f64;
            let below = values[place.floor() as usize];
            let above = values[place.ceil() as usize];
            below + (above - below) * place.fract()
        };
        Spread {
            min: values[0],
            lower: at(0.25),
            median: at(0.5),
            upper: at(0.75),
            max: values[last],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_sorted_and_divided() {
        let spread = |values: &[f64]| {
            let Spread { min, lower, median, upper, max } = Spread::of(values.to_vec());
            [min, lower, median, upper, max]
        };
        assert_eq!(spread(&[7.0]), [7.0; 5]);
        assert_eq!(spread(&[3.0, 1.0]), [1.0, 1.5, 2.0, 2.5, 3.0]);
        assert_eq!(spread(&[50.0, 10.0, 40.0, 20.0, 30.0]), [10.0, 20.0, 30.0, 40.0, 50.0]);
    }
}
