//! Whether a saved plan can still be applied: the state must be the one that it was made from, and a plan made now must
//! do the same.

use crate::error::{Error, Result};
use crate::pipe::upstream::SavedPlan;
use crate::plan::plan_records::changes;
use crate::plan::planned::Plan;
use crate::records::ResourceChange;
use crate::resource::action::Action;
use crate::resource::change::is_unknown;
use crate::stack::Tags;
use crate::state::document::Document;
use serde_json::Value;
use std::collections::BTreeMap;

/// Fails where the saved plan was made from another version of the state.
pub fn check_state(saved: &SavedPlan, state: &Document) -> Result<()> {
    let fits = match &saved.lineage {
        None => state.is_unchanged_since(0),
        Some(lineage) => *lineage == state.lineage && state.is_unchanged_since(saved.serial),
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

/// What a plan does with a resource, as far as a plan made now must do the same. Equal except for values that are
/// unknown to one of the two.
#[derive(Clone, Debug)]
struct Step {
    kind: String,
    id: Option<String>,
    tags: Tags,
    /// The new value of each field.
    fields: BTreeMap<String, Value>,
}

/// The steps of a plan by address and action. Two deletes of an address are of two predecessors, with other ids.
type Steps = BTreeMap<(String, Action), Vec<Step>>;

fn steps(changes: impl Iterator<Item = ResourceChange>) -> Steps {
    let mut steps = Steps::new();
    for change in changes {
        let fields = change.fields.into_iter();
        steps
            .entry((change.address, change.action))
            .or_default()
            .push(Step {
                kind: change.kind,
                id: change.id,
                tags: change.tags,
                fields: fields.map(|field| (field.path, field.after)).collect(),
            });
    }
    for same_address in steps.values_mut() {
        same_address.sort_by(|one, other| one.id.cmp(&other.id));
    }
    steps
}

/// What differs between a step of the saved plan and the one of a plan made now; none where nothing does.
fn difference(then: &Step, now: &Step) -> Option<&'static str> {
    let same_field = |(path, value): (&String, &Value)| {
        let today = now.fields.get(path);
        today.is_some_and(|today| today == value || is_unknown(today) || is_unknown(value))
    };
    if then.kind != now.kind {
        Some("as another kind")
    } else if then.id != now.id {
        Some("with another id")
    } else if then.tags != now.tags {
        Some("with other tags")
    } else if then.fields.len() != now.fields.len() || !then.fields.iter().all(same_field) {
        Some("with other fields")
    } else {
        None
    }
}

fn phrase(action: Action) -> &'static str {
    match action {
        Action::Create => "create this resource",
        Action::Update => "update this resource",
        Action::Replace => "replace this resource",
        Action::Delete => "delete this resource",
        Action::Import => "import this resource",
        Action::None => "leave this resource as it is",
    }
}

/// Fails where a plan made now would do something else than the saved one, because AWS or the settings have changed, or
/// a line of the saved plan.
pub fn check_actions(saved: &SavedPlan, made: &Plan, slice: &str) -> Result<()> {
    let then = steps(saved.changes.iter().cloned());
    let now = steps(changes(slice, made));
    let differs = |key: &&(String, Action)| match (then.get(*key), now.get(*key)) {
        (Some(then), Some(now)) => {
            let mut pairs = then.iter().zip(now);
            then.len() != now.len() || pairs.any(|(then, now)| difference(then, now).is_some())
        }
        _ => true,
    };
    let mut different: Vec<&(String, Action)> =
        then.keys().chain(now.keys()).filter(differs).collect();
    // What is left as it is says less about the reason.
    different.sort_by_key(|(_, action)| *action == Action::None);
    let Some(key) = different.first() else {
        return Ok(());
    };
    let (address, action) = key;
    let does = phrase(*action);
    let what = match (then.get(*key), now.get(*key)) {
        (Some(then), Some(now)) => {
            let mut pairs = then.iter().zip(now);
            let how = pairs.find_map(|(then, now)| difference(then, now));
            let how = how.unwrap_or("another number of times");
            format!("a plan made now would {does} {how}")
        }
        (Some(_), None) => format!("it would {does}, a plan made now would not"),
        _ => format!("a plan made now would {does}, it would not"),
    };
    Err(Error::refused(format!("the plan is stale: {what}"))
        .at(address)
        .hint(
            "AWS or the settings have changed since it was made, or a line of it; nothing was changed; \
             make a new plan and review it",
        ))
}
