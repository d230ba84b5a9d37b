//! Points in time as people read them: in UTC, to the minute, and how long ago.

use jiff::Timestamp;

/// A time such as `2026-11-27 03:12 UTC`.
pub fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// How long ago a time was, in the largest unit that is full: `40 s`, `3 min`, `9 h` or `2 d`.
pub fn age(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(at).as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// A time to the minute, and how long ago it was, such as `2026-11-27 03:12 UTC, 9 h ago`; without the latter where it is
/// not known what time it is.
pub fn minute_and_age(at: Timestamp, now: Option<Timestamp>) -> String {
    match now {
        Some(now) => format!("{}, {} ago", minute(at), age(at, now)),
        None => minute(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_utc_and_to_the_minute() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let backup = at("2026-11-27T03:12:44.123456Z");
        let now = at("2026-11-27T12:15:00Z");
        let text = minute_and_age(backup, Some(now));
        assert_eq!(text, "2026-11-27 03:12 UTC, 9 h ago");
        assert_eq!(minute_and_age(backup, None), "2026-11-27 03:12 UTC");
        for (seconds, text) in [
            (-5, "0 s"),
            (59, "59 s"),
            (3599, "59 min"),
            (172_799, "47 h"),
            (172_800, "2 d"),
        ] {
            let then = now - jiff::SignedDuration::from_secs(seconds);
            assert_eq!(age(then, now), text);
        }
    }
}
