//! Reads an answer of FilterLogEvents: finds where in its text the events are.


use crate::events::body::Body;
use crate::events::json_text::escape::unescaped;
use crate::events::json_text::scan::string_end;
use crate::events::event::{Event, Place};
use memchr::memchr2;
use std::ops::Range;
use std::str::from_utf8;

/// The least that an event takes in an answer, in bytes, but for the shortest of messages.
const LEAST: usize = 200;

/// What an answer holds.
#[derive(Debug)]
pub struct Answer {
    /// The events, in AWS's order.
    pub events: Vec<Event>,
    /// The token of the next page.
    pub token: Option<String>,
}

/// Reads an answer; none where it is not what FilterLogEvents answers.
pub fn read(mut bytes: Vec<u8>, group: usize) -> Option<Answer> {
    // Line ends can only be between values; without them a string can be written as it is on a line of its own.
    if memchr2(b'\n', b'\r', &bytes).is_some() {
        for byte in &mut bytes {
            if matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
    }
    let body = Body::new(String::from_utf8(bytes).ok()?);
    let mut reader = Reader {
        bytes: body.bytes(),
        at: 0,
    };
    let mut events = Vec::with_capacity(body.len() / LEAST + 1);
    let mut shape = Shape::default();
    let mut token = None;
    reader.object(|reader, name| {
        match name {
            b"events" => reader.list(|reader| {
                events.push(Event::at(body.clone(), group, reader.event(&mut shape)?));
                Some(())
            })?,
            b"nextToken" if reader.peek() == Some(b'"') => token = Some(reader.string()?),
            _ => reader.skip()?,
        }
        Some(())
    })?;
    reader.blank();
    if reader.at != reader.bytes.len() {
        return None;
    }
    let token = match token {
        Some(place) => Some(unescaped(body.part(&place))?),
        None => None,
    };
    Some(Answer { events, token })
}

/// The members of an event that are read.
#[derive(Clone, Copy, Debug)]
enum Member {
    Timestamp,
    Ingested,
    Id,
    Stream,
    Message,
}

/// How an event is written: what stands before each of its values, and after the last. AWS writes all alike, so that the
/// next one is as the one before, and its names need not be read.
#[derive(Debug, Default)]
struct Shape {
    before: Vec<(Member, Range<usize>)>,
    after: Range<usize>,
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn blank(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    fn peek(&mut self) -> Option<u8> {
        self.blank();
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, wanted: u8) -> Option<()> {
        (self.peek()? == wanted).then(|| self.at += 1)
    }

    /// A string's place, without its quotes.
    fn string(&mut self) -> Option<Range<u32>> {
        self.take(b'"')?;
        let place = self.text()?;
        self.at += 1;
        Some(place)
    }

    /// A string's place, from behind its first quote to before its last.
    fn text(&mut self) -> Option<Range<u32>> {
        let start = self.at;
        self.at = string_end(self.bytes, start)?;
        Some(u32::try_from(start).ok()?..u32::try_from(self.at).ok()?)
    }

    fn number(&mut self) -> Option<i64> {
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
            // What is negative, or may not fit.
            _ => from_utf8(&self.bytes[start..self.at]).ok()?.parse().ok(),
        }
    }

    /// An object: `member` reads the value of each.
    fn object(&mut self, mut member: impl FnMut(&mut Self, &[u8]) -> Option<()>) -> Option<()> {
        self.take(b'{')?;
        if self.peek()? == b'}' {
            return self.take(b'}');
        }
        loop {
            let bytes = self.bytes;
            let name = self.name()?;
            self.take(b':')?;
            self.blank();
            member(self, &bytes[name])?;
            if self.peek()? == b'}' {
                return self.take(b'}');
            }
            self.take(b',')?;
        }
    }

    fn list(&mut self, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.take(b'[')?;
        if self.peek()? == b']' {
            return self.take(b']');
        }
        loop {
            item(self)?;
            if self.peek()? == b']' {
                return self.take(b']');
            }
            self.take(b',')?;
        }
    }

    fn event(&mut self, shape: &mut Shape) -> Option<Place> {
        let start = self.at;
        if let Some(place) = self.event_alike(shape) {
            return Some(place);
        }
        self.at = start;
        self.event_anew(shape)
    }

    /// An event that is written as the one before; none where it is written in another way.
    fn event_alike(&mut self, shape: &Shape) -> Option<Place> {
        let mut place = Place::default();
        for (member, before) in &shape.before {
            self.same(before)?;
            match member {
                Member::Timestamp => place.timestamp = self.number()?,
                Member::Ingested => place.ingested = self.number()?,
                Member::Id => place.id = self.text()?,
                Member::Stream => place.stream = self.text()?,
                Member::Message => place.message = self.text()?,
            }
        }
        self.same(&shape.after)?;
        Some(place)
    }

    /// The same bytes as at another place.
    fn same(&mut self, place: &Range<usize>) -> Option<()> {
        let same = self
            .bytes
            .get(place.clone())
            .filter(|same| !same.is_empty())?;
        self.bytes[self.at..]
            .starts_with(same)
            .then(|| self.at += same.len())
    }

    /// An event as it is; notes how it is written.
    fn event_anew(&mut self, shape: &mut Shape) -> Option<Place> {
        let mut place = Place::default();
        let mut last = self.at;
        shape.before.clear();
        self.object(|reader, name| {
            let member = match name {
                b"timestamp" => Member::Timestamp,
                b"ingestionTime" => Member::Ingested,
                b"eventId" => Member::Id,
                b"logStreamName" => Member::Stream,
                b"message" => Member::Message,
                _ => return reader.skip(),
            };
            // The quotes of a string are of what is around it.
            let start = reader.at;
            match member {
                Member::Timestamp => place.timestamp = reader.number()?,
                Member::Ingested => place.ingested = reader.number()?,
                Member::Id => place.id = reader.string()?,
                Member::Stream => place.stream = reader.string()?,
                Member::Message => place.message = reader.string()?,
            }
            let quote = usize::from(reader.bytes[start] == b'"');
            shape.before.push((member, last..start + quote));
            last = reader.at - quote;
            Some(())
        })?;
        shape.after = last..self.at;
        Some(place)
    }

    /// A member's name. Names are short, and looking for their end byte by byte is fastest.
    fn name(&mut self) -> Option<Range<usize>> {
        self.take(b'"')?;
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

    /// Any value. What is in brackets is only looked at for their number: nobody uses it.
    fn skip(&mut self) -> Option<()> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    proptest! {
        #[test]
        fn an_answer_is_read_as_it_was_written(
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
            let answer = json!({"searchedLogStreams": [{"a": []}], "events": list, "nextToken": token});
            let text = if pretty { format!("{answer:#}") } else { answer.to_string() };
            let read = read(text.into_bytes(), 3).unwrap();
            prop_assert_eq!(read.token, token);
            prop_assert_eq!(read.events.len(), events.len());
            for (event, (time, message, stream, id)) in read.events.iter().zip(&events) {
                prop_assert_eq!((event.timestamp, event.ingested, event.group), (*time, 7, 3));
                prop_assert_eq!(&event.message(), message);
                prop_assert_eq!(&event.stream(), stream);
                prop_assert_eq!(event.id(), id.as_deref().unwrap_or_default());
            }
        }

        #[test]
        fn nothing_makes_it_panic(text in "[{}\\[\\]\",:\\\\a-z0-9 \n]{0,60}") {
            let _ = read(text.into_bytes(), 0);
        }
    }

    #[test]
    fn what_is_no_answer_is_none() {
        for text in [
            "",
            "{",
            "[]",
            "{} x",
            "{\"events\":{}}",
            "{\"events\":[1]}",
            "{\"events\":[{\"timestamp\":\"x\"}]}",
        ] {
            assert!(read(text.as_bytes().to_vec(), 0).is_none(), "{text}");
        }
        assert!(read(vec![b'{', 0xff, b'}'], 0).is_none());
        assert!(read(b"{}".to_vec(), 0).unwrap().events.is_empty());
    }
}
