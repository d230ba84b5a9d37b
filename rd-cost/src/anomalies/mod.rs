//! Days on which a service has cost much more than it does. The rule: a day stands out if it is above the median of the
//! days before it, at most 28 and at least 7, by more than each of
//!
//! - three times the spread of these days (the mean of their distances from the median, times 1.2533, which is the standard
//!   deviation of a normal distribution),
//! - a quarter of the median,
//! - 1 US dollar.
//!
//! The median does not follow single days, and the spread little, so that one expensive day does not hide the next. Costs that
//! swing between two amounts have a spread, too; the median of their distances would be 0.

use crate::cost_explorer::{Kind, Spent};
use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// How many days a day is compared with.
pub const HISTORY: i64 = 28;
/// How many of them there must be.
const FEWEST: usize = 7;
/// From the mean of the distances to a standard deviation: the root of half of pi.
const SPREAD: Decimal = Decimal::from_parts(12533, 0, 0, false, 4);
/// How many spreads a day must be above the median.
const SPREADS: Decimal = Decimal::from_parts(3, 0, 0, false, 0);
/// The share of the median that it must be above it.
const SHARE: Decimal = Decimal::from_parts(25, 0, 0, false, 2);

/// A day of a service that stands out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlier {
    /// The day, in UTC.
    pub day: Date,
    /// The service, as Cost Explorer names it.
    pub service: String,
    /// What it has cost.
    pub amount: Decimal,
    /// The median of the days before.
    pub usual: Decimal,
}

/// The days from `since` to the day before `until` that stand out, by day, the largest difference first. `spent` has the days
/// before them, too, back to `from`.
pub fn outliers(spent: &[Spent], from: Date, since: Date, until: Date) -> Vec<Outlier> {
    let mut by_service: BTreeMap<&str, BTreeMap<Date, Decimal>> = BTreeMap::new();
    for one in spent.iter().filter(|one| one.kind == Kind::Usage) {
        let days = by_service.entry(&one.key).or_default();
        *days.entry(one.day).or_default() += one.amount;
    }
    // Days before the first costs of all are not known; later ones without costs are 0.
    let first = spent
        .iter()
        .map(|one| one.day)
        .min()
        .unwrap_or(until)
        .max(from);
    let mut found = Vec::new();
    for (service, days) in by_service {
        let of = |day: Date| days.get(&day).copied().unwrap_or_default();
        for day in since.series(1.days()).take_while(|day| *day < until) {
            let start = day.saturating_sub(HISTORY.days()).max(first);
            let before = start.series(1.days()).take_while(|one| *one < day);
            let before: Vec<Decimal> = before.map(of).collect();
            if before.len() < FEWEST {
                continue;
            }
            let (usual, spread) = median_and_spread(before);
            let limit = (spread * SPREADS).max(usual * SHARE).max(Decimal::ONE);
            if of(day) > usual + limit {
                found.push(Outlier {
                    day,
                    service: service.to_owned(),
                    amount: of(day),
                    usual,
                });
            }
        }
    }
    found.sort_by_key(|one| (one.day, std::cmp::Reverse(one.amount - one.usual)));
    found
}

fn median_and_spread(numbers: Vec<Decimal>) -> (Decimal, Decimal) {
    let middle = median(numbers.clone());
    let count = Decimal::from(numbers.len().max(1));
    let distances = numbers.into_iter().map(|number| (number - middle).abs());
    (middle, distances.sum::<Decimal>() / count * SPREAD)
}

fn median(mut numbers: Vec<Decimal>) -> Decimal {
    numbers.sort_unstable();
    let half = numbers.len() / 2;
    match (numbers.get(half), numbers.len() % 2) {
        (Some(upper), 0) => (numbers[half - 1] + *upper) / Decimal::TWO,
        (Some(middle), _) => *middle,
        (None, _) => Decimal::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn spent(amounts: &[i64]) -> Vec<Spent> {
        let days = amounts.iter().zip(1..);
        let each = days.map(|(amount, day)| Spent {
            day: date(2026, 11, day),
            key: "AmazonEC2".to_owned(),
            kind: Kind::Usage,
            amount: Decimal::from(*amount),
            currency: "USD".to_owned(),
            estimated: false,
            used: None,
        });
        each.collect()
    }

    fn found(amounts: &[i64]) -> Vec<i8> {
        let (first, last) = (date(2026, 11, 1), date(2026, 11, 20));
        let found = outliers(&spent(amounts), first, first, last);
        found.into_iter().map(|one| one.day.day()).collect()
    }

    #[test]
    fn a_day_stands_out_above_median_spread_share_and_a_dollar() {
        // The eighth day has seven before it.
        assert_eq!(found(&[10, 10, 10, 10, 10, 10, 20, 20]), [8]);
        // Both expensive days, since the first does not raise the median.
        assert_eq!(found(&[10, 10, 10, 10, 10, 10, 10, 40, 40, 10]), [8, 9]);
        // A fifth more, and a dollar more.
        assert_eq!(found(&[10, 10, 10, 10, 10, 10, 10, 12, 10]), [0_i8; 0]);
        assert_eq!(found(&[0, 0, 0, 0, 0, 0, 0, 1]), [0_i8; 0]);
        // What swings is no surprise.
        assert_eq!(found(&[10, 30, 10, 30, 10, 30, 10, 35]), [0_i8; 0]);
    }

    #[test]
    fn a_service_that_is_new_is_compared_with_nothing() {
        let mut all = spent(&[10; 12]);
        all.push(Spent {
            key: "AmazonRDS".to_owned(),
            day: date(2026, 11, 12),
            ..all[0].clone()
        });
        let found = outliers(
            &all,
            date(2026, 11, 1),
            date(2026, 11, 1),
            date(2026, 11, 13),
        );
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].service.as_str(), found[0].usual),
            ("AmazonRDS", Decimal::ZERO)
        );
    }
}
