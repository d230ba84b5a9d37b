//! Times as people write them in flags: durations back from now, dates and times, Unix times.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use rd_common::{Error, Result};

/// The forms in which a time may be written, for hints.
const ACCEPTED: &str = "a duration back from now (90s, 2h30m, 3d, 1w), a time with an offset (2026-11-23T14:00:00Z), a time in the zone \
     of --tz (\"2026-11-23 14:00\", 2026-11-23, 14:00), seconds or milliseconds since 1970 (10 or 13 digits), or now";

/// The time that the value of a flag names, in milliseconds since 1970. Times without an offset are in `zone`.
pub fn time_of(flag: &str, text: &str, now: Timestamp, zone: &TimeZone) -> Result<i64> {
    parse(text, now, zone)
        .map(Timestamp::as_millisecond)
        .ok_or_else(|| {
            Error::usage(format!("`{text}` is not a valid time for {flag}"))
                .hint(format!("write {ACCEPTED}"))
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
    absolute(text, now, zone).or_else(|| relative(text, now, zone))
}

/// A point in time: with an offset, or local to the zone. A local time that a change to summer time skips is the one an
/// hour later.
fn absolute(text: &str, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp);
    }
    // A text with an offset or zone that did not parse is not a local time either.
    if text.ends_with(['Z', 'z', ']']) {
        return None;
    }
    // jiff also parses the date or the time at the start of a longer text.
    let date = (text.len() == 10).then(|| text.parse::<Date>().ok());
    let time = (!text.contains('-')).then(|| text.parse::<Time>().ok());
    let local = match (date.flatten(), time.flatten()) {
        (Some(date), _) => date.to_datetime(Time::midnight()),
        (None, Some(time)) => now.to_zoned(zone.clone()).date().to_datetime(time),
        (None, None) => text.parse::<DateTime>().ok()?,
    };
    Some(local.to_zoned(zone.clone()).ok()?.timestamp())
}

/// A duration back from now. A day is a day of the zone: `1d` is the same time yesterday, even if the clocks changed.
fn relative(text: &str, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
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

/// The range of `--since` and `--until`, in milliseconds since 1970; without `until` it has no end.
pub fn time_range(
    since: &str,
    until: Option<&str>,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<(i64, Option<i64>)> {
    let start = time_of("--since", since, now, zone)?;
    let end = until
        .map(|text| time_of("--until", text, now, zone))
        .transpose()?;
    if start > now.as_millisecond() {
        return Err(Error::usage(format!(
            "--since {since} is in the future: there is nothing yet"
        ))
        .hint("a time without a date is one of today; 2h counts back from now"));
    }
    if let Some(end) = end
        && end < start
    {
        return Err(Error::usage(format!(
            "--until {} is before --since {since}",
            until.unwrap_or_default()
        ))
        .hint("a duration such as 2h counts back from now in both flags"));
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
    fn times_in_every_accepted_form() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        for (text, wanted) in [
            ("now", "2026-11-23T15:30:00.250Z"),
            ("90s", "2026-11-23T15:28:30.250Z"),
            ("2h30m", "2026-11-23T13:00:00.250Z"),
            ("2h 30m", "2026-11-23T13:00:00.250Z"),
            ("1h ago", "2026-11-23T14:30:00.250Z"),
            ("3d", "2026-11-20T15:30:00.250Z"),
            ("1w", "2026-11-16T15:30:00.250Z"),
            // Before the change to winter time on 25 October: the same time of day.
            ("30d", "2026-10-24T14:30:00.250Z"),
            ("2026-11-23T14:00:00Z", "2026-11-23T14:00:00Z"),
            ("2026-11-23T14:00:00.5+01:00", "2026-11-23T13:00:00.5Z"),
            ("2026-11-23 14:00", "2026-11-23T13:00:00Z"),
            ("2026-11-23T14:00", "2026-11-23T13:00:00Z"),
            ("2026-11-23 14", "2026-11-23T13:00:00Z"),
            ("2026-11-23 14:00:01.125", "2026-11-23T13:00:01.125Z"),
            ("2026-07-01 14:00", "2026-07-01T12:00:00Z"),
            // Skipped by the change to summer time.
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
    fn errors_name_the_accepted_forms() {
        let error = time_of("--since", "noon", now(), &TimeZone::UTC).unwrap_err();
        assert!(error.summary.contains("`noon`"));
        assert!(error.hint.as_ref().unwrap().contains("2h30m"));
        let error = time_range("23:00", None, now(), &TimeZone::UTC).unwrap_err();
        assert!(error.summary.contains("--since 23:00 is in the future"));
        assert!(time_range("now", None, now(), &TimeZone::UTC).is_ok());
        let error = time_range("1h", Some("2h"), now(), &TimeZone::UTC).unwrap_err();
        assert!(error.summary.contains("--until 2h is before --since 1h"));
    }

    proptest! {
        #[test]
        fn a_time_written_in_a_zone_is_read_back(
            milliseconds in 946_684_800_000i64..4_102_444_800_000,
            zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"]),
        ) {
            let zone = TimeZone::get(zone).unwrap();
            let time = Timestamp::from_millisecond(milliseconds).unwrap();
            prop_assert_eq!(parse(&time.to_string(), now(), &zone), Some(time));
            let zoned = time.to_zoned(zone.clone());
            let local = zoned.strftime("%Y-%m-%d %H:%M:%S%.f").to_string();
            // In the hour that occurs twice, the first one is meant.
            let read = parse(&local, now(), &zone).unwrap();
            prop_assert!(read == time || zoned.datetime() == read.to_zoned(zone).datetime());
        }

        #[test]
        fn a_duration_goes_back_by_its_length(hours in 0i64..10_000, minutes in 0i64..60, seconds in 0i64..60) {
            let back = parse(&format!("{hours}h{minutes}m{seconds}s"), now(), &TimeZone::UTC).unwrap();
            let gone = now().as_second() - back.as_second();
            prop_assert_eq!(gone, hours * 3600 + minutes * 60 + seconds);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,24}") {
            let _ = parse(&text, now(), &TimeZone::UTC);
        }
    }
}
