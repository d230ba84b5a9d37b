//! The times of a schedule: `cron(…)`, `rate(…)` and `at(…)`, as Application Auto Scaling takes them.
//! <https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html>
//!
//! Its cron is that of EventBridge, not that of Unix: six fields, and `?` for the day that another field decides.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html>

use jiff::civil::DateTime;

/// A field of a cron expression: its name, the least and greatest number, and names for numbers, from the least one on.
struct Field {
    name: &'static str,
    least: u16,
    most: u16,
    names: &'static [&'static str],
}

const FIELDS: [Field; 6] = [
    Field {
        name: "minutes",
        least: 0,
        most: 59,
        names: &[],
    },
    Field {
        name: "hours",
        least: 0,
        most: 23,
        names: &[],
    },
    Field {
        name: "day of month",
        least: 1,
        most: 31,
        names: &[],
    },
    Field {
        name: "month",
        least: 1,
        most: 12,
        names: &[
            "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
        ],
    },
    Field {
        name: "day of week",
        least: 1,
        most: 7,
        names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
    },
    Field {
        name: "year",
        least: 1970,
        most: 2199,
        names: &[],
    },
];

const DAY: usize = 2;
const MONTH: usize = 3;
const WEEKDAY: usize = 4;

/// The days of the months, in a leap year.
const DAYS: [u16; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// What is wrong with the expression, with what is allowed; nothing where it is right.
pub fn problem(expression: &str) -> Option<(String, &'static str)> {
    let inner = |head: &str| expression.strip_prefix(head)?.strip_suffix(')');
    if let Some(fields) = inner("cron(") {
        return cron_problem(fields).map(|what| {
            (
                format!("`{expression}`: {what}"),
                "cron(minutes hours day-of-month month day-of-week year) with `?` for one of the two days, such as \
                 cron(0 20 ? * MON-FRI *)",
            )
        });
    }
    if let Some(rate) = inner("rate(") {
        return rate_problem(rate).map(|what| {
            (
                format!("`{expression}`: {what}"),
                "rate(1 hour), rate(30 minutes), rate(2 days)",
            )
        });
    }
    if let Some(at) = inner("at(") {
        let allowed = "at(yyyy-mm-ddThh:mm:ss), such as at(2027-02-28T20:00:00)";
        let has_form = at.len() == 19 && at.as_bytes()[10] == b'T';
        return match at.parse::<DateTime>() {
            Ok(_) if has_form => None,
            Ok(_) => Some((format!("`{expression}` is not a date with a time"), allowed)),
            Err(_) => Some((format!("`{expression}` is not a time that exists"), allowed)),
        };
    }
    Some((
        format!("`{expression}` is not a schedule"),
        "cron(…) with six fields, rate(…) or at(yyyy-mm-ddThh:mm:ss)",
    ))
}

fn rate_problem(rate: &str) -> Option<String> {
    let words: Vec<&str> = rate.split_whitespace().collect();
    let [count, unit] = words[..] else {
        return Some("a number and a unit are expected".to_owned());
    };
    let count: u32 = match count.parse() {
        Ok(count) if count > 0 => count,
        _ => return Some(format!("`{count}` is not a positive number")),
    };
    let known = match count {
        1 => ["minute", "hour", "day"],
        _ => ["minutes", "hours", "days"],
    };
    (!known.contains(&unit))
        .then(|| format!("the unit is `{unit}`, not one of {}", known.join(", ")))
}

fn cron_problem(text: &str) -> Option<String> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return Some(format!("it has {} fields, not six", fields.len()));
    }
    for (place, (value, field)) in fields.iter().zip(&FIELDS).enumerate() {
        let is_day = place == DAY || place == WEEKDAY;
        if *value == "?" {
            if is_day {
                continue;
            }
            return Some(format!("`?` cannot stand for the {}", field.name));
        }
        for part in value.split(',') {
            let is_special = is_day && is_special_day(part, place);
            if !is_special && !is_part(part, field) {
                return Some(format!("`{part}` is not a value of the {}", field.name));
            }
        }
    }
    match (fields[DAY] == "?", fields[WEEKDAY] == "?") {
        (false, false) => {
            Some("one of the day of month and the day of week must be `?`".to_owned())
        }
        (true, true) => {
            Some("only one of the day of month and the day of week can be `?`".to_owned())
        }
        (false, true) => never(fields[DAY], fields[MONTH]),
        (true, false) => None,
    }
}

