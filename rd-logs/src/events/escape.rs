//! Texts as JSON writes them.

/// A text that is written so in JSON.
pub fn unescaped(written: &str) -> Option<String> {
    let mut text = String::with_capacity(written.len());
    unescape(written, &mut text)?;
    Some(text)
}

/// Adds a text that is written so in JSON. None where it is not written as JSON is.
pub fn unescape(written: &str, text: &mut String) -> Option<()> {
    let mut rest = written;
    // In JSON within JSON there is one every few bytes, so they are looked for byte by byte.
    while let Some(at) = rest.bytes().position(|byte| byte == b'\\') {
        text.push_str(&rest[..at]);
        let escape = rest.as_bytes().get(at + 1)?;
        rest = rest.get(at + 2..)?;
        text.push(match escape {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'"' | b'\\' | b'/' => char::from(*escape),
            b'u' => {
                let first = hex(&mut rest)?;
                let code = match first {
                    // A pair of surrogates is one character.
                    0xd800..0xdc00 => {
                        rest = rest.strip_prefix("\\u")?;
                        let second = hex(&mut rest)?
                            .checked_sub(0xdc00)
                            .filter(|low| *low < 0x400)?;
                        0x10000 + (first - 0xd800) * 0x400 + second
                    }
                    code => code,
                };
                char::from_u32(code)?
            }
            _ => return None,
        });
    }
    text.push_str(rest);
    Some(())
}

fn hex(rest: &mut &str) -> Option<u32> {
    let digits = rest
        .get(..4)
        .filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
    *rest = &rest[4..];
    u32::from_str_radix(digits, 16).ok()
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
