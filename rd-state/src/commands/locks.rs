//! `rd-state locks`: lists the locks that runs hold on the stack's states.

use crate::stack_states;
use rd_common::context::Context;
use rd_common::output::table::table;
use rd_common::{Exit, Result};
use serde_json::json;

/// Prints the held locks: a table for people, one JSON object a line for programs.
pub async fn run(context: &Context) -> Result<Exit> {
    let mut rows = Vec::new();
    for (slice, holder) in stack_states::held_locks(context).await? {
        if context.printer.is_json() {
            let line = json!({"slice": slice, "who": holder.who, "what": holder.what, "since": holder.since, "run": holder.run});
            context.printer.text(&format!("{line}\n"));
        }
        rows.push(vec![
            slice,
            holder.who,
            holder.what,
            format!("{:.0}", holder.since),
        ]);
    }
    if !context.printer.is_json() {
        let text = if rows.is_empty() {
            "no locks held\n".to_owned()
        } else {
            table(&["SLICE", "WHO", "WHAT", "SINCE"], &rows)
        };
        context.printer.text(&text);
    }
    Ok(Exit::Done)
}
