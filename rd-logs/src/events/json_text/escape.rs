//! Replaces the escapes in a JSON string by their characters.

use super::scan::{bytes_before, first_word, marks_of};

/// The text of a JSON string, given without its quotes; none if an escape is invalid.
pub fn unescaped(escaped: &str) -> Option<String> {
    let mut text = Vec::new();
    unescape(escaped, &mut text)?;
    String::from_utf8(text).ok()
}

/// Appends the text of a JSON string, given without its quotes. None if an escape is invalid; what was appended by then
/// is undefined.
pub fn unescape(escaped: &str, text: &mut Vec<u8>) -> Option<()> {
    let escaped = escaped.as_bytes();
    let begin = text.len();
    // No character is longer than its escape.
    text.resize(begin + escaped.len(), 0);
    let plain = text.get_mut(begin..)?;
    let (mut read, mut at) = (0, 0);
    while let Some(byte) = escaped.get(read) {
        // Copies eight bytes at once, and keeps those before the first escape.
        if let Some(word) = first_word(&escaped[read..])
            && let Some(eight) = plain.get_mut(at..at + 8)
        {
            eight.copy_from_slice(&word.to_le_bytes());
            let slashes = marks_of(word, b'\\');
            let count = if slashes == 0 {
                8
            } else {
                bytes_before(slashes)
            };
            read += count;
            at += count;
            if slashes == 0 {
                continue;
            }
        } else if *byte != b'\\' {
            plain[at] = *byte;
            read += 1;
            at += 1;
            continue;
        }
        let letter = match escaped.get(read + 1)? {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'b' => 8,
            b'f' => 12,
            same @ (b'"' | b'\\' | b'/') => *same,
            b'u' => {
                let (character, length) = unicode_escape(&escaped[read..])?;
                read += length;
                at += character.encode_utf8(&mut plain[at..]).len();
                continue;
            }
            _ => return None,
        };
        plain[at] = letter;
        read += 2;
        at += 1;
    }
    text.truncate(begin + at);
    Some(())
}

/// The character of a `\u` escape, and the length of the escape: 6 bytes, or 12 for a pair of surrogates.
fn unicode_escape(escaped: &[u8]) -> Option<(char, usize)> {
    let first = hex(escaped)?;
    if !(0xd800..0xdc00).contains(&first) {
        return Some((char::from_u32(first)?, 6));
    }
    let second = hex(&escaped[6..])?
        .checked_sub(0xdc00)
        .filter(|low| *low < 0x400)?;
    let both = 0x10000 + (first - 0xd800) * 0x400 + second;
    Some((char::from_u32(both)?, 12))
}

fn hex(escaped: &[u8]) -> Option<u32> {
    let digits = escaped.strip_prefix(b"\\u")?.get(..4)?;
    digits.iter().try_fold(0, |number, digit| {
        Some(number * 16 + char::from(*digit).to_digit(16)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    proptest! {
        #[test]
        fn any_escaped_text_is_read_back(text in "(\\PC|[\\x00-\\x1f\"\\\\]){0,30}", ascii in any::<bool>()) {
            let escaped = Value::from(text.as_str()).to_string();
            let mut escaped = escaped[1..escaped.len() - 1].to_owned();
            if ascii {
                let mut units = [0; 2];
                escaped = text.chars().map(|letter| {
                    letter.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect::<String>()
                }).collect();
            }
            prop_assert_eq!(unescaped(&escaped), Some(text));
        }

        #[test]
        fn no_escape_makes_it_panic(text in "[\\\\u0-9a-fé]{0,20}") {
            let _ = unescaped(&text);
        }
    }
}
