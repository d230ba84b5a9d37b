//! The parts list of a slice: its resources with the references between them, and its outputs.

use crate::resource::input::{Input, Reference, references};
use crate::resource::kind::Kind;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// One wanted resource.
#[derive(Clone, Debug)]
pub struct Node {
    /// `slice.kind.name`.
    pub address: String,
    /// The kind's name.
    pub kind: &'static str,
    /// The spec as JSON, with `{"$ref": …}` for what is not known yet.
    pub spec: Value,
    /// Addresses that must be there first although the spec does not refer to them.
    pub after: Vec<String>,
}

impl Node {
    /// The addresses of the same slice that this one needs, each once.
    pub fn depends_on(&self) -> Vec<String> {
        let mut addresses = self.after.clone();
        addresses.extend(references(&self.spec).into_iter().filter_map(
            |reference| match reference {
                Reference::Attribute(address, _) => Some(address),
                Reference::Output(..) => None,
            },
        ));
        addresses.sort();
        addresses.dedup();
        addresses
    }

    /// The outputs of other slices that this one needs.
    pub fn needs_outputs(&self) -> Vec<(String, String)> {
        references(&self.spec)
            .into_iter()
            .filter_map(|reference| match reference {
                Reference::Output(slice, name) => Some((slice, name)),
                Reference::Attribute(..) => None,
            })
            .collect()
    }
}

/// A part that was added: what others refer to.
#[derive(Clone, Debug)]
pub struct Part {
    address: String,
}

impl Part {
    /// The id that AWS gives it.
    pub fn id(&self) -> Input {
        self.attribute("id")
    }

    /// A member of the kind's `Live`.
    pub fn attribute<T>(&self, name: &str) -> Input<T> {
        Input::Ref(Reference::Attribute(self.address.clone(), name.to_owned()))
    }
}

/// An output of another slice.
pub fn output<T>(slice: &str, name: &str) -> Input<T> {
    Input::Ref(Reference::Output(slice.to_owned(), name.to_owned()))
}

/// The resources and outputs of a slice, in the order they were added.
#[derive(Clone, Debug)]
pub struct Parts {
    slice: &'static str,
    /// The resources.
    pub nodes: Vec<Node>,
    /// The outputs, by name; values may hold references.
    pub outputs: Vec<(String, Value)>,
}

impl Parts {
    /// An empty list for `slice`.
    pub fn new(slice: &'static str) -> Self {
        Self {
            slice,
            nodes: Vec::new(),
            outputs: Vec::new(),
        }
    }

    /// The slices whose outputs the parts need, each once.
    pub fn needs(&self) -> BTreeSet<String> {
        self.nodes
            .iter()
            .flat_map(Node::needs_outputs)
            .map(|(slice, _)| slice)
            .collect()
    }

    /// Adds a resource of kind `K`; `name` is unique among its kind, in lower case, with no dot.
    pub fn add<K: Kind>(&mut self, name: &str, spec: K::Spec) -> Part {
        let address = format!("{}.{}.{name}", self.slice, K::NAME);
        debug_assert!(
            self.nodes.iter().all(|node| node.address != address),
            "{address} was added twice"
        );
        self.nodes.push(Node {
            address: address.clone(),
            kind: K::NAME,
            spec: serde_json::to_value(spec).unwrap_or(Value::Null),
            after: Vec::new(),
        });
        Part { address }
    }

    /// Says that `part` needs `first` to be there, beyond the references in its spec.
    pub fn after(&mut self, part: &Part, first: &Part) {
        if let Some(node) = self
            .nodes
            .iter_mut()
            .find(|node| node.address == part.address)
        {
            node.after.push(first.address.clone());
        }
    }

    /// Adds an output.
    pub fn output(&mut self, name: &str, value: impl Serialize) {
        let value = serde_json::to_value(value).unwrap_or(Value::Null);
        self.outputs.push((name.to_owned(), value));
    }
}
