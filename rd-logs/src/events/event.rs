//! One log event, and the order in which events are printed.

use super::body::Body;
use super::json_text::escape::unescaped;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::Range;
use std::rc::Rc;

/// Where in a body the members of an event are. Strings are ranges of JSON text, without the quotes and still escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The event's time, in milliseconds since 1970.
    pub timestamp: i64,
    /// The time at which CloudWatch received it, in milliseconds since 1970.
    pub ingested: i64,
    /// The bytes of `eventId`.
    pub id: Range<u32>,
    /// The bytes of `logStreamName`.
    pub stream: Range<u32>,
    /// The bytes of `message`.
    pub message: Range<u32>,
}

/// A log event, which shares the body of the response that it came in.
#[derive(Clone, Debug)]
pub struct Event {
    /// When it happened according to its sender, in milliseconds since 1970.
    pub timestamp: i64,
    /// When CloudWatch received it, in milliseconds since 1970.
    pub ingested: i64,
    /// The index of its log group in the list of groups that are read.
    pub group: usize,
    body: Rc<Body>,
    id: Range<u32>,
    stream: Range<u32>,
    message: Range<u32>,
}

impl Event {
    /// The event at a place of a response's body.
    pub fn in_body(body: Rc<Body>, group: usize, place: Place) -> Self {
        Self {
            timestamp: place.timestamp,
            ingested: place.ingested,
            group,
            body,
            id: place.id,
            stream: place.stream,
            message: place.message,
        }
    }

    /// An event with a body of its own. `times` are its timestamp and its ingestion time, in milliseconds since 1970.
    pub fn new(times: (i64, i64), group: usize, id: &str, stream: &str, message: &str) -> Self {
        let escaped = [id, stream, message].map(|text| {
            let quoted = serde_json::Value::from(text).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        });
        Self::from_json_text(times, group, escaped.each_ref().map(String::as_str))
    }

    /// An event with a body of its own, from an id, a stream and a message that are escaped as in JSON.
    fn from_json_text((timestamp, ingested): (i64, i64), group: usize, escaped: [&str; 3]) -> Self {
        let mut end = 0;
        let [id, stream, message] = escaped.map(|text| {
            let start = end;
            end += u32::try_from(text.len()).unwrap_or(0);
            start..end
        });
        Self {
            timestamp,
            ingested,
            group,
            body: Body::new(escaped.concat()),
            id,
            stream,
            message,
        }
    }

    /// A copy with a body of its own, so that the whole response need not stay in memory.
    pub fn detached(&self) -> Self {
        let escaped = [self.id(), self.json_stream(), self.json_message()];
        Self::from_json_text((self.timestamp, self.ingested), self.group, escaped)
    }

    /// AWS's id; empty for an event of Live Tail, which sends none.
    pub fn id(&self) -> &str {
        // An id consists of digits, so it has no escapes.
        self.body.part(&self.id)
    }

    /// The name of its log stream, escaped as in JSON, without quotes.
    pub fn json_stream(&self) -> &str {
        self.body.part(&self.stream)
    }

    /// The message, escaped as in JSON, without quotes.
    pub fn json_message(&self) -> &str {
        self.body.part(&self.message)
    }

    /// The name of its log stream.
    pub fn stream(&self) -> Cow<'_, str> {
        without_escapes(self.json_stream())
    }

    /// The message, with its line end if it has one.
    pub fn message(&self) -> Cow<'_, str> {
        without_escapes(self.json_message())
    }

    /// Compares by timestamp, then by ingestion time, then by id, as AWS sorts.
    /// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>
    pub fn order(&self, other: &Self) -> Ordering {
        (self.timestamp, self.ingested)
            .cmp(&(other.timestamp, other.ingested))
            .then_with(|| self.id().cmp(other.id()))
    }

    /// The memory of the event itself, in bytes, without the rest of the body that it shares.
    pub fn size(&self) -> usize {
        size_of::<Self>() + self.id.len() + self.stream.len() + self.message.len()
    }

    /// The size of the body that the event keeps in memory, in bytes.
    pub fn body_size(&self) -> usize {
        self.body.len()
    }

    /// 64 bits of its id, which distinguish it from all other events of its group. At 10,000 events a second, two ids
    /// of the same second have the same hash once in 50,000 years.
    pub fn id_hash(&self) -> u64 {
        id_hash(self.id())
    }
}

fn without_escapes(escaped: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\\', escaped.as_bytes()).is_none() {
        return Cow::Borrowed(escaped);
    }
    // Invalid escapes are shown as they are.
    unescaped(escaped).map_or(Cow::Borrowed(escaped), Cow::Owned)
}

/// The FNV-1a hash of an id. It must be the same in every version of rd-logs, because checkpoints contain it.
pub fn id_hash(id: &str) -> u64 {
    id.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Sorts events in [`Event::order`]. AWS mostly sends them sorted, which is checked first.
pub fn sort(events: &mut [Event]) {
    if !events.is_sorted_by(|a, b| a.order(b) != Ordering::Greater) {
        events.sort_by(Event::order);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_the_same_hash_in_every_version() {
        // From the definition of FNV-1a.
        assert_eq!(id_hash(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(id_hash("a"), 0xaf63_dc4c_8601_ec8c);
    }

    #[test]
    fn events_are_sorted_by_time_then_ingestion_then_id() {
        let event =
            |timestamp, ingested, id: &str| Event::new((timestamp, ingested), 0, id, "", "");
        let mut events = [
            event(2, 1, "a"),
            event(1, 5, "b"),
            event(1, 5, "a"),
            event(1, 4, "z"),
        ];
        sort(&mut events);
        let ids: Vec<&str> = events.iter().map(Event::id).collect();
        assert_eq!(ids, ["z", "a", "b", "a"]);
    }

    #[test]
    fn an_event_returns_the_texts_it_was_created_with() {
        let event = Event::new((1, 2), 0, "7", "a/\"b\"", "x\ny\\");
        for event in [event.detached(), event] {
            assert_eq!((event.id(), event.stream().as_ref()), ("7", "a/\"b\""));
            assert_eq!(event.message(), "x\ny\\");
            assert_eq!(event.json_message(), "x\\ny\\\\");
        }
    }
}
