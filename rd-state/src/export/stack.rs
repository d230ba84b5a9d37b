//! What is exported of a stack: the resources of Terraform that stand for those of its states, and what has none.

use super::hcl::Expression;
use super::kinds::{self, Part};
use super::resource::Resource;
use rd_common::stack::{ADOPTED_TAG, FINAL_SNAPSHOT_TAG};
use rd_common::state::document::{Phase, Resource as Stored};
use rd_common::{Document, Tags};
use serde_json::Value;
use std::collections::BTreeMap;

/// A resource that Terraform does not take over, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// The address in rd, such as `data.secret_version.database`.
    pub address: String,
    /// Why it is left, and what to do.
    pub reason: String,
}

/// The resources of Terraform for the states of one stack.
#[derive(Debug)]
pub struct Stack {
    /// The region of the stack.
    pub region: String,
    /// The resources by slice, in the order of the pipe.
    pub slices: Vec<(String, Vec<Resource>)>,
    /// What Terraform does not take over.
    pub left: Vec<Left>,
}

impl Stack {
    /// The resources for these states, which are in the order of the pipe.
    pub fn new(documents: &[Document]) -> Self {
        let known = Known::new(documents);
        let mut stack = Self {
            region: documents
                .first()
                .map(|one| one.region.clone())
                .unwrap_or_default(),
            slices: Vec::new(),
            left: Vec::new(),
        };
        for document in documents {
            let mut resources = Vec::new();
            for (address, stored) in &document.resources {
                let leave = |reason: &str| Left {
                    address: address.clone(),
                    reason: reason.to_owned(),
                };
                let Some(id) = stored
                    .id
                    .as_deref()
                    .filter(|_| stored.phase == Phase::Ready)
                else {
                    let reason = "it is not complete: run apply, and export again";
                    stack.left.push(leave(reason));
                    continue;
                };
                let source = Source {
                    address,
                    id,
                    stored,
                    document,
                    known: &known,
                };
                match kinds::export(&source) {
                    Part::Resources(of_this) => resources.extend(of_this),
                    Part::InAnother => {}
                    Part::Left(reason) => stack.left.push(leave(reason)),
                }
            }
            stack.slices.push((document.slice.clone(), resources));
        }
        stack
    }
}

/// A resource of a state that is exported.
pub struct Source<'a> {
    /// The address in rd.
    pub address: &'a str,
    /// The id in AWS.
    pub id: &'a str,
    /// The entry of the state.
    pub stored: &'a Stored,
    /// The state that it is in.
    pub document: &'a Document,
    known: &'a Known,
}

impl Source<'_> {
    /// A value as AWS last reported it; the one that was applied where AWS reports none, and null where there is neither.
    pub fn get(&self, key: &str) -> &Value {
        let adopted = self.stored.adopted.as_ref();
        let kept = adopted.and_then(|adopted| adopted.kept.get(key));
        // Of a list, only the items that rd does not manage are kept.
        if let Some(kept) = kept.filter(|kept| !kept.live.is_array()) {
            return &kept.live;
        }
        self.stored
            .attributes
            .get(key)
            .filter(|value| !value.is_null())
            .or_else(|| self.stored.spec.get(key))
            .unwrap_or(&Value::Null)
    }

    /// A value as it was applied, or null.
    pub fn spec(&self, key: &str) -> &Value {
        self.stored.spec.get(key).unwrap_or(&Value::Null)
    }

    /// The text of [`Source::get`]; empty where it is none.
    pub fn text(&self, key: &str) -> &str {
        self.get(key).as_str().unwrap_or_default()
    }

    /// Whether [`Source::get`] is true.
    pub fn is(&self, key: &str) -> bool {
        self.get(key).as_bool().unwrap_or(false)
    }

    /// The tags in AWS: those of the state, and those in which rd keeps what a lost state must be rebuilt from.
    pub fn tags(&self) -> Tags {
        let mut tags = self.stored.tags.clone();
        let more = [
            ("rd:secret-generation", self.spec("secret_generation")),
            (FINAL_SNAPSHOT_TAG, self.spec("final_snapshot")),
            ("rd:generation", self.get("generation")),
        ];
        for (key, value) in more {
            match value {
                Value::String(text) if !text.is_empty() => {
                    tags.insert(key.to_owned(), text.clone())
                }
                Value::Bool(value) => tags.insert(key.to_owned(), value.to_string()),
                _ => None,
            };
        }
        if self.stored.adopted.is_some() && !tags.is_empty() {
            tags.insert(ADOPTED_TAG.to_owned(), "terraform".to_owned());
        }
        tags
    }

    /// A resource of Terraform of this type, named after the address.
    pub fn resource(&self, kind: &str) -> Resource {
        let name = self.known.names.get(self.address).cloned();
        Resource::new(kind, &name.unwrap_or_default())
    }

    /// A reference to the resource of `kind` in the export whose `attribute` has this value; the value itself where there
    /// is none.
    pub fn reference(&self, kind: &str, attribute: &str, value: &Value) -> Expression {
        let key = (kind.to_owned(), attribute.to_owned());
        let text = value.as_str().unwrap_or_default();
        match self.known.values.get(&key).and_then(|all| all.get(text)) {
            Some(name) => Expression::Reference(format!("{kind}.{name}.{attribute}")),
            None => value.clone().into(),
        }
    }

    /// [`Source::reference`] for each value of a list, in the order of the list.
    pub fn references(&self, kind: &str, attribute: &str, values: &Value) -> Expression {
        let values = values.as_array().map(Vec::as_slice).unwrap_or_default();
        let all = values
            .iter()
            .map(|value| self.reference(kind, attribute, value));
        Expression::List(all.collect())
    }

    /// The resources of one kind in the same state.
    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Stored> {
        let all = self.document.resources.values();
        all.filter(move |one| one.kind == kind)
    }
}

