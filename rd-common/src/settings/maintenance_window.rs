//! Backup and maintenance windows as AWS writes them, in UTC: daily `03:00-04:00`, weekly `sun:04:30-sun:05:30`.

/// The minutes of a day.
const DAY: u32 = 24 * 60;
/// The minutes of a week.
const WEEK: u32 = 7 * DAY;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A daily window, such as the backup window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Daily {
    start: u32,
    minutes: u32,
}

/// A weekly window, such as the maintenance window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weekly {
    start: u32,
    minutes: u32,
}

fn time(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    let (hour, minute) = (
        digits(hour).then(|| hour.parse::<u32>().ok())??,
        digits(minute).then(|| minute.parse::<u32>().ok())??,
    );
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

fn day_and_time(text: &str) -> Option<u32> {
    let (day, rest) = text.split_once(':')?;
    let day = DAYS.iter().position(|name| *name == day)?;
    Some(u32::try_from(day).ok()? * DAY + time(rest)?)
}

impl Daily {
    /// Parses `hh:mm-hh:mm`; none for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let (start, end) = text.split_once('-')?;
        let (start, end) = (time(start)?, time(end)?);
        Some(Self {
            start,
            minutes: (end + DAY - start) % DAY,
        })
    }

    /// The length of the window in minutes.
    pub fn minutes(self) -> u32 {
        self.minutes
    }
}

impl Weekly {
    /// Parses `ddd:hh:mm-ddd:hh:mm` with days in lower case; none for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let (start, end) = text.split_once('-')?;
        let (start, end) = (day_and_time(start)?, day_and_time(end)?);
        Some(Self {
            start,
            minutes: (end + WEEK - start) % WEEK,
        })
    }

    /// The length of the window in minutes.
    pub fn minutes(self) -> u32 {
        self.minutes
    }

    /// Whether both windows have a minute in common.
    pub fn overlaps(self, daily: Daily) -> bool {
        (0..7).any(|day| {
            let other = day * DAY + daily.start;
            let after = |start: u32, moment: u32| (moment + WEEK - start) % WEEK;
            after(self.start, other) < self.minutes || after(other, self.start) < daily.minutes
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_parsed_measured_and_compared() {
        assert_eq!(Daily::parse("23:30-00:30").unwrap().minutes(), 60);
        assert_eq!(Weekly::parse("sun:23:30-mon:00:30").unwrap().minutes(), 60);
        for wrong in ["", "3:00-4:00", "03:00", "24:00-01:00", "03:60-04:00"] {
            assert_eq!(Daily::parse(wrong), None, "{wrong}");
        }
        for wrong in ["Sun:04:30-Sun:05:30", "sun:04:30", "xxx:04:30-sun:05:30"] {
            assert_eq!(Weekly::parse(wrong), None, "{wrong}");
        }
        let cases = [
            ("sun:04:30-sun:05:30", "03:00-04:00", false),
            ("sun:03:30-sun:04:30", "03:00-04:00", true),
            ("sun:23:30-mon:00:30", "00:00-01:00", true),
            ("mon:01:00-mon:02:00", "23:00-01:30", true),
            ("mon:04:00-mon:05:00", "03:00-04:00", false),
        ];
        for (weekly, daily, overlap) in cases {
            let (weekly, daily) = (Weekly::parse(weekly).unwrap(), Daily::parse(daily).unwrap());
            assert_eq!(weekly.overlaps(daily), overlap, "{weekly:?} {daily:?}");
        }
    }
}
