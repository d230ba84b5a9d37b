//! What kind of value a key takes: asked of the type that it is deserialized into, so that no list of keys is needed.

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Expected, MapAccess, Visitor};
use serde::forward_to_deserialize_any;
use std::fmt;

/// How the text of a variable or of `--set` becomes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueType {
    /// A string or one of some words: the text as it is.
    Text,
    /// A number, a boolean, a list or a table: TOML.
    Toml,
    /// Several of them, such as the value of a database parameter: TOML, otherwise the text.
    Any,
}

/// The kind of value at `path` in the type `T`, and how many names of the path lead to it: the last of these and all
/// that follow are one key with dots in it, such as `rds.force_ssl`. None where `T` has no such key.
pub(super) fn of<T: for<'de> Deserialize<'de>>(path: &[String]) -> Option<(ValueType, usize)> {
    let probe = Probe { path, depth: 0 };
    match T::deserialize(probe) {
        Err(Answer::Found(value_type, depth, _)) => Some((value_type, depth)),
        Err(Answer::Unknown) | Ok(_) => None,
    }
}

/// The values that the type `T` takes at `path`, in words; none where several types are possible or there is no such key.
pub(super) fn allowed<T: for<'de> Deserialize<'de>>(path: &[String]) -> Option<String> {
    values_at::<T>(path).flatten()
}

/// The same, and an inner none where the key exists and takes several types.
pub(super) fn values_at<T: for<'de> Deserialize<'de>>(path: &[String]) -> Option<Option<String>> {
    let probe = Probe { path, depth: 0 };
    let Err(Answer::Found(_, _, values)) = T::deserialize(probe) else {
        return None;
    };
    Some(match values {
        Values::OneOf(words) => {
            let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
            Some(words.join(", "))
        }
        Values::All(form) => Some(form.to_owned()),
        Values::Keys(keys) => Some(format!("a table with the keys {}", keys.join(", "))),
        Values::Named(words) => Some(words),
        Values::Several => None,
    })
}

/// Deserializes nothing: follows the path, and answers with an error that says what the type asks for at its end.
#[derive(Clone, Copy)]
struct Probe<'a> {
    path: &'a [String],
    depth: usize,
}

/// Which values a type takes.
#[derive(Debug)]
enum Values {
    /// All of a form, such as `a number`.
    All(&'static str),
    /// The words of an enum.
    OneOf(&'static [&'static str]),
    /// Tables with these keys.
    Keys(&'static [&'static str]),
    /// Those that the type itself has words for.
    Named(String),
    /// Those of several types.
    Several,
}

/// What a visitor expects, in its own words. Those of serde for a value of any kind say nothing.
fn expected<'de, V: Visitor<'de>>(visitor: &V) -> Values {
    let words = (visitor as &dyn Expected).to_string();
    match words.starts_with("any ") {
        true => Values::Several,
        false => Values::Named(words),
    }
}

#[derive(Debug)]
enum Answer {
    Found(ValueType, usize, Values),
    Unknown,
}

impl std::error::Error for Answer {}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the type of a key")
    }
}

impl serde::de::Error for Answer {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Answer::Unknown
    }
}

impl Probe<'_> {
    fn found<T>(self, value_type: ValueType, values: Values) -> Result<T, Answer> {
        Err(Answer::Found(value_type, self.depth, values))
    }
}

