//! The health of a resource, as `status` reports it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The health of a resource, from AWS and the state.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
#[schemars(with = "String")]
pub enum Health {
    /// It can be used, has not drifted, and reports nothing bad.
    Ready,
    /// AWS is still working on it, waits for something, or has something left to do.
    Pending,
    /// It is as desired, but what it reports is bad, such as an alarm that has gone off.
    Unhealthy,
    /// AWS reports that it failed, or it cannot be used as it is.
    Failed,
    /// AWS is deleting it.
    Leaving,
    /// It is in the state but not in AWS.
    Gone,
    /// A run was interrupted while it changed the resource, or the state lacks it.
    Unfinished,
    /// It is neither in the state nor in AWS.
    Absent,
    /// It can be used, but was changed outside of rd.
    Drifted,
    /// A value that a newer version writes.
    #[serde(other)]
    Unknown,
}

impl Health {
    /// The word for it in records and in text for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Health::Ready => "ready",
            Health::Pending => "pending",
            Health::Unhealthy => "unhealthy",
            Health::Failed => "failed",
            Health::Leaving => "leaving",
            Health::Gone => "gone",
            Health::Unfinished => "unfinished",
            Health::Absent => "absent",
            Health::Drifted => "drifted",
            Health::Unknown => "unknown",
        }
    }
}
