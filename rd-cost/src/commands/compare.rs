//! `rd-cost compare`: the estimate next to what AWS has charged.

use super::report::{complete_until, day, open};
use super::sources::Sources;
use crate::compare::{Comparison, Days, markdown, records, text};
use crate::config::Preset;
use crate::cost_explorer::{By, Metric, Query, RequestArgs};
use crate::tag_problems::explain_nothing;
use jiff::ToSpan;
use jiff::civil::Date;
use rd_common::context::Context;
use rd_common::output::printer::print_info;
use rd_common::{Error, Exit, Result};
use std::path::PathBuf;

/// Flags of `rd-cost compare`.
#[derive(clap::Args, Clone, Debug)]
pub struct CompareArgs {
    /// The first day: a date such as 2026-11-01, or a number of days such as 30d
    #[arg(long, value_name = "DAY", default_value = "30d", value_parser = day)]
    since: Date,
    /// The last day [default: the last one that is complete]
    #[arg(long, value_name = "DAY", value_parser = day)]
    until: Option<Date>,
    /// The number of each assumed usage that the estimate is made of [default: cost.preset]
    #[arg(long, value_name = "PRESET")]
    usage: Option<Preset>,
    /// File with prices that override those of the list, one JSON object a line
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    #[command(flatten)]
    requests: RequestArgs,
}

/// Makes the estimate of what the states have, reads the charges, and prints both.
pub async fn run(context: &Context, args: &CompareArgs) -> Result<Exit> {
    let complete = complete_until();
    let until = args
        .until
        .map_or(complete, |last| last.saturating_add(1.days()));
    if until > complete {
        let last = complete.saturating_sub(1.days());
        print_info(&format!(
            "the days after {last} are not complete, and are left out"
        ));
    }
    let until = until.min(complete);
    if args.since >= until {
        return Err(Error::usage(format!(
            "no complete day from {} to {}",
            args.since,
            until.saturating_sub(1.days())
        ))
        .hint(
            "AWS completes a day within two days: choose earlier days with --since and --until",
        ));
    }
    let sources = Sources::new(context, args.usage, args.prices.as_deref())?;
    let estimate = sources.of_states(context).await?;
    let explorer = open(context, &args.requests).await?;
    let query = Query {
        since: args.since,
        until,
        metric: Metric::Unblended,
        by: By::Item,
    };
    let spent = explorer.costs(&query).await?;
    if spent.is_empty() && !args.requests.cached {
        explain_nothing(&explorer, &query).await?;
    }
    let since = first_whole_day(&query, spent.iter().map(|one| one.day).min());
    let comparison = Comparison::new(&estimate, &spent, Days { since, until });
    let printer = &context.printer;
    printer.text(&if printer.is_json() {
        records(&comparison)
    } else if printer.is_markdown() {
        markdown(&comparison)
    } else {
        text(&comparison, &context.stack.name())
    });
    explorer.print_cost();
    Ok(Exit::Done)
}

/// The first day to compare: that of the query, or the day after the first costs, since a stack does not begin at midnight.
fn first_whole_day(query: &Query, first: Option<Date>) -> Date {
    match first {
        Some(first) if first > query.since => {
            let next = first.saturating_add(1.days());
            let whole = if next < query.until { next } else { first };
            print_info(&format!(
                "the first costs are of {first}: compared from {whole} on"
            ));
            whole
        }
        _ => query.since,
    }
}
