//! Whether a JSON text can be read by every program, and how to make it so.
//!
//! RFC 8259, sections 6, 8.2 and 9, allows readers to refuse numbers beyond a double, half a surrogate pair and deep nesting;
//! `jq`, Go and Rust do so, and end at the line. Each message is checked, so the check is written by hand: serde_json, reading
//! any value and keeping nothing, takes twice as long (0.26 instead of 0.13 s a million messages of 300 bytes).

use super::escape::without_half_pairs;
use super::numbers::{is_out_of_range, quote_numbers};
use super::scan::{bytes_before, first_special, first_word};
use std::borrow::Cow;

/// How many levels of objects and arrays a text may have. serde_json reads 127, jq 256 before its version 1.7.
const LEVELS: u32 = 100;
/// The most characters of a number that cannot be beyond a double without an exponent.
const SAFE_DIGITS: usize = 300;

/// The JSON text as every program can read it, corrected where that is needed: half a surrogate pair becomes U+FFFD, and a
/// number beyond a double becomes a string. None if the text is not valid, or too deep.
pub fn portable(text: &str) -> Option<Cow<'_, str>> {
    if is_portable(text) {
        return Some(Cow::Borrowed(text));
    }
    let paired = without_half_pairs(text);
    let corrected = quote_numbers(&paired, &is_out_of_range).into_owned();
    is_portable(&corrected).then_some(Cow::Owned(corrected))
}

fn is_portable(text: &str) -> bool {
    let mut check = Check {
        text,
        bytes: text.as_bytes(),
        at: 0,
    };
    check.document().is_some()
}

/// A position in the text. The methods return none where the text is not as it must be.
struct Check<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl Check<'_> {
    /// One value and nothing after it.
    fn document(&mut self) -> Option<()> {
        // Whether each level is an object, the innermost in the lowest bit.
        let (mut objects, mut depth) = (0u128, 0);
        loop {
            let first = self.next()?;
            if matches!(first, b'{' | b'[') {
                let is_object = first == b'{';
                objects = objects << 1 | u128::from(is_object);
                depth += 1;
                if depth > LEVELS {
                    return None;
                }
                let end = if is_object { b'}' } else { b']' };
                if self.peek()? != end {
                    if is_object {
                        self.name()?;
                    }
                    continue;
                }
            } else {
                self.scalar(first)?;
            }
            // After a value: the ends of levels, up to the next value.
            loop {
                if depth == 0 {
                    self.skip_blanks();
                    return (self.at == self.bytes.len()).then_some(());
                }
                let is_object = objects & 1 == 1;
                match self.next()? {
                    b',' => {
                        if is_object {
                            self.name()?;
                        }
                        break;
                    }
                    b'}' if is_object => {}
                    b']' if !is_object => {}
                    _ => return None,
                }
                objects >>= 1;
                depth -= 1;
            }
        }
    }

    fn skip_blanks(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&mut self) -> Option<u8> {
        self.skip_blanks();
        self.bytes.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    /// The name of a member with its colon.
    fn name(&mut self) -> Option<()> {
        (self.next()? == b'"').then_some(())?;
        self.string()?;
        (self.next()? == b':').then_some(())
    }

    /// A value other than an object and an array, whose first byte was read.
    fn scalar(&mut self, first: u8) -> Option<()> {
        match first {
            b'"' => self.string(),
            b't' => self.rest(b"rue"),
            b'f' => self.rest(b"alse"),
            b'n' => self.rest(b"ull"),
            b'-' | b'0'..=b'9' => self.number(),
            _ => None,
        }
    }

    fn rest(&mut self, rest: &[u8]) -> Option<()> {
        self.bytes[self.at..]
            .starts_with(rest)
            .then(|| self.at += rest.len())
    }

    /// A string whose first quote was read.
    fn string(&mut self) -> Option<()> {
        loop {
            if let Some(word) = first_word(&self.bytes[self.at..]) {
                let special = first_special(word);
                if special == 0 {
                    self.at += 8;
                    continue;
                }
                self.at += bytes_before(special);
            }
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            match byte {
                b'"' => return Some(()),
                b'\\' => self.escape()?,
                ..0x20 => return None,
                _ => {}
            }
        }
    }

    /// An escape whose backslash was read.
    fn escape(&mut self) -> Option<()> {
        let letter = *self.bytes.get(self.at)?;
        self.at += 1;
        match letter {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(()),
            b'u' => match self.unit()? {
                0xd800..0xdc00 => {
                    self.rest(b"\\u")?;
                    (0xdc00..0xe000).contains(&self.unit()?).then_some(())
                }
                0xdc00..0xe000 => None,
                _ => Some(()),
            },
            _ => None,
        }
    }

    fn unit(&mut self) -> Option<u32> {
        let digits = self.bytes.get(self.at..self.at + 4)?;
        self.at += 4;
        digits.iter().try_fold(0, |number, digit| {
            Some(number * 16 + char::from(*digit).to_digit(16)?)
        })
    }

    /// A number whose first byte was read.
    fn number(&mut self) -> Option<()> {
        let start = self.at - 1;
        if self.bytes[start] != b'-' {
            self.at = start;
        }
        let zero = self.bytes.get(self.at) == Some(&b'0');
        let digits = self.digits()?;
        if zero && digits > 1 {
            return None;
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        let exponent = matches!(self.bytes.get(self.at), Some(b'e' | b'E'));
        if exponent {
            self.at += 1;
            if matches!(self.bytes.get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        let may_be_large = exponent || digits > SAFE_DIGITS;
        (!may_be_large || !is_out_of_range(&self.text[start..self.at])).then_some(())
    }

    /// The number of digits, at least one.
    fn digits(&mut self) -> Option<usize> {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        (self.at > start).then(|| self.at - start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    #[test]
    fn what_a_reader_may_refuse_is_corrected() {
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
    fn what_cannot_be_corrected_is_none() {
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

    proptest! {
        #[test]
        fn it_accepts_what_a_strict_reader_accepts(
            parts in prop::collection::vec(
                prop::sample::select(vec![
                    "{", "}", "[", "]", ",", ":", " ", "\"", "\"a\"", "\"a\":", "\"long text é\"", "\\", "\\n", "\\ud83d",
                    "\\ude00", "\\u00e9", "0", "1", "-", ".5", "e3", "E+400", "-0", "01", "true", "null", "\t", "\u{1}",
                ]),
                0..12,
            ),
            whole in any::<bool>(),
        ) {
            let text = parts.concat();
            let text = if whole { format!("{{\"a\":[{text}]}}") } else { text };
            prop_assert_eq!(is_portable(&text), serde_json::from_str::<Value>(&text).is_ok(), "{}", text);
        }

        #[test]
        fn it_accepts_what_a_program_wrote(text in "(\\PC|[\\x00-\\x1f\"\\\\]){0,40}", number in any::<f64>()) {
            let value = serde_json::json!({"text": text, "list": [number, {text: null}], "n": i64::MIN});
            prop_assert!(is_portable(&value.to_string()));
            let spaced = format!("{value:#}");
            prop_assert!(is_portable(&spaced));
        }
    }
}
