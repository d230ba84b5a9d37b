//! The difference between what is wanted and what there is, field by field.

use crate::resource::input::{Input, as_reference};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Why a field differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// The configuration asks for something else than was last applied.
    Config,
    /// Somebody or something changed AWS since the last apply.
    Drift,
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// The field's name in the spec; `tags.Owner` for one member of a map.
    pub path: String,
    /// What there is; null where there is nothing.
    pub before: Value,
    /// What is wanted; `{"$ref": …}` where it is known only after apply, null where it is to go.
    pub after: Value,
    /// Why it differs.
    pub cause: Cause,
    /// Whether the resource must be replaced for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replaces: bool,
}

/// Collects the changes of one resource; every kind's `diff` is a list of calls to it.
#[derive(Debug, Default)]
pub struct Diff {
    changes: Vec<Change>,
}

impl Diff {
    /// No changes yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A field that can be changed in place.
    pub fn field(
        &mut self,
        path: &str,
        before: impl Serialize,
        after: impl Serialize,
    ) -> &mut Self {
        self.push(path, before, after, false)
    }

    /// A field that AWS cannot change: the resource is replaced.
    pub fn fixed(
        &mut self,
        path: &str,
        before: impl Serialize,
        after: impl Serialize,
    ) -> &mut Self {
        self.push(path, before, after, true)
    }

    /// A list in which order and repetition mean nothing, changed in place.
    pub fn set<A: Serialize, B: Serialize>(
        &mut self,
        path: &str,
        before: &[A],
        after: &[B],
    ) -> &mut Self {
        self.push(path, sorted(before), sorted(after), false)
    }

    /// Such a list that may not be known yet.
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

    /// The KMS key of what is encrypted for good. AWS tells an ARN and takes an id as well; which key an alias stands
    /// for it does not tell.
    pub fn fixed_kms_key(&mut self, before: Option<&str>, after: Option<&str>) -> &mut Self {
        if let (Some(before), Some(after)) = (before, after)
            && before != after
            && !before.ends_with(&format!("/{after}"))
            && !after.starts_with("alias/")
        {
            self.fixed("kms_key", before, after);
        }
        self
    }

    /// A list in which order and repetition mean nothing, and that AWS cannot change.
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
                // The engine finds the cause; it knows what was last applied.
                cause: Cause::Config,
                replaces,
            });
        }
        self
    }

    /// The changes found.
    pub fn finish(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }
}

/// Whether `changes` has one for `path`.
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

/// The value at a change's path in a spec: whole member names first, so that a tag's name may contain dots.
pub fn at_path<'a>(spec: &'a Value, path: &str) -> Option<&'a Value> {
    let object = spec.as_object()?;
    if let Some(value) = object.get(path) {
        return Some(value);
    }
    path.match_indices('.')
        .find_map(|(dot, _)| at_path(object.get(&path[..dot])?, &path[dot + 1..]))
}

/// Whether the value, or a part of it, is known only after apply.
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
    fn order_means_nothing_in_a_set() {
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
    fn a_path_may_have_dots_in_its_last_name() {
        let spec = json!({"tags": {"a.b/c": "1"}, "n": {"m": 2}});
        assert_eq!(at_path(&spec, "tags.a.b/c"), Some(&json!("1")));
        assert_eq!(at_path(&spec, "n.m"), Some(&json!(2)));
        assert_eq!(at_path(&spec, "n.x"), None);
    }
}
