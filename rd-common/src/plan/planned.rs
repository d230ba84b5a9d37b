//! A plan: what an apply or a destroy will do with each resource.

use crate::error::Error;
use crate::resource::action::Action;
use crate::resource::change::Change;
use crate::resource::kind::{Found, ReplaceOrder};
use crate::resource::parts::Node;
use crate::stack::Tags;
use serde_json::Value;
use std::collections::BTreeMap;

/// What a plan does with one resource.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The address of the resource.
    pub address: String,
    /// The name of its kind.
    pub kind: String,
    /// What an apply does with it.
    pub action: Action,
    /// The fields that differ; for a create, all fields.
    pub fields: Vec<Change>,
    /// Whether a replacement creates or deletes first. Meaningless for another action.
    pub replace_order: ReplaceOrder,
    /// The whole spec, as far as it is known; for a delete, the one last applied.
    pub spec: Value,
    /// The live resource; none where AWS has none.
    pub live: Option<Found<Value>>,
    /// The resource in the settings; none for a delete.
    pub node: Option<Node>,
    /// The addresses of the resources that it needs.
    pub depends_on: Vec<String>,
    /// The tags that it must have.
    pub tags: Tags,
    /// What AWS has accepted before and will do later by itself.
    pub pending: Option<String>,
    /// Why the action must not be done. An apply of the plan fails with this error.
    pub refused: Option<Error>,
}

/// A resource that is in the state and not wanted, but was not seen in AWS.
#[derive(Clone, Debug)]
pub struct Unseen {
    /// The address of its entry in the state.
    pub address: String,
    /// The name of its kind.
    pub kind: String,
    /// Its id; none where a create was interrupted, so that it must be searched for.
    pub id: Option<String>,
}

/// A plan for all resources of a slice.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The resources in the settings, each after those that it needs; then those to delete.
    pub resources: Vec<Planned>,
    /// Replaced resources that still have to be deleted: address, kind and id.
    pub deposed: Vec<(String, String, String)>,
    /// Addresses that are in the state, but neither in AWS nor in the settings.
    pub gone: Vec<String>,
    /// What is in the state and not wanted, but was not seen in AWS. It may exist nevertheless, since reads can lag, so
    /// an apply sends its delete before it forgets it. Not shown as a change.
    pub unseen: Vec<Unseen>,
    /// The outputs with their names. A value that is not known yet holds references.
    pub outputs: Vec<(String, Value)>,
}

impl Plan {
    /// Whether an apply would change anything in AWS or import a resource.
    pub fn has_changes(&self) -> bool {
        !self.deposed.is_empty() || self.resources.iter().any(|r| r.action != Action::None)
    }

    /// The first reason for which the plan must not be applied.
    pub fn refused(&self) -> Option<&Error> {
        self.resources.iter().find_map(|one| one.refused.as_ref())
    }

    /// The number of resources with each action, by [`Action::word`].
    pub fn counts(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for resource in &self.resources {
            *counts.entry(resource.action.word().to_owned()).or_default() += 1;
        }
        if !self.deposed.is_empty() {
            *counts.entry(Action::Delete.word().to_owned()).or_default() +=
                self.deposed.len() as u64;
        }
        counts
    }
}
