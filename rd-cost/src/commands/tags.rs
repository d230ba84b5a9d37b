//! `rd-cost tags`: whether costs can be found by the stack's tags, and what it takes.

use super::report::{open, today};
use crate::cost_explorer::{RequestArgs, State, TagState};
use jiff::ToSpan;
use jiff::civil::Date;
use rd_common::context::Context;
use rd_common::output::style::{OK, WARN, paint};
use rd_common::{Error, Exit, Result};
use serde_json::json;

/// Flags of `rd-cost tags`.
#[derive(clap::Args, Clone, Debug)]
pub struct TagsArgs {
    /// Activate the tags that AWS has seen
    #[arg(long)]
    activate: bool,
    /// Let AWS apply the tags to the past, from this month on
    #[arg(long, value_name = "YYYY-MM", value_parser = month)]
    backfill: Option<Date>,
    #[command(flatten)]
    requests: RequestArgs,
}

/// The first day of a month that AWS goes back to: this one, or one of the twelve before it.
/// <https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_StartCostAllocationTagBackfill.html>
fn month(text: &str) -> std::result::Result<Date, String> {
    let this = today().first_of_month();
    let earliest = this.saturating_sub(12.months());
    match format!("{text}-01").parse::<Date>() {
        Ok(month) if (earliest..=this).contains(&month) => Ok(month),
        _ => {
            let [earliest, this] =
                [earliest, this].map(|month| month.strftime("%Y-%m").to_string());
            Err(format!("allowed: a month from {earliest} to {this}"))
        }
    }
}

/// Prints the state of the tags, after the changes that were asked for.
pub async fn run(context: &Context, args: &TagsArgs) -> Result<Exit> {
    let explorer = open(context, &args.requests).await?;
    let only_management = || {
        Error::failed("this account may not see cost allocation tags").hint(
            "they belong to the management account of the organization: run rd-cost tags there, or ask who has access to it",
        )
    };
    let mut tags = explorer.tags().await?.ok_or_else(only_management)?;
    if args.activate {
        let inactive = tags.iter().filter(|tag| tag.state == State::Inactive);
        let inactive: Vec<&str> = inactive.map(|tag| tag.key.as_str()).collect();
        if !inactive.is_empty() {
            explorer.activate(&inactive).await?;
            tags = explorer.tags().await?.ok_or_else(only_management)?;
        }
    }
    if let Some(from) = args.backfill {
        // A backfill applies the state of each tag, also that of an inactive one, and the next is allowed a day later.
        let is_active = |tag: &TagState| matches!(tag.state, State::Active { .. });
        if !tags.iter().any(is_active) {
            return Err(
                Error::failed("no tag is active: a backfill would find nothing")
                    .hint("activate them first: rd-cost tags --activate"),
            );
        }
        explorer.backfill(from).await?;
    }
    let text: String = tags
        .iter()
        .map(|tag| match context.printer.is_json() {
            true => record(tag),
            false => line(tag),
        })
        .collect();
    context.printer.text(&text);
    if let Some(from) = args.backfill
        && !context.printer.is_json()
    {
        let from = from.strftime("%Y-%m");
        context.printer.text(&format!(
            "costs since {from} are found by these tags within a day\n"
        ));
    }
    explorer.print_cost();
    Ok(Exit::Done)
}

fn record(tag: &TagState) -> String {
    let mut record = json!({"type": "cost_tag"});
    if let (Some(members), serde_json::Value::Object(more)) = (record.as_object_mut(), json!(tag)) {
        members.extend(more);
    }
    format!("{record}\n")
}

fn line(tag: &TagState) -> String {
    let key = &tag.key;
    match &tag.state {
        State::Active { since: Some(since) } => {
            format!("{} {key}: active since {since}\n", paint(OK, "✓"))
        }
        State::Active { since: None } => format!("{} {key}: active\n", paint(OK, "✓")),
        State::Inactive => format!(
            "{} {key}: seen, not active: rd-cost tags --activate\n",
            paint(WARN, "!")
        ),
        State::Unseen => format!(
            "{} {key}: not seen: AWS lists a tag up to a day after the first resource has it\n",
            paint(WARN, "!")
        ),
    }
}
