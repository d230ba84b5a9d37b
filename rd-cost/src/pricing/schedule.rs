//! How many tasks run, on average over a week: between the limits of autoscaling, which schedules change at set times.

use crate::inventory::{Inventory, Resource};
use crate::line::Range;
use rust_decimal::Decimal;

const DAY: i64 = 24 * 60;
const WEEK: i64 = 7 * DAY;

/// The limits of the number of tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Limits {
    min: i64,
    max: i64,
}

/// The number of tasks of a service: `desired`, or with autoscaling a range around it. Off-hours count with the share of
/// the week that they have. Where a schedule is not one that repeats every week, its limits only widen the range.
pub(super) fn tasks(inventory: &Inventory, desired: i64) -> Range {
    let Some(target) = inventory.of_kind("scalable_target").next() else {
        return desired.into();
    };
    let usual = limits(target);
    let actions: Vec<&Resource> = inventory.of_kind("scheduled_action").collect();
    let changes: Option<Vec<(i64, Limits)>> = changes_of_a_week(&actions);
    let Some(changes) = changes.filter(|changes| !changes.is_empty()) else {
        let all = actions.iter().map(|action| limits(action));
        let all: Vec<Limits> = all.chain([usual]).collect();
        let low = all.iter().map(|one| one.min).min().unwrap_or(usual.min);
        let high = all.iter().map(|one| one.max).max().unwrap_or(usual.max);
        return Range {
            low: low.into(),
            typical: desired.clamp(usual.min, usual.max.max(usual.min)).into(),
            high: high.into(),
        };
    };
    let mut sum = Range::default();
    for (index, (start, limits)) in changes.iter().enumerate() {
        let end = changes
            .get(index + 1)
            .map_or(changes[0].0 + WEEK, |next| next.0);
        let here = Range {
            low: limits.min.into(),
            typical: desired.clamp(limits.min, limits.max.max(limits.min)).into(),
            high: limits.max.into(),
        };
        sum = sum + here * Decimal::from(end - start);
    }
    sum.map(|minutes| minutes / Decimal::from(WEEK))
}

fn limits(of: &Resource) -> Limits {
    Limits {
        min: of.number("min"),
        max: of.number("max"),
    }
}

/// The limits from each minute of the week on, in order; none where a schedule is not weekly, or time zones differ.
fn changes_of_a_week(actions: &[&Resource]) -> Option<Vec<(i64, Limits)>> {
    let zone = actions.first().map(|first| first.text("timezone"));
    let mut changes = Vec::new();
    for action in actions {
        if Some(action.text("timezone")) != zone {
            return None;
        }
        let minutes = minutes_of_the_week(action.text("schedule"))?;
        changes.extend(minutes.into_iter().map(|minute| (minute, limits(action))));
    }
    changes.sort_by_key(|(minute, _)| *minute);
    changes.dedup_by_key(|(minute, _)| *minute);
    Some(changes)
}

/// When `cron(minutes hours day-of-month month day-of-week year)` runs, in minutes of a week that begins on Sunday. None
/// for what does not repeat every week.
/// <https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html>
fn minutes_of_the_week(schedule: &str) -> Option<Vec<i64>> {
    let inner = schedule.strip_prefix("cron(")?.strip_suffix(')')?;
    let fields: Vec<&str> = inner.split_whitespace().collect();
    let [minutes, hours, day_of_month, month, day_of_week, year] = fields[..] else {
        return None;
    };
    let any = |field: &str| matches!(field, "*" | "?");
    if !any(day_of_month) || month != "*" || year != "*" {
        return None;
    }
    let minutes = numbers(minutes, 0, 59)?;
    let hours = numbers(hours, 0, 23)?;
    let days = match any(day_of_week) {
        true => (1..=7).collect(),
        false => numbers(day_of_week, 1, 7)?,
    };
    let mut all = Vec::new();
    for day in &days {
        for hour in &hours {
            all.extend(
                minutes
                    .iter()
                    .map(|minute| (day - 1) * DAY + hour * 60 + minute),
            );
        }
    }
    Some(all)
}

