//! `rd-cost estimate`: a filter that adds what the planned resources cost. Without a pipe it reads the states.

use super::sources::Sources;
use crate::config::Preset;
use crate::estimate::{Estimate, Limit, check_not_empty};
use crate::inventory::Planned;
use crate::money::cents;
use crate::report::{markdown, records, text};
use rd_common::context::Context;
use rd_common::pipe::filter;
use rd_common::pipe::session::{Finished, PipeSession};
use rd_common::records::{Basis, Record, Verb};
use rd_common::{Exit, Result};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::rc::Rc;

/// The values of `--usage`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum UsageArg {
    /// The lowest number of each usage
    Low,
    /// The number of each usage in between
    Typical,
    /// The highest number of each usage
    High,
    /// What CloudWatch has counted in the last 14 days, scaled to a month
    Live,
}

impl UsageArg {
    fn preset(self) -> Option<Preset> {
        match self {
            UsageArg::Low => Some(Preset::Low),
            UsageArg::Typical => Some(Preset::Typical),
            UsageArg::High => Some(Preset::High),
            UsageArg::Live => None,
        }
    }
}

/// Flags of `rd-cost estimate`.
#[derive(clap::Args, Clone, Debug)]
pub struct EstimateArgs {
    /// The number of each assumed usage that the sums are made of, or `live` for what CloudWatch has counted in the last 14
    /// days [default: cost.preset]
    #[arg(long, value_name = "PRESET")]
    usage: Option<UsageArg>,
    /// Exit with 7 if the plan adds more than this to a month: US dollars, or percent of today's total
    #[arg(long, value_name = "USD|N%", value_parser = Limit::parse)]
    fail_over: Option<Limit>,
    /// Exit with 7 if a line is unknown
    #[arg(long)]
    strict: bool,
    /// Show the sum in the summary of the plan alone, without the table
    #[arg(long)]
    summary: bool,
    /// Show every field of what the plan creates
    #[arg(long)]
    full: bool,
    /// File with prices that override those of the list, one JSON object a line
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
}

/// Reads the plans on stdin, or the states, and writes the estimate.
pub async fn run(context: &Context, args: EstimateArgs) -> Result<Exit> {
    context.printer.show_in_full(args.full);
    let preset = args.usage.and_then(UsageArg::preset);
    let sources = Sources::new(context, preset, args.prices.as_deref())?;
    let planned = Rc::new(RefCell::new(Planned::default()));
    let seen = planned.clone();
    let note = move |record: &Record| seen.borrow_mut().note(record);
    let verb = Verb::Other("estimate".to_owned());
    filter::run(context, "cost", verb, note, async |session| {
        let mut sources = sources.clone();
        if args.usage == Some(UsageArg::Live) {
            sources.measure(context).await?;
        }
        let estimate = match session.upstream.any_begun() {
            true => {
                let planned = planned.borrow();
                check_not_empty(&planned)?;
                Estimate::of_plan(&planned, sources.terms())
            }
            false => sources.of_states(context).await?,
        };
        write(&session, &estimate, args.summary);
        Ok(finished(&session, &estimate, &args))
    })
    .await
}

/// Writes the estimate; with `summary`, as text only the plans with its sum.
fn write(session: &PipeSession, estimate: &Estimate, summary: bool) {
    let printer = &session.printer;
    if printer.is_json() {
        for cost in records(estimate) {
            printer.emit(&Record::Cost(Box::new(cost)));
        }
    } else if printer.is_markdown() {
        printer.text(&markdown(estimate));
    } else {
        // The plans before it have the sum in their summary.
        for cost in records(estimate) {
            printer.hold(&Record::Cost(Box::new(cost)));
        }
        printer.show_plans();
        if !summary {
            printer.text(&text(estimate));
        }
    }
}

/// The exit code, with a warning for each reason.
fn finished(session: &PipeSession, estimate: &Estimate, args: &EstimateArgs) -> Finished {
    let mut exit = Exit::Done;
    let unknown = estimate.after.unknown;
    // The summary of the plan counts them.
    if unknown > 0 && (!args.summary || args.strict) {
        let lines = estimate.items.iter().map(|item| &item.line);
        let reasons = lines.filter(|line| line.basis == Basis::Unknown);
        let reasons: BTreeSet<&str> = reasons.filter_map(|line| line.note.as_deref()).collect();
        let reasons: Vec<&str> = reasons.into_iter().collect();
        let lines = match unknown {
            1 => "line of the estimate is",
            _ => "lines of the estimate are",
        };
        session.warn(
            format!("{unknown} {lines} unknown: {}", reasons.join("; ")),
            "`--prices FILE` adds prices, by the `price_item` of the records; a usage of 0 in [cost.usage] leaves its lines out",
        );
        if args.strict {
            exit = Exit::OverLimit;
        }
    }
    if let Some(limit) = args.fail_over
        && over(session, estimate, limit)
    {
        exit = Exit::OverLimit;
    }
    Finished {
        counts: BTreeMap::from([
            ("lines".to_owned(), estimate.items.len() as u64),
            ("unknown".to_owned(), unknown as u64),
        ]),
        lineage: None,
        serial: 0,
        exit,
    }
}

/// Whether the plan adds more than the limit allows.
fn over(session: &PipeSession, estimate: &Estimate, limit: Limit) -> bool {
    let today = estimate
        .today
        .map_or_else(Default::default, |sums| sums.total().typical);
    let adds = estimate.after.total().typical - today;
    match limit.allows(today) {
        Some(allowed) if adds > allowed => {
            session.warn(
                format!(
                    "the plan adds {} USD a month, more than the {} of --fail-over",
                    cents(adds),
                    cents(allowed)
                ),
                "raise the limit, or change the plan",
            );
            true
        }
        Some(_) => false,
        None => {
            session.warn(
                "a percentage cannot be a limit: the stack costs nothing today",
                "pass --fail-over with an amount in US dollars",
            );
            false
        }
    }
}
