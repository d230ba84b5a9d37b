//! The bucket owner condition. Bucket names are unique across all AWS accounts, and the names of a stack can be
//! guessed: every call names the account that must own the bucket, so that S3 refuses it for a bucket that another
//! account created first.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html>

use aws_sdk_s3::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::orchestrator::Metadata;

/// Adds the header `x-amz-expected-bucket-owner` to every call except CreateBucket.
#[derive(Debug)]
pub struct ExpectedOwner {
    /// The id of the account that must own the bucket.
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

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_s3::Client;
    use aws_sdk_s3::config::Builder;
    use aws_sdk_s3::config::interceptors::BeforeTransmitInterceptorContextRef;
    use rd_testkit::canned::{answering, sdk_config};
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Debug, Default)]
    struct Sent(Arc<Mutex<Vec<Option<String>>>>);

    #[dyn_dispatch_hint]
    impl Intercept for Sent {
        fn name(&self) -> &'static str {
            "Sent"
        }

        fn read_before_transmit(
            &self,
            context: &BeforeTransmitInterceptorContextRef<'_>,
            _runtime: &RuntimeComponents,
            _bag: &mut ConfigBag,
        ) -> Result<(), BoxError> {
            let header = context
                .request()
                .headers()
                .get("x-amz-expected-bucket-owner");
            self.0.lock().unwrap().push(header.map(str::to_owned));
            Ok(())
        }
    }

    #[tokio::test]
    async fn every_call_names_the_owner() {
        let sent = Sent::default();
        let config = sdk_config(answering(""));
        let owner = ExpectedOwner {
            account: "123456789012".to_owned(),
        };
        let builder = Builder::from(&config)
            .interceptor(owner)
            .interceptor(sent.clone());
        let s3 = Client::from_conf(builder.build());
        s3.create_bucket().bucket("b").send().await.unwrap();
        s3.delete_bucket().bucket("b").send().await.unwrap();
        let owner = Some("123456789012".to_owned());
        assert_eq!(*sent.0.lock().unwrap(), [None, owner]);
    }
}
