//! The records that the programs exchange: one JSON object per line, with its `type`. They are a contract: a new field
//! is allowed, but to change or remove one needs a new format. Readers ignore fields and types that they do not know.

mod charged;
mod cost;
mod health;
mod progress;
mod risk;
pub mod schema;
mod verb;

pub use charged::Charged;
pub use cost::{Basis, Cost, CostTotal};
pub use health::Health;
pub use progress::{StepProgress, StepState};
pub use risk::{Danger, Risk};
pub use verb::Verb;

use crate::error::Error;
use crate::resource::action::Action;
use crate::resource::change::Change;
use crate::stack::Tags;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The format of the records, which each `begin` names.
pub const FORMAT: &str = "rd/1";

/// One record: a line of a pipe or of a saved plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Record {
    /// The first record of a program, written before any slow work.
    Begin(Begin),
    /// What a plan does with a resource.
    Change(ResourceChange),
    /// An output, as soon as it is known.
    Output(Output),
    /// A change of a resource that an apply has made.
    Applied(Applied),
    /// A resource with its health, from `status`.
    Status(Status),
    /// What a resource costs in a month, or all of them together, from `rd-cost estimate`.
    Cost(Box<Cost>),
    /// What AWS has charged this month, from `rd-cost charged`.
    Charged(Charged),
    /// What a resource waits for while an apply or a destroy runs.
    Progress(StepProgress),
    /// An error, a warning or a note, when it occurs.
    Diagnostic(Diagnostic),
    /// The last record of a program.
    End(End),
}

/// What a program's stdin is. A reader has seen every `begin` of a pipe once it has seen one with `none` or `plan`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Upstream {
    /// The program is the first of the pipe.
    None,
    /// The program reads another program's records.
    Pipe,
    /// The program is the first of the pipe, and applies a saved plan on stdin that also holds the plans of the
    /// programs after it.
    Plan,
}

/// The `begin` record: which program runs which command, on which stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Begin {
    /// The slice that the program owns, or the name of a filter.
    pub slice: String,
    /// The format of the records, `rd/1`.
    pub format: String,
    /// The command: `plan`, `apply`, `destroy`, …
    pub command: Verb,
    /// The stack's name, `<project>-<environment>`, which two stacks can share.
    pub stack: String,
    /// The project of the stack; absent in records of an earlier version.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub project: String,
    /// The environment of the stack; absent in records of an earlier version.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub environment: String,
    /// The AWS region of the stack.
    pub region: String,
    /// The id of the AWS account; absent where it is not known within 3 s, and in an offline plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The fingerprint of the access key that belongs to the account: a program with the same key need not ask STS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The version of the program.
    pub tool_version: String,
    /// The id of the run, a random UUID.
    pub run: String,
    /// When the program began, in RFC 3339 and UTC; absent in records of an earlier version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// What the program's stdin is.
    #[serde(default = "head")]
    pub upstream: Upstream,
    /// Whether the program makes no call to AWS, and plans for an empty account.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub offline: bool,
}

fn head() -> Upstream {
    Upstream::None
}

/// The `change` record: what a plan does with one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResourceChange {
    /// The slice that the record belongs to.
    pub slice: String,
    /// The address of the resource, such as `net.vpc.main`.
    pub address: String,
    /// The resource kind, such as `vpc`.
    pub kind: String,
    /// What an apply will do.
    pub action: Action,
    /// The fields that differ; for a create, all fields.
    #[serde(default)]
    pub fields: Vec<Change>,
    /// The id in AWS, where the resource exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The tags that are set in the create call; only for a create or a replacement. Tags that an update changes are
    /// fields.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// What AWS has accepted before and will do later by itself, such as in the maintenance window.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "waits")]
    pub pending: Option<String>,
    /// What is dangerous about it, such as a restart of the database; absent where nothing is known to be, and in records
    /// of an earlier version.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub risks: Vec<Risk>,
    /// The whole spec: what the resource will be or, for a delete, what was last applied. A value that is known only
    /// after apply is `{"$ref": …}`; a secret is its ARN. Absent in records of an earlier version, and for the delete
    /// of a predecessor.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub spec: Value,
}

