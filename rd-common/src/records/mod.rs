//! The records that the programs exchange: one JSON object a line, told apart by `type`. A new field is allowed; a
//! changed or removed one needs another format. Readers ignore fields and types that they do not know.

mod health;
pub mod schema;
mod verb;

pub use health::Health;
pub use verb::Verb;

use crate::error::Error;
use crate::resource::action::Action;
use crate::resource::change::Change;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The format of the wire.
pub const FORMAT: &str = "rd/1";

/// One record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Record {
    /// The first record of a program, written before any slow work.
    Begin(Begin),
    /// A plan's view of one resource.
    Change(ResourceChange),
    /// An output, as soon as it is known.
    Output(Output),
    /// A resource reached its goal.
    Applied(Applied),
    /// What there is of one resource.
    Status(Status),
    /// Something to tell, as it happens.
    Diagnostic(Diagnostic),
    /// The last record of a program.
    End(End),
}

/// Where a program's upstream is; tells readers when they have seen every `begin` of a pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Upstream {
    /// It is the head of the pipe.
    None,
    /// It reads another program's records.
    Pipe,
    /// It is the head of the pipe and applies the saved plan on its stdin; plans for the programs after it follow.
    Plan,
}

/// `begin`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Begin {
    /// The slice that the program owns.
    pub slice: String,
    /// [`FORMAT`].
    pub format: String,
    /// The command: `plan`, `apply`, `destroy`, …
    pub command: Verb,
    /// The stack's name.
    pub stack: String,
    /// The region.
    pub region: String,
    /// The account; absent where it is not known at once, and in an offline plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The fingerprint of the access key that the account was asked with: who has the same one need not ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The program's version.
    pub tool_version: String,
    /// The run, unique.
    pub run: String,
    /// Where its own upstream is.
    #[serde(default = "head")]
    pub upstream: Upstream,
    /// Whether it plans as for an empty account, with no call to AWS.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub offline: bool,
}

fn head() -> Upstream {
    Upstream::None
}

/// `change`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResourceChange {
    /// The slice.
    pub slice: String,
    /// The resource's address.
    pub address: String,
    /// Its kind.
    pub kind: String,
    /// What will be done.
    pub action: Action,
    /// The fields that differ; for a create, what it is made with.
    #[serde(default)]
    pub fields: Vec<Change>,
    /// Its id, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What was asked for before and AWS does later by itself, as in a maintenance window.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "waits")]
    pub pending: Option<String>,
}

/// `output`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// The slice.
    pub slice: String,
    /// Its name.
    pub name: String,
    /// Its value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// Set in a plan where the value is known only after apply.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unknown: bool,
}

/// `applied`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Applied {
    /// The slice.
    pub slice: String,
    /// The resource's address.
    pub address: String,
    /// Its kind.
    pub kind: String,
    /// What was done.
    pub action: Action,
    /// Its id.
    pub id: String,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// What of it AWS does later by itself, as in a maintenance window.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "waits")]
    pub pending: Option<String>,
}

/// `status`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// The slice.
    pub slice: String,
    /// The resource's address.
    pub address: String,
    /// Its kind.
    pub kind: String,
    /// Its id, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `ready`, `pending`, `failed`, `leaving`, `gone`, `unfinished`, `absent`, or `drifted`.
    pub health: Health,
    /// AWS's reason, where it is not ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What drifted.
    #[serde(default)]
    pub fields: Vec<Change>,
    /// What was asked for and AWS does later by itself, as in a maintenance window.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "waits")]
    pub pending: Option<String>,
    /// More of it, by name, as each kind has it.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub details: serde_json::Map<String, Value>,
}

/// How bad a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The run will end failed.
    Error,
    /// Worth knowing before going on.
    Warning,
    /// For information.
    Info,
}

/// `diagnostic`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Diagnostic {
    /// The slice.
    pub slice: String,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence.
    pub summary: String,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The resource that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// AWS's error code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// AWS's request id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Diagnostic {
    /// An error as a record.
    pub fn error(slice: &str, error: &Error) -> Self {
        Self {
            slice: slice.to_owned(),
            severity: Severity::Error,
            summary: error.summary.clone(),
            hint: error.hint.clone(),
            address: error.address.clone(),
            code: error.code.clone(),
            request_id: error.request_id.clone(),
        }
    }

    /// Something to tell that is no error.
    pub fn note(
        slice: &str,
        severity: Severity,
        summary: impl Into<String>,
        hint: Option<String>,
    ) -> Self {
        Self {
            slice: slice.to_owned(),
            severity,
            summary: summary.into(),
            hint,
            address: None,
            code: None,
            request_id: None,
        }
    }
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Ended {
    /// All done.
    Ok,
    /// Not all done.
    Failed,
    /// Stopped by the user, cleanly.
    Cancelled,
}

/// `end`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct End {
    /// The slice.
    pub slice: String,
    /// How it ended.
    pub status: Ended,
    /// How many resources had each action; actions that none had are left out.
    #[serde(default)]
    pub counts: BTreeMap<String, u64>,
    /// The state's lineage; absent where there is no state yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lineage: Option<String>,
    /// The state's serial; 0 where there is no state yet.
    #[serde(default)]
    pub serial: u64,
}

impl Record {
    /// The slice that it is of.
    pub fn slice(&self) -> &str {
        match self {
            Record::Begin(r) => &r.slice,
            Record::Change(r) => &r.slice,
            Record::Output(r) => &r.slice,
            Record::Applied(r) => &r.slice,
            Record::Status(r) => &r.slice,
            Record::Diagnostic(r) => &r.slice,
            Record::End(r) => &r.slice,
        }
    }

    /// The record as a line, with its line feed.
    pub fn line(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).unwrap_or_default();
        line.push(b'\n');
        line
    }
}
