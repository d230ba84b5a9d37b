//! The resources that a slice consists of, with the references between them, and its outputs.

use crate::outputs::Output;
use crate::resource::attribute::Attribute;
use crate::resource::input::{Input, Reference, references};
use crate::resource::kind::Kind;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// A resource that the settings ask for.
#[derive(Clone, Debug)]
pub struct Node {
    /// The address, `slice.kind.name`.
    pub address: String,
    /// The name of its kind.
    pub kind: &'static str,
    /// The spec as JSON, with `{"$ref": …}` for each value that is not known yet.
    pub spec: Value,
    /// Addresses of resources that must exist first, although the spec does not refer to them.
    pub after: Vec<String>,
}

impl Node {
    /// The addresses of the resources of the same slice that this one needs, each once.
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

    /// The outputs of other slices that the spec refers to, as slice and name.
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

/// A resource that was added to [`Parts`], for others to refer to.
#[derive(Clone, Debug)]
pub struct Part {
    address: String,
}

impl Part {
    /// The id that AWS assigns to it.
    pub fn id(&self) -> Input {
        self.attribute::<String>("id")
    }

    /// An attribute that AWS gives it, as its kind defines it.
    pub fn attribute<T>(&self, attribute: impl AttributeName<T>) -> Input<T> {
        let name = attribute.into_name();
        Input::Ref(Reference::Attribute(self.address.clone(), name))
    }
}

/// Temporary.
pub trait AttributeName<T> {
    /// Temporary.
    fn into_name(self) -> String;
}
impl<T> AttributeName<T> for &str {
    fn into_name(self) -> String {
        self.to_owned()
    }
}
impl<T> AttributeName<T> for &String {
    fn into_name(self) -> String {
        self.to_owned()
    }
}
impl<T, N: Into<String>> AttributeName<T> for Attribute<T, N> {
    fn into_name(self) -> String {
        self.name.into()
    }
}

/// Temporary.
pub trait OutputName<V> {
    /// Temporary.
    fn to_name(&self, slice: &str) -> String;
}
impl<V> OutputName<V> for &str {
    fn to_name(&self, _: &str) -> String {
        (*self).to_owned()
    }
}
impl<V> OutputName<V> for &String {
    fn to_name(&self, _: &str) -> String {
        (*self).to_owned()
    }
}
impl<T, N: AsRef<str>, V: ValueOf<T>> OutputName<V> for Output<T, N> {
    fn to_name(&self, slice: &str) -> String {
        debug_assert_eq!(self.slice(), slice, "{} is of another slice", self.name());
        self.name().to_owned()
    }
}

/// What an output of type `T` can be set to: a `T`, or what will be one.
pub trait ValueOf<T>: Serialize {}

impl<T: Serialize> ValueOf<T> for T {}

impl ValueOf<String> for &str {}

impl<T: Serialize> ValueOf<T> for Input<T> {}

impl<T: Serialize> ValueOf<Vec<T>> for Vec<Input<T>> {}

/// An output of another slice.
pub fn output<T>(slice: &str, name: &str) -> Input<T> {
    Input::Ref(Reference::Output(slice.to_owned(), name.to_owned()))
}

/// The resources and outputs of a slice, in the order in which they were added.
#[derive(Clone, Debug)]
pub struct Parts {
    slice: &'static str,
    /// The resources, in any order.
    pub nodes: Vec<Node>,
    /// The outputs with their names; a value may hold references.
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

    /// The slices whose outputs the specs refer to.
    pub fn needs(&self) -> BTreeSet<String> {
        self.nodes
            .iter()
            .flat_map(Node::needs_outputs)
            .map(|(slice, _)| slice)
            .collect()
    }

    /// Adds a resource of kind `K`. `name` is unique among its kind, in lower case, and without dots.
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

    /// Adds an edge that no reference in a spec gives: `part` is created after `first`.
    pub fn after(&mut self, part: &Part, first: &Part) {
        if let Some(node) = self
            .nodes
            .iter_mut()
            .find(|node| node.address == part.address)
        {
            node.after.push(first.address.clone());
        }
    }

    /// Sets an output of this slice.
    pub fn output<V: Serialize>(&mut self, output: impl OutputName<V>, value: V) {
        let value = serde_json::to_value(value).unwrap_or(Value::Null);
        self.outputs.push((output.to_name(self.slice), value));
    }
}
