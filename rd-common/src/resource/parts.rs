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
    /// The address: `slice.kind.name`, such as `net.vpc.main`.
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
        let (address, name) = (self.address.clone(), "id".to_owned());
        Input::Ref(Reference::Attribute(address, name))
    }

    /// An attribute that AWS gives it, as its kind defines it.
    pub fn attribute<T, N: Into<String>>(&self, attribute: Attribute<T, N>) -> Input<T> {
        let (address, name) = (self.address.clone(), attribute.name.into());
        Input::Ref(Reference::Attribute(address, name))
    }
}

/// What an output of type `T` can be set to: a `T`, or what will be one.
pub trait ValueOf<T>: Serialize {}

impl<T: Serialize> ValueOf<T> for T {}

impl ValueOf<String> for &str {}

impl<T: Serialize> ValueOf<T> for Input<T> {}

impl<T: Serialize> ValueOf<Vec<T>> for Vec<Input<T>> {}

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
    pub fn output<T, N: Into<String>>(&mut self, output: Output<T, N>, value: impl ValueOf<T>) {
        let (slice, name) = output.into_parts();
        debug_assert_eq!(slice, self.slice, "the output belongs to another slice");
        let value = serde_json::to_value(value).unwrap_or(Value::Null);
        self.outputs.push((name, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outputs::{cache, edge, net};
    use serde_json::json;

    #[test]
    fn an_output_takes_a_value_or_what_will_be_one() {
        let part = Part {
            address: "net.subnet.a".to_owned(),
        };
        let mut parts = Parts::new("net");
        parts.output(net::VPC_CIDR, "10.0.0.0/16");
        parts.output(net::VPC_ID, part.id());
        parts.output(net::PUBLIC_SUBNET_IDS, vec![part.id()]);
        parts.output(net::APP_PORT, 3001);
        parts.output(net::NAT_GATEWAY_ID.of("a"), part.id());
        let id = json!({"$ref": "net.subnet.a.id"});
        let expected = [
            ("vpc_cidr", json!("10.0.0.0/16")),
            ("vpc_id", id.clone()),
            ("public_subnet_ids", json!([id])),
            ("app_port", json!(3001)),
            ("nat_gateway_a_id", id),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value));
        assert_eq!(parts.outputs, expected);
        let mut parts = Parts::new("edge");
        parts.output(edge::URL, None);
        assert_eq!(parts.outputs, [("url".to_owned(), Value::Null)]);
    }

    #[test]
    fn an_attribute_and_an_output_of_another_slice_are_references() {
        let part = Part {
            address: "cache.replication_group.redis".to_owned(),
        };
        let host: Attribute<String, String> = Attribute::named("host".to_owned());
        let attribute = Reference::parse("cache.replication_group.redis.host");
        assert_eq!(Some(part.attribute(host)), attribute.map(Input::Ref));
        let node = Reference::parse("cache.node_2_id");
        assert_eq!(Some(cache::NODE_ID.of(2).input()), node.map(Input::Ref));
    }
}
