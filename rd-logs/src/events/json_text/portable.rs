//! Whether a JSON text can be read by every program, and how to make it so.
//!
//! RFC 8259, sections 6, 8.2 and 9, allows readers to refuse numbers beyond a double, half a surrogate pair and deep nesting;
//! `jq`, Go and Rust do so, and end at the line.

use super::escape::without_half_pairs;
use super::numbers::{is_out_of_range, quote_numbers};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// How many levels of objects and arrays a text may have. serde_json reads 127, jq 256 before its version 1.7.
const LEVELS: u8 = 100;

/// The JSON text as every program can read it, mended where that is needed: half a surrogate pair becomes U+FFFD, and a
/// number beyond a double becomes a string. None if the text is not valid, or too deep.
pub fn portable(text: &str) -> Option<Cow<'_, str>> {
    if is_portable(text) {
        return Some(Cow::Borrowed(text));
    }
    let paired = without_half_pairs(text);
    let mended = quote_numbers(&paired, &is_out_of_range).into_owned();
    is_portable(&mended).then_some(Cow::Owned(mended))
}

/// Whether a strict reader, serde_json, reads the text.
fn is_portable(text: &str) -> bool {
    let mut reader = serde_json::Deserializer::from_str(text);
    Levels(LEVELS).deserialize(&mut reader).is_ok() && reader.end().is_ok()
}

/// Reads any value, and keeps nothing of it. Has the number of levels that are left.
#[derive(Clone, Copy)]
struct Levels(u8);

impl Levels {
    fn next<E: Error>(self) -> Result<Self, E> {
        let left = self.0.checked_sub(1);
        left.map(Self).ok_or_else(|| E::custom("too many levels"))
    }
}

impl<'de> DeserializeSeed<'de> for Levels {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Levels {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let item = self.next()?;
        while items.next_element_seed(item)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let value = self.next()?;
        while members.next_key_seed(Levels(0))?.is_some() {
            members.next_value_seed(value)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_reader_may_refuse_is_mended() {
        for (text, expected) in [
            (r#"{"a":[1,-2.5e3,null,true,"é\n\u00e9"],"b":{}}"#, None),
            (r#"{"a":"cut \ud83d"}"#, Some(r#"{"a":"cut \ufffd"}"#)),
            (r#"{"a\udc00":"\\ud83d"}"#, Some(r#"{"a\ufffd":"\\ud83d"}"#)),
            (
                r#"{"a":1e400,"b":"1e400"}"#,
                Some(r#"{"a":"1e400","b":"1e400"}"#),
            ),
        ] {
            assert_eq!(portable(text).as_deref(), Some(expected.unwrap_or(text)));
        }
    }

    #[test]
    fn what_cannot_be_mended_is_none() {
        let deep = |levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(portable(&deep(100)).is_some());
        for bad in [
            deep(101),
            deep(100_000),
            "{".to_owned(),
            r#"{"a":"\x"}"#.to_owned(),
            "{} {}".to_owned(),
        ] {
            assert_eq!(portable(&bad), None);
        }
    }
}
