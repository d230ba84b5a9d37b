//! Which tags of a resource a plan changes.

use crate::resource::change::{Cause, Change};
use crate::stack::Tags;
use crate::state::document::Resource;
use serde_json::Value;

/// The tags that are missing or have another value, and those that rd set before and no longer should. Tags that others
/// set are left as they are. Without `live`, which AWS did not report, there are no changes.
pub(super) fn tag_changes(
    desired: &Tags,
    live: Option<&Tags>,
    stored: Option<&Resource>,
) -> Vec<Change> {
    let Some(live) = live else {
        return Vec::new();
    };
    let text = |value: Option<&String>| value.map_or(Value::Null, |v| Value::String(v.clone()));
    let change = |key: &String, after: Option<&String>| Change {
        path: format!("tags.{key}"),
        before: text(live.get(key)),
        after: text(after),
        cause: match stored {
            Some(resource) if resource.tags.get(key) == after => Cause::Drift,
            _ => Cause::Config,
        },
        replaces: false,
    };
    let missing = desired
        .iter()
        .filter(|(key, value)| live.get(*key) != Some(value))
        .map(|(key, value)| change(key, Some(value)));
    let dropped = stored
        .into_iter()
        .flat_map(|resource| resource.tags.keys())
        .filter(|key| !desired.contains_key(*key) && live.contains_key(*key))
        .map(|key| change(key, None));
    missing.chain(dropped).collect()
}
