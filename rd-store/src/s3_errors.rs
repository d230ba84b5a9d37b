//! What S3's error codes mean: a setting that is not configured, a bucket of another account or region, and a change
//! that has to wait.

use rd_common::{Error, Result, Retry};

/// The codes of a bucket without the configuration that was asked for.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList>
const NOT_CONFIGURED: [&str; 7] = [
    "NoSuchPublicAccessBlockConfiguration",
    "OwnershipControlsNotFoundError",
    "ServerSideEncryptionConfigurationNotFoundError",
    "NoSuchBucketPolicy",
    "NoSuchLifecycleConfiguration",
    "NoSuchCORSConfiguration",
    "NoSuchTagSet",
];

/// The answer to a read of a bucket's configuration; none where it is not configured.
pub fn if_configured<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is(&NOT_CONFIGURED) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The error of a builder of the SDK that misses a required member.
pub fn incomplete_request(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::failed(format!("the request is incomplete: {error}")).caused_by(error)
}

/// Adds to an error of a call for the bucket `name` what to do about it, or when to retry.
pub fn explain(error: Error, name: &str) -> Error {
    match error.code.as_deref() {
        Some("AccessDenied" | "AllAccessDisabled" | "BucketAlreadyExists") => {
            let hint = format!(
                "bucket names are unique across all AWS accounts: if {name} belongs to another account, set `bucket` \
                 in [store]; if it belongs to this one, the credentials lack a permission for it"
            );
            error.hint(hint)
        }
        Some(
            "PermanentRedirect"
            | "AuthorizationHeaderMalformed"
            | "IllegalLocationConstraintException",
        ) => {
            let hint = format!(
                "the bucket {name} is in another region: set that region, or another `bucket` in [store]"
            );
            error.hint(hint)
        }
        // Another run, or an earlier attempt of this one, is changing or deleting the bucket.
        Some("OperationAborted") => error.retry(Retry::Later),
        _ => error,
    }
}
