//! What differs in a field, part by part: the members of JSON documents, such as policies and task definitions, and the
//! items of lists.

use crate::resource::action::Action;
use crate::resource::change::Change;
use crate::resource::input::{as_join, as_reference};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// A part of a field that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The path: the field, with the members and items below it, such as `policy.Statement[AllowRead].Action`.
    pub path: String,
    /// What is different at this path.
    pub difference: Difference,
}

/// The difference of a part.
#[derive(Clone, Debug, PartialEq)]
pub enum Difference {
    /// A value that is new as a whole, as all are of what is created.
    Value(Value),
    /// One value in place of another one; null where there is none.
    Changed(Value, Value),
    /// Items of a list that is otherwise the same: those that are added, and those that are removed.
    Items(Vec<Value>, Vec<Value>),
    /// The same items in another order, which is this one.
    Order(Vec<Value>),
}

/// Members by which the items of a list of objects are told apart.
const NAMES: [&str; 10] = [
    "Sid", "sid", "name", "Name", "id", "Id", "ID", "key", "Key", "address",
];

/// The parts of a field that differ, in order.
pub fn parts(action: Action, field: &Change) -> Vec<Part> {
    let mut parts = Vec::new();
    if action == Action::Create {
        add_whole(&field.path, &unfolded(&field.after), &mut parts);
    } else {
        let (before, after) = (unfolded(&field.before), unfolded(&field.after));
        add(&field.path, &before, &after, &mut parts);
    }
    parts
}

/// A text that is a JSON document as the document.
fn unfolded(value: &Value) -> Value {
    if let Value::String(text) = value
        && text.trim_start().starts_with(['{', '['])
        && let Ok(document) = serde_json::from_str::<Value>(text)
    {
        return document;
    }
    value.clone()
}

/// Whether a value is shown as one: not an object or a list with objects in it, but one that stands for a reference.
fn is_leaf(value: &Value) -> bool {
    if as_reference(value).is_some() || as_join(value).is_some() {
        return true;
    }
    match value {
        Value::Object(members) => members.is_empty(),
        Value::Array(items) => items.iter().all(|item| is_leaf(item) && !item.is_array()),
        _ => true,
    }
}

fn push(path: &str, difference: Difference, parts: &mut Vec<Part>) {
    parts.push(Part {
        path: path.to_owned(),
        difference,
    });
}

fn add_whole(path: &str, value: &Value, parts: &mut Vec<Part>) {
    match value {
        Value::Object(members) if !is_leaf(value) => {
            for (name, member) in members {
                add_whole(&member_path(path, name), &unfolded(member), parts);
            }
        }
        Value::Array(items) if !is_leaf(value) => {
            for (item, place) in items.iter().zip(places(items)) {
                add_whole(&format!("{path}[{place}]"), item, parts);
            }
        }
        other => push(path, Difference::Value(other.clone()), parts),
    }
}

fn add(path: &str, before: &Value, after: &Value, parts: &mut Vec<Part>) {
    if before == after {
        return;
    }
    match (before, after) {
        (Value::Object(old), Value::Object(new))
            if as_reference(after).is_none() && as_join(after).is_none() =>
        {
            let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            let of = |members: &Map<String, Value>, name: &str| {
                members.get(name).map_or(Value::Null, unfolded)
            };
            for name in names {
                add(
                    &member_path(path, name),
                    &of(old, name),
                    &of(new, name),
                    parts,
                );
            }
        }
        (Value::Array(old), Value::Array(new)) => add_items(path, old, new, parts),
        // A document that comes or goes: member by member, since on one line nobody could read it.
        (Value::Null, new) if !is_leaf(new) => {
            let from = parts.len();
            add_whole(path, new, parts);
            for part in &mut parts[from..] {
                if let Difference::Value(value) = &part.difference {
                    part.difference = Difference::Changed(Value::Null, value.clone());
                }
            }
        }
        (old, new) => push(path, Difference::Changed(old.clone(), new.clone()), parts),
    }
}

fn add_items(path: &str, old: &[Value], new: &[Value], parts: &mut Vec<Part>) {
    if let Some(key) = key_of(&[old, new]) {
        let (before, after) = (names(key, old), names(key, new));
        let all: Vec<&str> = after
            .iter()
            .chain(before.iter().filter(|name| !after.contains(name)))
            .copied()
            .collect();
        for name in all {
            let of = |names: &[&str], items: &[Value]| {
                let place = names.iter().position(|one| *one == name);
                place.map_or(Value::Null, |place| items[place].clone())
            };
            match (of(&before, old), of(&after, new)) {
                (before, Value::Null) => {
                    push(path, Difference::Items(Vec::new(), vec![before]), parts);
                }
                (Value::Null, after) => {
                    push(path, Difference::Items(vec![after], Vec::new()), parts);
                }
                (before, after) => add(&format!("{path}[{name}]"), &before, &after, parts),
            }
        }
        if before.len() == after.len() && before != after && all_equal(&before, &after) {
            let names = after.iter().map(|name| Value::from(*name)).collect();
            push(path, Difference::Order(names), parts);
        }
        return;
    }
    let added = without(new, old);
    let removed = without(old, new);
    if added.is_empty() && removed.is_empty() {
        return push(path, Difference::Order(new.to_vec()), parts);
    }
    let compound = |items: &[Value]| items.iter().any(|item| !is_leaf(item));
    if added.len() == removed.len() && (compound(&added) || compound(&removed)) {
        for (before, after) in removed.iter().zip(&added) {
            let place = new.iter().position(|item| item == after).unwrap_or(0);
            add(&format!("{path}[{place}]"), before, after, parts);
        }
        return;
    }
    push(path, Difference::Items(added, removed), parts);
}

