//! One JSON object per event. A message that is a JSON object is added as `fields`, as it was sent, after a check that
//! every reader can read it: one line that it refuses ends `jq` and what follows it.

use crate::events::event::Event;
use crate::events::json_text::escape::{unescape, without_half_pairs};
use crate::events::json_text::portable::portable;
use crate::time::timestamp_writer::{MINUTE, TimestampWriter, seconds};
use std::borrow::Cow;
use std::str::from_utf8;

/// Formats events as JSON objects.
pub struct Json {
    timestamp: TimestampWriter,
    ingestion: TimestampWriter,
    groups: Vec<Vec<u8>>,
    start: LineStart,
}

/// The beginning of a line, up to the stream. Except for the seconds, it is the same for all events of a group within a
/// minute, so it is formatted once.
#[derive(Default)]
struct LineStart {
    text: Vec<u8>,
    /// The group, and the minutes since 1970 of both times, for which the text was formatted.
    formatted_for: Option<(usize, i64, i64)>,
    /// The positions of the seconds of both times in the text.
    seconds: [usize; 2],
}

impl Json {
    /// A formatter for events of these groups.
    pub fn new(groups: &[String]) -> Self {
        let quoted = |name: &String| {
            let mut text = Vec::new();
            add_string(&mut text, name);
            text
        };
        Self {
            timestamp: TimestampWriter::rfc3339(),
            ingestion: TimestampWriter::rfc3339(),
            groups: groups.iter().map(quoted).collect(),
            start: LineStart::default(),
        }
    }

    /// Appends an event and a line end.
    pub fn add(&mut self, out: &mut Vec<u8>, event: &Event) {
        let (stream, id) = (without_half_pairs(event.json_stream()), event.id());
        let message = without_half_pairs(without_line_end(event.json_message()));
        self.update_start(event);
        // Strings arrived as JSON, and are copied.
        for part in [&self.start.text, stream.as_bytes()] {
            out.extend_from_slice(part);
        }
        if !id.is_empty() {
            out.extend_from_slice(b"\",\"id\":\"");
            out.extend_from_slice(id.as_bytes());
        }
        out.extend_from_slice(b"\",\"message\":\"");
        out.extend_from_slice(message.as_bytes());
        out.push(b'"');
        if message.starts_with(['{', ' ', '\\']) {
            let length = out.len();
            if add_fields(out, &message).is_none() {
                out.truncate(length);
            }
        }
        out.extend_from_slice(b"}\n");
    }

    /// Changes the beginning of the line to that of an event.
    fn update_start(&mut self, event: &Event) {
        let times = [event.timestamp, event.ingested];
        let [timestamp, ingestion] = times.map(|time| time.div_euclid(MINUTE));
        let formatted_for = Some((event.group, timestamp, ingestion));
        if self.start.formatted_for != formatted_for {
            self.start.formatted_for = formatted_for;
            self.format_start(event);
        }
        for (at, time) in self.start.seconds.iter().zip(times) {
            let seconds = seconds(time);
            self.start.text[*at..at + seconds.len()].copy_from_slice(&seconds);
        }
    }

    fn format_start(&mut self, event: &Event) {
        let text = &mut self.start.text;
        text.clear();
        text.extend_from_slice(b"{\"timestamp\":\"");
        let first = self.timestamp.add(text, event.timestamp);
        text.extend_from_slice(b"\",\"ingestion_time\":\"");
        let second = self.ingestion.add(text, event.ingested);
        self.start.seconds = [first, second];
        text.extend_from_slice(b"\",\"group\":");
        let group = self.groups.get(event.group);
        text.extend_from_slice(group.map_or(b"null", Vec::as_slice));
        text.extend_from_slice(b",\"stream\":\"");
    }
}

