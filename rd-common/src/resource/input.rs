//! A value in a spec that another resource or slice provides: an id that AWS assigns to another resource, or an output
//! of another slice. Until it is known, the spec holds a reference to it, which a plan can show.

use crate::outputs::Output;
use serde::de::{DeserializeOwned, Error as _};
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use std::fmt::Display;

/// The key of the one-member object that stands for a reference in JSON: `{"$ref": "net.vpc.main.id"}`.
pub const REF: &str = "$ref";

/// The key of the one-member object that stands for a text with unknown parts: `{"$join": [{"$ref": …}, ":url::"]}`.
pub const JOIN: &str = "$join";

/// Where a value comes from, which is also an edge of the graph of resources.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reference {
    /// An attribute of a resource of the same slice: the address and the attribute's name.
    Attribute(String, String),
    /// An output of another slice: the slice and the output's name.
    Output(String, String),
}

impl Reference {
    /// Parses `slice.kind.name.attribute` or `slice.output`; none for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let (head, last) = text.rsplit_once('.')?;
        match head.split('.').count() {
            1 => Some(Reference::Output(head.into(), last.into())),
            3 => Some(Reference::Attribute(head.into(), last.into())),
            _ => None,
        }
    }
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Reference::Attribute(head, last) | Reference::Output(head, last)) = self;
        write!(f, "{head}.{last}")
    }
}

/// A value of type `T`, or a reference to the place that it will come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Input<T = String> {
    /// A value that is known.
    Known(T),
    /// A value that is not known yet.
    Ref(Reference),
    /// A text with parts that are not known yet: texts and references, to be joined.
    Join(Vec<Input>),
}

impl<T> Input<T> {
    /// The value; none while it is unknown.
    pub fn known(&self) -> Option<&T> {
        match self {
            Input::Known(value) => Some(value),
            Input::Ref(_) | Input::Join(_) => None,
        }
    }
}

impl Input<String> {
    /// The text; while it is unknown, the empty string, which matches nothing in AWS. The engine creates and updates a
    /// resource only when every input is known.
    pub fn text(&self) -> &str {
        self.known().map_or("", String::as_str)
    }

    /// The concatenation of `parts`, of which some may be unknown.
    pub fn join(parts: impl IntoIterator<Item = Input>) -> Self {
        let mut all = Vec::new();
        for part in parts {
            match part {
                Input::Join(parts) => all.extend(parts),
                part => all.push(part),
            }
        }
        Input::Join(all)
    }

    /// The text with `suffix` appended, also while it is unknown.
    #[must_use]
    pub fn then(self, suffix: impl Into<String>) -> Self {
        let suffix = suffix.into();
        match self {
            Input::Known(text) => Input::Known(text + &suffix),
            Input::Join(mut parts) => {
                parts.push(Input::Known(suffix));
                Input::Join(parts)
            }
            Input::Ref(_) => Input::Join(vec![self, Input::Known(suffix)]),
        }
    }
}

impl<T: Serialize> Input<T> {
    /// The same value without its type, for a spec whose members have several types.
    pub fn into_value(self) -> Input<Value> {
        match self {
            Input::Known(value) => Input::Known(serde_json::to_value(value).unwrap_or(Value::Null)),
            Input::Ref(reference) => Input::Ref(reference),
            Input::Join(parts) => Input::Join(parts),
        }
    }
}

impl<T: Display> Input<T> {
    /// The value as text, such as a port number in a variable.
    pub fn into_text(self) -> Input {
        match self {
            Input::Known(value) => Input::Known(value.to_string()),
            Input::Ref(reference) => Input::Join(vec![Input::Ref(reference)]),
            Input::Join(parts) => Input::Join(parts),
        }
    }
}

impl<T, N: AsRef<str>> Output<T, N> {
    /// The value of this output, as an input of another slice.
    pub fn input(&self) -> Input<T> {
        let (slice, name) = (self.slice().to_owned(), self.name().to_owned());
        Input::Ref(Reference::Output(slice, name))
    }
}

impl<T> From<T> for Input<T> {
    fn from(value: T) -> Self {
        Input::Known(value)
    }
}

impl From<&str> for Input<String> {
    fn from(value: &str) -> Self {
        Input::Known(value.to_owned())
    }
}

impl<T: Serialize> Serialize for Input<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Input::Known(value) => value.serialize(serializer),
            Input::Ref(reference) => reference_value(reference).serialize(serializer),
            Input::Join(parts) => {
                let parts = parts.iter().map(serde_json::to_value);
                let parts = parts
                    .collect::<Result<Vec<_>, _>>()
                    .map_err(S::Error::custom)?;
                Value::Object(Map::from_iter([(JOIN.to_owned(), Value::Array(parts))]))
                    .serialize(serializer)
            }
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Input<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if let Some(reference) = as_reference(&value) {
            return Ok(Input::Ref(reference));
        }
        if let Some(parts) = as_join(&value) {
            let parts = parts.iter().map(Input::<String>::deserialize);
            let parts = parts.collect::<Result<_, _>>().map_err(D::Error::custom)?;
            return Ok(Input::Join(parts));
        }
        T::deserialize(value)
            .map(Input::Known)
            .map_err(D::Error::custom)
    }
}

