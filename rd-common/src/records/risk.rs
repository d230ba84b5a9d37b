//! What is dangerous about a change.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a change puts at risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Danger {
    /// Data that nothing brings back, but for a backup.
    Data,
    /// Something does not work for a time.
    Downtime,
    /// A danger that this version does not know.
    #[serde(other)]
    Other,
}

/// A danger of a change, with its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Risk {
    /// What is at risk.
    pub danger: Danger,
    /// What is lost, or what does not work and why.
    pub reason: String,
}