/// Appends the member `fields` if the message is a JSON object. Otherwise returns none, and what was appended must be
/// removed.
fn add_fields(out: &mut Vec<u8>, message: &str) -> Option<()> {
    out.extend_from_slice(b",\"fields\":");
    let begin = out.len();
    unescape(message, out)?;
    let text = from_utf8(&out[begin..]).ok()?;
    let object = text.trim();
    if !(object.starts_with('{') && object.ends_with('}')) {
        return None;
    }
    match portable(object)? {
        Cow::Owned(corrected) => {
            out.truncate(begin);
            out.extend_from_slice(corrected.as_bytes());
        }
        Cow::Borrowed(object) => {
            let (blanks, length) = (text.len() - text.trim_start().len(), object.len());
            out.truncate(begin + blanks + length);
            out.drain(begin..begin + blanks);
        }
    }
    // Line ends can only be between values: within a string they are escaped.
    for byte in &mut out[begin..] {
        let is_line_end = matches!(*byte, b'\n' | b'\r');
        *byte = if is_line_end { b' ' } else { *byte };
    }
    Some(())
}

/// A text that is escaped as in JSON, without the line ends at its end.
fn without_line_end(escaped: &str) -> &str {
    let mut text = escaped;
    while let Some(shorter) = text
        .strip_suffix("\\n")
        .or_else(|| text.strip_suffix("\\r"))
    {
        // After an escaped backslash, the `n` or `r` is a letter.
        let before = shorter
            .bytes()
            .rev()
            .take_while(|byte| *byte == b'\\')
            .count();
        if before % 2 == 1 {
            break;
        }
        text = shorter;
    }
    text
}

/// Appends a text as a JSON string.
fn add_string(out: &mut Vec<u8>, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut begin = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if *byte >= 0x20 && *byte != b'"' && *byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[begin..at]);
        begin = at + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            control => out.extend_from_slice(&[
                b'\\',
                b'u',
                b'0',
                b'0',
                HEX[usize::from(control >> 4)],
                HEX[usize::from(control & 15)],
            ]),
        }
    }
    out.extend_from_slice(&bytes[begin..]);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn formatted(message: &str) -> Value {
        let times = (1_763_900_000_007, 1_763_900_001_000);
        let event = Event::new(times, 0, "7", "api/\"x\"", message);
        let mut out = Vec::new();
        Json::new(&["/ecs/api".to_owned()]).add(&mut out, &event);
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn an_event_has_all_members() {
        assert_eq!(
            formatted("hello\n"),
            json!({
                "timestamp": "2025-11-23T12:13:20.007Z",
                "ingestion_time": "2025-11-23T12:13:21.000Z",
                "group": "/ecs/api",
                "stream": "api/\"x\"",
                "id": "7",
                "message": "hello",
            })
        );
    }

    #[test]
    fn a_message_that_is_an_object_is_added_as_fields() {
        let event = formatted("{\n  \"a\": 1.50,\n  \"b\": {\"c\": \"x\\ny\"}\n}\n");
        assert_eq!(event["fields"], json!({"a": 1.50, "b": {"c": "x\ny"}}));
        for other in ["{\"a\": }", "[1]", "{", "\"x\"", "{} {}"] {
            assert_eq!(formatted(other).get("fields"), None, "{other}");
        }
    }

    #[test]
    fn every_reader_can_read_what_programs_cut_or_wrote_too_large() {
        let event = formatted(r#"{"cut": "x\ud83d", "big": 1e400, "n": 1}"#);
        assert_eq!(
            event["fields"],
            json!({"cut": "x\u{fffd}", "big": "1e400", "n": 1})
        );
        assert_eq!(
            event["message"],
            r#"{"cut": "x\ud83d", "big": 1e400, "n": 1}"#
        );
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(200), "]".repeat(200));
        assert_eq!(formatted(&deep).get("fields"), None);
    }

    proptest! {
        #[test]
        fn any_message_is_written_unchanged(message in "(\\PC|[\\x00-\\x1f\"\\\\{}]){0,60}") {
            let expected = message.trim_end_matches(['\n', '\r']);
            let event = formatted(&message);
            prop_assert_eq!(event["message"].as_str(), Some(expected));
        }
    }
}
