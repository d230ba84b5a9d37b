//! The commands that only rd-logs has.

mod alarms;
mod crashed_task;
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

/// The commands of rd-logs, in addition to those that every slice has.
#[derive(Subcommand)]
pub enum Command {
    /// Print log events in order, and with --follow new ones as they arrive
    #[command(after_help = "{program} tail --follow :: new events as they arrive\n\
        {program} tail --since 2h --filter ERROR --output json | jq -r .message\n\
        {program} tail --tail 20 --follow :: the newest 20, and new ones\n\
        {program} tail --previous :: the task that crashed last")]
    Tail(tail::TailArgs),
    /// Print the log events of a long range in order, reading in parallel
    #[command(after_help = "{program} search --since 3d --filter ERROR\n\
        {program} search --since 14:00 --until 14:30 --grep 'timeout|refused'")]
    Search(search::SearchArgs),
    /// Run a Logs Insights query and print its rows
    #[command(
        after_help = "{program} insights 'filter @message like /timeout/ | stats count(*) by bin(5m)' --since 1d"
    )]
    Insights(insights::InsightsArgs),
    /// List the stack's log groups: retention, size, last event
    #[command(after_help = "{program} groups\n\
        {program} groups --prefix /aws/lambda/")]
    Groups(groups::GroupsArgs),
    /// List the alarms with state, time and reason; `history` prints past changes
    #[command(after_help = "{program} alarms\n\
        {program} alarms --watch :: print each change as it happens\n\
        {program} alarms history --since 7d")]
    Alarms(alarms::AlarmsArgs),
    /// Print the URL of the dashboard
    #[command(after_help = "{program} dashboard --open")]
    Dashboard(dashboard::DashboardArgs),
    /// List the subscriptions to the alarms; `confirm` one, or send a `test`
    #[command(after_help = "{program} subscriptions\n\
        {program} subscriptions test")]
    Subscriptions(subscriptions::SubscriptionsArgs),
    /// Show the dashboard's metrics as small plots, or as JSON lines in a pipe
    #[command(after_help = "{program} metrics cpu --since 12h")]
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
