//! Bars and columns for the terminal, which also say something without colour.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// The columns of a row of days, from the lowest to the highest.
const COLUMNS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// The ends of a bar, by eighths of a character.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// `part` of `of` in eighths of `most` characters; 0 for what is negative.
fn eighths(part: Decimal, of: Decimal, most: usize) -> usize {
    if of <= Decimal::ZERO || part <= Decimal::ZERO {
        return 0;
    }
    let whole = Decimal::from(most * 8);
    (part / of * whole).round().to_usize().unwrap_or_default()
}

/// A bar of at most `most` characters, as long as the part.
pub fn bar(part: Decimal, of: Decimal, most: usize) -> String {
    let eighths = eighths(part, of, most);
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}

/// A column for each amount, the highest one full.
pub fn columns(amounts: &[Decimal]) -> String {
    let highest = amounts.iter().copied().max().unwrap_or_default();
    amounts
        .iter()
        .map(|amount| COLUMNS[eighths(*amount, highest, 1).clamp(1, 8) - 1])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_and_columns_are_as_long_as_the_part() {
        let of = |part: i64| bar(Decimal::from(part), Decimal::from(100), 10);
        assert_eq!(of(100), "██████████");
        assert_eq!(of(55), "█████▌");
        assert_eq!((of(0), of(-5)), (String::new(), String::new()));
        let amounts = [0, 4, 8, -1].map(Decimal::from);
        assert_eq!(columns(&amounts), "▁▄█▁");
        assert_eq!(columns(&[]), "");
    }
}
