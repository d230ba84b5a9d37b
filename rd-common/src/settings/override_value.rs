//! A setting from a variable or from `--set`: its key, and its text as a value of the key's type.

use crate::error::{Error, Result};
use crate::settings::value_type::{self, ValueType};
use serde::Deserialize;
use toml::{Table, Value};

/// A setting that overrides the file.
#[derive(Clone, Debug)]
pub(super) struct Override {
    /// The names that lead to the key, such as `data`, `engine_version`.
    pub(super) path: Vec<String>,
    pub(super) text: String,
    /// Where it was written, as errors begin: `--set net.nat` or `RD_NET_NAT`.
    pub(super) origin: String,
}

impl Override {
    /// Parses `KEY=VALUE`, as `--set` takes it. A name with dots can be quoted, as in TOML.
    pub(super) fn parse(assignment: &str) -> Result<Self> {
        let how = "write it like --set net.nat=none";
        let Some((key, text)) = split_at_equals(assignment) else {
            return Err(Error::usage(format!("--set {assignment}: has no `=`")).hint(how));
        };
        let key = key.trim();
        let path = names(key).filter(|path| path.iter().all(|name| !name.is_empty()));
        let path =
            path.ok_or_else(|| Error::usage(format!("--set {key}: is not a key")).hint(how))?;
        Ok(Self {
            path,
            text: text.to_owned(),
            origin: format!("--set {key}"),
        })
    }

    /// The key and the value in the table of type `T`, into which the last names of the path lead: those after `skip`.
    pub(super) fn resolve<T: for<'de> Deserialize<'de>>(
        &self,
        skip: usize,
    ) -> (Vec<String>, Value) {
        let known = value_type::of::<T>(&self.path[skip..]);
        // An unknown key fails later, with the names of the known ones.
        let (value_type, depth) = known.unwrap_or((ValueType::Any, self.path.len() - skip));
        let depth = skip + depth;
        let mut path = self.path[..depth].to_vec();
        if depth < self.path.len()
            && let Some(last) = path.pop()
        {
            path.push([&[last], &self.path[depth..]].concat().join("."));
        }
        (path, value(&self.text, value_type))
    }
}

/// The text before and after the first `=` that is not in quotes.
fn split_at_equals(text: &str) -> Option<(&str, &str)> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '=') => return Some((&text[..at], &text[at + 1..])),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    None
}

/// The names of a dotted key; none where its quotes are not those of a key.
fn names(key: &str) -> Option<Vec<String>> {
    if !key.contains(['"', '\'']) {
        return Some(key.split('.').map(str::to_owned).collect());
    }
    let mut table: Table = toml::from_str(&format!("{key} = 0")).ok()?;
    let mut names = Vec::new();
    loop {
        let (name, value) = table.into_iter().next()?;
        names.push(name);
        match value {
            Value::Table(inner) => table = inner,
            _ => return Some(names),
        }
    }
}

fn value(text: &str, value_type: ValueType) -> Value {
    let toml = text.trim().parse::<Value>().ok();
    let is_quoted = text.starts_with(['"', '\'']);
    match (value_type, toml) {
        // `"7.0"` and `7.0` are the same text: in a shell, people quote twice.
        (_, Some(Value::String(inner))) if is_quoted => Value::String(inner),
        (ValueType::Toml, Some(value)) => value,
        (ValueType::Any, Some(value)) if is_the_same_as_text(&value, text) => value,
        (_, _) => Value::String(text.to_owned()),
    }
}

/// Whether a value that can also be a text stays what it is: a version such as 17.10 must not become 17.1.
fn is_the_same_as_text(value: &Value, text: &str) -> bool {
    match value {
        Value::Float(number) => number.is_finite() && format!("{number:?}") == text.trim(),
        Value::Datetime(_) => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn keys_are_split_at_dots_outside_of_quotes() {
        for (assignment, path, text) in [
            ("net.nat=none", &["net", "nat"][..], "none"),
            ("tags.a=b=c", &["tags", "a"], "b=c"),
            (
                "data.parameters.\"rds.force_ssl\"=1",
                &["data", "parameters", "rds.force_ssl"],
                "1",
            ),
            ("tags.'a=b' = c", &["tags", "a=b"], " c"),
            ("tags.team/owner=x", &["tags", "team/owner"], "x"),
        ] {
            let parsed = Override::parse(assignment).unwrap();
            assert_eq!(parsed.path, path, "{assignment}");
            assert_eq!(parsed.text, text, "{assignment}");
        }
        for assignment in ["nat", "net..nat=1", "=1", "net.\"nat=1", "\"a\" \"b\"=1"] {
            let error = Override::parse(assignment).expect_err(assignment);
            assert!(error.summary.starts_with("--set"), "{error}");
        }
    }

    #[test]
    fn a_string_is_the_text_as_it_is() {
        for (text, expected) in [
            ("17.10", "17.10"),
            ("7.0", "7.0"),
            ("true", "true"),
            ("\"hi\" # there", "\"hi\" # there"),
            ("\"hi\"", "hi"),
            ("'it''s'", "'it''s'"),
            ("two\nlines = 1\n", "two\nlines = 1\n"),
            ("1\nv = 2", "1\nv = 2"),
            ("", ""),
            (" x ", " x "),
        ] {
            let value = value(text, ValueType::Text);
            assert_eq!(value, Value::String(expected.to_owned()), "{text:?}");
        }
    }

    #[test]
    fn other_types_are_toml() {
        let json = |text: &str, value_type| value(text, value_type).to_string();
        assert_eq!(json("3", ValueType::Toml), "3");
        assert_eq!(json("[\"a\"]", ValueType::Toml), "[\"a\"]");
        assert_eq!(json("1\nv = 2", ValueType::Toml), "\"\"\"\n1\nv = 2\"\"\"");
        assert_eq!(json("0.5", ValueType::Any), "0.5");
        assert_eq!(json("7.0", ValueType::Any), "7.0");
        assert_eq!(json("17.10", ValueType::Any), "\"17.10\"");
        assert_eq!(json("2026-01-01", ValueType::Any), "\"2026-01-01\"");
        assert_eq!(json("false", ValueType::Any), "false");
        assert_eq!(json("allkeys-lru", ValueType::Any), "\"allkeys-lru\"");
    }

    #[test]
    fn names_below_a_scalar_are_one_key() {
        type Section = BTreeMap<String, BTreeMap<String, String>>;
        let set = Override::parse("data.parameters.rds.force_ssl=1").unwrap();
        let (path, value) = set.resolve::<Section>(1);
        assert_eq!(path, ["data", "parameters", "rds.force_ssl"]);
        assert_eq!(value, Value::String("1".to_owned()));
    }
}
