//! What a resource keeps that another tool, such as Terraform, has made and that was adopted.

use crate::state::document::OtherMembers;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// A resource that was adopted, with what it had before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Adopted {
    /// The tags that the adoption has set, each with its value before; null where the resource did not have it. An undo
    /// brings them back.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags_before: BTreeMap<String, Option<String>>,
    /// Fields of the spec that have the value of the resource instead of that of the settings, such as its name, by path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub given: BTreeMap<String, Given>,
    /// What rd does not manage although it could see it, such as further rules of a security group, by its member among
    /// the attributes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub kept: BTreeMap<String, Kept>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub other: OtherMembers,
}

/// A value that a resource was given before rd knew it. It counts as long as the settings ask for the same as then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Given {
    /// The value of the resource.
    pub value: Value,
    /// What the settings asked for when the resource was adopted.
    pub instead_of: Value,
}

/// A part of a resource that is left as it is: a value, items of a list, or members of a map by their names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Kept {
    /// What AWS reported when the resource was adopted. Of members of a map only the names, each with null.
    pub live: Value,
    /// What rd sees instead.
    pub seen_as: Value,
}

impl Kept {
    /// What rd sees of `now`, which AWS reports: in a list, all but the items that are kept, which have the same id or are
    /// equal; in a map, all but the members that are kept; any other value as it is, unless it is the one that is kept.
    pub fn seen(&self, now: &Value) -> Value {
        match (&self.live, &self.seen_as, now) {
            (Value::Array(kept), Value::Array(seen), Value::Array(now)) => {
                let id = |item: &Value| item.get("id").cloned();
                let is_kept = |item: &&Value| {
                    let same =
                        |one: &Value| one == *item || (id(one).is_some() && id(one) == id(item));
                    kept.iter().any(same)
                };
                let rest = now.iter().filter(|item| !is_kept(item));
                Value::Array(seen.iter().chain(rest).cloned().collect())
            }
            (Value::Object(kept), Value::Object(seen), Value::Object(now))
                if !kept.is_empty() && kept.values().all(Value::is_null) =>
            {
                let rest = now.iter().filter(|(name, _)| !kept.contains_key(*name));
                let pair = |(name, value): (&String, &Value)| (name.clone(), value.clone());
                Value::Object(seen.iter().chain(rest).map(pair).collect())
            }
            (live, seen, now) if live == now => seen.clone(),
            _ => now.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_list_hides_what_is_kept_and_shows_what_came_later() {
        let kept = Kept {
            live: json!([{"id": "sgr-1", "words": "in tcp 22"}, "plain"]),
            seen_as: json!([]),
        };
        let now = json!([{"id": "sgr-1", "words": "in tcp 2222"}, {"id": "sgr-2"}, "plain"]);
        assert_eq!(kept.seen(&now), json!([{"id": "sgr-2"}]));
    }

    #[test]
    fn a_map_hides_members_by_name_whatever_their_values_are() {
        let kept = Kept {
            live: json!({"TOKEN": null}),
            seen_as: json!({}),
        };
        let now = json!({"TOKEN": "secret", "PORT": "80"});
        assert_eq!(kept.seen(&now), json!({"PORT": "80"}));
    }

    #[test]
    fn another_value_is_hidden_only_while_it_is_the_kept_one() {
        let kept = Kept {
            live: json!("REJECT"),
            seen_as: json!("ALL"),
        };
        assert_eq!(kept.seen(&json!("REJECT")), json!("ALL"));
        assert_eq!(kept.seen(&json!("ACCEPT")), json!("ACCEPT"));
    }
}
