//! Reads lines from stdin as records. Every line is a record, a line to pass on, or an error that names its number.

use crate::error::{Error, Result};
use crate::pipe::stdin::HOW_TO_SAY_NOTHING;
use crate::records::{FORMAT, Record};
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;
use std::io::{BufRead, Read};

/// The longest line that is accepted, in bytes. A record has a few kilobytes; the limit keeps a stream of something
/// else from filling the memory.
pub const LONGEST_LINE: usize = 8 << 20;

/// Where a line is, for errors: `stdin, line 3`.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The name of the input: `stdin`, or the path of a file.
    pub source: &'a str,
    /// The number of the line, from 1.
    pub number: u64,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}", self.source, self.number)
    }
}

/// Reads one line, without its line feed; none at the end of the stream.
pub fn read_line(input: &mut impl BufRead, place: Place<'_>) -> Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let count = input
        .take(LONGEST_LINE as u64 + 1)
        .read_until(b'\n', &mut line)
        .map_err(|e| {
            Error::usage(format!("{place}: cannot be read: {e}"))
                .hint("it must be a file or a pipe that is open for reading")
        })?;
    if count == 0 {
        return Ok(None);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    } else if line.len() > LONGEST_LINE {
        return Err(not_a_record(place, "it is longer than 8 MiB"));
    }
    Ok(Some(line))
}

/// What every record has. The rest is parsed only where the type is known, so that a long line of another type takes no
/// memory.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(default)]
    format: Value,
}

/// Parses a line as a record; none for a type of a newer version, which is passed on.
pub fn parse(line: &[u8], place: Place<'_>) -> Result<Option<Record>> {
    let text = std::str::from_utf8(line).map_err(|e| {
        let byte = e.valid_up_to() + 1;
        not_a_record(place, &format!("it is not UTF-8, from byte {byte}"))
    })?;
    if !text.trim_start().starts_with('{') {
        return Err(not_a_record(place, "it is not a JSON object with a `type`"));
    }
    let head: Head = serde_json::from_str(text).map_err(|e| not_a_record(place, &e.to_string()))?;
    if head.kind == "begin" && head.format != FORMAT {
        return Err(Error::usage(format!(
            "{place}: unknown format {}; this program reads {FORMAT}",
            head.format.as_str().unwrap_or("(none)")
        ))
        .hint("use programs of the same version in a pipe"));
    }
    let known = [
        "begin",
        "change",
        "output",
        "applied",
        "status",
        "cost",
        "charged",
        "progress",
        "diagnostic",
        "end",
    ];
    if !known.contains(&head.kind.as_ref()) {
        return Ok(None);
    }
    serde_json::from_str(text).map(Some).map_err(|e| {
        not_a_record(
            place,
            &format!("the `{}` record has another form: {e}", head.kind),
        )
    })
}

fn not_a_record(place: Place<'_>, why: &str) -> Error {
    Error::usage(format!("{place}: not a record of an rd program: {why}")).hint(format!(
        "records come from another rd program (only the last one of a pipe has --format text) or from a saved plan; \
         if nothing is meant to come on stdin, {HOW_TO_SAY_NOTHING}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;
    use proptest::prelude::*;
    use std::io::Cursor;

    fn at(number: u64) -> Place<'static> {
        Place {
            source: "stdin",
            number,
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let mut input = Cursor::new(bytes.clone());
            let mut number = 1;
            while let Ok(Some(line)) = read_line(&mut input, at(number)) {
                if let Err(error) = parse(&line, at(number)) {
                    prop_assert_eq!(error.exit, Exit::Usage);
                    prop_assert!(error.summary.contains(&format!("line {number}")), "{}", error.summary);
                    prop_assert!(error.hint.is_some());
                }
                number += 1;
            }
            prop_assert_eq!(input.position() as usize, bytes.len());
        }

        #[test]
        fn a_cut_record_is_an_error_never_another_record(cut in 1usize..80) {
            let record = br#"{"type":"output","slice":"net","name":"vpc_id","value":"vpc-0123456789abcdef0","unknown":false}"#;
            prop_assert!(parse(&record[..cut], at(1)).is_err());
            prop_assert!(matches!(parse(record, at(1)), Ok(Some(Record::Output(_)))));
        }
    }

    #[test]
    fn unknown_types_are_passed_on_and_other_formats_refused() {
        assert_eq!(parse(br#"{"type":"price","usd":3}"#, at(1)).unwrap(), None);
        let error = parse(br#"{"type":"begin","slice":"net","format":"rd/2"}"#, at(7)).unwrap_err();
        assert!(
            error.summary.contains("line 7") && error.summary.contains("rd/2"),
            "{error}"
        );
    }

    #[test]
    fn an_endless_line_is_refused() {
        let mut endless = std::io::BufReader::new(std::io::repeat(b'x'));
        assert!(
            read_line(&mut endless, at(1))
                .unwrap_err()
                .summary
                .contains("8 MiB")
        );
    }
}
