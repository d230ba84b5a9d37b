//! What the programs share of IAM.

pub mod service_linked_role;

pub use aws_sdk_iam::Client;

use rd_common::aws::Aws;

/// The client of IAM.
pub fn client(aws: &Aws) -> Client {
    let builder = aws_sdk_iam::config::Builder::from(&aws.config);
    Client::from_conf(builder.interceptor(aws.interceptor()).build())
}