/// Methods of [`Deserializer`] that answer with a [`ValueType`].
macro_rules! answer {
    ($value_type:ident, $values:expr; $($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Answer> {
            self.found(ValueType::$value_type, $values)
        })*
    };
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Answer;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Answer> {
        self.found(ValueType::Any, expected(&visitor))
    }

    answer! { Any, Values::Several; deserialize_ignored_any }
    answer! { Text, Values::All("a string");
        deserialize_str deserialize_string deserialize_char deserialize_identifier
    }
    answer! { Toml, Values::All("true or false"); deserialize_bool }
    answer! { Toml, Values::All("a whole number");
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16 deserialize_u32
        deserialize_u64
    }
    answer! { Toml, Values::All("a number"); deserialize_f32 deserialize_f64 }
    answer! { Toml, Values::All("a list"); deserialize_seq deserialize_bytes deserialize_byte_buf }
    answer! { Toml, Values::Several; deserialize_unit }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        words: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Answer> {
        self.found(ValueType::Text, Values::OneOf(words))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Answer> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Answer> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: V,
    ) -> Result<V::Value, Answer> {
        self.found(ValueType::Toml, Values::Several)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Answer> {
        self.found(ValueType::Toml, Values::All("a list"))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        _: V,
    ) -> Result<V::Value, Answer> {
        self.found(ValueType::Toml, Values::All("a list"))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Answer> {
        if self.path.is_empty() {
            return self.found(ValueType::Toml, Values::All("a table"));
        }
        visitor.visit_map(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        keys: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Answer> {
        if self.path.is_empty() {
            return self.found(ValueType::Toml, Values::Keys(keys));
        }
        self.deserialize_map(visitor)
    }
}

/// One entry: the first name of the path, with a probe of the rest as its value.
impl<'de> MapAccess<'de> for Probe<'_> {
    type Error = Answer;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Answer> {
        let name = self.path.first().map(String::as_str).unwrap_or_default();
        seed.deserialize(Name(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Answer> {
        seed.deserialize(Probe {
            path: &self.path[1..],
            depth: self.depth + 1,
        })
    }
}

/// A name of the path, as the key of an entry.
struct Name<'a>(&'a str);

impl<'de> Deserializer<'de> for Name<'_> {
    type Error = Answer;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Answer> {
        visitor.visit_str(self.0)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[derive(Deserialize)]
    #[serde(default, deny_unknown_fields)]
    #[derive(Default)]
    struct Section {
        version: Option<String>,
        size: i32,
        parameters: BTreeMap<String, serde_json::Value>,
        variables: BTreeMap<String, String>,
        schedules: BTreeMap<String, Schedule>,
        azs: Azs,
        nat: Nat,
        names: Vec<String>,
        amount: Amount,
    }

    #[derive(Default)]
    struct Amount;

    impl<'de> Deserialize<'de> for Amount {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Words;
            impl Visitor<'_> for Words {
                type Value = Amount;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("a number, or two")
                }
            }
            deserializer.deserialize_any(Words)
        }
    }

    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Schedule {
        min: u32,
        at: String,
    }

    #[derive(Deserialize)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "only the types of the fields matter")]
    enum Azs {
        Count(u8),
        Names(Vec<String>),
    }

    impl Default for Azs {
        fn default() -> Self {
            Azs::Count(1)
        }
    }

    #[derive(Default, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Nat {
        #[default]
        Single,
        PerAz,
    }

    #[test]
    fn what_a_key_takes_is_said_in_words() {
        for (path, expected) in [
            ("version", Some("a string")),
            ("nat", Some("\"single\", \"per-az\"")),
            ("size", Some("a whole number")),
            ("names", Some("a list")),
            ("variables", Some("a table")),
            ("schedules/night", Some("a table with the keys min, at")),
            ("amount", Some("a number, or two")),
            ("azs", None),
            ("parameters/x", None),
            ("sise", None),
        ] {
            let path: Vec<String> = path.split('/').map(str::to_owned).collect();
            let allowed = allowed::<Section>(&path);
            assert_eq!(allowed.as_deref(), expected, "{path:?}");
        }
    }

    #[test]
    fn the_type_of_a_key_says_what_it_takes() {
        for (path, expected) in [
            ("version", Some((ValueType::Text, 1))),
            ("nat", Some((ValueType::Text, 1))),
            ("size", Some((ValueType::Toml, 1))),
            ("names", Some((ValueType::Toml, 1))),
            ("azs", Some((ValueType::Any, 1))),
            ("parameters", Some((ValueType::Toml, 1))),
            ("parameters/rds/force_ssl", Some((ValueType::Any, 2))),
            ("variables/a/b/c", Some((ValueType::Text, 2))),
            ("schedules/night/min", Some((ValueType::Toml, 3))),
            ("schedules/night/at", Some((ValueType::Text, 3))),
            ("sise", None),
            ("", Some((ValueType::Toml, 0))),
        ] {
            let path: Vec<String> = path
                .split('/')
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect();
            assert_eq!(of::<Section>(&path), expected, "{path:?}");
        }
    }
}
