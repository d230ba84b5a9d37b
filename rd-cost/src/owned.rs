//! The resources that the states have, with their ids at AWS.

use jiff::Timestamp;
use rd_common::context::Context;
use rd_common::slices::SLICES;
use rd_common::{Document, Result};
use serde_json::Value;

/// A resource of the stack that exists.
#[derive(Clone, Debug)]
pub struct Owned {
    /// The address, such as `net.nat_gateway.a`.
    pub address: String,
    /// The slice that has it.
    pub slice: String,
    /// The kind, such as `nat_gateway`.
    pub kind: String,
    /// The id at AWS, such as `nat-0f86b2b1e8c1d5a07`.
    pub id: String,
    /// The spec last applied.
    pub spec: Value,
    /// When rd created it, or when it came into the state.
    pub since: Timestamp,
}

/// The states of the stack's slices, in their order. Fails where one belongs to another region or account than the run works
/// on: its prices would be wrong, and its ids unknown there.
pub async fn states(context: &Context) -> Result<Vec<(&'static str, Document)>> {
    let mut all = Vec::new();
    for slice in SLICES {
        if let Some(state) = context.load_state(slice).await? {
            let place = context.store.location(&context.key(slice));
            state.belongs_to(&context.stack, slice, &place)?;
            all.push((slice, state));
        }
    }
    Ok(all)
}

impl Owned {
    /// The text of a field of the spec; empty where it has none.
    pub fn text(&self, field: &str) -> &str {
        self.spec[field].as_str().unwrap_or_default()
    }
}

/// What the states have.
#[derive(Clone, Debug, Default)]
pub struct OwnedResources {
    resources: Vec<Owned>,
    /// The ids of predecessors that are still to be deleted.
    deposed: Vec<String>,
    /// The account that they are in; none where there is no state.
    pub account: Option<String>,
}

impl OwnedResources {
    /// Resources of a test.
    #[cfg(test)]
    pub fn of(all: Vec<Owned>) -> Self {
        Self {
            resources: all,
            ..Self::default()
        }
    }

    /// Reads the states of all slices.
    pub async fn read(context: &Context) -> Result<Self> {
        let mut all = Self::default();
        for (slice, state) in states(context).await? {
            all.account = Some(state.account).filter(|account| !account.is_empty());
            for (address, resource) in state.resources {
                let deposed = resource.deposed.into_iter();
                all.deposed.extend(deposed.map(|one| one.id));
                if let Some(id) = resource.id {
                    all.resources.push(Owned {
                        address,
                        slice: slice.to_owned(),
                        kind: resource.kind,
                        id,
                        spec: resource.spec,
                        since: resource.since,
                    });
                }
            }
        }
        Ok(all)
    }

    /// The resources of a kind, by slice and address.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Owned> {
        self.resources.iter().filter(move |one| one.kind == kind)
    }

    /// The ids of all resources of all states, and of predecessors that are still to be deleted.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        let current = self.resources.iter().map(|one| &one.id);
        current.chain(&self.deposed).map(String::as_str)
    }

    /// All resources of all states.
    pub fn all(&self) -> impl Iterator<Item = &Owned> {
        self.resources.iter()
    }
}
