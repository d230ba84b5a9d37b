//! The clients of S3, which name the bucket's expected owner in every call, of S3 Control, and of CloudWatch.

use crate::expected_owner::ExpectedOwner;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3control::config::endpoint::{Endpoint, EndpointFuture, Params, ResolveEndpoint};
use rd_common::aws::Aws;
use std::sync::atomic::{AtomicBool, Ordering};

/// The AWS clients of this slice.
pub struct Clients {
    /// S3, for the bucket and its objects.
    pub s3: Client,
    /// S3 Control, for the tags of a bucket that controls access by tags.
    pub control: aws_sdk_s3control::Client,
    /// CloudWatch, for the size of the bucket in `status`.
    pub cloudwatch: rd_metric::Client,
    may_delete_objects: AtomicBool,
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
        let mut control =
            aws_sdk_s3control::config::Builder::from(&aws.config).interceptor(aws.interceptor());
        if let Some(url) = aws.config.endpoint_url() {
            // S3 Control puts the account in front of the host name, which a custom endpoint may not resolve.
            control = control.endpoint_resolver(CustomEndpoint(url.to_owned()));
        }
        Self {
            s3: Client::from_conf(builder.build()),
            control: aws_sdk_s3control::Client::from_conf(control.build()),
            cloudwatch: rd_metric::client(aws),
            may_delete_objects: AtomicBool::new(false),
        }
    }

    /// Allows this run to delete the objects of the buckets that it deletes.
    pub fn allow_deleting_objects(&self) {
        self.may_delete_objects.store(true, Ordering::Relaxed);
    }

    /// Whether this run may delete the objects of the buckets that it deletes.
    pub fn may_delete_objects(&self) -> bool {
        self.may_delete_objects.load(Ordering::Relaxed)
    }
}

/// The custom endpoint as it is, without the account in its host name.
#[derive(Debug)]
struct CustomEndpoint(String);

impl ResolveEndpoint for CustomEndpoint {
    fn resolve_endpoint<'a>(&'a self, _: &'a Params) -> EndpointFuture<'a> {
        EndpointFuture::ready(Ok(Endpoint::builder().url(self.0.clone()).build()))
    }
}
