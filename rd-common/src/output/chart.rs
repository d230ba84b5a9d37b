//! Bars and columns for the terminal, which say something without colour, too.

/// The columns of a plot, from the lowest to the highest value.
const COLUMNS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// The ends of a bar, by eighths of a character.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// A bar of at most `most` characters, as long as `part` is of `of`; empty for what is not positive.
pub fn bar(part: f64, of: f64, most: usize) -> String {
    if of <= 0.0 || part <= 0.0 {
        return String::new();
    }
    let eighths = (part / of * (most * 8) as f64).round() as usize;
    let eighths = eighths.min(most * 8);
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}

/// A column for each value, the highest one full, and a space where there is none. The scale begins at 0, or at the lowest
/// value if it is negative.
pub fn columns(values: &[Option<f64>]) -> String {
    let all = || values.iter().flatten().copied();
    let floor = all().fold(0.0, f64::min);
    let range = all().fold(0.0, f64::max) - floor;
    let column = |value: f64| {
        if range <= 0.0 {
            return COLUMNS[0];
        }
        let column = ((value - floor) / range * COLUMNS.len() as f64).ceil() as usize;
        COLUMNS[column.clamp(1, COLUMNS.len()) - 1]
    };
    values
        .iter()
        .map(|value| value.map_or(' ', column))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_the_part() {
        let of = |part: f64| bar(part, 100.0, 10);
        assert_eq!(of(100.0), "██████████");
        assert_eq!(of(55.0), "█████▌");
        assert_eq!((of(0.0), of(-5.0)), (String::new(), String::new()));
    }

    #[test]
    fn a_column_is_as_high_as_its_value() {
        let of = |values: &[f64]| {
            let values: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
            columns(&values)
        };
        assert_eq!(of(&[0.0, 4.0, 8.0]), "▁▄█");
        assert_eq!(of(&[-8.0, 0.0, 8.0]), "▁▄█");
        assert_eq!(of(&[0.0, 0.0]), "▁▁");
        assert_eq!(of(&[]), "");
        assert_eq!(columns(&[Some(1.0), None, Some(1.0)]), "█ █");
    }
}
