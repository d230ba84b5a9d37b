//! The commands of `rd-cost`, one file each.

mod anomalies;
mod budget;
mod charged;
mod compare;
mod estimate;
mod forecast;
mod policy;
mod prices;
mod refresh;
mod report;
mod savings;
mod sources;
mod tags;
mod waste;

use crate::config::Config;
use clap::Subcommand;
use rd_common::commands::ProgramCommands;
use rd_common::commands::settings::{SettingsArgs, show};
use rd_common::context::Context;
use rd_common::output::printer::Format;
use rd_common::permissions::Call;
use rd_common::{Exit, Result};

/// The commands, in the order of the help.
#[derive(Subcommand)]
pub enum Command {
    /// Estimate what the stack costs in a month, from the plans on stdin or from the states
    #[command(after_help = "{program} estimate :: of what the states have\n\
        rd-net plan | rd-data plan | {program} estimate :: of these slices, and what the plan changes\n\
        {program} estimate --fail-over 15% < plan.jsonl :: exit with 7 if the plan adds more\n\
        {program} estimate --format markdown < plan.jsonl :: for a comment on a change")]
    Estimate(estimate::EstimateArgs),
    /// List the prices of the region, with the day and the origin of each
    #[command(after_help = "{program} prices fargate\n\
        {program} prices refresh :: bring those of what the stack has from AWS\n\
        {program} prices --format json > prices.jsonl :: to edit, and to pass with --prices")]
    Prices(prices::PricesArgs),
    /// Show what AWS has charged for the stack; each request to Cost Explorer costs 0.01 USD
    #[command(after_help = "{program} report --since 2026-11-01 --by usage-type\n\
        {program} report --by slice :: by the tag rd:slice\n\
        {program} report --cached :: again, without a request")]
    Report(report::ReportArgs),
    /// Add what AWS has charged this month to the status of the programs before it, as far as a report is kept: no request
    #[command(
        after_help = "rd-net status | rd-ecs status | {program} charged :: the last line of scripts/status\n\
        {program} charged :: alone"
    )]
    Charged(charged::ChargedArgs),
    /// Compare the estimate of what exists with what AWS has charged, item by item
    #[command(after_help = "{program} compare --since 2026-11-01\n\
        {program} compare --usage high :: with the highest assumed usage\n\
        {program} compare --format markdown :: for a report")]
    Compare(compare::CompareArgs),
    /// Show what this month and the next will have cost
    #[command(after_help = "{program} forecast")]
    Forecast(forecast::ForecastArgs),
    /// Show days on which a service has cost much more than it does, and what AWS has found
    #[command(after_help = "{program} anomalies --since 30d")]
    Anomalies(anomalies::AnomaliesArgs),
    /// Show, set or remove an AWS budget of the stack, with mails at 80 and 100 % of its limit
    #[command(after_help = "{program} budget --limit 200 --mail ops@example.com\n\
        {program} budget :: what was spent of it\n\
        {program} budget --remove")]
    Budget(budget::BudgetArgs),
    /// Show whether costs can be found by the stack's tags, and activate them
    #[command(after_help = "{program} tags --activate\n\
        {program} tags --backfill 2026-10 :: apply them to the past")]
    Tags(tags::TagsArgs),
    /// Show what could cost less: changes of the settings, and commitments for a term
    #[command(
        after_help = "{program} savings --hours 60 :: a stack that is used for 60 hours a week\n\
        {program} savings --format markdown"
    )]
    Savings(savings::SavingsArgs),
    /// Show what is paid for and not used, judged by its use, and the command that ends each
    #[command(after_help = "{program} waste --days 30\n\
        {program} waste --fail :: exit with 7 if something is wasted\n\
        {program} waste --account :: all resources of the account in this region, read only")]
    Waste(waste::WasteArgs),
    /// Print the least IAM policy that the program needs, as JSON; rd-state policy prints that of a shared store
    #[command(
        after_help = "{program} policy --for report :: for a role that may only look\n\
        {program} policy --account 123456789012 > policy.json :: for every command, without credentials"
    )]
    Policy(policy::PolicyArgs),
    /// Show the settings of [cost], their values and where they were set
    #[command(after_help = "{program} settings cost.usage")]
    Settings(SettingsArgs),
}

impl ProgramCommands for Command {
    const SECTION: Option<&'static str> = Some("cost");

    const CALLS: &'static [&'static [Call]] = policy::TABLES;

    fn extra_formats(&self) -> &'static [Format] {
        match self {
            Command::Estimate(_)
            | Command::Compare(_)
            | Command::Savings(_)
            | Command::Waste(_) => &[Format::Markdown],
            _ => &[],
        }
    }

    fn writes_records(&self) -> bool {
        matches!(self, Command::Estimate(_) | Command::Charged(_))
    }

    async fn run(self, context: &Context) -> Result<Exit> {
        match self {
            Command::Estimate(args) => estimate::run(context, args).await,
            Command::Prices(args) => prices::run(context, &args).await,
            Command::Charged(args) => charged::run(context, &args).await,
            Command::Report(args) => report::run(context, &args).await,
            Command::Compare(args) => compare::run(context, &args).await,
            Command::Forecast(args) => forecast::run(context, &args).await,
            Command::Savings(args) => savings::run(context, &args).await,
            Command::Waste(args) => waste::run(context, &args).await,
            Command::Anomalies(args) => anomalies::run(context, &args).await,
            Command::Budget(args) => budget::run(context, &args).await,
            Command::Tags(args) => tags::run(context, &args).await,
            Command::Policy(args) => policy::run(context, &args).await,
            Command::Settings(args) => {
                let explain =
                    |settings: &rd_common::settings::Settings| settings.explain::<Config>("cost");
                let here = &context.settings;
                let other = match args.edition {
                    Some(edition) => Some(explain(&here.in_edition(edition)?)?),
                    None => None,
                };
                show(context, &args, explain(here)?, other)?;
                Ok(Exit::Done)
            }
        }
    }
}
