//! The S3 client.

use crate::expected_owner::ExpectedOwner;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use rd_common::aws::Aws;

/// The client twice: for calls that may be repeated, and for creates, which the engine repeats only after a look.
pub struct Clients {
    /// S3.
    pub s3: Client,
    /// S3, one attempt.
    pub s3_once: Client,
}

impl Clients {
    /// The clients for these credentials.
    pub fn new(aws: &Aws) -> Self {
        let client = |config: &_| {
            // With an endpoint of the user's own, bucket names are no host names.
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
