//! One JSON object an event. The message's own JSON is passed on as it is written, once it is known to be whole.

use super::clock::ClockText;
use crate::events::escape::unescape;
use crate::events::event::Event;
use serde::de::IgnoredAny;

/// Writes events as JSON.
pub struct Json {
    timestamp: ClockText,
    ingestion: ClockText,
    groups: Vec<Vec<u8>>,
    text: String,
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
            text: String::new(),
        }
    }

    /// Adds an event.
    pub fn add(&mut self, out: &mut Vec<u8>, event: &Event) {
        out.extend_from_slice(b"{\"timestamp\":\"");
        self.timestamp.add(out, event.timestamp);
        out.extend_from_slice(b"\",\"ingestion_time\":\"");
        self.ingestion.add(out, event.ingested);
        out.extend_from_slice(b"\",\"group\":");
        match self.groups.get(event.group) {
            Some(group) => out.extend_from_slice(group),
            None => out.extend_from_slice(b"null"),
        }
        // Strings as AWS wrote them are JSON, and are written again as they are.
        out.extend_from_slice(b",\"stream\":\"");
        out.extend_from_slice(event.written_stream().as_bytes());
        if !event.id().is_empty() {
            out.extend_from_slice(b"\",\"id\":\"");
            out.extend_from_slice(event.id().as_bytes());
        }
        let message = without_line_end(event.written_message());
        out.extend_from_slice(b"\",\"message\":\"");
        out.extend_from_slice(message.as_bytes());
        out.push(b'"');
        if message.starts_with(['{', ' ', '\\']) {
            self.fields(out, message);
        }
        out.extend_from_slice(b"}\n");
    }

    /// Adds the message as JSON, where it is a JSON object.
    fn fields(&mut self, out: &mut Vec<u8>, written: &str) {
        self.text.clear();
        if unescape(written, &mut self.text).is_none() {
            return;
        }
        let object = self.text.trim();
        let looks = object.starts_with('{') && object.ends_with('}');
        if !looks || serde_json::from_str::<IgnoredAny>(object).is_err() {
            return;
        }
        out.extend_from_slice(b",\"fields\":");
        // Between members there may be line ends; within strings there are none.
        out.extend(object.bytes().map(|byte| match byte {
            b'\n' | b'\r' => b' ',
            other => other,
        }));
    }
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
