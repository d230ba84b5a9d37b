//! Decimal amounts as text. No amount is ever a float.

use rust_decimal::{Decimal, RoundingStrategy};

/// Hours in a month, as AWS's own calculator counts them: 365 × 24 / 12.
pub const HOURS: Decimal = Decimal::from_parts(730, 0, 0, false, 0);

/// An amount in US dollars with two decimals, such as `16.43`.
pub fn cents(amount: Decimal) -> String {
    let rounded = amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    match rounded.is_zero() {
        true => "0.00".to_owned(),
        false => format!("{rounded:.2}"),
    }
}

/// A number without trailing zeros and with at most ten decimals, such as `0.0225`.
pub fn plain(number: Decimal) -> String {
    let rounded = number.round_dp_with_strategy(10, RoundingStrategy::MidpointAwayFromZero);
    rounded.normalize().to_string()
}

/// An amount with its sign, such as `+47.45`.
pub fn signed(amount: Decimal) -> String {
    let text = cents(amount);
    match text.starts_with('-') || text == "0.00" {
        true => text,
        false => format!("+{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_rounded_half_away_from_zero() {
        let text = |cent_thousandths: i64| cents(Decimal::new(cent_thousandths, 5));
        assert_eq!(text(1_642_500), "16.43");
        assert_eq!(text(-1_642_500), "-16.43");
        assert_eq!(text(-400), "0.00");
        assert_eq!(signed(Decimal::new(4745, 2)), "+47.45");
        assert_eq!(signed(Decimal::new(-4745, 2)), "-47.45");
        assert_eq!(plain(Decimal::new(16_4250, 4)), "16.425");
    }
}