/// The `output` record: a value for other slices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// The slice that the record belongs to.
    pub slice: String,
    /// The name of the output, such as `vpc_id`.
    pub name: String,
    /// The value; absent while it is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// Whether the value is known only after apply; only in a plan.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unknown: bool,
    /// Whether the resource that the value comes from is deleted before its successor exists, so that what uses it must
    /// be replaced, too; only in a plan.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted_first: bool,
}

/// The `applied` record: a change that was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Applied {
    /// The slice that the record belongs to.
    pub slice: String,
    /// The address of the resource, such as `net.vpc.main`.
    pub address: String,
    /// The resource kind, such as `vpc`.
    pub kind: String,
    /// What was done with the resource.
    pub action: Action,
    /// The id in AWS.
    pub id: String,
    /// How long the change took, in seconds.
    pub seconds: f64,
    /// What AWS has accepted and will do later by itself, such as in the maintenance window.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "waits")]
    pub pending: Option<String>,
}

/// The `status` record: the health of one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// The slice that the record belongs to.
    pub slice: String,
    /// The address of the resource, such as `net.vpc.main`.
    pub address: String,
    /// The resource kind, such as `vpc`.
    pub kind: String,
    /// The id in AWS, where the resource exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `ready`, `pending`, `failed`, `leaving`, `gone`, `unfinished`, `absent`, or `drifted`.
    pub health: Health,
    /// AWS's reason, where it is not ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The fields that have drifted.
    #[serde(default)]
    pub fields: Vec<Change>,
    /// What AWS has accepted and will do later by itself, such as in the maintenance window.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "waits")]
    pub pending: Option<String>,
    /// More about the resource: values by name, which depend on the kind.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub details: serde_json::Map<String, Value>,
}

/// How serious a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The run fails because of it.
    Error,
    /// The user has to know it before continuing.
    Warning,
    /// For information only, with nothing to do.
    Info,
}

/// The `diagnostic` record: an error, a warning or a note.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Diagnostic {
    /// The slice that the record belongs to.
    pub slice: String,
    /// How serious it is.
    pub severity: Severity,
    /// One sentence that says what failed or what is worth knowing.
    pub summary: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The address of the resource that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// AWS's error code, such as `DependencyViolation`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// AWS's request id, which AWS Support asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Diagnostic {
    /// An error of `slice` as a record. Its causes are left out.
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

    /// A diagnostic of `slice` that is not an error.
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
    /// Everything was done, or there was nothing to do.
    Ok,
    /// Something failed or was refused.
    Failed,
    /// Stopped by the user; the state is complete.
    Cancelled,
}

/// The count, in [`End::counts`], of resources that an undone adoption has taken out of the state.
pub const FORGOTTEN: &str = "forgotten";

/// The `end` record: how a program ended, and which state it left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct End {
    /// The slice that the record belongs to.
    pub slice: String,
    /// How the program ended.
    pub status: Ended,
    /// How many resources had each action, or, after `status`, each health. Zeros are left out.
    #[serde(default)]
    pub counts: BTreeMap<String, u64>,
    /// The state's lineage; absent where there is no state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lineage: Option<String>,
    /// The state's serial; 0 where there is no state.
    #[serde(default)]
    pub serial: u64,
}

impl Record {
    /// The slice that the record belongs to.
    pub fn slice(&self) -> &str {
        match self {
            Record::Begin(r) => &r.slice,
            Record::Change(r) => &r.slice,
            Record::Output(r) => &r.slice,
            Record::Applied(r) => &r.slice,
            Record::Status(r) => &r.slice,
            Record::Cost(r) => &r.slice,
            Record::Charged(r) => &r.slice,
            Record::Progress(r) => &r.slice,
            Record::Diagnostic(r) => &r.slice,
            Record::End(r) => &r.slice,
        }
    }

    /// The record as a line of JSON, with its line feed.
    pub fn line(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).unwrap_or_default();
        line.push(b'\n');
        line
    }
}
