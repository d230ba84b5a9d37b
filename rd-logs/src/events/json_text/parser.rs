//! Reads JSON text value by value, without copying it. The grammar is not checked in full.

use super::scan::string_end;
use std::ops::Range;
use std::str::from_utf8;

/// A position in the JSON text. Its methods return none where the text is not as expected.
pub struct Parser<'a> {
    /// The text as a whole.
    pub bytes: &'a [u8],
    /// The position of what is read next.
    pub at: usize,
}

impl<'a> Parser<'a> {
    /// A parser at the beginning of a text.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Skips blanks and line ends.
    pub fn skip_blanks(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// The next byte that is not a blank.
    pub fn peek(&mut self) -> Option<u8> {
        self.skip_blanks();
        self.bytes.get(self.at).copied()
    }

    /// Reads this byte, after any blanks.
    pub fn expect(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// The range of a string, without its quotes.
    pub fn string(&mut self) -> Option<Range<u32>> {
        self.expect(b'"')?;
        let range = self.string_rest()?;
        self.at += 1;
        Some(range)
    }

    /// The range of a string whose first quote was already read. Stops before its last quote.
    pub fn string_rest(&mut self) -> Option<Range<u32>> {
        let start = self.at;
        self.at = string_end(self.bytes, start)?;
        Some(u32::try_from(start).ok()?..u32::try_from(self.at).ok()?)
    }

    /// Reads an integer, with its sign.
    pub fn number(&mut self) -> Option<i64> {
        let negative = self.peek()? == b'-';
        let start = self.at;
        self.at += usize::from(negative);
        let (mut number, mut digits) = (0i64, 0);
        for byte in self.bytes.get(self.at..)? {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            number = number.wrapping_mul(10).wrapping_add(i64::from(digit));
            digits += 1;
        }
        self.at += digits;
        match digits {
            0 => None,
            1..=18 if !negative => Some(number),
            // Negative, or possibly too large.
            _ => from_utf8(&self.bytes[start..self.at]).ok()?.parse().ok(),
        }
    }

    /// An object. `member` gets the name of each member and must read its value.
    pub fn object(&mut self, mut member: impl FnMut(&mut Self, &[u8]) -> Option<()>) -> Option<()> {
        self.expect(b'{')?;
        if self.peek()? == b'}' {
            return self.expect(b'}');
        }
        loop {
            let bytes = self.bytes;
            let name = self.name()?;
            self.expect(b':')?;
            self.skip_blanks();
            member(self, &bytes[name])?;
            if self.peek()? == b'}' {
                return self.expect(b'}');
            }
            self.expect(b',')?;
        }
    }

    /// An array. `item` must read each item.
    pub fn array(&mut self, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.expect(b'[')?;
        if self.peek()? == b']' {
            return self.expect(b']');
        }
        loop {
            item(self)?;
            if self.peek()? == b']' {
                return self.expect(b']');
            }
            self.expect(b',')?;
        }
    }

    /// Reads the bytes that are also in `range`, which must not be empty.
    pub fn same_bytes(&mut self, range: &Range<usize>) -> Option<()> {
        let expected = self
            .bytes
            .get(range.clone())
            .filter(|expected| !expected.is_empty())?;
        self.bytes[self.at..]
            .starts_with(expected)
            .then(|| self.at += expected.len())
    }

    /// The range of a member's name. Names are short, so a search byte by byte is fastest.
    fn name(&mut self) -> Option<Range<usize>> {
        self.expect(b'"')?;
        let start = self.at;
        loop {
            match *self.bytes.get(self.at)? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        Some(start..self.at - 1)
    }

    /// Skips any value. Brackets are only counted, since nothing uses what is in them.
    pub fn skip_value(&mut self) -> Option<()> {
        let mut depth = 0;
        loop {
            match self.peek()? {
                b'"' => {
                    self.string()?;
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth -= 1;
                    self.at += 1;
                }
                b',' | b':' if depth > 0 => self.at += 1,
                b'0'..=b'9' | b'-' | b'+' | b'.' | b'a'..=b'z' | b'E' => {
                    while matches!(
                        self.bytes.get(self.at),
                        Some(b'0'..=b'9' | b'-' | b'+' | b'.' | b'a'..=b'z' | b'E')
                    ) {
                        self.at += 1;
                    }
                }
                _ => return None,
            }
            if depth == 0 {
                return Some(());
            }
            if depth < 0 {
                return None;
            }
        }
    }
}
