//! Alarms as a table for people, or as JSON lines.

use crate::alarm_state::AlarmState;
use crate::time::zone::local_time;
use aws_sdk_cloudwatch::types::MetricAlarm;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rd_common::output::style::{BOLD, DIM, ERROR, OK, WARN, paint};
use rd_common::output::table::table;
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

/// All alarms. For people, those in state ALARM come first, each with its description.
pub fn list(json: bool, rows: &[Row], zone: &TimeZone) -> String {
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
    let cells: Vec<Vec<String>> = sorted
        .iter()
        .map(|row| {
            vec![
                row.now.state.clone(),
                row.alarm.clone(),
                time(row.now.since.as_deref(), zone),
                row.now.reason.clone(),
            ]
        })
        .collect();
    // Colors are added after the columns are measured, because they have no width.
    let plain = table(&["STATE", "ALARM", "SINCE", "WHY"], &cells);
    let mut lines = plain.lines();
    let mut text = format!("{}\n", lines.next().unwrap_or_default());
    for (line, row) in lines.zip(&sorted) {
        let state = &row.now.state;
        let rest = line.strip_prefix(state.as_str()).unwrap_or(line);
        text.push_str(&format!("{}{rest}\n", colored(state)));
        if state == "ALARM" && !row.description.is_empty() {
            text.push_str(&format!("  {} {}\n", paint(DIM, "→"), row.description));
        }
    }
    text
}

/// An alarm whose state has changed.
pub fn change(json: bool, row: &Row, zone: &TimeZone) -> String {
    if json {
        return json_line(row);
    }
    format!(
        "{}  {} {}  {}\n",
        time(row.now.since.as_deref(), zone),
        colored(&row.now.state),
        paint(BOLD, &row.alarm),
        row.now.reason
    )
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
