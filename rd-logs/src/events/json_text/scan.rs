//! Finds the end of a JSON string, eight bytes at a time.
//!
//! A JSON message within a JSON string has an escape every few bytes. A search that is started again after each of them
//! (memchr) spends most of its time on starting.

use memchr::memchr2;

/// A word with the highest bit of each byte set.
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The first eight bytes as a little-endian word; none if there are fewer.
pub fn first_word(bytes: &[u8]) -> Option<u64> {
    bytes.first_chunk().map(|eight| u64::from_le_bytes(*eight))
}

/// Marks each byte of a word that equals `byte`: its highest bit is set, all other bits are clear.
pub fn marks_of(word: u64, byte: u8) -> u64 {
    let difference = word ^ u64::from_ne_bytes([byte; 8]);
    // The lower seven bits are added without the highest one, so that no byte carries into the next.
    !(((difference & !HIGH) + !HIGH) | difference) & HIGH
}

/// Marks the first byte of a word that is a quote, a backslash or a control character, and maybe bytes after it; zero if
/// there is none.
pub fn first_special(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    // A byte is marked where the subtraction borrows; that also reaches bytes after the first one that is special.
    let less = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word;
    let equal = |byte: u8| less(word ^ (ONES * u64::from(byte)), 1);
    (less(word, b' ') | equal(b'"') | equal(b'\\')) & HIGH
}

/// The number of bytes in a word before its first mark.
pub fn bytes_before(marks: u64) -> usize {
    marks.trailing_zeros() as usize / 8
}

/// The position of the quote that ends a string, whose text continues at `from`: the next one that is not escaped.
pub fn string_end(bytes: &[u8], from: usize) -> Option<usize> {
    let at = from + memchr2(b'"', b'\\', bytes.get(from..)?)?;
    if bytes[at] == b'"' {
        return Some(at);
    }
    string_end_after_escapes(bytes, at)
}

fn string_end_after_escapes(bytes: &[u8], mut at: usize) -> Option<usize> {
    // Whether the byte at `at` is escaped, as a mark on the first byte of the word.
    let mut escaped = 0;
    while let Some(word) = first_word(&bytes[at..]) {
        let slashes = marks_of(word, b'\\');
        let (escapes, next) = escaped_bytes(slashes, escaped);
        let ends = marks_of(word, b'"') & !escapes;
        if ends != 0 {
            return Some(at + bytes_before(ends));
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

/// The marks of the escaped bytes of a word, given the marks of its backslashes; and whether the first byte of the next
/// word is escaped.
fn escaped_bytes(slashes: u64, escaped: u64) -> (u64, u64) {
    let after = slashes << 8 | escaped;
    if after & slashes == 0 {
        return (after, slashes >> 56);
    }
    // In a row of backslashes, every other one is escaped.
    let (mut escapes, mut escaped) = (0, escaped);
    for byte in 0..8 {
        let mark = 0x80 << (8 * byte);
        if escaped != 0 {
            escapes |= mark;
            escaped = 0;
        } else if slashes & mark != 0 {
            escaped = 0x80;
        }
    }
    (escapes, escaped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_string_ends_where_a_scan_byte_by_byte_finds_its_end(text in "[\"\\\\aé]{0,40}", from in 0usize..40) {
            let bytes = text.as_bytes();
            let mut at = from;
            let expected = loop {
                match bytes.get(at) {
                    None => break None,
                    Some(b'"') => break Some(at),
                    Some(b'\\') => at += 2,
                    Some(_) => at += 1,
                }
            };
            prop_assert_eq!(string_end(bytes, from), expected);
        }

        #[test]
        fn the_first_special_byte_is_marked(bytes in any::<[u8; 8]>()) {
            let first = bytes.iter().position(|byte| matches!(byte, ..0x20 | b'"' | b'\\'));
            let marks = first_special(first_word(&bytes).unwrap());
            prop_assert_eq!((marks != 0).then(|| bytes_before(marks)), first);
        }

        #[test]
        fn only_equal_bytes_are_marked(bytes in any::<[u8; 8]>(), byte in any::<u8>()) {
            let marks = marks_of(first_word(&bytes).unwrap(), byte).to_le_bytes();
            prop_assert_eq!(marks, bytes.map(|one| if one == byte { 0x80 } else { 0 }));
        }
    }
}
