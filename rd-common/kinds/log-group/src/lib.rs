//! CloudWatch log groups: the kind `log_group`, reading groups, and checks of their settings. A group is created before
//! the resource that writes to it, because many writers create a missing group without retention and without tags.

mod kind;
pub mod read;
mod settings;

pub use aws_sdk_cloudwatchlogs::Client;
pub use kind::{LogGroup, Spec, delete, ensure};
pub use read::Live;
pub use settings::{kms_key_problem, retention_problem};

use rd_common::aws::Aws;
use rd_common::client;

/// The client for reads, updates and deletes, and the client with one attempt for creates: the engine checks what an
/// attempt has created before it retries.
pub fn clients(aws: &Aws) -> [Client; 2] {
    [
        client!(aws_sdk_cloudwatchlogs, aws.config),
        client!(aws_sdk_cloudwatchlogs, aws.once),
    ]
}

/// Access to CloudWatch Logs; the clients of a slice with log groups implement it.
pub trait Logs: 'static {
    /// The client for reads, updates and deletes.
    fn logs(&self) -> &Client;
    /// The client with one attempt, for creates.
    fn logs_once(&self) -> &Client;
}
