//! What the programs share of CloudWatch Logs: a log group. The group is made before whatever writes to it, since a
//! writer that may make it makes it without retention and without tags.

mod kind;
pub mod read;
mod settings;

pub use aws_sdk_cloudwatchlogs::Client;
pub use kind::{Live, LogGroup, Spec, delete, ensure};
pub use settings::{kms_key_problem, retention_problem};

use rd_common::aws::Aws;
use rd_common::client;

/// The client twice: for calls that may be repeated, and for creates, which the engine repeats only after a look.
pub fn clients(aws: &Aws) -> [Client; 2] {
    [
        client!(aws_sdk_cloudwatchlogs, aws.config),
        client!(aws_sdk_cloudwatchlogs, aws.once),
    ]
}

/// What the clients of a slice must have for its log groups.
pub trait Logs: 'static {
    /// CloudWatch Logs.
    fn logs(&self) -> &Client;
    /// CloudWatch Logs, one attempt.
    fn logs_once(&self) -> &Client;
}
