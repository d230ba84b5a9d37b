//! Reads lines from stdin as records. Every line is a record, a line to pass on, or an error that names its number.

use crate::error::{Error, Result};
use crate::records::{FORMAT, Record};
use serde_json::Value;
use std::io::{BufRead, Read};

/// The longest line that is accepted, in bytes. A record has a few kilobytes; the limit keeps a stream of something
/// else from filling the memory.
pub const LONGEST_LINE: usize = 8 << 20;

/// Reads one line, without its line feed; none at the end of the stream. `number` is the line number, for errors.
pub fn read_line(input: &mut impl BufRead, number: u64) -> Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let count = input
        .take(LONGEST_LINE as u64 + 1)
        .read_until(b'\n', &mut line)
        .map_err(|e| Error::usage(format!("cannot read line {number} of stdin: {e}")))?;
    if count == 0 {
        return Ok(None);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    } else if line.len() > LONGEST_LINE {
        return Err(not_a_record(number, "it is longer than 8 MiB"));
    }
    Ok(Some(line))
}

/// Parses a line as a record; none for a type of a newer version, which is passed on. `number` is the line number, for
/// errors.
pub fn parse(line: &[u8], number: u64) -> Result<Option<Record>> {
    let text = std::str::from_utf8(line).map_err(|e| {
        let byte = e.valid_up_to() + 1;
        not_a_record(number, &format!("it is not UTF-8, from byte {byte}"))
    })?;
    let value: Value =
        serde_json::from_str(text).map_err(|e| not_a_record(number, &e.to_string()))?;
    let Some(kind) = value.get("type").and_then(Value::as_str).map(str::to_owned) else {
        return Err(not_a_record(
            number,
            "it is not a JSON object with a `type`",
        ));
    };
    if kind == "begin" {
        match value.get("format").and_then(Value::as_str) {
            Some(FORMAT) => {}
            other => {
                return Err(Error::usage(format!(
                    "stdin, line {number}: unknown format {}; this program reads {FORMAT}",
                    other.unwrap_or("(none)")
                ))
                .hint("use programs of the same version in a pipe"));
            }
        }
    }
    let known = [
        "begin",
        "change",
        "output",
        "applied",
        "status",
        "diagnostic",
        "end",
    ];
    if !known.contains(&kind.as_str()) {
        return Ok(None);
    }
    serde_json::from_value(value).map(Some).map_err(|e| {
        not_a_record(
            number,
            &format!("the `{kind}` record has another form: {e}"),
        )
    })
}

fn not_a_record(number: u64, why: &str) -> Error {
    Error::usage(format!("stdin, line {number}: not a record of an rd program: {why}")).hint(
        "stdin must be the records of another rd program, or a saved plan; if it is something else, pass --no-stdin",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;
    use proptest::prelude::*;
    use std::io::Cursor;

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let mut input = Cursor::new(bytes.clone());
            let mut number = 1;
            while let Ok(Some(line)) = read_line(&mut input, number) {
                if let Err(error) = parse(&line, number) {
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
            prop_assert!(parse(&record[..cut], 1).is_err());
            prop_assert!(matches!(parse(record, 1), Ok(Some(Record::Output(_)))));
        }
    }

    #[test]
    fn unknown_types_are_passed_on_and_other_formats_refused() {
        assert_eq!(parse(br#"{"type":"price","usd":3}"#, 1).unwrap(), None);
        let error = parse(br#"{"type":"begin","slice":"net","format":"rd/2"}"#, 7).unwrap_err();
        assert!(
            error.summary.contains("line 7") && error.summary.contains("rd/2"),
            "{error}"
        );
    }

    #[test]
    fn an_endless_line_is_refused() {
        let mut endless = std::io::BufReader::new(std::io::repeat(b'x'));
        assert!(
            read_line(&mut endless, 1)
                .unwrap_err()
                .summary
                .contains("8 MiB")
        );
    }
}
