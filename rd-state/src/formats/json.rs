//! What records say as one JSON document.

use super::{command, run_counts};
use rd_common::output::view::danger::dangers;
use rd_common::output::view::field_diff::{Difference, parts};
use rd_common::output::view::model::{Model, Run, StackView};
use rd_common::records::ResourceChange;
use rd_common::resource::action::Action;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The document that `docs/schema/rd-state.view.schema.json` describes.
pub fn json(model: &Model) -> Value {
    let stacks: Vec<Value> = model.stacks.iter().map(stack).collect();
    json!({ "stacks": stacks })
}

fn stack(stack: &StackView) -> Value {
    let dangers: Vec<Value> = dangers(stack)
        .into_iter()
        .map(|danger| json!({"title": danger.title, "of": danger.of}))
        .collect();
    let mut document = json!({
        "counts": words(&stack.counts()),
        "dangers": dangers,
        "slices": stack.runs.iter().map(run).collect::<Vec<_>>(),
    });
    if let Some(head) = &stack.head {
        document["stack"] = head.stack.clone().into();
        document["region"] = head.region.clone().into();
        document["account"] = head.account.clone().into();
        document["offline"] = head.offline.into();
    }
    if let Some(cost) = stack.cost() {
        document["cost"] = json!({
            "usd_month": cost.total, "change": cost.change, "unknown": cost.unknown, "by_slice": cost.by_slice,
        });
    }
    if let Some(charged) = &stack.charged {
        document["charged"] = json!(charged);
    }
    document
}

fn words(counts: &BTreeMap<Action, usize>) -> Map<String, Value> {
    let words = counts.iter();
    words
        .map(|(action, count)| (action.word().to_owned(), (*count).into()))
        .collect()
}

fn run(run: &Run) -> Value {
    json!({
        "slice": run.slice,
        "command": command(run),
        "status": run.end.as_ref().map(|end| end.status),
        "counts": words(&run_counts(run)),
        "changes": run.changes.iter().map(change).collect::<Vec<_>>(),
        "applied": run.applied,
        "resources": run.statuses,
        "diagnostics": run.diagnostics,
    })
}

fn change(change: &ResourceChange) -> Value {
    let mut fields = Vec::new();
    for field in &change.fields {
        for part in parts(change.action, field) {
            let mut shown =
                json!({"path": part.path, "cause": field.cause, "replaces": field.replaces});
            match part.difference {
                Difference::Value(value) => shown["after"] = value,
                Difference::Changed(before, after) => {
                    shown["before"] = before;
                    shown["after"] = after;
                }
                Difference::Items(added, removed) => {
                    shown["added"] = added.into();
                    shown["removed"] = removed.into();
                }
                Difference::Order(order) => shown["order"] = order.into(),
            }
            fields.push(shown);
        }
    }
    json!({
        "address": change.address, "kind": change.kind, "action": change.action, "id": change.id,
        "pending": change.pending, "fields": fields,
    })
}
