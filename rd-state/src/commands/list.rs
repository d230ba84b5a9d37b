//! `rd-state list`: lists the resources in all states of the stack.

use crate::stack_states;
use rd_common::completion;
use rd_common::context::Context;
use rd_common::output::table::table;
use rd_common::{Exit, Result};
use serde_json::json;

/// Flags of `rd-state list`.
#[derive(clap::Args, Clone, Debug)]
pub struct ListArgs {
    /// List only addresses that begin with this, such as net.subnet
    #[arg(add = completion::addresses())]
    prefix: Option<String>,
}

/// Prints the resources: a table for people, one JSON object a line for programs.
pub async fn run(context: &Context, args: &ListArgs) -> Result<Exit> {
    let prefix = args.prefix.as_deref().unwrap_or_default();
    let mut rows = Vec::new();
    for document in stack_states::all(context).await? {
        for (address, resource) in document.resources {
            if !address.starts_with(prefix) {
                continue;
            }
            let phase = serde_json::to_value(resource.phase).unwrap_or_default();
            if context.printer.is_json() {
                let line = json!({"address": address, "kind": resource.kind, "id": resource.id, "phase": phase});
                context.printer.text(&format!("{line}\n"));
            }
            let phase = phase.as_str().unwrap_or_default().to_owned();
            rows.push(vec![
                address,
                resource.id.unwrap_or_else(|| "-".to_owned()),
                phase,
            ]);
        }
    }
    if !context.printer.is_json() && !rows.is_empty() {
        context
            .printer
            .text(&table(&["ADDRESS", "ID", "PHASE"], &rows));
    }
    Ok(Exit::Done)
}
