//! `rd-cost report`: what AWS has charged for the stack.

use crate::cost_explorer::{By, CostExplorer, Kind, Metric, Query, RequestArgs, Spent};
use crate::money::{cents, plain};
use crate::tag_problems::explain_nothing;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use rd_common::context::Context;
use rd_common::output::chart::{bar, columns};
use rd_common::output::style::{BOLD, DIM, paint};
use rd_common::{Error, Exit, Result};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Flags of `rd-cost report`.
#[derive(clap::Args, Clone, Debug)]
pub struct ReportArgs {
    /// The first day: a date such as 2026-11-01, or a number of days such as 30d
    #[arg(long, value_name = "DAY", default_value = "30d", value_parser = day)]
    since: Date,
    /// The last day [default: yesterday]
    #[arg(long, value_name = "DAY", value_parser = day)]
    until: Option<Date>,
    /// By what the amounts are told apart
    #[arg(long, value_name = "WHAT", default_value = "service")]
    by: By,
    /// How the amounts are counted
    #[arg(long, value_name = "METRIC", default_value = "unblended")]
    metric: Metric,
    #[command(flatten)]
    requests: RequestArgs,
}

/// How many of the last days are not complete: AWS goes on adding to them.
/// <https://docs.aws.amazon.com/cost-management/latest/userguide/ce-what-is.html>
const INCOMPLETE: i64 = 2;

/// The most columns of a bar.
const BAR: usize = 20;

/// Today, as AWS counts days.
pub fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

/// A day of a flag: a date, or a number of days before today.
pub fn day(text: &str) -> std::result::Result<Date, String> {
    let days = text
        .strip_suffix('d')
        .and_then(|days| days.parse::<i64>().ok());
    match days {
        Some(days) if (0..=420).contains(&days) => Ok(today().saturating_sub(days.days())),
        _ => text
            .parse()
            .map_err(|_| "a date such as 2026-11-01, or a number of days such as 30d".to_owned()),
    }
}

/// Reads the costs, and prints them.
pub async fn run(context: &Context, args: &ReportArgs) -> Result<Exit> {
    let until = match args.until {
        Some(last) => last.saturating_add(1.days()),
        None => today(),
    };
    if args.since >= until {
        return Err(Error::usage(format!(
            "the first day, {}, is after the last one, {}",
            args.since,
            until.saturating_sub(1.days())
        ))
        .hint("--since takes the first day, --until the last one"));
    }
    let explorer = open(context, &args.requests).await?;
    let query = Query {
        since: args.since,
        until,
        metric: args.metric,
        by: args.by,
    };
    let spent = explorer.costs(&query).await?;
    if spent.is_empty() && !args.requests.cached {
        explain_nothing(&explorer, &query).await?;
    }
    let report = Report::new(&spent, &query);
    let text = match context.printer.is_json() {
        true => report.records(&spent),
        false => report.text(&context.stack.name()),
    };
    context.printer.text(&text);
    explorer.print_cost();
    Ok(Exit::Done)
}

/// Cost Explorer for the stack of this run.
pub async fn open(context: &Context, args: &RequestArgs) -> Result<CostExplorer> {
    let aws = context.connect().await?;
    let folder = costs_folder(context);
    Ok(CostExplorer::new(&aws, &context.stack, &folder, args))
}

/// Where the answers of Cost Explorer are kept.
pub fn costs_folder(context: &Context) -> PathBuf {
    context.settings.folder().join(".rd").join("costs")
}

/// The bar of an amount; the highest one is full.
fn length(amount: Decimal, highest: Decimal) -> String {
    let number = |amount: Decimal| amount.to_f64().unwrap_or_default();
    bar(number(amount), number(highest), BAR)
}

/// The sums of a report.
struct Report<'a> {
    query: &'a Query,
    currency: &'a str,
    /// By key, what was used.
    used: Vec<(&'a str, Decimal)>,
    /// What is no usage: fees, tax, credits.
    others: BTreeMap<Kind, Decimal>,
    /// By day, all together.
    days: BTreeMap<Date, Decimal>,
}

/// The day after the last one that is complete.
pub fn complete_until() -> Date {
    today().saturating_sub(INCOMPLETE.days())
}

/// The mean of the days that are complete at `today`, and their number; none where there is none. A stack that is younger
/// than the days counts from the day after its first costs, since it does not begin at midnight.
pub fn mean_of_complete(days: &BTreeMap<Date, Decimal>, today: Date) -> Option<(Decimal, usize)> {
    let end = today.saturating_sub(INCOMPLETE.days());
    let complete: Vec<Decimal> = days.range(..end).map(|(_, amount)| *amount).collect();
    let complete = match complete.iter().position(|amount| !amount.is_zero()) {
        Some(first) if first > 0 => complete.get(first + 1..).filter(|rest| !rest.is_empty()),
        _ => None,
    }
    .unwrap_or(&complete);
    let count = complete.len();
    let total: Decimal = complete.iter().sum();
    (count > 0).then(|| (total / Decimal::from(count), count))
}

/// What was charged on each day from `since` to the day before `until`, days without costs included.
pub fn by_day(spent: &[Spent], since: Date, until: Date) -> BTreeMap<Date, Decimal> {
    let all = since.series(1.days()).take_while(|day| *day < until);
    let mut days: BTreeMap<Date, Decimal> = all.map(|day| (day, Decimal::ZERO)).collect();
    for one in spent {
        *days.entry(one.day).or_default() += one.amount;
    }
    days
}

