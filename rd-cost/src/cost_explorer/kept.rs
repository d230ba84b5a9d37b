//! What was charged this month, from the answers that earlier runs have kept.

use super::cache::Cache;
use super::costs::{By, Query};
use super::metric::Metric;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;
use std::path::Path;

/// What was charged from the first day of a month on, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The first day of the month.
    pub since: Date,
    /// The last day that the amount has.
    pub until: Date,
    /// The unblended amount: usage, fees, tax and credits together.
    pub amount: Decimal,
    /// The currency of the amount.
    pub currency: String,
    /// When AWS was asked.
    pub asked: Timestamp,
}

/// What was charged in the month of `today`, from the newest answer that begins with the month, or before it, and has all of
/// its kinds of charges. None where no such answer is kept in `folder`.
pub fn kept(folder: &Path, stack: &str, today: Date) -> Option<Kept> {
    let cache = Cache::open(folder, stack);
    let first = today.first_of_month();
    let answers = cache.answers().filter_map(|(question, asked, spent)| {
        let (query, metric) = Query::of_question(question)?;
        // What one item was charged lacks credits, fees and tax.
        let is_whole = query.by != By::Item && Metric::Unblended.names().contains(&metric);
        // No charges at all are no answer: the tags were not active yet.
        let currency = spent.first()?.currency.clone();
        if !is_whole || query.since > first || query.until <= first {
            return None;
        }
        let of_month = spent
            .iter()
            .filter(|one| one.day >= first && one.day < query.until);
        let last = query.until.min(today.saturating_add(1.days()));
        Some(Kept {
            since: first,
            until: last.saturating_sub(1.days()),
            amount: of_month.map(|one| one.amount).sum(),
            currency,
            asked,
        })
    });
    answers.max_by_key(|kept| (kept.until, kept.asked))
}

#[cfg(test)]
mod tests {
    use super::super::costs::{Kind, Spent};
    use super::*;
    use jiff::civil::date;

    fn spent(day: Date, amount: i64, kind: Kind) -> Spent {
        Spent {
            day,
            key: "AmazonRDS".to_owned(),
            kind,
            amount: Decimal::from(amount),
            currency: "USD".to_owned(),
            estimated: true,
            used: None,
        }
    }

    #[test]
    fn the_newest_answer_with_the_whole_month_counts() {
        let folder = tempfile::tempdir().unwrap();
        let today = date(2026, 11, 27);
        let of = |cache: &mut Cache, question: &str, amount: i64, hour: i64| {
            let days = [
                spent(date(2026, 10, 31), 1000, Kind::Usage),
                spent(date(2026, 11, 2), amount, Kind::Usage),
                spent(date(2026, 11, 3), -2, Kind::Credit),
            ];
            let asked = Timestamp::from_second(hour * 3600).unwrap();
            cache.put(question.to_owned(), &days, asked).unwrap();
        };
        assert_eq!(kept(folder.path(), "shop", today), None);
        let mut cache = Cache::open(folder.path(), "shop");
        for (question, amount, hour) in [
            // Too late in the month, another metric, a part of the charges, another month, and nonsense.
            ("2026-11-02 2026-11-27 service UnblendedCost", 1, 9),
            ("2026-11-01 2026-11-27 service AmortizedCost", 2, 9),
            ("2026-11-01 2026-11-27 item UnblendedCost", 3, 9),
            ("2026-10-01 2026-11-01 service UnblendedCost", 4, 9),
            ("forecast", 5, 9),
            ("2026-10-28 2026-11-26 day UnblendedCost", 6, 8),
            ("2026-10-28 2026-11-27 service UnblendedCost", 45, 7),
        ] {
            of(&mut cache, question, amount, hour);
        }
        let found = kept(folder.path(), "shop", today).unwrap();
        assert_eq!(found.amount, Decimal::from(43));
        assert_eq!(
            (found.since, found.until),
            (date(2026, 11, 1), date(2026, 11, 26))
        );
        assert_eq!(kept(folder.path(), "shop", date(2026, 12, 1)), None);
    }
}
