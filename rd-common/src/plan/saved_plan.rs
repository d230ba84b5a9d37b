//! Whether a saved plan still fits: the state it was made from, and what a plan made at this moment would do.

use crate::error::{Error, Result};
use crate::pipe::upstream::SavedPlan;
use crate::plan::plan_records::changes;
use crate::plan::planner::Plan;
use crate::records::ResourceChange;
use crate::resource::action::Action;
use crate::resource::change::is_unknown;
use crate::state::document::Document;
use serde_json::Value;
use std::collections::BTreeMap;

/// Refuses a saved plan that was made from another state.
pub fn check_state(saved: &SavedPlan, state: &Document) -> Result<()> {
    let fits = match &saved.lineage {
        None => state.serial == 0,
        Some(lineage) => *lineage == state.lineage && saved.serial == state.serial,
    };
    if fits {
        return Ok(());
    }
    Err(Error::refused(format!(
        "the plan is stale: it was made from serial {} of the state, which is now at {}",
        saved.serial, state.serial
    ))
    .hint("nothing was changed; make a new plan and look at it again"))
}

/// What a plan does to a resource: the action, and the new value of each field.
type PlannedAction = (Action, BTreeMap<String, Value>);

/// Whether both do the same; a value that either does not know yet is not compared.
fn same(then: Option<&PlannedAction>, now: Option<&PlannedAction>) -> bool {
    let (Some((then_action, then)), Some((now_action, now))) = (then, now) else {
        return then.is_none() && now.is_none();
    };
    let equal = |(path, value): (&String, &Value)| {
        let today = now.get(path);
        today.is_some_and(|today| today == value || is_unknown(today) || is_unknown(value))
    };
    then_action == now_action && then.len() == now.len() && then.iter().all(equal)
}

/// Refuses a saved plan where AWS or the settings have changed so much that it would do something else.
pub fn check_actions(saved: &SavedPlan, made: &Plan, slice: &str) -> Result<()> {
    let list =
        |changes: &mut dyn Iterator<Item = ResourceChange>| -> BTreeMap<String, PlannedAction> {
            changes
                .filter(|change| change.action != Action::None)
                .map(|change| {
                    let fields = change
                        .fields
                        .into_iter()
                        .map(|field| (field.path, field.after));
                    (
                        format!("{} {}", change.address, change.action.word()),
                        (change.action, fields.collect()),
                    )
                })
                .collect()
        };
    let planned = list(&mut saved.changes.iter().cloned());
    let now = list(&mut changes(slice, made));
    let Some(other) = planned
        .keys()
        .chain(now.keys())
        .find(|key| !same(planned.get(*key), now.get(*key)))
    else {
        return Ok(());
    };
    let (address, action) = other.split_once(' ').unwrap_or((other, ""));
    let (then, today) = match (planned.contains_key(other), now.contains_key(other)) {
        (true, true) => ("has some fields to", "has others to"),
        (true, false) => ("has it to", "does not have it to"),
        _ => ("does not have it to", "would have it to"),
    };
    Err(Error::refused(format!(
        "the plan is stale: it {then} {action}, a plan made now {today} {action}"
    ))
    .at(address)
    .hint("AWS or the settings have changed since; nothing was changed; make a new plan and look at it again"))
}
