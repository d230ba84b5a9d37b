//! Whether a saved plan can still be applied: the state must be the one that it was made from, and a plan made now must
//! do the same.

use crate::error::{Error, Result};
use crate::pipe::upstream::SavedPlan;
use crate::plan::plan_records::changes;
use crate::plan::planned::Plan;
use crate::records::ResourceChange;
use crate::resource::action::Action;
use crate::resource::change::is_unknown;
use crate::state::document::Document;
use serde_json::Value;
use std::collections::BTreeMap;

/// Fails where the saved plan was made from another version of the state.
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
    .hint("nothing was changed; make a new plan and review it"))
}

/// What a plan does with a resource: the action, and the new value of each field.
type PlannedAction = (Action, BTreeMap<String, Value>);

/// Whether both do the same. A value that is unknown to either of them is not compared.
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

/// Fails where a plan made now would do something else than the saved one, because AWS or the settings have changed.
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
    let action = match action {
        "adopt" => "import",
        other => other,
    };
    let difference = match (planned.contains_key(other), now.contains_key(other)) {
        (true, true) => format!("a plan made now would {action} this resource with other fields"),
        (true, false) => format!("it would {action} this resource, a plan made now would not"),
        _ => format!("a plan made now would {action} this resource, it would not"),
    };
    Err(Error::refused(format!("the plan is stale: {difference}"))
        .at(address)
        .hint(
            "AWS or the settings have changed since it was made; nothing was changed; \
                 make a new plan and review it",
        ))
}
