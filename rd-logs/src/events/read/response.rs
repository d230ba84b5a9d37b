//! Parses the body of a FilterLogEvents response: finds where in its text the members of each event are.
//!
//! serde_json with borrowed `RawValue`s takes 2.3 to 3 times the CPU (docs/building.md, "Logs").

use crate::events::body::Body;
use crate::events::event::{Event, Place};
use crate::events::json_text::escape::unescaped;
use crate::events::json_text::parser::Parser;
use memchr::memchr2;
use std::ops::Range;

/// The size of an event with a short message in a body, in bytes: ids, times and names take most of it.
const SMALL_EVENT: usize = 200;

/// The events of one page, and where the next page is.
#[derive(Debug)]
pub struct Response {
    /// The events, in the order in which AWS sent them.
    pub events: Vec<Event>,
    /// The token of the next page; none on the last page.
    pub token: Option<String>,
}

/// Parses a body; none if it is not a response of FilterLogEvents. `group` is the index of the log group that was read.
pub fn parse(mut bytes: Vec<u8>, group: usize) -> Option<Response> {
    // Line ends can only be between values. Without them, an object of a message can be printed on one line as it is.
    if memchr2(b'\n', b'\r', &bytes).is_some() {
        for byte in &mut bytes {
            if matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
    }
    let body = Body::new(String::from_utf8(bytes).ok()?);
    let mut parser = Parser::new(body.bytes());
    let mut events = Vec::with_capacity(body.len() / SMALL_EVENT + 1);
    let mut layout = Layout::default();
    let mut token = None;
    parser.object(|parser, name| {
        match name {
            b"events" => parser.array(|parser| {
                let place = parser.event(&mut layout)?;
                events.push(Event::in_body(body.clone(), group, place));
                Some(())
            })?,
            b"nextToken" if parser.peek() == Some(b'"') => token = Some(parser.string()?),
            _ => parser.skip_value()?,
        }
        Some(())
    })?;
    parser.skip_blanks();
    if parser.at != parser.bytes.len() {
        return None;
    }
    let token = match token {
        Some(range) => Some(unescaped(body.part(&range))?),
        None => None,
    };
    Some(Response { events, token })
}

/// The members of an event that are used.
#[derive(Clone, Copy, Debug)]
enum Member {
    Timestamp,
    Ingested,
    Id,
    Stream,
    Message,
}

/// The JSON around the values of an event: the bytes before each value, and those after the last one. AWS writes all
/// events of a response alike, so the next event is first compared with the layout of the one before it, without
/// parsing names.
#[derive(Debug, Default)]
struct Layout {
    before: Vec<(Member, Range<usize>)>,
    after: Range<usize>,
}

impl Parser<'_> {
    fn event(&mut self, layout: &mut Layout) -> Option<Place> {
        let start = self.at;
        if let Some(place) = self.event_with_layout(layout) {
            return Some(place);
        }
        self.at = start;
        self.event_by_names(layout)
    }

    /// An event that has this layout; none if its layout is another one.
    fn event_with_layout(&mut self, layout: &Layout) -> Option<Place> {
        let mut place = Place::default();
        for (member, before) in &layout.before {
            self.same_bytes(before)?;
            match member {
                Member::Timestamp => place.timestamp = self.number()?,
                Member::Ingested => place.ingested = self.number()?,
                Member::Id => place.id = self.string_rest()?,
                Member::Stream => place.stream = self.string_rest()?,
                Member::Message => place.message = self.string_rest()?,
            }
        }
        self.same_bytes(&layout.after)?;
        Some(place)
    }

    /// An event in any layout, which is stored in `layout`.
    fn event_by_names(&mut self, layout: &mut Layout) -> Option<Place> {
        let mut place = Place::default();
        let mut last = self.at;
        layout.before.clear();
        self.object(|parser, name| {
            let member = match name {
                b"timestamp" => Member::Timestamp,
                b"ingestionTime" => Member::Ingested,
                b"eventId" => Member::Id,
                b"logStreamName" => Member::Stream,
                b"message" => Member::Message,
                _ => return parser.skip_value(),
            };
            // The quotes of a string are part of the layout.
            let start = parser.at;
            match member {
                Member::Timestamp => place.timestamp = parser.number()?,
                Member::Ingested => place.ingested = parser.number()?,
                Member::Id => place.id = parser.string()?,
                Member::Stream => place.stream = parser.string()?,
                Member::Message => place.message = parser.string()?,
            }
            let quote = usize::from(parser.bytes[start] == b'"');
            layout.before.push((member, last..start + quote));
            last = parser.at - quote;
            Some(())
        })?;
        layout.after = last..self.at;
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    proptest! {
        #[test]
        fn events_have_the_values_that_were_written(
            events in prop::collection::vec(
                (any::<i64>(), "(\\PC|[\\x00-\\x1f\"\\\\]){0,30}", "\\PC{0,10}", prop::option::of("[0-9]{1,5}")),
                0..8,
            ),
            token in prop::option::of("\\PC{0,20}"),
            pretty in any::<bool>(),
        ) {
            let list: Vec<Value> = events
                .iter()
                .map(|(time, message, stream, id)| {
                    let other = json!([{"x": "]}\\\""}, null, true, -1.5e3]);
                    let mut event = json!({
                        "message": message, "other": other, "timestamp": time, "logStreamName": stream,
                        "ingestionTime": 7,
                    });
                    if let Some(id) = id {
                        event["eventId"] = json!(id);
                    }
                    event
                })
                .collect();
            let response = json!({"searchedLogStreams": [{"a": []}], "events": list, "nextToken": token});
            let text = if pretty { format!("{response:#}") } else { response.to_string() };
            let response = parse(text.into_bytes(), 3).unwrap();
            prop_assert_eq!(response.token, token);
            prop_assert_eq!(response.events.len(), events.len());
            for (event, (time, message, stream, id)) in response.events.iter().zip(&events) {
                prop_assert_eq!((event.timestamp, event.ingested, event.group), (*time, 7, 3));
                prop_assert_eq!(&event.message(), message);
                prop_assert_eq!(&event.stream(), stream);
                prop_assert_eq!(event.id(), id.as_deref().unwrap_or_default());
            }
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "[{}\\[\\]\",:\\\\a-z0-9 \n]{0,60}") {
            let _ = parse(text.into_bytes(), 0);
        }
    }

    #[test]
    fn other_texts_are_not_parsed() {
        for text in [
            "",
            "{",
            "[]",
            "{} x",
            "{\"events\":{}}",
            "{\"events\":[1]}",
            "{\"events\":[{\"timestamp\":\"x\"}]}",
        ] {
            assert!(parse(text.as_bytes().to_vec(), 0).is_none(), "{text}");
        }
        assert!(parse(vec![b'{', 0xff, b'}'], 0).is_none());
        assert!(parse(b"{}".to_vec(), 0).unwrap().events.is_empty());
    }
}
