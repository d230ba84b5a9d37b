//! Replaces the escapes in a JSON string by their characters.

use super::scan::{bytes_before, first_word, marks_of};
use std::borrow::Cow;

/// The text of a JSON string, given without its quotes; none if an escape is invalid.
pub fn unescaped(escaped: &str) -> Option<String> {
    let mut text = Vec::new();
    unescape(escaped, &mut text)?;
    String::from_utf8(text).ok()
}

/// Appends the text of a JSON string, given without its quotes. Half of a surrogate pair, which a program leaves that cuts
/// its texts by UTF-16 units, becomes U+FFFD. None if an escape is invalid; what was appended by then is undefined.
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

/// The character of a `\u` escape, and the length of the escape: 6 bytes, or 12 for a pair of surrogates. Half of a pair
/// is U+FFFD.
fn unicode_escape(escaped: &[u8]) -> Option<(char, usize)> {
    let first = hex(escaped)?;
    if let Some(character) = char::from_u32(first) {
        return Some((character, 6));
    }
    let second = hex(&escaped[6..])
        .filter(|second| first < 0xdc00 && (0xdc00..0xe000).contains(second))
        .map(|second| 0x10000 + (first - 0xd800) * 0x400 + (second - 0xdc00));
    Some(match second.and_then(char::from_u32) {
        Some(character) => (character, 12),
        None => (char::REPLACEMENT_CHARACTER, 6),
    })
}

/// A JSON text, or the inside of a JSON string, in which each escape of half a surrogate pair is one of U+FFFD. Programs
/// refuse such a half, and with it the whole line.
pub fn without_half_pairs(text: &str) -> Cow<'_, str> {
    let Some(first) = memchr::memmem::find(text.as_bytes(), b"\\u") else {
        return Cow::Borrowed(text);
    };
    let mut corrected: Option<String> = None;
    let (mut copied, mut at) = (0, 0);
    // The escape that was found may itself be the letter after an escaped backslash.
    at += first;
    while at > 0 && text.as_bytes()[at - 1] == b'\\' {
        at -= 1;
    }
    while let Some(next) = memchr::memchr(b'\\', &text.as_bytes()[at..]) {
        at += next;
        match unicode_escape(&text.as_bytes()[at..]) {
            Some((char::REPLACEMENT_CHARACTER, length)) => {
                let corrected = corrected.get_or_insert_default();
                corrected.push_str(&text[copied..at]);
                corrected.push_str("\\ufffd");
                at += length;
                copied = at;
            }
            Some((_, length)) => at += length,
            // Another escape has two characters, of which the second may be a backslash.
            None => at += 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8),
        }
    }
    match corrected {
        None => Cow::Borrowed(text),
        Some(mut corrected) => {
            corrected.push_str(&text[copied..]);
            Cow::Owned(corrected)
        }
    }
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
            let _ = without_half_pairs(&text);
        }

        #[test]
        fn a_corrected_text_is_json_and_means_the_same(
            parts in prop::collection::vec(
                prop::sample::select(vec!["\\ud83d", "\\ude00", "\\uD83D", "\\u00e9", "\\\\", "\\n", "u", "ud83d", "é", "x"]),
                0..12,
            ),
        ) {
            let text = parts.concat();
            let corrected = without_half_pairs(&text);
            let read: String = serde_json::from_str(&format!("\"{corrected}\"")).unwrap();
            prop_assert_eq!(Some(read), unescaped(&text));
        }
    }

    #[test]
    fn half_a_pair_is_replaced_and_the_rest_kept() {
        assert_eq!(
            without_half_pairs(r"a\ud83d \\ud83d \ud83d\ude00 \n"),
            r"a\ufffd \\ud83d \ud83d\ude00 \n"
        );
        assert_eq!(unescaped(r"cut \ud83d").as_deref(), Some("cut \u{fffd}"));
        assert!(matches!(
            without_half_pairs(r"\\u \u00e9"),
            Cow::Borrowed(_)
        ));
    }
}
