//! The current state of an alarm, as DescribeAlarms returns it.

use aws_sdk_cloudwatch::types::MetricAlarm;
use aws_smithy_types::date_time::Format;
use serde::Serialize;

/// The state of one alarm.
#[derive(Clone, Debug, Serialize)]
pub struct AlarmState {
    /// One of `OK`, `ALARM` and `INSUFFICIENT_DATA`.
    pub state: String,
    /// When it changed to this state: RFC 3339, UTC.
    pub since: Option<String>,
    /// AWS's reason for the state.
    pub reason: String,
}

impl AlarmState {
    /// The state with its reason, such as `ALARM: Threshold Crossed: …`.
    pub fn text(&self) -> String {
        match self.reason.as_str() {
            "" => self.state.clone(),
            reason => format!("{}: {reason}", self.state),
        }
    }

    /// The state in a description of the alarm.
    pub fn of(alarm: &MetricAlarm) -> Self {
        let since = alarm
            .state_transitioned_timestamp()
            .or(alarm.state_updated_timestamp());
        Self {
            state: alarm
                .state_value()
                .map(|value| value.as_str().to_owned())
                .unwrap_or_default(),
            since: since.and_then(|time| time.fmt(Format::DateTime).ok()),
            reason: alarm.state_reason().unwrap_or_default().to_owned(),
        }
    }
}