/// A reference as JSON: `{"$ref": "net.vpc.main.id"}`.
pub fn reference_value(reference: &Reference) -> Value {
    Value::Object(Map::from_iter([(
        REF.to_owned(),
        Value::String(reference.to_string()),
    )]))
}

/// The reference that a JSON value stands for; none where it is an ordinary value.
pub fn as_reference(value: &Value) -> Option<Reference> {
    let object = value.as_object().filter(|object| object.len() == 1)?;
    Reference::parse(object.get(REF)?.as_str()?)
}

/// The parts of the text that a JSON value stands for; none where it is an ordinary value.
pub fn as_join(value: &Value) -> Option<&Vec<Value>> {
    let object = value.as_object().filter(|object| object.len() == 1)?;
    object.get(JOIN)?.as_array()
}

/// Every reference in a JSON value, at any depth.
pub fn references(value: &Value) -> Vec<Reference> {
    fn walk(value: &Value, found: &mut Vec<Reference>) {
        if let Some(reference) = as_reference(value) {
            found.push(reference);
            return;
        }
        match value {
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            Value::Object(members) => members.values().for_each(|member| walk(member, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(value, &mut found);
    found
}

/// The value with every reference that `lookup` knows replaced by its value; the others stay.
pub fn resolve(value: &Value, lookup: &dyn Fn(&Reference) -> Option<Value>) -> Value {
    if let Some(reference) = as_reference(value) {
        return lookup(&reference).unwrap_or_else(|| value.clone());
    }
    if let Some(parts) = as_join(value) {
        let parts = parts.iter().map(|part| match resolve(part, lookup) {
            Value::Number(number) => Value::String(number.to_string()),
            other => other,
        });
        let parts: Vec<Value> = parts.collect();
        let texts: Option<String> = parts.iter().map(Value::as_str).collect();
        return match texts {
            Some(text) => Value::String(text),
            None => Value::Object(Map::from_iter([(JOIN.to_owned(), Value::Array(parts))])),
        };
    }
    match value {
        Value::Array(items) => items.iter().map(|item| resolve(item, lookup)).collect(),
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(key, member)| (key.clone(), resolve(member, lookup)))
                .collect(),
        ),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outputs::net;
    use serde_json::json;

    #[test]
    fn a_reference_survives_json_and_is_resolved() {
        let input: Input = Input::Ref(Reference::parse("net.vpc.main.id").unwrap());
        let value = json!({"vpc": input, "ids": [input, "x"]});
        assert_eq!(value["vpc"], json!({"$ref": "net.vpc.main.id"}));
        assert_eq!(references(&value).len(), 2);
        let filled = resolve(&value, &|_| Some(json!("vpc-1")));
        assert_eq!(filled, json!({"vpc": "vpc-1", "ids": ["vpc-1", "x"]}));
        let back: Input = serde_json::from_value(value["vpc"].clone()).unwrap();
        assert_eq!(back, input);
    }

    #[test]
    fn a_text_is_joined_once_its_parts_are_known() {
        let input: Input = Input::Ref(Reference::parse("data.secret_arn").unwrap());
        let value = serde_json::to_value(input.then(":url").then("::")).unwrap();
        assert_eq!(
            value,
            json!({"$join": [{"$ref": "data.secret_arn"}, ":url", "::"]})
        );
        assert_eq!(references(&value).len(), 1);
        assert_eq!(resolve(&value, &|_| None), value);
        let back: Input = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(serde_json::to_value(&back).unwrap(), value);
        assert_eq!(resolve(&value, &|_| Some(json!("arn"))), json!("arn:url::"));
        assert_eq!(resolve(&value, &|_| Some(json!(7))), json!("7:url::"));
        assert_eq!(Input::from("a").then("b"), Input::from("ab"));
    }

    #[test]
    fn a_value_changes_its_type_and_stays_the_same_reference() {
        let port = net::APP_PORT.input();
        let reference = json!({"$ref": "net.app_port"});
        assert_eq!(serde_json::to_value(&port).unwrap(), reference);
        assert_eq!(
            serde_json::to_value(port.clone().into_value()).unwrap(),
            reference
        );
        let text = port.into_text();
        let words = Input::join(["listen ".into(), text.clone(), ";".into()]);
        assert_eq!(
            serde_json::to_value(words).unwrap(),
            json!({"$join": ["listen ", reference, ";"]})
        );
        let text = serde_json::to_value(text).unwrap();
        assert_eq!(text, json!({"$join": [reference]}));
        assert_eq!(resolve(&text, &|_| Some(json!(3001))), json!("3001"));
        assert_eq!(Input::Known(3001).into_text(), Input::from("3001"));
        assert_eq!(Input::Known(3001).into_value(), Input::Known(json!(3001)));
    }

    #[test]
    fn outputs_and_attributes_are_distinguished() {
        assert_eq!(
            Reference::parse("net.vpc_id"),
            Some(Reference::Output("net".into(), "vpc_id".into()))
        );
        assert_eq!(Reference::parse("net"), None);
        assert_eq!(Reference::parse("a.b.c"), None);
    }
}
