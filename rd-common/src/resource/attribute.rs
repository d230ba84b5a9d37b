//! An attribute of a resource, as other resources and outputs refer to it: a member of its kind's `Live`.

use crate::state::document::Resource;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;

/// An attribute with a value of type `T`. A kind defines its attributes with [`attribute!`](crate::attribute); `N` is a
/// `String` where there is one for each of several things.
#[derive(Clone, Debug)]
pub struct Attribute<T, N = &'static str> {
    /// Its name in specs and states.
    pub name: N,
    value: PhantomData<fn() -> T>,
}

impl<T> Attribute<T> {
    /// The attribute `name`, which `read` gets from `Live`: the compiler checks that the field exists, and its type.
    pub const fn of<L, F: Holds<T>>(name: &'static str, read: fn(&L) -> &F) -> Self {
        let _ = read;
        Self {
            name,
            value: PhantomData,
        }
    }
}

impl<T> Attribute<T, String> {
    /// An attribute whose name is made while the program runs: a key of a flattened map in `Live`.
    pub fn named(name: String) -> Self {
        Self {
            name,
            value: PhantomData,
        }
    }
}

impl<T: DeserializeOwned, N: AsRef<str>> Attribute<T, N> {
    /// Its value when AWS was last asked for the resource; none where it was unknown.
    pub fn stored(&self, resource: &Resource) -> Option<T> {
        let value = resource.attributes.get(self.name.as_ref())?;
        T::deserialize(value).ok()
    }
}

/// A field of `Live` that an attribute of type `T` can refer to: one of that type, or an optional one, which has no
/// value until AWS reports it.
pub trait Holds<T> {}

impl<T> Holds<T> for T {}

impl<T> Holds<T> for Option<T> {}

/// The attribute that a field of `Live` holds: `attribute!(Live, arn)`.
#[macro_export]
macro_rules! attribute {
    ($live:ty, $field:ident) => {
        $crate::Attribute::of(stringify!($field), |live: &$live| &live.$field)
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    struct Live {
        arn: String,
        port: Option<u16>,
    }

    const ARN: Attribute<String> = attribute!(Live, arn);
    const PORT: Attribute<u16> = attribute!(Live, port);

    fn resource(attributes: &serde_json::Value) -> Resource {
        let resource = json!({
            "kind": "thing", "phase": "ready", "since": "2026-01-01T00:00:00Z", "spec": {}, "attributes": attributes,
        });
        serde_json::from_value(resource).unwrap()
    }

    #[test]
    fn an_attribute_is_named_like_its_field_and_read_from_the_state() {
        assert_eq!((ARN.name, PORT.name), ("arn", "port"));
        let there = resource(&json!({"arn": "arn:x", "port": null, "node_1_id": "a"}));
        assert_eq!(ARN.stored(&there).as_deref(), Some("arn:x"));
        assert_eq!(PORT.stored(&there), None);
        let node: Attribute<String, String> = Attribute::named("node_1_id".to_owned());
        assert_eq!(node.stored(&there).as_deref(), Some("a"));
        assert_eq!(ARN.stored(&resource(&json!(null))), None);
    }
}
