//! The S3 client, which names the bucket's expected owner in every call.

use crate::expected_owner::ExpectedOwner;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use rd_common::aws::Aws;

/// The AWS clients of this slice.
pub struct Clients {
    /// S3, for the bucket and its objects.
    pub s3: Client,
}

impl Clients {
    /// Creates the client for these credentials and their account.
    pub fn new(aws: &Aws) -> Self {
        // With a custom endpoint, bucket names may not resolve as host names.
        let path_style = aws.config.endpoint_url().is_some();
        let mut builder = Builder::from(&aws.config)
            .force_path_style(path_style)
            .interceptor(aws.interceptor());
        if let Some(account) = aws.account.get() {
            builder = builder.interceptor(ExpectedOwner {
                account: account.clone(),
            });
        }
        Self {
            s3: Client::from_conf(builder.build()),
        }
    }
}
