//! One log event, and the order in which events are shown.

use super::body::Body;
use super::json_text::escape::unescaped;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::Range;
use std::rc::Rc;

/// Where an event's members are: the strings as they are written in JSON, without their quotes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// When it happened.
    pub timestamp: i64,
    /// When it was taken in.
    pub ingested: i64,
    /// The id.
    pub id: Range<u32>,
    /// The stream.
    pub stream: Range<u32>,
    /// The text.
    pub message: Range<u32>,
}

/// A log event: a place in AWS's answer.
#[derive(Clone, Debug)]
pub struct Event {
    /// When it happened, in milliseconds since 1970, as its sender says.
    pub timestamp: i64,
    /// When CloudWatch took it in, in milliseconds since 1970.
    pub ingested: i64,
    /// Which of the groups that are read it is of.
    pub group: usize,
    body: Rc<Body>,
    id: Range<u32>,
    stream: Range<u32>,
    message: Range<u32>,
}

impl Event {
    /// An event at a place of an answer.
    pub fn at(body: Rc<Body>, group: usize, place: Place) -> Self {
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

    /// An event of its own.
    pub fn new(times: (i64, i64), group: usize, id: &str, stream: &str, message: &str) -> Self {
        let written = [id, stream, message].map(|text| {
            let quoted = serde_json::Value::from(text).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        });
        Self::of(times, group, written.each_ref().map(String::as_str))
    }

    fn of((timestamp, ingested): (i64, i64), group: usize, written: [&str; 3]) -> Self {
        let mut end = 0;
        let [id, stream, message] = written.map(|text| {
            let start = end;
            end += u32::try_from(text.len()).unwrap_or(0);
            start..end
        });
        Self {
            timestamp,
            ingested,
            group,
            body: Body::new(written.concat()),
            id,
            stream,
            message,
        }
    }

    /// The same without the rest of the answer that it is a place in, which is given back.
    pub fn alone(&self) -> Self {
        let written = [self.id(), self.written_stream(), self.written_message()];
        Self::of((self.timestamp, self.ingested), self.group, written)
    }

    /// AWS's id; empty for what a live tail sends, which has none.
    pub fn id(&self) -> &str {
        // Digits: there is nothing to be unescaped.
        self.body.part(&self.id)
    }

    /// The stream as it is written in JSON, without quotes.
    pub fn written_stream(&self) -> &str {
        self.body.part(&self.stream)
    }

    /// The message as it is written in JSON, without quotes.
    pub fn written_message(&self) -> &str {
        self.body.part(&self.message)
    }

    /// The stream.
    pub fn stream(&self) -> Cow<'_, str> {
        plain(self.written_stream())
    }

    /// The text.
    pub fn message(&self) -> Cow<'_, str> {
        plain(self.written_message())
    }

    /// By the time it happened, then the time it was taken in, then the id, as AWS sorts.
    /// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>
    pub fn order(&self, other: &Self) -> Ordering {
        (self.timestamp, self.ingested)
            .cmp(&(other.timestamp, other.ingested))
            .then_with(|| self.id().cmp(other.id()))
    }

    /// How much memory it takes of its own, in bytes.
    pub fn size(&self) -> usize {
        size_of::<Self>() + self.id.len() + self.stream.len() + self.message.len()
    }

    /// How much memory it keeps, with the answer that it is a place in, in bytes.
    pub fn keeps(&self) -> usize {
        self.body.len()
    }

    /// What tells it from all others of its group: 64 bits of its id. Two ids of one second that share them are as good
    /// as never met: at 10,000 events a second, once in 50,000 years.
    pub fn key(&self) -> u64 {
        key(self.id())
    }
}

fn plain(written: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\\', written.as_bytes()).is_none() {
        return Cow::Borrowed(written);
    }
    // What cannot be unescaped is shown as it is written.
    unescaped(written).map_or(Cow::Borrowed(written), Cow::Owned)
}

/// 64 bits of an id (FNV-1a), the same in every version of this program, since checkpoints hold them.
pub fn key(id: &str) -> u64 {
    id.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Puts events in order; what AWS sends mostly is.
pub fn sort(events: &mut [Event]) {
    if !events.is_sorted_by(|a, b| a.order(b) != Ordering::Greater) {
        events.sort_by(Event::order);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_an_id_stays() {
        // From the definition of FNV-1a.
        assert_eq!(key(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(key("a"), 0xaf63_dc4c_8601_ec8c);
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
    fn an_event_says_what_it_was_made_of() {
        let event = Event::new((1, 2), 0, "7", "a/\"b\"", "x\ny\\");
        for event in [event.alone(), event] {
            assert_eq!((event.id(), event.stream().as_ref()), ("7", "a/\"b\""));
            assert_eq!(event.message(), "x\ny\\");
            assert_eq!(event.written_message(), "x\\ny\\\\");
        }
    }
}
