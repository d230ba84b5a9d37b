//! The health of a resource, as `status` reports it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What AWS and the state say of a resource, in one word.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
#[schemars(with = "String")]
pub enum Health {
    /// It can be used and matches the settings last applied.
    Ready,
    /// AWS is still working on it.
    Pending,
    /// AWS says that it failed, or it cannot be used as it is.
    Failed,
    /// AWS is deleting it.
    Leaving,
    /// It is in the state but not in AWS.
    Gone,
    /// A run was interrupted while it worked on it, or the state lacks it.
    Unfinished,
    /// It is neither in the state nor in AWS.
    Absent,
    /// It can be used, but somebody changed it outside of rd.
    Drifted,
    /// A word of a newer version.
    #[serde(other)]
    Unknown,
}

impl Health {
    /// The word on the wire and on the screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Health::Ready => "ready",
            Health::Pending => "pending",
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
