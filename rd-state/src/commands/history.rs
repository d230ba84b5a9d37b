//! `rd-state history`: lists the stored versions of a slice's state.

use crate::stack_states;
use rd_common::completion;
use rd_common::context::Context;
use rd_common::output::table::table;
use rd_common::state::store::Version;
use rd_common::{Exit, Result};

/// Flags of `rd-state history`.
#[derive(clap::Args, Clone, Debug)]
pub struct HistoryArgs {
    /// Name of the slice, such as net
    #[arg(add = completion::slices())]
    slice: String,
    /// Show every version, not only the last one of each run
    #[arg(long)]
    all: bool,
    /// Number of newest versions to look at
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: usize,
}

/// Prints the versions, newest first: a table for people, one JSON object a line for programs.
pub async fn run(context: &Context, args: &HistoryArgs) -> Result<Exit> {
    let key = context.key(&args.slice);
    let versions = context.store.history(&key, args.limit).await?;
    if versions.is_empty() {
        // Users come here when the state is broken: what is left then is to find its resources in AWS.
        let slice = &args.slice;
        stack_states::one(context, slice).await.map_err(|error| {
            if error.exit == Exit::Usage {
                return error;
            }
            let hint = format!(
                "the history of {slice} has no version that can be read, either: `rd-state rebuild {slice}` finds \
                 the resources in AWS"
            );
            error.hint(hint)
        })?;
    }
    let mut shown: Vec<&Version> = Vec::new();
    for version in versions.iter().rev() {
        if args.all || shown.last().is_none_or(|later| later.run != version.run) {
            shown.push(version);
        }
    }
    if context.printer.is_json() {
        for version in shown {
            context.printer.text(&format!(
                "{}\n",
                serde_json::to_string(version).unwrap_or_default()
            ));
        }
        return Ok(Exit::Done);
    }
    let rows: Vec<Vec<String>> = shown
        .iter()
        .map(|version| {
            vec![
                version.serial.to_string(),
                format!("{:.0}", version.written),
                version.command.clone(),
                version.resources.to_string(),
                version.run.clone(),
            ]
        })
        .collect();
    context.printer.text(&table(
        &["SERIAL", "WRITTEN", "COMMAND", "RESOURCES", "RUN"],
        &rows,
    ));
    Ok(Exit::Done)
}
