//! The state of an alarm, as DescribeAlarms returns it.

use aws_sdk_cloudwatch::types::MetricAlarm;
use serde::Serialize;

/// How it is now.
#[derive(Clone, Debug, Serialize)]
pub struct State {
    /// `OK`, `ALARM`, `INSUFFICIENT_DATA`.
    pub state: String,
    /// Since when, as AWS tells it: UTC.
    pub since: Option<String>,
    /// Why, in AWS's words.
    pub reason: String,
}

/// How an alarm is now.
pub fn state(alarm: &MetricAlarm) -> State {
    let since = alarm
        .state_transitioned_timestamp()
        .or(alarm.state_updated_timestamp());
    State {
        state: alarm
            .state_value()
            .map(|value| value.as_str().to_owned())
            .unwrap_or_default(),
        since: since.and_then(|time| time.fmt(aws_smithy_types::date_time::Format::DateTime).ok()),
        reason: alarm.state_reason().unwrap_or_default().to_owned(),
    }
}
