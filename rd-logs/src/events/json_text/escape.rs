//! Texts as JSON writes them.

use super::scan::{before, equal, word};

/// A text that is written so in JSON.
pub fn unescaped(written: &str) -> Option<String> {
    let mut text = Vec::new();
    unescape(written, &mut text)?;
    String::from_utf8(text).ok()
}

/// Adds a text that is written so in JSON. None where it is not written as JSON is: what was added of it by then is of no
/// use.
pub fn unescape(written: &str, text: &mut Vec<u8>) -> Option<()> {
    let written = written.as_bytes();
    let begin = text.len();
    // No character takes more than its escape.
    text.resize(begin + written.len(), 0);
    let plain = text.get_mut(begin..)?;
    let (mut read, mut at) = (0, 0);
    while let Some(byte) = written.get(read) {
        // In JSON within JSON there is an escape every few bytes: eight are copied, and what is before it counts.
        if let Some(word) = word(&written[read..])
            && let Some(eight) = plain.get_mut(at..at + 8)
        {
            eight.copy_from_slice(&word.to_le_bytes());
            let slashes = equal(word, b'\\');
            let count = if slashes == 0 { 8 } else { before(slashes) };
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
        let letter = match written.get(read + 1)? {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'b' => 8,
            b'f' => 12,
            same @ (b'"' | b'\\' | b'/') => *same,
            b'u' => {
                let (character, length) = numbered(&written[read..])?;
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

/// The character that `\u` and its number stand for, and the length of the escape; a pair of surrogates is one character.
fn numbered(written: &[u8]) -> Option<(char, usize)> {
    let first = hex(written)?;
    if !(0xd800..0xdc00).contains(&first) {
        return Some((char::from_u32(first)?, 6));
    }
    let second = hex(&written[6..])?
        .checked_sub(0xdc00)
        .filter(|low| *low < 0x400)?;
    let both = 0x10000 + (first - 0xd800) * 0x400 + second;
    Some((char::from_u32(both)?, 12))
}

fn hex(written: &[u8]) -> Option<u32> {
    let digits = written.strip_prefix(b"\\u")?.get(..4)?;
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
        fn any_text_is_unescaped(text in "(\\PC|[\\x00-\\x1f\"\\\\]){0,30}", ascii in any::<bool>()) {
            let written = Value::from(text.as_str()).to_string();
            let mut written = written[1..written.len() - 1].to_owned();
            if ascii {
                let mut units = [0; 2];
                written = text.chars().map(|letter| {
                    letter.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect::<String>()
                }).collect();
            }
            prop_assert_eq!(unescaped(&written), Some(text));
        }

        #[test]
        fn no_escape_makes_it_panic(text in "[\\\\u0-9a-fé]{0,20}") {
            let _ = unescaped(&text);
        }
    }
}
