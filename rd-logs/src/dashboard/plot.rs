//! Small plots and short numbers, for the terminal.

use super::widget::Unit;
use rd_common::output::chart::columns as columns_of;

/// A plot of values over the time from `from` to `to`, in seconds. Each column is as high as the highest value in its
/// part of the time, and empty if there is none. The scale begins at 0, or at the lowest value if it is negative.
pub fn sparkline(points: &[(i64, f64)], (from, to): (i64, i64), columns: usize) -> String {
    let mut highest: Vec<Option<f64>> = vec![None; columns];
    let span = (to - from).max(1);
    for (time, value) in points {
        let at = (time - from).clamp(0, span - 1) as usize * columns / span as usize;
        if let Some(column) = highest.get_mut(at) {
            *column = Some(column.map_or(*value, |so_far: f64| so_far.max(*value)));
        }
    }
    columns_of(&highest)
}

/// A value with three significant digits and its unit, at most nine characters.
pub fn short_number(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Percent => format!("{} %", digits(value)),
        Unit::Seconds if value != 0.0 && value.abs() < 1.0 => {
            format!("{} ms", digits(value * 1000.0))
        }
        Unit::Seconds => format!("{} s", digits(value)),
        Unit::Bytes => scaled(value, 1024.0, ["B", "KiB", "MiB", "GiB", "TiB"]),
        Unit::Count if value.abs() < 1000.0 => digits(value),
        Unit::Count => scaled(value, 1000.0, ["", "k", "M", "G", "T"]),
    }
}

fn scaled(value: f64, step: f64, names: [&str; 5]) -> String {
    let (mut value, mut name) = (value, 0);
    // A value that would be rounded up to a whole step is shown in the next unit.
    while value.abs() >= step - 0.5 && name + 1 < names.len() {
        value /= step;
        name += 1;
    }
    format!("{} {}", digits(value), names[name])
        .trim_end()
        .to_owned()
}

/// A number with three significant digits, without zeros at the end.
fn digits(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        _ => 2,
    };
    let text = format!("{value:.decimals$}");
    if !text.contains('.') {
        return text;
    }
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" {
        "0".to_owned()
    } else {
        short.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_column_is_as_high_as_its_highest_value() {
        let points: Vec<(i64, f64)> = (0..8).map(|n| (n * 60, n as f64)).collect();
        assert_eq!(sparkline(&points, (0, 480), 8), "▁▂▃▄▅▆▇█");
        assert_eq!(sparkline(&points, (0, 480), 4), "▂▄▆█");
        // The second half has no values.
        assert_eq!(sparkline(&points[..4], (0, 480), 8), "▁▃▆█    ");
        assert_eq!(sparkline(&[], (0, 480), 3), "   ");
        assert_eq!(sparkline(&[(0, 0.0), (60, 0.0)], (0, 120), 2), "▁▁");
    }

    #[test]
    fn numbers_have_three_significant_digits() {
        let cases = [
            (0.0, Unit::Count, "0"),
            (12.0, Unit::Count, "12"),
            (0.5, Unit::Count, "0.5"),
            (999.4, Unit::Count, "999"),
            (999.7, Unit::Count, "1000"),
            (1234.0, Unit::Count, "1.23 k"),
            (99_950_000.0, Unit::Count, "100 M"),
            (12.345, Unit::Percent, "12.3 %"),
            (100.0, Unit::Percent, "100 %"),
            (0.0421, Unit::Seconds, "42.1 ms"),
            (1.5, Unit::Seconds, "1.5 s"),
            (0.0, Unit::Seconds, "0 s"),
            (1_073_741_824.0, Unit::Bytes, "1 GiB"),
            (1023.9, Unit::Bytes, "1 KiB"),
            (17.0, Unit::Bytes, "17 B"),
        ];
        for (value, unit, expected) in cases {
            assert_eq!(short_number(value, unit), expected, "{value}");
        }
    }

    proptest! {
        #[test]
        fn a_plot_has_the_requested_width_and_a_number_at_most_nine_characters(
            values in proptest::collection::vec(0.0..1e15_f64, 0..200),
            columns in 1..80_usize,
        ) {
            let points: Vec<(i64, f64)> = values.iter().enumerate().map(|(n, v)| (n as i64 * 60, *v)).collect();
            let plot = sparkline(&points, (0, 12_000), columns);
            prop_assert_eq!(plot.chars().count(), columns);
            for value in values {
                for unit in [Unit::Count, Unit::Bytes] {
                    prop_assert!(short_number(value, unit).chars().count() <= 9, "{}", short_number(value, unit));
                }
            }
        }
    }
}