fn all_equal(left: &[&str], right: &[&str]) -> bool {
    let set = |names: &[&str]| {
        names
            .iter()
            .map(ToString::to_string)
            .collect::<BTreeSet<_>>()
    };
    set(left) == set(right)
}

/// The items of `left` that are not in `right`, each as often as it is there more often.
fn without(left: &[Value], right: &[Value]) -> Vec<Value> {
    let mut right: Vec<&Value> = right.iter().collect();
    let mut rest = Vec::new();
    for item in left {
        match right.iter().position(|other| *other == item) {
            Some(place) => {
                right.swap_remove(place);
            }
            None => rest.push(item.clone()),
        }
    }
    rest
}

/// The first of [`NAMES`] that every item of these lists has, and that tells the items of each of them apart.
fn key_of(lists: &[&[Value]]) -> Option<&'static str> {
    let tells_apart = |key: &str, items: &[Value]| {
        let names = names(key, items);
        names.len() == items.len() && names.iter().collect::<BTreeSet<_>>().len() == items.len()
    };
    NAMES.into_iter().find(|key| {
        lists.iter().any(|items| !items.is_empty())
            && lists.iter().all(|items| tells_apart(key, items))
    })
}

/// The texts of this member of the items that have it.
fn names<'a>(key: &str, items: &'a [Value]) -> Vec<&'a str> {
    let names = items.iter().filter_map(|item| item.get(key)?.as_str());
    names.collect()
}

/// What stands in brackets for each item: its name, otherwise its number.
fn places(items: &[Value]) -> Vec<String> {
    match key_of(&[items]) {
        Some(key) => names(key, items).into_iter().map(str::to_owned).collect(),
        None => (0..items.len()).map(|place| place.to_string()).collect(),
    }
}

fn member_path(path: &str, name: &str) -> String {
    match name.contains(['.', '[', ' ']) {
        true => format!("{path}[{name}]"),
        false => format!("{path}.{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::change::Cause;
    use serde_json::json;

    fn of(before: Value, after: Value) -> Vec<(String, Difference)> {
        let field = Change {
            path: "f".to_owned(),
            before,
            after,
            cause: Cause::Config,
            replaces: false,
        };
        let parts = parts(Action::Update, &field).into_iter();
        parts.map(|part| (part.path, part.difference)).collect()
    }

    #[test]
    fn members_of_a_policy_are_compared_by_their_names() {
        let policy = |actions: Value| {
            json!({"Version": "2012-10-17", "Statement": [
                {"Sid": "Write", "Action": "s3:PutObject"},
                {"Sid": "Read", "Action": actions},
            ]})
        };
        let found = of(
            policy(json!(["s3:GetObject"])).to_string().into(),
            policy(json!(["s3:GetObject", "s3:ListBucket"]))
                .to_string()
                .into(),
        );
        let added = Difference::Items(vec![json!("s3:ListBucket")], Vec::new());
        assert_eq!(found, [("f.Statement[Read].Action".to_owned(), added)]);
    }

    #[test]
    fn lists_are_shown_as_added_and_removed() {
        let found = of(json!(["a", "b", "c"]), json!(["a", "d", "c", "e"]));
        let items = Difference::Items(vec![json!("d"), json!("e")], vec![json!("b")]);
        assert_eq!(found, [("f".to_owned(), items)]);
        let order = Difference::Order(vec![json!("b"), json!("a")]);
        assert_eq!(of(json!(["a", "b"]), json!(["b", "a"]))[0].1, order);
    }

    #[test]
    fn items_without_names_are_compared_by_place() {
        let found = of(
            json!([{"port": 80}, {"port": 1}]),
            json!([{"port": 81}, {"port": 1}]),
        );
        let changed = Difference::Changed(json!(80), json!(81));
        assert_eq!(found, [("f[0].port".to_owned(), changed)]);
    }

    #[test]
    fn what_is_known_later_is_one_value() {
        let reference = json!({"$ref": "net.vpc.main.id"});
        let found = of(json!({"a": 1}), reference.clone());
        assert_eq!(
            found[0].1,
            Difference::Changed(json!({"a": 1}), reference.clone())
        );
        let found = of(Value::Null, json!({"a": {"b": 1, "c": reference}}));
        assert_eq!(found[0].0, "f.a.b");
        assert_eq!(found.len(), 2);
    }
}
