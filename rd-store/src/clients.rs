//! The S3 clients, which name the bucket's expected owner in every call.

use crate::expected_owner::ExpectedOwner;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use rd_common::aws::Aws;

/// Two S3 clients: the SDK retries the calls of one; creates use the other, because the engine reads before it retries
/// a create.
pub struct Clients {
    /// Retries failed calls, as the SDK does by default.
    pub s3: Client,
    /// Sends each call once.
    pub s3_once: Client,
}

impl Clients {
    /// Creates the clients for these credentials and their account.
    pub fn new(aws: &Aws) -> Self {
        let client = |config: &_| {
            // With a custom endpoint, bucket names may not resolve as host names.
            let path_style = aws.config.endpoint_url().is_some();
            let mut builder = Builder::from(config)
                .force_path_style(path_style)
                .interceptor(aws.interceptor());
            if let Some(account) = aws.account.get() {
                builder = builder.interceptor(ExpectedOwner {
                    account: account.clone(),
                });
            }
            Client::from_conf(builder.build())
        };
        Self {
            s3: client(&aws.config),
            s3_once: client(&aws.once),
        }
    }
}
