//! IAM roles: the kinds `role` and `role_policy`, trust policies, AWS's service-linked roles, and retries while a new
//! role propagates.

pub mod document;
pub mod permissions;
pub mod propagation;
pub mod role;
pub mod role_policy;
pub mod scan;
pub mod service_linked_role;

pub use aws_sdk_iam::Client;

use rd_common::aws::Aws;
use rd_common::client;

/// Creates the IAM client with the credentials of `aws`.
pub fn client(aws: &Aws) -> Client {
    client!(aws_sdk_iam, aws.config)
}

/// Access to IAM; the clients of a slice with roles implement it.
pub trait Iam: 'static {
    /// The client of IAM, which is global.
    fn iam(&self) -> &Client;
}

/// The codes with which IAM says that something does not exist.
const NOT_FOUND: [&str; 2] = ["NoSuchEntity", "NoSuchEntityException"];
