//! Alarms as a table for people, or as JSON lines.

use crate::alarm_state::AlarmState;
use crate::time::zone::local_time;
use aws_sdk_cloudwatch::types::MetricAlarm;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rd_common::output::clean::one_line;
use rd_common::output::style::{BOLD, DIM, ERROR, OK, WARN, paint};
use rd_common::output::wrap::{hanging, wrap};
use serde::Serialize;

/// One alarm, as JSON output has it.
#[derive(Serialize)]
pub struct Row {
    /// The name of the alarm.
    pub alarm: String,
    /// Its state, with time and reason.
    #[serde(flatten)]
    pub now: AlarmState,
    description: String,
}

impl Row {
    /// The row for an alarm that AWS returned.
    pub fn new(alarm: &MetricAlarm) -> Self {
        Self {
            alarm: alarm.alarm_name().unwrap_or_default().to_owned(),
            now: AlarmState::of(alarm),
            description: alarm.alarm_description().unwrap_or_default().to_owned(),
        }
    }
}

/// All alarms, in `width` columns. For people, those in state ALARM come first, each with its description.
pub fn list(json: bool, rows: &[Row], zone: &TimeZone, width: usize) -> String {
    if json {
        return rows.iter().map(json_line).collect();
    }
    let urgency = |row: &&Row| match row.now.state.as_str() {
        "ALARM" => 0,
        "OK" => 2,
        _ => 1,
    };
    let mut sorted: Vec<&Row> = rows.iter().collect();
    sorted.sort_by_key(urgency);
    let longest = |of: fn(&Row) -> &str, heading: &str| {
        let all = rows.iter().map(|row| of(row).chars().count());
        all.max().unwrap_or(0).max(heading.len())
    };
    let layout = Layout::new(
        longest(|row| &row.now.state, "STATE"),
        longest(|row| &row.alarm, "ALARM"),
        width,
    );
    let mut text = layout.heading();
    for row in sorted {
        text.push_str(&layout.row(row, &time(row.now.since.as_deref(), zone)));
        if row.now.state == "ALARM" && !row.description.is_empty() {
            let description = wrap(&row.description, width.saturating_sub(4));
            for (index, line) in description.iter().enumerate() {
                let mark = if index == 0 { "→" } else { " " };
                text.push_str(&format!("  {} {line}\n", paint(DIM, mark)));
            }
        }
    }
    text
}

/// The columns of the list of alarms. What has no room next to the others is below them, indented.
struct Layout {
    state: usize,
    alarm: usize,
    width: usize,
    /// Whether the time stands next to state and name.
    time_fits: bool,
    /// Whether the reason stands next to the time.
    reason_fits: bool,
}

/// The width of a time, `2026-11-23 14:00:00`.
const TIME: usize = 19;
/// The least width of the column of reasons: in a narrower one, each word would have a line of its own.
const LEAST_REASON: usize = 24;

impl Layout {
    fn new(state: usize, alarm: usize, width: usize) -> Self {
        let with_time = state + 2 + alarm + 2 + TIME;
        Self {
            state,
            alarm,
            width,
            time_fits: with_time <= width,
            reason_fits: with_time + 2 + LEAST_REASON <= width,
        }
    }

    fn heading(&self) -> String {
        let mut text = format!(
            "{:state$}  {:alarm$}",
            "STATE",
            "ALARM",
            state = self.state,
            alarm = self.alarm
        );
        if self.time_fits {
            text.push_str(&format!("  {:TIME$}", "SINCE"));
        }
        if self.reason_fits {
            text.push_str("  WHY");
        }
        text.trim_end().to_owned() + "\n"
    }

    fn row(&self, row: &Row, time: &str) -> String {
        // Colors have no width.
        let padding = self.state.saturating_sub(row.now.state.chars().count());
        let mut text = format!(
            "{}{}  {:alarm$}",
            colored(&row.now.state),
            " ".repeat(padding),
            one_line(&row.alarm),
            alarm = self.alarm
        );
        let mut below = Vec::new();
        match self.time_fits {
            true => text.push_str(&format!("  {time:TIME$}")),
            false => below.push(format!("since {time}")),
        }
        let reason = one_line(&row.now.reason);
        let indent = match self.reason_fits {
            true => self.state + 2 + self.alarm + 2 + TIME + 2,
            false => 2,
        };
        let mut reason = wrap(&reason, self.width.saturating_sub(indent)).into_iter();
        if self.reason_fits {
            text.push_str(&format!("  {}", reason.next().unwrap_or_default()));
        }
        below.extend(reason);
        let mut text = text.trim_end().to_owned() + "\n";
        for line in below {
            text.push_str(&format!("{}{line}\n", " ".repeat(indent)));
        }
        text
    }
}

/// An alarm whose state has changed, in `width` columns.
pub fn change(json: bool, row: &Row, zone: &TimeZone, width: usize) -> String {
    if json {
        return json_line(row);
    }
    let what = format!("{} {}", colored(&row.now.state), paint(BOLD, &row.alarm));
    let parts = [
        &time(row.now.since.as_deref(), zone),
        &what,
        &row.now.reason,
    ];
    hanging(&parts.map(String::as_str), 2, width)
}

/// A state in its color.
pub fn colored(state: &str) -> String {
    let style = match state {
        "OK" => OK,
        "ALARM" => ERROR,
        _ => WARN,
    };
    paint(style, state)
}

/// A time of AWS in the zone, to the second; `-` if there is none.
pub fn time(utc: Option<&str>, zone: &TimeZone) -> String {
    let parsed = utc.and_then(|text| text.parse::<Timestamp>().ok());
    parsed.map_or_else(
        || "-".to_owned(),
        |time| local_time(time.as_millisecond(), zone),
    )
}

/// A value as JSON, with a line end.
pub fn json_line(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default() + "\n"
}
