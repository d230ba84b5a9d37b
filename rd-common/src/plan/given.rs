//! Given names: a resource that was adopted keeps its name, its description, its block, and whatever else it has that the
//! settings have no word for. No kind knows of it: its spec says what the resource has, and it does not see what is kept.

use crate::error::Result;
use crate::resource::any_kind::AnyKind;
use crate::resource::change::{Change, at_path};
use crate::resource::ctx::hide;
use crate::resource::parts::Node;
use crate::state::adopted::{Adopted, Given, Kept};
use crate::state::document::Document;
use serde_json::{Map, Value};

/// Puts the given values of the state into the specs. One whose setting has changed since then no longer counts.
pub fn use_given(nodes: &mut [Node], state: &Document) {
    for node in nodes {
        let stored = state.resources.get(&node.address);
        if let Some(adopted) = stored.and_then(|resource| resource.adopted.as_ref()) {
            put_given(&mut node.spec, adopted);
        }
    }
}

/// The same for one spec.
pub fn put_given(spec: &mut Value, adopted: &Adopted) {
    for (path, given) in &adopted.given {
        if at_path(spec, path).unwrap_or(&Value::Null) == &given.instead_of {
            put(spec, path, given.value.clone());
        }
    }
}

/// Makes the difference between a spec and the live resource its own: returns what it keeps, and the changes that can
/// neither be given nor kept. `resolve` fills the references of a spec.
pub fn keep_differences<C: 'static>(
    any: &dyn AnyKind<C>,
    spec: &Value,
    live: &Value,
    resolve: &dyn Fn(&Value) -> Value,
) -> Result<(Adopted, Vec<Change>)> {
    let mut adopted = Adopted::default();
    let changes = |adopted: &Adopted| {
        let (mut spec, mut live) = (spec.clone(), live.clone());
        put_given(&mut spec, adopted);
        hide(&mut live, &adopted.kept);
        any.diff(&resolve(&spec), &live, None)
    };
    for (path, value) in any.keeps(live)? {
        let instead_of = at_path(spec, path).cloned().unwrap_or(Value::Null);
        if value != instead_of {
            let given = Given { value, instead_of };
            adopted.given.insert(path.to_owned(), given);
        }
    }
    let first = changes(&adopted)?;
    for change in first {
        let is_gone = |adopted: &Adopted| {
            changes(adopted).is_ok_and(|left| left.iter().all(|one| one.path != change.path))
        };
        if is_gone(&adopted) {
            continue;
        }
        let attempts = match keep_members(any, &change, spec, &adopted) {
            Some(attempt) => vec![attempt],
            None => attempts(&change, spec, live, &adopted),
        };
        for attempt in attempts {
            if is_gone(&attempt) {
                adopted = attempt;
                break;
            }
        }
    }
    let left = changes(&adopted)?;
    Ok((adopted, left))
}

/// The way to keep a difference of a map of which the settings say only some members: those that they say have the value of the
/// resource, the others are kept by name. None for any other field.
fn keep_members<C: 'static>(
    any: &dyn AnyKind<C>,
    change: &Change,
    spec: &Value,
    so_far: &Adopted,
) -> Option<Adopted> {
    if !any.keeps_members().contains(&change.path.as_str()) {
        return None;
    }
    let (before, after) = (change.before.as_object()?, change.after.as_object()?);
    let mut attempt = so_far.clone();
    let (own, others): (Vec<_>, Vec<_>) = before
        .iter()
        .partition(|(name, _)| after.contains_key(*name));
    let missing = after.keys().filter(|name| !before.contains_key(*name));
    let missing = missing.map(|name| (name, &Value::Null));
    let differing = own
        .into_iter()
        .filter(|(name, value)| after.get(*name) != Some(*value));
    for (name, value) in differing.chain(missing) {
        let path = format!("{}.{name}", change.path);
        let instead_of = at_path(spec, &path).cloned().unwrap_or(Value::Null);
        let value = value.clone();
        attempt.given.insert(path, Given { value, instead_of });
    }
    if !others.is_empty() {
        let names = others
            .into_iter()
            .map(|(name, _)| (name.clone(), Value::Null));
        let kept = Kept {
            live: Value::Object(names.collect()),
            seen_as: Value::Object(Map::new()),
        };
        attempt.kept.insert(change.path.clone(), kept);
    }
    Some(attempt)
}

