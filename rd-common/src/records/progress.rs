//! The `progress` record: what a resource of an apply or a destroy waits for at the moment. Programs pass it on to the last
//! one of the pipe, which shows them all.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How far a resource is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "String", rename_all = "lowercase")]
#[schemars(with = "String")]
pub enum StepState {
    /// It has not begun, or waits for an output of another slice, which `reason` names.
    Waiting,
    /// It is being changed; `reason` says what AWS does.
    Running,
    /// It has ended: an `applied` record or an error of its address says how.
    Ended,
}

impl From<String> for StepState {
    /// A word of a newer version is something that runs.
    fn from(word: String) -> Self {
        match word.as_str() {
            "waiting" => StepState::Waiting,
            "ended" => StepState::Ended,
            _ => StepState::Running,
        }
    }
}

/// The `progress` record: written by an apply or a destroy whenever a resource begins, ends, or waits for something else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepProgress {
    /// The slice that the record belongs to.
    pub slice: String,
    /// The address of the resource, or what else takes time; the name of the slice while it reads what exists.
    pub address: String,
    /// `waiting`, `running` or `ended`.
    pub state: StepState,
    /// AWS's reason, such as `backing-up`; while it waits for another slice, the output, such as `data.instance_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it got into this state, not when the reason changed: a time in UTC (RFC 3339).
    pub since: String,
}

impl StepProgress {
    /// The time of [`StepProgress::since`]; none where it is not one.
    pub fn since(&self) -> Option<Timestamp> {
        self.since.parse().ok()
    }
}
