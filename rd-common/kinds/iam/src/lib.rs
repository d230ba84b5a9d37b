//! What the programs share of IAM.

pub mod document;
pub mod propagation;
pub mod role;
pub mod role_policy;
pub mod service_linked_role;

pub use aws_sdk_iam::Client;

use rd_common::aws::Aws;
use rd_common::client;

/// The client of IAM.
pub fn client(aws: &Aws) -> Client {
    client!(aws_sdk_iam, aws.config)
}

/// What the clients of a slice must have for its roles.
pub trait Iam: 'static {
    /// IAM.
    fn iam(&self) -> &Client;
    /// IAM, one attempt.
    fn iam_once(&self) -> &Client;
}

/// What IAM says of what is not there.
const GONE: [&str; 2] = ["NoSuchEntity", "NoSuchEntityException"];