/// The ways to keep one difference, in the order of preference.
fn attempts(change: &Change, spec: &Value, live: &Value, so_far: &Adopted) -> Vec<Adopted> {
    let mut all = Vec::new();
    let path = &change.path;
    let mut give = |value: &Value| {
        let mut attempt = so_far.clone();
        let instead_of = at_path(spec, path).cloned().unwrap_or(Value::Null);
        let value = value.clone();
        attempt
            .given
            .insert(path.clone(), Given { value, instead_of });
        all.push(attempt);
    };
    // A field can have another form in the comparison than in the spec, and the live member may have that of the spec.
    give(&change.before);
    if let Some(value) = at_path(live, path) {
        give(value);
        let mut attempt = so_far.clone();
        let (live, seen_as) = (value.clone(), change.after.clone());
        attempt.kept.insert(path.clone(), Kept { live, seen_as });
        all.push(attempt);
    }
    all
}

/// Sets the value at a path; null takes a member out of its map. The names of members may have dots: the longest existing one
/// is taken first.
fn put(spec: &mut Value, path: &str, value: Value) {
    let Some(members) = spec.as_object_mut() else {
        return;
    };
    let nested = path.match_indices('.').map(|(dot, _)| dot);
    let mut nested = nested.filter(|dot| members.get(&path[..*dot]).is_some_and(Value::is_object));
    match nested.next_back() {
        Some(dot) if !members.contains_key(path) => {
            let inner = members.entry(&path[..dot]);
            let inner = inner.or_insert_with(|| Value::Object(Map::new()));
            let rest = &path[dot + 1..];
            match inner
                .as_object_mut()
                .filter(|inner| value.is_null() && inner.contains_key(rest))
            {
                Some(inner) => {
                    inner.remove(rest);
                }
                None => put(inner, rest, value),
            }
        }
        _ => {
            members.insert(path.to_owned(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn given(path: &str, value: Value, instead_of: Value) -> Adopted {
        Adopted {
            given: [(path.to_owned(), Given { value, instead_of })].into(),
            ..Adopted::default()
        }
    }

    #[test]
    fn a_given_value_counts_until_its_setting_changes() {
        let adopted = given("name", json!("old-name"), json!("shop-test-db"));
        let mut spec = json!({"name": "shop-test-db", "size": 1});
        put_given(&mut spec, &adopted);
        assert_eq!(spec, json!({"name": "old-name", "size": 1}));
        let mut changed = json!({"name": "shop-prod-db", "size": 1});
        put_given(&mut changed, &adopted);
        assert_eq!(changed["name"], "shop-prod-db");
    }

    #[test]
    fn a_reference_is_replaced_by_what_the_resource_has() {
        let reference = json!({"$ref": "net.route_table.public.id"});
        let adopted = given("route_table_id", json!("rtb-1"), reference.clone());
        let mut spec = json!({"route_table_id": reference});
        put_given(&mut spec, &adopted);
        assert_eq!(spec, json!({"route_table_id": "rtb-1"}));
    }

    #[test]
    fn a_member_that_the_resource_lacks_is_taken_out() {
        let reference = json!({"$ref": "net.app_port"});
        let adopted = given("environment.PORT", Value::Null, reference.clone());
        let mut spec = json!({"environment": {"PORT": reference, "A": "1"}});
        put_given(&mut spec, &adopted);
        assert_eq!(spec, json!({"environment": {"A": "1"}}));
    }

    #[test]
    fn a_member_of_a_map_may_have_dots_in_its_name() {
        let mut spec = json!({"parameters": {"rds.force_ssl": "1"}});
        put(&mut spec, "parameters.rds.force_ssl", json!("0"));
        put(&mut spec, "parameters.log.x", json!("2"));
        put(&mut spec, "extra", json!(null));
        assert_eq!(
            spec,
            json!({"parameters": {"rds.force_ssl": "0", "log.x": "2"}, "extra": null})
        );
        put(&mut spec, "parameters.rds.force_ssl", json!(null));
        assert_eq!(spec["parameters"], json!({"log.x": "2"}));
    }
}
