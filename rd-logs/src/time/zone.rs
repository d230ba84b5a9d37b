//! Time zones by name or offset, and times shown in a zone.

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::TimeZone;
use rd_common::{Error, Result};

/// A zone by its name (`Europe/Berlin`), `UTC`, an offset (`+02:00`) or `local`; the machine's zone without a name.
pub fn time_zone(name: Option<&str>) -> Result<TimeZone> {
    let Some(name) = name else {
        return Ok(TimeZone::system());
    };
    let offset = || DateTimeParser::new().parse_time_zone(name).ok();
    match name {
        "local" => Ok(TimeZone::system()),
        "UTC" | "utc" | "Z" => Ok(TimeZone::UTC),
        _ => TimeZone::get(name).ok().or_else(offset).ok_or_else(|| {
            Error::usage(format!("`{name}` is not a valid time zone")).hint(
                "write a name such as Europe/Berlin, an offset such as +02:00, UTC, or local, which is the default",
            )
        }),
    }
}

/// A time for people, in a zone: `2026-11-23 14:00:07`.
pub fn local_time(milliseconds: i64, zone: &TimeZone) -> String {
    match Timestamp::from_millisecond(milliseconds) {
        Ok(time) => time
            .to_zoned(zone.clone())
            .strftime("%Y-%m-%d %H:%M:%S")
            .to_string(),
        Err(_) => milliseconds.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_names_and_offsets() {
        assert_eq!(time_zone(Some("UTC")).unwrap(), TimeZone::UTC);
        assert!(time_zone(Some("Europe/Berlin")).is_ok());
        assert!(time_zone(Some("+02:00")).is_ok());
        let error = time_zone(Some("Mars/Olympus")).unwrap_err();
        assert!(error.hint.as_ref().unwrap().contains("Europe/Berlin"));
    }
}
