//! Bucket names are shared by all of AWS and ours can be guessed: every call says whose the bucket must be, so that S3
//! refuses it for a bucket that somebody else was quicker to make.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html>

use aws_sdk_s3::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::orchestrator::Metadata;

/// Puts the condition on every call that has a bucket to check.
#[derive(Debug)]
pub struct ExpectedOwner {
    /// The account.
    pub account: String,
}

#[dyn_dispatch_hint]
impl Intercept for ExpectedOwner {
    fn name(&self) -> &'static str {
        "ExpectedOwner"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _runtime: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let creates = bag
            .load::<Metadata>()
            .is_some_and(|operation| operation.name() == "CreateBucket");
        if !creates {
            let headers = context.request_mut().headers_mut();
            headers.insert("x-amz-expected-bucket-owner", self.account.clone());
        }
        Ok(())
    }
}