/// The names of all exported resources, and the values by which others refer to them.
struct Known {
    /// The name in Terraform, by the address in rd.
    names: BTreeMap<String, String>,
    /// For a type and an attribute of it, the name of the resource that has each value.
    values: BTreeMap<(String, String), BTreeMap<String, String>>,
}

impl Known {
    fn new(documents: &[Document]) -> Self {
        let mut known = Self {
            names: BTreeMap::new(),
            values: BTreeMap::new(),
        };
        let mut taken: BTreeMap<(&str, String), usize> = BTreeMap::new();
        let all = || {
            let all = documents.iter();
            all.flat_map(|document| document.resources.iter().map(move |one| (document, one)))
        };
        for (_, (address, stored)) in all() {
            *taken
                .entry((&stored.kind, short_name(address)))
                .or_default() += 1;
        }
        for (document, (address, stored)) in all() {
            let mut name = short_name(address);
            // Two slices can each have a role `main`.
            if taken
                .get(&(&stored.kind, name.clone()))
                .is_some_and(|count| *count > 1)
            {
                name = format!("{}_{name}", document.slice);
            }
            for (kind, attribute, source) in kinds::referred(&stored.kind) {
                let value = match *source {
                    "id" => stored.id.as_deref(),
                    key => stored.attributes.get(key).and_then(Value::as_str),
                };
                if let Some(value) = value {
                    let key = ((*kind).to_owned(), (*attribute).to_owned());
                    let values = known.values.entry(key).or_default();
                    values.insert(value.to_owned(), name.clone());
                }
            }
            known.names.insert(address.clone(), name);
        }
        known
    }
}

/// The last part of an address as a name of Terraform.
fn short_name(address: &str) -> String {
    let name = address.splitn(3, '.').last().unwrap_or(address);
    let mut text: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    if text.starts_with(|c: char| !c.is_ascii_alphabetic()) {
        text.insert(0, '_');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A state of `slice` with one resource of this kind.
    fn state(slice: &str, kind: &str) -> Document {
        let resource = json!({
            "kind": kind, "id": "id", "phase": "ready", "since": "2026-01-01T00:00:00Z", "spec": {}, "attributes": {},
        });
        let document = json!({
            "format": "rd-state/1", "lineage": "l", "serial": 1, "stack": "shop-test", "region": "us-east-1",
            "slice": slice, "written": "2026-01-01T00:00:00Z",
            "resources": {format!("{slice}.{kind}.one"): resource},
        });
        serde_json::from_value(document).unwrap()
    }

    #[test]
    fn every_kind_has_an_export_or_a_reason_of_its_own() {
        let kinds = include_str!("../../../docs/schema/kinds.json");
        let kinds: BTreeMap<String, Vec<String>> = serde_json::from_str(kinds).unwrap();
        for (slice, kind) in kinds
            .iter()
            .flat_map(|(slice, all)| all.iter().map(move |kind| (slice, kind)))
        {
            let stack = Stack::new(&[state(slice, kind)]);
            let unknown = stack
                .left
                .iter()
                .find(|left| left.reason.contains("no export"));
            assert_eq!(unknown, None, "{slice}.{kind}");
        }
    }
}
