//! Times as people write them: spans back from now, moments, and the zone in which they are meant and shown.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use rd_common::{Error, Result};

/// What a time may be, for help and errors.
pub const ALLOWED: &str = "a span back from now (90s, 2h30m, 3d, 1w), a moment (2026-11-23T14:00:00Z), a time in the zone of --tz \
     (\"2026-11-23 14:00\", 2026-11-23, 14:00), seconds or milliseconds since 1970 (10 or 13 digits), or now";

/// A time of a flag, in milliseconds since 1970.
pub fn time(flag: &str, text: &str, now: Timestamp, zone: &TimeZone) -> Result<i64> {
    parse(text, now, zone)
        .map(Timestamp::as_millisecond)
        .ok_or_else(|| {
            Error::usage(format!("`{text}` is not a time that {flag} understands"))
                .hint(format!("write {ALLOWED}"))
        })
}

fn parse(text: &str, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let text = text.trim();
    if text == "now" {
        return Some(now);
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        let number: i64 = text.parse().ok()?;
        return match text.len() {
            10 => Timestamp::from_second(number).ok(),
            13 => Timestamp::from_millisecond(number).ok(),
            _ => None,
        };
    }
    moment(text, now, zone).or_else(|| back(text, now, zone))
}

/// A moment: with an offset, or in the zone. A time that a change of clocks skips is the one after it.
fn moment(text: &str, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp);
    }
    // What has an offset or a zone of its own and is no moment is no local time either.
    if text.ends_with(['Z', 'z', ']']) {
        return None;
    }
    // jiff takes the date or the time of a longer text as well.
    let date = (text.len() == 10).then(|| text.parse::<Date>().ok());
    let time = (!text.contains('-')).then(|| text.parse::<Time>().ok());
    let local = match (date.flatten(), time.flatten()) {
        (Some(date), _) => date.to_datetime(Time::midnight()),
        (None, Some(time)) => now.to_zoned(zone.clone()).date().to_datetime(time),
        (None, None) => text.parse::<DateTime>().ok()?,
    };
    Some(local.to_zoned(zone.clone()).ok()?.timestamp())
}

/// A span back from now. Days and weeks are those of the zone: `1d` on the day of a change of clocks is the same time
/// of yesterday.
fn back(text: &str, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let text = text.strip_suffix("ago").unwrap_or(text).trim();
    if !text.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let span: Span = text.parse().ok()?;
    if span.is_negative() {
        return None;
    }
    Some(
        now.to_zoned(zone.clone())
            .checked_sub(span)
            .ok()?
            .timestamp(),
    )
}

/// The range that `--since` and `--until` say, in milliseconds; the end is none where it is open.
pub fn range(
    since: &str,
    until: Option<&str>,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<(i64, Option<i64>)> {
    let start = time("--since", since, now, zone)?;
    let end = until
        .map(|text| time("--until", text, now, zone))
        .transpose()?;
    if let Some(end) = end
        && end < start
    {
        return Err(Error::usage(format!(
            "--until {} is before --since {since}",
            until.unwrap_or_default()
        ))
        .hint("a span such as 2h means so long before now, for both"));
    }
    Ok((start, end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn now() -> Timestamp {
        "2026-11-23T15:30:00.250Z".parse().unwrap()
    }

    #[test]
    fn a_table_of_times() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        for (text, wanted) in [
            ("now", "2026-11-23T15:30:00.250Z"),
            ("90s", "2026-11-23T15:28:30.250Z"),
            ("2h30m", "2026-11-23T13:00:00.250Z"),
            ("2h 30m", "2026-11-23T13:00:00.250Z"),
            ("1h ago", "2026-11-23T14:30:00.250Z"),
            ("3d", "2026-11-20T15:30:00.250Z"),
            ("1w", "2026-11-16T15:30:00.250Z"),
            // Over the change of clocks on 25 October: the same time of day.
            ("30d", "2026-10-24T14:30:00.250Z"),
            ("2026-11-23T14:00:00Z", "2026-11-23T14:00:00Z"),
            ("2026-11-23T14:00:00.5+01:00", "2026-11-23T13:00:00.5Z"),
            ("2026-11-23 14:00", "2026-11-23T13:00:00Z"),
            ("2026-11-23T14:00", "2026-11-23T13:00:00Z"),
            ("2026-11-23 14", "2026-11-23T13:00:00Z"),
            ("2026-11-23 14:00:01.125", "2026-11-23T13:00:01.125Z"),
            ("2026-07-01 14:00", "2026-07-01T12:00:00Z"),
            // Skipped in spring.
            ("2026-03-29 02:30", "2026-03-29T01:30:00Z"),
            ("2026-11-23", "2026-11-22T23:00:00Z"),
            ("14:00", "2026-11-23T13:00:00Z"),
            ("1763900000", "2025-11-23T12:13:20Z"),
            ("1763900000123", "2025-11-23T12:13:20.123Z"),
        ] {
            let wanted: Timestamp = wanted.parse().unwrap();
            assert_eq!(parse(text, now(), &berlin), Some(wanted), "{text}");
        }
        for text in [
            "",
            "yesterday-ish",
            "-5m",
            "5",
            "12345",
            "2026-13-01",
            "25:00",
            "2h!",
            "h",
            "m5",
            "2026-02-30",
            "2026-11-23Z",
        ] {
            assert_eq!(parse(text, now(), &berlin), None, "{text}");
        }
    }

    #[test]
    fn errors_say_what_is_allowed() {
        let error = time("--since", "noon", now(), &TimeZone::UTC).unwrap_err();
        assert!(error.summary.contains("`noon`"));
        assert!(error.hint.as_ref().unwrap().contains("2h30m"));
        let error = range("1h", Some("2h"), now(), &TimeZone::UTC).unwrap_err();
        assert!(error.summary.contains("--until 2h is before --since 1h"));
    }

    proptest! {
        #[test]
        fn a_moment_written_in_a_zone_is_read_back(
            milliseconds in 946_684_800_000i64..4_102_444_800_000,
            zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"]),
        ) {
            let zone = TimeZone::get(zone).unwrap();
            let moment = Timestamp::from_millisecond(milliseconds).unwrap();
            prop_assert_eq!(parse(&moment.to_string(), now(), &zone), Some(moment));
            let zoned = moment.to_zoned(zone.clone());
            let local = zoned.strftime("%Y-%m-%d %H:%M:%S%.f").to_string();
            // In the hour that comes twice, the first is meant.
            let read = parse(&local, now(), &zone).unwrap();
            prop_assert!(read == moment || zoned.datetime() == read.to_zoned(zone).datetime());
        }

        #[test]
        fn a_span_goes_back_by_its_length(hours in 0i64..10_000, minutes in 0i64..60, seconds in 0i64..60) {
            let back = parse(&format!("{hours}h{minutes}m{seconds}s"), now(), &TimeZone::UTC).unwrap();
            let gone = now().as_second() - back.as_second();
            prop_assert_eq!(gone, hours * 3600 + minutes * 60 + seconds);
        }

        #[test]
        fn nothing_makes_it_panic(text in "\\PC{0,24}") {
            let _ = parse(&text, now(), &TimeZone::UTC);
        }
    }
}
