//! `rd-state history`: lists the stored versions of a slice's state.

use crate::stack_states;
use rd_common::completion;
use rd_common::context::Context;
use rd_common::output::style::width;
use rd_common::output::table::table_or_list;
use rd_common::state::store::{Key, Store, Version};
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
    /// Number of lines to show (default: 20, all with --all)
    #[arg(long, value_name = "N", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..))]
    limit: Option<usize>,
}

/// Prints the versions, newest first: a table for people, one JSON object a line for programs.
pub async fn run(context: &Context, args: &HistoryArgs) -> Result<Exit> {
    let key = context.key(&args.slice);
    let versions = versions(context.store.as_ref(), &key, args).await?;
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
    if context.printer.is_json() {
        for version in versions {
            context.printer.text(&format!(
                "{}\n",
                serde_json::to_string(&version).unwrap_or_default()
            ));
        }
        return Ok(Exit::Done);
    }
    let rows: Vec<Vec<String>> = versions
        .iter()
        .map(|version| {
            vec![
                version.serial.to_string(),
                format!("{:.0}", version.written),
                version.command.clone(),
                version.resources.to_string(),
                version.run.chars().take(RUN_ID).collect(),
            ]
        })
        .collect();
    let heading = ["SERIAL", "WRITTEN", "COMMAND", "RESOURCES", "RUN"];
    let text = table_or_list(&heading, &rows, width());
    context.printer.text(&text);
    Ok(Exit::Done)
}

/// How much of a run's id is shown to people: it tells the runs of a slice apart. The JSON has all of it.
const RUN_ID: usize = 8;
/// How many runs are shown where no limit is set.
const RUNS: usize = 20;
/// How many versions are read at first in the search for the runs: a first apply of the largest slice writes about 80.
const FIRST_READ: usize = 100;

/// The versions to show, newest first. How many versions a run has written is not known before: more are read until there
/// are enough runs, or no more versions.
async fn versions(store: &dyn Store, key: &Key, args: &HistoryArgs) -> Result<Vec<Version>> {
    if args.all {
        let mut versions = store.history(key, args.limit.unwrap_or(usize::MAX)).await?;
        versions.reverse();
        return Ok(versions);
    }
    let limit = args.limit.unwrap_or(RUNS);
    let mut asked = FIRST_READ.max(limit);
    loop {
        let mut versions = store.history(key, asked).await?;
        let are_all = versions.len() < asked;
        versions.reverse();
        versions.dedup_by(|older, newer| older.run == newer.run);
        // The last run that was read may have written older versions, too; its newest one is what is shown.
        if are_all || versions.len() >= limit {
            versions.truncate(limit);
            return Ok(versions);
        }
        asked = asked.saturating_mul(2);
    }
}
