//! Writes the timestamps of many events fast: the part that is the same for a whole minute is formatted once.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Writes the timestamps of events in one format.
pub struct TimestampWriter {
    zone: TimeZone,
    pattern: &'static str,
    ending: &'static str,
    minute: i64,
    text: String,
}

impl TimestampWriter {
    /// RFC 3339 in UTC with milliseconds: sorted as text, they are sorted by time.
    pub fn rfc3339() -> Self {
        Self::with(TimeZone::UTC, "%Y-%m-%dT%H:%M:", "Z")
    }

    /// Local time of a zone with milliseconds, with the date or without it.
    pub fn local(zone: TimeZone, date: bool) -> Self {
        let pattern = if date { "%Y-%m-%d %H:%M:" } else { "%H:%M:" };
        Self::with(zone, pattern, "")
    }

    fn with(zone: TimeZone, pattern: &'static str, ending: &'static str) -> Self {
        Self {
            zone,
            pattern,
            ending,
            minute: i64::MIN,
            text: String::new(),
        }
    }

    /// Appends a time, in milliseconds since 1970. Returns the position in `out` at which its seconds begin.
    pub fn add(&mut self, out: &mut Vec<u8>, milliseconds: i64) -> usize {
        let minute = milliseconds.div_euclid(MINUTE);
        if minute != self.minute {
            self.minute = minute;
            // AWS accepts no time that is out of range here.
            let moment = Timestamp::from_second(minute.saturating_mul(60)).unwrap_or_default();
            let zoned = moment.to_zoned(self.zone.clone());
            self.text = zoned.strftime(self.pattern).to_string();
        }
        out.extend_from_slice(self.text.as_bytes());
        let at = out.len();
        out.extend_from_slice(&seconds(milliseconds));
        out.extend_from_slice(self.ending.as_bytes());
        at
    }
}

/// Milliseconds in a minute.
pub const MINUTE: i64 = 60_000;

/// The seconds of a time within its minute, as [`TimestampWriter`] writes them: `07.123`.
pub fn seconds(milliseconds: i64) -> [u8; 6] {
    let rest = u32::try_from(milliseconds.rem_euclid(MINUTE)).unwrap_or(0);
    let digit = |unit: u32| b"0123456789"[(rest / unit % 10) as usize];
    [
        digit(10_000),
        digit(1000),
        b'.',
        digit(100),
        digit(10),
        digit(1),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_the_zone() {
        let mut utc = TimestampWriter::rfc3339();
        let mut berlin = TimestampWriter::local(TimeZone::get("Europe/Berlin").unwrap(), true);
        let mut out = Vec::new();
        for milliseconds in [1_763_900_000_007, 1_763_900_000_999, 1_763_900_001_000] {
            utc.add(&mut out, milliseconds);
            out.push(b' ');
        }
        berlin.add(&mut out, 1_763_900_000_007);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "2025-11-23T12:13:20.007Z 2025-11-23T12:13:20.999Z 2025-11-23T12:13:21.000Z 2025-11-23 13:13:20.007"
        );
    }
}