/// Whether a part of a field is `*`, a value, a range or steps.
fn is_part(part: &str, field: &Field) -> bool {
    let (range, step) = match part.split_once('/') {
        Some((range, step)) => (range, Some(step)),
        None => (part, None),
    };
    if step.is_some_and(|step| step.parse::<u16>().map_or(true, |step| step == 0)) {
        return false;
    }
    match range.split_once('-') {
        Some((from, to)) => value(from, field)
            .zip(value(to, field))
            .is_some_and(|(from, to)| from <= to),
        None => range == "*" || value(range, field).is_some(),
    }
}

fn value(text: &str, field: &Field) -> Option<u16> {
    let named = field
        .names
        .iter()
        .position(|name| text.eq_ignore_ascii_case(name));
    if let Some(named) = named {
        return u16::try_from(named).ok().map(|named| named + field.least);
    }
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits)?;
    (field.least..=field.most)
        .contains(&number)
        .then_some(number)
}

/// `L` for the last day, `15W` for the weekday next to a day, `6#3` for the third Friday, `6L` for the last Friday.
fn is_special_day(part: &str, place: usize) -> bool {
    let of = |text: &str| value(text, &FIELDS[place]).is_some();
    if part == "L" {
        return true;
    }
    if place == DAY {
        return part == "LW" || part.strip_suffix('W').is_some_and(of);
    }
    let third = part.split_once('#');
    part.strip_suffix('L').is_some_and(of)
        || third.is_some_and(|(day, which)| {
            of(day) && which.parse().is_ok_and(|which| (1..=5u8).contains(&which))
        })
}

/// Says of days that no month of the expression has, such as 30 February, that they never come.
fn never(days: &str, months: &str) -> Option<String> {
    let number = |text: &str, place: usize| value(text, &FIELDS[place]);
    let days: Vec<u16> = days
        .split(',')
        .map(|day| number(day, DAY))
        .collect::<Option<_>>()?;
    let months: Vec<u16> = months
        .split(',')
        .map(|month| number(month, MONTH))
        .collect::<Option<_>>()?;
    let comes = months.iter().any(|month| {
        let length = DAYS[usize::from(*month) - 1];
        days.iter().any(|day| *day <= length)
    });
    (!comes).then(|| "none of its months has such a day, so it never comes".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_aws_documents_is_right() {
        for right in [
            "cron(0 20 ? * MON-FRI *)",
            "cron(0/15 * * * ? *)",
            "cron(0 8 1 * ? *)",
            "cron(0 10 * * ? *)",
            "cron(5,35 14 * * ? *)",
            "cron(15 10 ? * 6L 2019-2022)",
            "cron(0 9 ? * 2#1 *)",
            "cron(0 7 ? * mon *)",
            "cron(0 0 LW * ? *)",
            "cron(0 0 15W JAN,FEB ? 2027)",
            "cron(0 0 29 2 ? *)",
            "cron(0 0 31 JAN,FEB ? *)",
            "rate(1 hour)",
            "rate(5 minutes)",
            "at(2028-02-29T20:00:00)",
        ] {
            assert_eq!(problem(right), None, "{right}");
        }
    }

    #[test]
    fn what_autoscaling_refuses_is_wrong_before_any_call() {
        for (wrong, why) in [
            ("cron()", "0 fields"),
            ("cron(0 20 * * *)", "5 fields"),
            ("cron(0 20 * * MON-FRI *)", "must be `?`"),
            ("cron(0 20 ? * ? *)", "only one"),
            ("cron(0 20 30 FEB ? *)", "never comes"),
            ("cron(0 20 31 2,4,6 ? *)", "never comes"),
            (
                "cron(60 20 ? * MON *)",
                "`60` is not a value of the minutes",
            ),
            (
                "cron(0 20 ? * MOON *)",
                "`MOON` is not a value of the day of week",
            ),
            ("cron(0 20 ? * FRI-MON *)", "`FRI-MON`"),
            ("cron(0 20 ? 13 MON *)", "`13` is not a value of the month"),
            ("cron(0 20 ? * 2#6 *)", "`2#6`"),
            ("cron(0/0 20 ? * MON *)", "`0/0`"),
            ("cron(+5 20 ? * MON *)", "`+5`"),
            ("cron(? 20 ? * MON *)", "cannot stand for the minutes"),
            ("rate(1 hours)", "`hours`"),
            ("rate(5 minute)", "`minute`"),
            ("rate(0 minutes)", "not a positive number"),
            ("rate(5)", "a number and a unit"),
            ("at(2027-02-30T20:00:00)", "not a time that exists"),
            ("at(2027-02-28)", "not a date with a time"),
            ("at(2027-02-28T20:00:00Z)", "not a"),
            ("daily", "is not a schedule"),
        ] {
            let (what, _) = problem(wrong).unwrap_or_else(|| panic!("{wrong} was taken"));
            assert!(what.contains(why), "{wrong}: {what}");
        }
    }
}
