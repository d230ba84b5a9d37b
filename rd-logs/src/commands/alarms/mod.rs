//! `alarms`: lists the stack's alarms; `--watch` prints their changes, `history` what they went through.

mod history;
mod view;
mod watch;

use crate::clients::Clients;
use crate::kinds::alarm::{Alarm, describe};
use crate::slice::Logs;
use crate::time::args::ZoneArgs;
use clap::{Args, Subcommand};
use history::HistoryArgs;
use rd_common::commands::limits::duration;
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::output::style::width;
use rd_common::{Ctx, Exit, Kind, Result};
use std::collections::BTreeMap;
use std::time::Duration;
use view::Row;

/// Flags of `rd-logs alarms`, which lists them without a subcommand.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct AlarmsArgs {
    #[command(subcommand)]
    command: Option<AlarmsCommand>,
    /// Print each change as it happens
    #[arg(long, short)]
    watch: bool,
    /// Time between two reads with --watch
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    every: Duration,
    #[command(flatten)]
    tz: ZoneArgs,
}

/// Subcommands of `rd-logs alarms`.
#[derive(Subcommand)]
enum AlarmsCommand {
    /// Print the state changes of the alarms, oldest first
    #[command(after_help = "{program} alarms history :: the last 24 hours\n\
        {program} alarms history db-cpu --since 7d --all")]
    History(HistoryArgs),
}

/// Lists the alarms, watches them, or prints their history. Only states are read from the store, everything else from
/// AWS.
pub async fn run(context: &Context, args: &AlarmsArgs) -> Result<Exit> {
    let logs = SliceContext::<Logs>::open(context).await?;
    let names = alarm_names(&logs);
    if let Some(AlarmsCommand::History(args)) = &args.command {
        return history::run(context, &logs.ctx, names, args).await;
    }
    let zone = args.tz.zone()?;
    let printer = &context.printer;
    if names.is_empty() {
        if !printer.is_json() {
            printer.text("no alarms: no resource to watch exists yet\n");
        }
        return Ok(Exit::Done);
    }
    let names: Vec<String> = names.into_values().collect();
    if args.watch {
        return watch::run(context, &logs.ctx, &names, args.every, &zone).await;
    }
    let rows = read(&logs.ctx, &names).await?;
    printer.text(&view::list(printer.is_json(), &rows, &zone, width()));
    Ok(Exit::Done)
}

/// The names of the stack's alarms, by the last part of their addresses.
fn alarm_names(logs: &SliceContext<Logs>) -> BTreeMap<String, String> {
    let resources = logs.state.resources.iter();
    resources
        .filter(|(_, resource)| resource.kind == Alarm::NAME)
        .filter_map(|(address, resource)| {
            let last = address.rsplit('.').next()?;
            Some((last.to_owned(), resource.id.clone()?))
        })
        .collect()
}

async fn read(ctx: &Ctx<Clients>, names: &[String]) -> Result<Vec<Row>> {
    Ok(describe(ctx, names).await?.iter().map(Row::new).collect())
}
