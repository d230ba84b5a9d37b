//! Values as text for people: on one line, and shortened where they are long.

use crate::output::clean::one_line;
use crate::resource::input::{as_join, as_reference};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// A value as JSON, but a string without quotes, on one line.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => one_line(text).into_owned(),
        other => other.to_string(),
    }
}

/// The longest value that is shown whole, in characters. The records have whole values.
const LONGEST: usize = 400;

/// A value on one line. Of a long one, only the names of its members, or how many items it has.
pub(super) fn brief(value: &Value) -> String {
    let text = short(value);
    match value {
        _ if text.chars().count() <= LONGEST => text,
        Value::Object(members) => {
            let names: Vec<&str> = members.keys().map(String::as_str).collect();
            format!("{{{} …}}", names.join(" …, "))
        }
        Value::Array(items) => format!("[{} items]", items.len()),
        _ => text.chars().take(LONGEST).chain(['…']).collect(),
    }
}

/// An old and a new value on one line. Of long ones, only the parts that differ.
pub(super) fn from_to(before: &Value, after: &Value) -> String {
    let is_long = |value| short(value).chars().count() > LONGEST;
    if is_long(before) || is_long(after) {
        let (before, after) = differing(before, after);
        return format!("{} → {}", brief(&before), brief(&after));
    }
    format!("{} → {}", brief(before), brief(after))
}

/// Two values without the parts that are equal: members with the same name, and items at the same place in lists of the
/// same length.
fn differing(before: &Value, after: &Value) -> (Value, Value) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) if as_reference(after).is_none() => {
            let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            let of = |members: &Map<String, Value>, name| members.get(name).cloned();
            let (mut left, mut right) = (Map::new(), Map::new());
            for name in names {
                match (of(old, name), of(new, name)) {
                    (Some(old), Some(new)) if old == new => {}
                    (Some(old), Some(new)) => {
                        let (old, new) = differing(&old, &new);
                        left.insert(name.clone(), old);
                        right.insert(name.clone(), new);
                    }
                    (old, new) => {
                        left.extend(old.map(|old| (name.clone(), old)));
                        right.extend(new.map(|new| (name.clone(), new)));
                    }
                }
            }
            (left.into(), right.into())
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            let pairs = old.iter().zip(new).filter(|(old, new)| old != new);
            let (old, new): (Vec<Value>, Vec<Value>) =
                pairs.map(|(old, new)| differing(old, new)).unzip();
            (old.into(), new.into())
        }
        _ => (before.clone(), after.clone()),
    }
}

/// A value on one line, with references as `(net.vpc.main.id)`.
pub fn short(value: &Value) -> String {
    if let Some(reference) = as_reference(value) {
        return format!("({reference})");
    }
    if let Some(parts) = as_join(value) {
        return parts.iter().map(short).collect();
    }
    match value {
        Value::Null => "(none)".to_owned(),
        Value::Array(items) => format!(
            "[{}]",
            items.iter().map(short).collect::<Vec<_>>().join(", ")
        ),
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(key, value)| format!("{key} {}", short(value)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        other => plain(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_the_differing_parts_of_long_values_are_shown() {
        let widget = |order: &[&str], width: u32| {
            json!({
                "type": "alarm",
                "width": width,
                "properties": {"title": "x".repeat(LONGEST), "alarms": order},
            })
        };
        assert_eq!(
            from_to(&widget(&["a", "b", "c"], 6), &widget(&["a", "c", "b"], 6)),
            "{properties {alarms [b, c]}} → {properties {alarms [c, b]}}"
        );
        assert_eq!(
            from_to(&widget(&["a"], 6), &widget(&["a", "b"], 12)),
            "{properties {alarms [a]}, width 6} → {properties {alarms [a, b]}, width 12}"
        );
        assert_eq!(
            from_to(&json!({"a": 1, "b": 2}), &json!({"a": 1, "b": 3})),
            "{a 1, b 2} → {a 1, b 3}"
        );
    }
}
