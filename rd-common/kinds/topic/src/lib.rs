//! SNS topics: the kind `topic`, of which a slice has one, and the policies that let services publish to it.

mod kind;
pub mod permissions;
mod policy;

pub use aws_sdk_sns::Client;
pub use kind::{NOT_FOUND, Spec, Topic, arn};
pub use policy::{from_service, of_account, policy};

use rd_common::aws::Aws;
use rd_common::client;

/// Creates the client of SNS with the credentials and region of `aws`.
pub fn client(aws: &Aws) -> Client {
    client!(aws_sdk_sns, aws.config)
}

/// Access to SNS; the clients of a slice with a topic implement it.
pub trait Topics: 'static {
    /// The name of the slice's topic, which AWS has with the stack's name before it.
    const TOPIC_NAME: &'static str;

    /// The client of SNS.
    fn sns(&self) -> &Client;
}
