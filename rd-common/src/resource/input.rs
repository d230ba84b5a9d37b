//! A value in a spec that may come from elsewhere: an id that AWS will give to another resource, or an output of
//! another slice. Until it is known it keeps its own form, so that a plan can say so.

use serde::de::{DeserializeOwned, Error as _};
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// The key of the one-member object that stands for a reference in JSON: `{"$ref": "net.vpc.main.id"}`.
pub const REF: &str = "$ref";

/// The key of the one-member object that stands for a text made of others: `{"$join": [{"$ref": …}, ":url::"]}`.
pub const JOIN: &str = "$join";

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reference {
    /// An attribute of a resource of the same slice: address and attribute.
    Attribute(String, String),
    /// An output of another slice: slice and name.
    Output(String, String),
}

impl Reference {
    /// Reads `slice.kind.name.attribute` or `slice.output`.
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

/// A value of type `T`, or a reference to where it will come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Input<T = String> {
    /// Known.
    Known(T),
    /// Not known yet.
    Ref(Reference),
    /// A text with a part that is not known yet: texts and references.
    Join(Vec<Input>),
}

impl<T> Input<T> {
    /// The value, if it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Input::Known(value) => Some(value),
            Input::Ref(_) | Input::Join(_) => None,
        }
    }
}

impl Input<String> {
    /// The text; while it is unknown, the empty string, which matches nothing at AWS. The engine creates and
    /// updates only with every input known.
    pub fn text(&self) -> &str {
        self.known().map_or("", String::as_str)
    }

    /// The text with another one behind it.
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

/// The JSON form of a reference.
pub fn reference_value(reference: &Reference) -> Value {
    Value::Object(Map::from_iter([(
        REF.to_owned(),
        Value::String(reference.to_string()),
    )]))
}

/// The reference that a JSON value stands for, if it stands for one.
pub fn as_reference(value: &Value) -> Option<Reference> {
    let object = value.as_object().filter(|object| object.len() == 1)?;
    Reference::parse(object.get(REF)?.as_str()?)
}

/// The parts that a JSON value joins, if it stands for a joined text.
pub fn as_join(value: &Value) -> Option<&Vec<Value>> {
    let object = value.as_object().filter(|object| object.len() == 1)?;
    object.get(JOIN)?.as_array()
}

/// Every reference in a JSON value.
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

/// The value with every reference that `lookup` knows filled in; the others stay.
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
    use serde_json::json;

    #[test]
    fn a_reference_survives_json_and_is_filled_in() {
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
    fn outputs_and_attributes_are_told_apart() {
        assert_eq!(
            Reference::parse("net.vpc_id"),
            Some(Reference::Output("net".into(), "vpc_id".into()))
        );
        assert_eq!(Reference::parse("net"), None);
        assert_eq!(Reference::parse("a.b.c"), None);
    }
}
