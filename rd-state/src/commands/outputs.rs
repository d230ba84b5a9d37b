//! `rd-state outputs`: prints the outputs of all slices.

use crate::stack_states;
use rd_common::context::Context;
use rd_common::{Exit, Result};
use serde_json::{Map, Value};

/// Prints the outputs: lines of `slice.name = value` for people; for programs one JSON object with a member for each
/// slice.
pub async fn run(context: &Context) -> Result<Exit> {
    let mut by_slice = Map::new();
    let mut lines = String::new();
    for document in stack_states::all(context).await? {
        for (name, value) in &document.outputs {
            let value = match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            lines.push_str(&format!("{}.{name} = {value}\n", document.slice));
        }
        by_slice.insert(document.slice, document.outputs.into_iter().collect());
    }
    if context.printer.is_json() {
        context
            .printer
            .text(&format!("{}\n", Value::Object(by_slice)));
    } else {
        context.printer.text(&lines);
    }
    Ok(Exit::Done)
}
