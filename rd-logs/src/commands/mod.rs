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
use rd_common::cli::{OwnVerbs, Program};
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

impl OwnVerbs for Command {
    async fn run(self, program: &Program) -> Result<Exit> {
        match self {
            Command::Tail(args) => tail::run(program, &args).await,
            Command::Search(args) => search::run(program, &args).await,
            Command::Insights(args) => insights::run(program, &args).await,
            Command::Groups(args) => groups::run(program, &args).await,
            Command::Alarms(args) => alarms::run(program, &args).await,
            Command::Dashboard(args) => dashboard::run(program, &args).await,
            Command::Subscriptions(args) => subscriptions::run(program, &args).await,
            Command::Metrics(args) => metrics::run(program, &args).await,
        }
    }
}
