//! Looking through JSON for what ends or escapes, eight bytes at a time: in JSON within JSON there is an escape every few
//! bytes, where a search that begins anew at each of them takes most of its time to begin.

use memchr::memchr2;

/// The highest bit of each byte.
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The first eight bytes, the first one lowest; none where there are fewer.
pub fn word(bytes: &[u8]) -> Option<u64> {
    bytes.first_chunk().map(|eight| u64::from_le_bytes(*eight))
}

/// The highest bit of each byte of a word that is `byte`.
pub fn equal(word: u64, byte: u8) -> u64 {
    let differ = word ^ u64::from_ne_bytes([byte; 8]);
    // No byte carries into the next: the lower seven bits are added to apart from the highest.
    !(((differ & !HIGH) + !HIGH) | differ) & HIGH
}

/// How many bytes of a word are before the first that is marked.
pub fn before(marks: u64) -> usize {
    marks.trailing_zeros() as usize / 8
}

/// Where the string ends that goes on at `from`: at the next quote that is not escaped.
pub fn string_end(bytes: &[u8], from: usize) -> Option<usize> {
    let at = from + memchr2(b'"', b'\\', bytes.get(from..)?)?;
    if bytes[at] == b'"' {
        return Some(at);
    }
    string_end_after_escapes(bytes, at)
}

fn string_end_after_escapes(bytes: &[u8], mut at: usize) -> Option<usize> {
    // Whether the byte at `at` is escaped, as a mark of the word's first byte.
    let mut escaped = 0;
    while let Some(word) = word(&bytes[at..]) {
        let slashes = equal(word, b'\\');
        let (hidden, next) = hidden(slashes, escaped);
        let ends = equal(word, b'"') & !hidden;
        if ends != 0 {
            return Some(at + before(ends));
        }
        escaped = next;
        at += 8;
    }
    for (rest, byte) in bytes[at..].iter().enumerate() {
        match byte {
            _ if escaped != 0 => escaped = 0,
            b'"' => return Some(at + rest),
            b'\\' => escaped = 0x80,
            _ => {}
        }
    }
    None
}

/// Which bytes of a word are escaped, by where its backslashes are; and whether the first of the next word is.
fn hidden(slashes: u64, escaped: u64) -> (u64, u64) {
    let after = slashes << 8 | escaped;
    if after & slashes == 0 {
        return (after, slashes >> 56);
    }
    // Of backslashes in a row, every other one is a letter.
    let (mut hidden, mut escaped) = (0, escaped);
    for byte in 0..8 {
        let mark = 0x80 << (8 * byte);
        if escaped != 0 {
            hidden |= mark;
            escaped = 0;
        } else if slashes & mark != 0 {
            escaped = 0x80;
        }
    }
    (hidden, escaped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_string_ends_where_it_does_byte_by_byte(text in "[\"\\\\aé]{0,40}", from in 0usize..40) {
            let bytes = text.as_bytes();
            let mut at = from;
            let wanted = loop {
                match bytes.get(at) {
                    None => break None,
                    Some(b'"') => break Some(at),
                    Some(b'\\') => at += 2,
                    Some(_) => at += 1,
                }
            };
            prop_assert_eq!(string_end(bytes, from), wanted);
        }

        #[test]
        fn marks_are_of_equal_bytes_alone(bytes in any::<[u8; 8]>(), byte in any::<u8>()) {
            let marks = equal(word(&bytes).unwrap(), byte).to_le_bytes();
            prop_assert_eq!(marks, bytes.map(|one| if one == byte { 0x80 } else { 0 }));
        }
    }
}