/// The numbers of a field: a list of numbers, names of days, ranges of them, `*`, and steps.
fn numbers(field: &str, first: i64, last: i64) -> Option<Vec<i64>> {
    let mut all = Vec::new();
    for part in field.split(',') {
        let (part, step) = match part.split_once('/') {
            Some((part, step)) => (part, step.parse().ok().filter(|step| *step > 0)?),
            None => (part, 1),
        };
        let stepped = part.len() < field.len() && field.contains('/');
        let (from, to) = match (part, part.split_once('-')) {
            ("*", _) => (first, last),
            (_, Some((from, to))) => (number(from)?, number(to)?),
            (one, None) if stepped => (number(one)?, last),
            (one, None) => (number(one)?, number(one)?),
        };
        if from < first || to > last || from > to {
            return None;
        }
        all.extend((from..=to).step_by(step));
    }
    Some(all)
}

fn number(text: &str) -> Option<i64> {
    const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
    let day = DAYS.iter().position(|day| text.eq_ignore_ascii_case(day));
    day.and_then(|day| i64::try_from(day + 1).ok())
        .or_else(|| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rd_common::records::Record;
    use serde_json::{Value, json};

    fn inventory(resources: &[(&str, Value)]) -> Inventory {
        let mut planned = crate::inventory::Planned::default();
        for (index, (kind, spec)) in resources.iter().enumerate() {
            let record: Record = serde_json::from_value(json!({
                "type": "change", "slice": "ecs", "address": format!("ecs.{kind}.{index}"), "kind": kind,
                "action": "create", "spec": spec,
            }))
            .unwrap();
            planned.note(&record);
        }
        planned.after
    }

    fn target() -> (&'static str, Value) {
        ("scalable_target", json!({"min": 1, "max": 4}))
    }

    fn action(schedule: &str, min: i64, max: i64) -> (&'static str, Value) {
        let spec = json!({"schedule": schedule, "timezone": "UTC", "min": min, "max": max});
        ("scheduled_action", spec)
    }

    #[test]
    fn without_a_schedule_the_limits_of_autoscaling_are_the_range() {
        assert_eq!(tasks(&inventory(&[]), 2), Range::from(2));
        let range = tasks(&inventory(&[target()]), 2);
        assert_eq!(
            (range.low, range.typical, range.high),
            (1.into(), 2.into(), 4.into())
        );
    }

    #[test]
    fn off_hours_have_their_share_of_the_week() {
        let night = action("cron(0 20 ? * MON-FRI *)", 0, 0);
        let morning = action("cron(0 6 ? * MON-FRI *)", 1, 4);
        // From Monday to Friday, 14 hours a day: 70 of 168.
        let range = tasks(&inventory(&[target(), night, morning]), 2);
        let share = |tasks: i64| Decimal::from(tasks * 70) / Decimal::from(168);
        assert_eq!(range.low.round_dp(9), share(1).round_dp(9));
        assert_eq!(range.typical.round_dp(9), share(2).round_dp(9));
        assert_eq!(range.high.round_dp(9), share(4).round_dp(9));
    }

    #[test]
    fn a_schedule_that_is_not_weekly_widens_the_range() {
        for schedule in [
            "rate(1 hour)",
            "at(2027-01-01T00:00:00)",
            "cron(0 0 1 * ? *)",
        ] {
            let range = tasks(&inventory(&[target(), action(schedule, 0, 9)]), 2);
            assert_eq!(
                (range.low, range.typical, range.high),
                (0.into(), 2.into(), 9.into())
            );
        }
    }

    #[test]
    fn fields_of_cron_are_lists_ranges_and_steps() {
        assert_eq!(numbers("1,3-5", 0, 59), Some(vec![1, 3, 4, 5]));
        assert_eq!(numbers("*/20", 0, 59), Some(vec![0, 20, 40]));
        assert_eq!(numbers("10/20", 0, 59), Some(vec![10, 30, 50]));
        assert_eq!(numbers("mon-WED", 1, 7), Some(vec![2, 3, 4]));
        assert_eq!(numbers("L", 1, 7), None);
        assert_eq!(numbers("70", 0, 59), None);
    }
}
