//! `rd-cost anomalies`: days and services that stand out of the stack's own history, and what AWS has found.

use super::report::{complete_until, day, open};
use crate::anomalies::{HISTORY, Outlier, outliers};
use crate::cost_explorer::{By, Found, Metric, Query, RequestArgs};
use crate::money::{cents, plain};
use crate::tag_problems::explain_nothing;
use jiff::ToSpan;
use jiff::civil::Date;
use rd_common::context::Context;
use rd_common::output::printer::print_info;
use rd_common::output::style::{BOLD, WARN, paint};
use rd_common::{Error, Exit, Result};
use serde_json::json;

/// Flags of `rd-cost anomalies`.
#[derive(clap::Args, Clone, Debug)]
pub struct AnomaliesArgs {
    /// The first day that is looked at: a date, or a number of days such as 14d
    #[arg(long, value_name = "DAY", default_value = "16d", value_parser = day)]
    since: Date,
    #[command(flatten)]
    requests: RequestArgs,
}

/// Reads the costs, and prints what stands out.
pub async fn run(context: &Context, args: &AnomaliesArgs) -> Result<Exit> {
    let until = complete_until();
    if args.since >= until {
        return Err(
            Error::usage(format!("no complete day since {}", args.since))
                .hint("AWS completes a day within two days: choose an earlier day with --since"),
        );
    }
    let explorer = open(context, &args.requests).await?;
    let query = Query {
        since: args.since.saturating_sub(HISTORY.days()),
        until,
        metric: Metric::Unblended,
        by: By::Service,
    };
    let spent = explorer.costs(&query).await?;
    if spent.is_empty() && !args.requests.cached {
        explain_nothing(&explorer, &query).await?;
    }
    let own = outliers(&spent, query.since, args.since, until);
    let by_aws = match args.requests.cached {
        true => None,
        false => explorer.anomalies(args.since, until).await?,
    };
    if by_aws.is_none() && !args.requests.cached {
        print_info(
            "AWS's own anomaly detection has no monitor in this account, or may not be asked",
        );
    }
    let by_aws = by_aws.unwrap_or_default();
    let printer = &context.printer;
    printer.text(&match printer.is_json() {
        true => records(&own, &by_aws),
        false => text(&context.stack.name(), (args.since, until), &own, &by_aws),
    });
    explorer.print_cost();
    Ok(Exit::Done)
}

fn records(own: &[Outlier], by_aws: &[Found]) -> String {
    let own = own.iter().map(|one| {
        json!({
            "type": "anomaly", "by": "rd", "since": one.day, "until": one.day, "service": one.service,
            "amount": plain(one.amount), "usual": plain(one.usual), "impact": plain(one.amount - one.usual),
            "causes": [], "id": null,
        })
    });
    let by_aws = by_aws.iter().map(|one| {
        json!({
            "type": "anomaly", "by": "aws", "since": one.since, "until": one.until, "service": one.of,
            "amount": null, "usual": null, "impact": plain(one.impact), "causes": one.causes, "id": one.id,
        })
    });
    own.chain(by_aws)
        .map(|record| format!("{record}\n"))
        .collect()
}

fn text(stack: &str, (since, until): (Date, Date), own: &[Outlier], by_aws: &[Found]) -> String {
    let last = until.saturating_sub(1.days());
    let mut text = format!("{}  {since} to {last}, USD\n", paint(BOLD, stack));
    for one in own {
        text.push_str(&format!(
            "{} {}  {}: {} instead of about {}\n",
            paint(WARN, "!"),
            one.day,
            one.service,
            cents(one.amount),
            cents(one.usual)
        ));
    }
    if own.is_empty() {
        text.push_str("no day stands out\n");
    }
    if !by_aws.is_empty() {
        text.push_str("\nfound by AWS, in the whole account\n");
    }
    for one in by_aws {
        let until = one.until.as_deref().unwrap_or("now");
        text.push_str(&format!(
            "{} {} to {until}  {}: {} more than expected",
            paint(WARN, "!"),
            one.since,
            one.of,
            cents(one.impact)
        ));
        if !one.causes.is_empty() {
            text.push_str(&format!(" ({})", one.causes.join("; ")));
        }
        text.push('\n');
    }
    text
}
