//! The verbs that only this program has.

mod alarms;
mod dashboard;
mod groups;
mod insights;
mod metrics;
mod search;
mod subscriptions;
mod tail;

use clap::Subcommand;
use rd_common::commands::ProgramCommands;
use rd_common::context::Context;
use rd_common::{Exit, Result};

/// The verbs.
#[derive(Subcommand)]
pub enum Command {
    /// Print the events of log groups, each once and in order; with --follow, go on as they come
    Tail(tail::TailArgs),
    /// Print the events of a long range: read in parallel, in order, with progress
    Search(search::SearchArgs),
    /// Run a Logs Insights query, and print its rows
    Insights(insights::InsightsArgs),
    /// List the log groups of the stack: retention, size, last event
    Groups(groups::GroupsArgs),
    /// List the alarms: how each is, since when and why; `history` for what was
    Alarms(alarms::AlarmsArgs),
    /// Print the URL of the dashboard
    Dashboard(dashboard::DashboardArgs),
    /// List who hears of the alarms; `confirm` a subscription, send a `test`
    Subscriptions(subscriptions::SubscriptionsArgs),
    /// Show the figures of the dashboard as small plots, or as JSON lines in a pipe
    Metrics(metrics::MetricsArgs),
}

impl ProgramCommands for Command {
    async fn run(self, context: &Context) -> Result<Exit> {
        match self {
            Command::Tail(args) => tail::run(context, &args).await,
            Command::Search(args) => search::run(context, &args).await,
            Command::Insights(args) => insights::run(context, &args).await,
            Command::Groups(args) => groups::run(context, &args).await,
            Command::Alarms(args) => alarms::run(context, &args).await,
            Command::Dashboard(args) => dashboard::run(context, &args).await,
            Command::Subscriptions(args) => subscriptions::run(context, &args).await,
            Command::Metrics(args) => metrics::run(context, &args).await,
        }
    }
}
