//! `rd-cost forecast`: what this month and the next will have cost.

use super::report::{by_day, mean_of_complete, open, today};
use crate::cost_explorer::{By, Forecast, Metric, Query, RequestArgs};
use crate::money::cents;
use crate::tag_problems::explain_nothing;
use jiff::ToSpan;
use jiff::civil::Date;
use rd_common::context::Context;
use rd_common::output::style::{BOLD, paint};
use rd_common::{Error, Exit, Result};
use rust_decimal::Decimal;
use serde_json::json;

/// Flags of `rd-cost forecast`.
#[derive(clap::Args, Clone, Debug)]
pub struct ForecastArgs {
    #[command(flatten)]
    requests: RequestArgs,
}

/// How many days back the mean looks, where AWS makes no forecast.
const LOOK_BACK: i64 = 16;

/// The sums of a month.
struct Month {
    first: Date,
    spent: Decimal,
    to_come: Decimal,
}

/// Reads what was spent and what AWS expects, and prints both.
pub async fn run(context: &Context, args: &ForecastArgs) -> Result<Exit> {
    let explorer = open(context, &args.requests).await?;
    let today = today();
    let this = today.first_of_month();
    let next = this.saturating_add(1.month());
    let end = next.saturating_add(1.month());
    let query = Query {
        since: this.min(today.saturating_sub(LOOK_BACK.days())),
        until: today,
        metric: Metric::Unblended,
        by: By::Service,
    };
    let spent = explorer.costs(&query).await?;
    if spent.is_empty() && !args.requests.cached {
        explain_nothing(&explorer, &query).await?;
    }
    let days = by_day(&spent, query.since, query.until);
    let (basis, ahead) = match explorer.forecast(today, end).await? {
        Forecast::Days(ahead) => {
            let ahead = ahead.into_iter().map(|one| (one.day, one.amount));
            ("AWS's forecast".to_owned(), ahead.collect::<Vec<_>>())
        }
        Forecast::None(why) => {
            let Some((mean, count)) = mean_of_complete(&days, today) else {
                return Err(
                    Error::failed(format!("there is nothing to forecast from: {why}"))
                        .hint("costs appear within a day: run the command again tomorrow"),
                );
            };
            let all = today.series(1.days()).take_while(|day| *day < end);
            let all = all.map(|day| (day, mean)).collect();
            (
                format!("the mean of {count} complete days, since AWS makes no forecast: {why}"),
                all,
            )
        }
    };
    let month = |first: Date, until: Date| Month {
        first,
        spent: days.range(first..until).map(|(_, amount)| *amount).sum(),
        to_come: ahead
            .iter()
            .filter(|(day, _)| (first..until).contains(day))
            .map(|(_, amount)| *amount)
            .sum(),
    };
    let months = [month(this, next), month(next, end)];
    let currency = spent.first().map_or("USD", |one| &one.currency);
    let text: String = months
        .iter()
        .map(|month| line(month, currency, &basis, context.printer.is_json()))
        .collect();
    context.printer.text(&match context.printer.is_json() {
        true => text,
        false => format!("{}  {basis}\n{text}", paint(BOLD, context.stack.name())),
    });
    explorer.print_cost();
    Ok(Exit::Done)
}

fn line(month: &Month, currency: &str, basis: &str, is_json: bool) -> String {
    let name = month.first.strftime("%Y-%m").to_string();
    let (spent, to_come) = (cents(month.spent), cents(month.to_come));
    let total = cents(month.spent + month.to_come);
    if is_json {
        let record = json!({
            "type": "forecast", "month": name, "spent": spent, "to_come": to_come, "total": total,
            "currency": currency, "basis": basis,
        });
        return format!("{record}\n");
    }
    match month.spent.is_zero() {
        true => format!("{name}  {total:>10} {currency}\n"),
        false => format!("{name}  {total:>10} {currency}: {spent} so far, {to_come} to come\n"),
    }
}
