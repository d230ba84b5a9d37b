//! CloudWatch log groups: the kind `log_group`, reading groups, and checks of their settings. A group is created before
//! the resource that writes to it, because many writers create a missing group without retention and without tags.

mod errors;
mod kind;
pub mod permissions;
pub mod read;
pub mod scan;
mod settings;

pub use aws_sdk_cloudwatchlogs::Client;
pub use kind::{LogGroup, Spec, delete, ensure};
pub use read::Live;
pub use settings::{kms_key_problem, retention_problem};

use rd_common::aws::Aws;
use rd_common::client;

/// Creates the client of CloudWatch Logs with the credentials and region of `aws`.
pub fn client(aws: &Aws) -> Client {
    client!(aws_sdk_cloudwatchlogs, aws.config)
}

/// Access to CloudWatch Logs; the clients of a slice with log groups implement it.
pub trait Logs: 'static {
    /// The client of CloudWatch Logs.
    fn logs(&self) -> &Client;
}
