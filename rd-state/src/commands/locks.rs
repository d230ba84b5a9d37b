//! `locks`: who holds the states of the stack.

use rd_common::cli::Program;
use rd_common::ui::table::table;
use rd_common::{Exit, Result};
use serde_json::json;

/// Runs it: a table for people, one JSON object a held lock for programs.
pub async fn run(program: &Program) -> Result<Exit> {
    let mut rows = Vec::new();
    for slice in program.store.slices(&program.stack.name()).await? {
        let Some(holder) = program.store.holder(&program.key(&slice)).await? else {
            continue;
        };
        if program.printer.is_json() {
            let line = json!({"slice": slice, "who": holder.who, "what": holder.what, "since": holder.since, "run": holder.run});
            program.printer.text(&format!("{line}\n"));
        }
        rows.push(vec![
            slice,
            holder.who,
            holder.what,
            format!("{:.0}", holder.since),
        ]);
    }
    if !program.printer.is_json() {
        let text = if rows.is_empty() {
            "nobody holds a lock\n".to_owned()
        } else {
            table(&["SLICE", "WHO", "WHAT", "SINCE"], &rows)
        };
        program.printer.text(&text);
    }
    Ok(Exit::Done)
}