impl<'a> Report<'a> {
    fn new(spent: &'a [Spent], query: &'a Query) -> Self {
        let mut used: BTreeMap<&str, Decimal> = BTreeMap::new();
        let mut others: BTreeMap<Kind, Decimal> = BTreeMap::new();
        for one in spent {
            match one.kind {
                Kind::Usage => *used.entry(&one.key).or_default() += one.amount,
                kind => *others.entry(kind).or_default() += one.amount,
            }
        }
        let mut used: Vec<(&str, Decimal)> = used.into_iter().collect();
        used.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(other.0)));
        Self {
            query,
            currency: spent.first().map_or("USD", |one| &one.currency),
            used,
            others,
            days: by_day(spent, query.since, query.until),
        }
    }

    fn total(&self) -> Decimal {
        self.days.values().sum()
    }

    fn is_incomplete(day: Date) -> bool {
        day >= complete_until()
    }

    /// One line for each day and key, and one for the sum.
    fn records(&self, spent: &[Spent]) -> String {
        let mut text = String::new();
        for one in spent {
            let record = json!({
                "type": "spent", "day": one.day, "by": self.query.by.word(), "key": one.key, "kind": one.kind,
                "amount": plain(one.amount), "currency": one.currency, "estimated": one.estimated,
                "incomplete": Self::is_incomplete(one.day),
            });
            text.push_str(&format!("{record}\n"));
        }
        let a_day = mean_of_complete(&self.days, today()).map(|(mean, _)| cents(mean));
        let total = json!({
            "type": "spent_total", "since": self.query.since, "until": self.query.until.saturating_sub(1.days()),
            "metric": self.query.metric.word(), "amount": plain(self.total()), "currency": self.currency,
            "mean_of_complete_days": a_day,
        });
        text.push_str(&format!("{total}\n"));
        text
    }

    fn text(&self, stack: &str) -> String {
        let last = self.query.until.saturating_sub(1.days());
        let mut text = format!(
            "{}  {} to {last}, {}, {}\n",
            paint(BOLD, stack),
            self.query.since,
            self.query.metric.word(),
            self.currency
        );
        if self.query.by == By::Day {
            self.add_days(&mut text);
        } else {
            self.add_keys(&mut text);
        }
        for (kind, amount) in &self.others {
            text.push_str(&format!("{:>11}  {}\n", cents(*amount), kind.name()));
        }
        text.push_str(&format!(
            "{:>11}  {}",
            cents(self.total()),
            paint(BOLD, "in all")
        ));
        if let Some((mean, days)) = mean_of_complete(&self.days, today()) {
            text.push_str(&format!(
                ", {} a day (mean of {days} complete days)",
                cents(mean)
            ));
        }
        text.push('\n');
        if self.query.by != By::Day {
            let amounts: Vec<Option<f64>> = self.days.values().map(ToPrimitive::to_f64).collect();
            text.push_str(&format!(
                "{:>11}  {}{}\n",
                "",
                columns(&amounts),
                self.note()
            ));
        }
        text
    }

    fn note(&self) -> String {
        match self.days.keys().any(|day| Self::is_incomplete(*day)) {
            true => paint(DIM, "  by day, the last two incomplete"),
            false => paint(DIM, "  by day"),
        }
    }

    fn add_keys(&self, text: &mut String) {
        let highest = self
            .used
            .first()
            .map_or(Decimal::ZERO, |(_, amount)| *amount);
        let width = self
            .used
            .iter()
            .map(|(key, _)| key.chars().count())
            .max()
            .unwrap_or(0);
        for (key, amount) in &self.used {
            let bar = length(*amount, highest);
            text.push_str(format!("{:>11}  {key:width$}  {bar}", cents(*amount)).trim_end());
            text.push('\n');
        }
    }

    fn add_days(&self, text: &mut String) {
        let highest = self.days.values().copied().max().unwrap_or_default();
        for (day, amount) in &self.days {
            let mark = if Self::is_incomplete(*day) {
                " incomplete"
            } else {
                ""
            };
            let bar = length(*amount, highest);
            text.push_str(format!("{:>11}  {day}  {bar}{mark}", cents(*amount)).trim_end());
            text.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_last_two_days_are_in_no_mean() {
        let today = date(2026, 11, 10);
        let days = |amounts: &[(i8, i64)]| -> BTreeMap<Date, Decimal> {
            let days = amounts.iter();
            days.map(|(day, amount)| (date(2026, 11, *day), Decimal::from(*amount)))
                .collect()
        };
        let mean = mean_of_complete(&days(&[(6, 1), (7, 3), (8, 90), (9, 0)]), today);
        assert_eq!(mean, Some((Decimal::from(2), 2)));
        assert_eq!(mean_of_complete(&days(&[(8, 5), (9, 5)]), today), None);
        // A stack that began on the fifth.
        let young = days(&[(3, 0), (4, 0), (5, 1), (6, 3), (7, 5), (8, 90)]);
        let mean = mean_of_complete(&young, today);
        assert_eq!(mean, Some((Decimal::from(4), 2)));
        let nothing = mean_of_complete(&days(&[(6, 0), (7, 0)]), today);
        assert_eq!(nothing, Some((Decimal::ZERO, 2)));
    }

    #[test]
    fn days_are_dates_or_numbers_of_days() {
        assert_eq!(day("2026-11-01"), Ok(date(2026, 11, 1)));
        assert_eq!(day("0d"), Ok(today()));
        assert!(day("yesterday").is_err() && day("-3d").is_err());
    }
}
