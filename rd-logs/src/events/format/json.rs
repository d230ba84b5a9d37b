//! One JSON object an event. The message's own JSON is passed on as it is written, once it is known to be whole.

use crate::events::json_text::escape::unescape;
use crate::events::event::Event;
use crate::time::clock_text::{ClockText, MINUTE, seconds};
use serde::de::IgnoredAny;
use std::str::from_utf8;

/// Writes events as JSON.
pub struct Json {
    timestamp: ClockText,
    ingestion: ClockText,
    groups: Vec<Vec<u8>>,
    head: Head,
}

/// What an event begins with, up to its stream. It is the same for all of a group and a minute, but for the seconds.
#[derive(Default)]
struct Head {
    text: Vec<u8>,
    /// The group, and the minutes of both times.
    of: Option<(usize, i64, i64)>,
    /// Where the seconds of both times are.
    seconds: [usize; 2],
}

impl Json {
    /// A writer for events of these groups.
    pub fn new(groups: &[String]) -> Self {
        let quoted = |name: &String| {
            let mut text = Vec::new();
            string(&mut text, name);
            text
        };
        Self {
            timestamp: ClockText::rfc3339(),
            ingestion: ClockText::rfc3339(),
            groups: groups.iter().map(quoted).collect(),
            head: Head::default(),
        }
    }

    /// Adds an event.
    pub fn add(&mut self, out: &mut Vec<u8>, event: &Event) {
        let (stream, id) = (event.written_stream(), event.id());
        let message = without_line_end(event.written_message());
        self.head(event);
        // Strings as AWS wrote them are JSON, and are written again as they are.
        for part in [&self.head.text, stream.as_bytes()] {
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
            if fields(out, message).is_none() {
                out.truncate(length);
            }
        }
        out.extend_from_slice(b"}\n");
    }

    /// Makes the head that of an event.
    fn head(&mut self, event: &Event) {
        let times = [event.timestamp, event.ingested];
        let [timestamp, ingestion] = times.map(|time| time.div_euclid(MINUTE));
        let of = Some((event.group, timestamp, ingestion));
        if self.head.of != of {
            self.head.of = of;
            self.begin(event);
        }
        for (at, time) in self.head.seconds.iter().zip(times) {
            let seconds = seconds(time);
            self.head.text[*at..at + seconds.len()].copy_from_slice(&seconds);
        }
    }

    fn begin(&mut self, event: &Event) {
        let text = &mut self.head.text;
        text.clear();
        text.extend_from_slice(b"{\"timestamp\":\"");
        let first = self.timestamp.add(text, event.timestamp);
        text.extend_from_slice(b"\",\"ingestion_time\":\"");
        let second = self.ingestion.add(text, event.ingested);
        self.head.seconds = [first, second];
        text.extend_from_slice(b"\",\"group\":");
        let group = self.groups.get(event.group);
        text.extend_from_slice(group.map_or(b"null", Vec::as_slice));
        text.extend_from_slice(b",\"stream\":\"");
    }
}

/// Adds the message as JSON, where it is a JSON object; where it is none, what was added is of no use.
fn fields(out: &mut Vec<u8>, written: &str) -> Option<()> {
    out.extend_from_slice(b",\"fields\":");
    let begin = out.len();
    unescape(written, out)?;
    let text = from_utf8(&out[begin..]).ok()?;
    let object = text.trim();
    if !(object.starts_with('{') && object.ends_with('}')) {
        return None;
    }
    serde_json::from_str::<IgnoredAny>(object).ok()?;
    let (blank, length) = (text.len() - text.trim_start().len(), object.len());
    out.truncate(begin + blank + length);
    out.drain(begin..begin + blank);
    // Between members there may be line ends; within strings there are none.
    for byte in &mut out[begin..] {
        let is_end = matches!(*byte, b'\n' | b'\r');
        *byte = if is_end { b' ' } else { *byte };
    }
    Some(())
}

/// A text as it is written in JSON, without the line ends at its end.
fn without_line_end(written: &str) -> &str {
    let mut text = written;
    while let Some(shorter) = text
        .strip_suffix("\\n")
        .or_else(|| text.strip_suffix("\\r"))
    {
        // After a backslash that is one itself, the letter is a letter.
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

/// Adds a text in quotes. Runs of plain characters are copied whole.
fn string(out: &mut Vec<u8>, text: &str) {
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

    fn written(message: &str) -> Value {
        let times = (1_763_900_000_007, 1_763_900_001_000);
        let event = Event::new(times, 0, "7", "api/\"x\"", message);
        let mut out = Vec::new();
        Json::new(&["/ecs/api".to_owned()]).add(&mut out, &event);
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn an_event_has_its_members() {
        assert_eq!(
            written("hello\n"),
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
    fn a_message_that_is_an_object_is_there_as_fields() {
        let event = written("{\n  \"a\": 1.50,\n  \"b\": {\"c\": \"x\\ny\"}\n}\n");
        assert_eq!(event["fields"], json!({"a": 1.50, "b": {"c": "x\ny"}}));
        for other in ["{\"a\": }", "[1]", "{", "\"x\"", "{} {}"] {
            assert_eq!(written(other).get("fields"), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn any_message_survives(message in "(\\PC|[\\x00-\\x1f\"\\\\{}]){0,60}") {
            let wanted = message.trim_end_matches(['\n', '\r']);
            let event = written(&message);
            prop_assert_eq!(event["message"].as_str(), Some(wanted));
        }
    }
}
