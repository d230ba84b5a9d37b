//! Numbers in a JSON text that a reader would not keep as they are.

use super::scan::string_end;
use std::borrow::Cow;

/// A valid JSON text in which each number that `quoted` selects is a string of the same characters.
pub fn quote_numbers<'a>(text: &'a str, quoted: &dyn Fn(&str) -> bool) -> Cow<'a, str> {
    let bytes = text.as_bytes();
    let mut changed = String::new();
    let (mut copied, mut at) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = string_end(bytes, at + 1).map_or(bytes.len(), |end| end + 1),
            b'-' | b'0'..=b'9' => {
                let is_part = |b: &&u8| matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
                let length = bytes[at..].iter().take_while(is_part).count();
                let number = &text[at..at + length];
                if quoted(number) {
                    changed.push_str(&text[copied..at]);
                    changed.extend(["\"", number, "\""]);
                    copied = at + length;
                }
                at += length;
            }
            _ => at += 1,
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    changed.push_str(&text[copied..]);
    Cow::Owned(changed)
}

/// Whether a number is too large for a floating-point number, which most readers of JSON make of it.
pub fn is_out_of_range(number: &str) -> bool {
    number.parse().is_ok_and(f64::is_infinite)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_selected_numbers_become_strings() {
        let text = r#"{"1e400": [1e400, -1E999,0, 1.5], "s": "x\" 1e400"}"#;
        assert_eq!(
            quote_numbers(text, &is_out_of_range),
            r#"{"1e400": ["1e400", "-1E999",0, 1.5], "s": "x\" 1e400"}"#
        );
        assert!(matches!(
            quote_numbers("[1]", &is_out_of_range),
            Cow::Borrowed("[1]")
        ));
    }
}
