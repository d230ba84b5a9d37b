//! The difference between a spec and the live resource, field by field.

use crate::resource::input::{Input, as_reference};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Why a field of a resource differs from its spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// The settings differ from those last applied.
    Config,
    /// The resource was changed outside of rd since the last apply.
    Drift,
}

/// A field whose live value differs from the spec.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// The name of the field in the spec; `tags.Owner` for a member of a map.
    pub path: String,
    /// The live value; null where there is none.
    pub before: Value,
    /// The value in the spec; `{"$ref": …}` where it is known only after apply, null where the field is removed.
    pub after: Value,
    /// Whether the settings changed, or AWS.
    pub cause: Cause,
    /// Whether AWS cannot change the field, so that the resource is replaced.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replaces: bool,
}

/// Collects the changes of one resource. Each method compares a field and records it where it differs.
#[derive(Debug, Default)]
pub struct Diff {
    changes: Vec<Change>,
}

impl Diff {
    /// A comparison without changes so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// Compares a field that AWS can change in place.
    pub fn field(
        &mut self,
        path: &str,
        before: impl Serialize,
        after: impl Serialize,
    ) -> &mut Self {
        self.push(path, before, after, false)
    }

    /// Compares a field that AWS cannot change: where it differs, the resource is replaced.
    pub fn fixed(
        &mut self,
        path: &str,
        before: impl Serialize,
        after: impl Serialize,
    ) -> &mut Self {
        self.push(path, before, after, true)
    }

    /// Compares a list as a set, without regard to order and repetition. AWS can change it in place.
    pub fn set<A: Serialize, B: Serialize>(
        &mut self,
        path: &str,
        before: &[A],
        after: &[B],
    ) -> &mut Self {
        self.push(path, sorted(before), sorted(after), false)
    }

    /// As [`Diff::set`], for a list that may be known only after apply.
    pub fn set_once_known<A: Serialize, B: Serialize>(
        &mut self,
        path: &str,
        before: &[A],
        after: &Input<Vec<B>>,
    ) -> &mut Self {
        match after.known() {
            Some(after) => self.set(path, before, after),
            None => self.field(path, before, after),
        }
    }

    /// Compares the KMS key of a resource that can only be encrypted when it is created. AWS reports the key's ARN, and
    /// accepts an id or an alias, too. An alias (`alias/main`, or its ARN) is not compared, since AWS does not report which
    /// key it is for.
    pub fn fixed_kms_key(&mut self, before: Option<&str>, after: Option<&str>) -> &mut Self {
        if let (Some(before), Some(after)) = (before, after)
            && before != after
            && !before.ends_with(&format!("/{after}"))
            && !after.starts_with("alias/")
            && !after.contains(":alias/")
        {
            self.fixed("kms_key", before, after);
        }
        self
    }

    /// As [`Diff::set`], for a list that AWS cannot change: where it differs, the resource is replaced.
    pub fn fixed_set<A: Serialize, B: Serialize>(
        &mut self,
        path: &str,
        before: &[A],
        after: &[B],
    ) -> &mut Self {
        self.push(path, sorted(before), sorted(after), true)
    }

    fn push(
        &mut self,
        path: &str,
        before: impl Serialize,
        after: impl Serialize,
        replaces: bool,
    ) -> &mut Self {
        let (before, after) = (to_value(before), to_value(after));
        if before != after {
            self.changes.push(Change {
                path: path.to_owned(),
                before,
                after,
                // The planner sets the cause: it knows what was last applied.
                cause: Cause::Config,
                replaces,
            });
        }
        self
    }

    /// Ends the comparison and returns the changes.
    pub fn finish(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }
}

/// Whether `changes` has one of the field `path`.
pub fn touches(changes: &[Change], path: &str) -> bool {
    changes.iter().any(|change| change.path == path)
}

fn to_value(value: impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}

fn sorted<T: Serialize>(items: &[T]) -> Vec<Value> {
    let mut values: Vec<Value> = items.iter().map(to_value).collect();
    values.sort_by_key(Value::to_string);
    values.dedup();
    values
}

/// The value in a spec at the path of a change. Whole member names are tried first, since a tag's key may contain dots.
pub fn at_path<'a>(spec: &'a Value, path: &str) -> Option<&'a Value> {
    let object = spec.as_object()?;
    if let Some(value) = object.get(path) {
        return Some(value);
    }
    path.match_indices('.')
        .find_map(|(dot, _)| at_path(object.get(&path[..dot])?, &path[dot + 1..]))
}

/// Whether a value, or a part of it, is known only after apply.
pub fn is_unknown(value: &Value) -> bool {
    as_reference(value).is_some()
        || match value {
            Value::Array(items) => items.iter().any(is_unknown),
            Value::Object(members) => members.values().any(is_unknown),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_set_is_compared_without_regard_to_order() {
        assert!(
            Diff::new()
                .set("s", &["b", "a", "a"], &["a", "b"])
                .finish()
                .is_empty()
        );
        let changes = Diff::new().fixed_set("s", &["a"], &["b"]).finish();
        assert!(changes[0].replaces);
        assert_eq!(changes[0].before, json!(["a"]));
    }

    #[test]
    fn a_kms_key_is_the_same_by_id_and_an_alias_is_not_compared() {
        let key = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd";
        let changes = |after| Diff::new().fixed_kms_key(Some(key), Some(after)).finish();
        for same in [
            key,
            "1234abcd",
            "alias/shop",
            "arn:aws:kms:eu-west-1:123456789012:alias/shop",
        ] {
            assert_eq!(changes(same), [], "{same}");
        }
        assert!(changes("5678efgh")[0].replaces);
    }

    #[test]
    fn the_last_name_of_a_path_may_have_dots() {
        let spec = json!({"tags": {"a.b/c": "1"}, "n": {"m": 2}});
        assert_eq!(at_path(&spec, "tags.a.b/c"), Some(&json!("1")));
        assert_eq!(at_path(&spec, "n.m"), Some(&json!(2)));
        assert_eq!(at_path(&spec, "n.x"), None);
    }
}
