//! What S3's error codes mean: a setting that is not configured, a bucket of another account or region, and a change
//! that has to wait.

use rd_common::{Error, Result, Retry};

/// The codes of a bucket without the configuration that was asked for.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList>
const NOT_CONFIGURED: [&str; 8] = [
    "NoSuchPublicAccessBlockConfiguration",
    "OwnershipControlsNotFoundError",
    "ServerSideEncryptionConfigurationNotFoundError",
    "NoSuchBucketPolicy",
    "NoSuchLifecycleConfiguration",
    "NoSuchCORSConfiguration",
    "NoSuchTagSet",
    "NoSuchTagSetError",
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
        Some("BucketAlreadyExists") => error.hint(format!(
            "bucket names are unique across all AWS accounts, and {name} belongs to another account: set another `bucket` \
             in [store]"
        )),
        Some(
            "PermanentRedirect"
            | "AuthorizationHeaderMalformed"
            | "IllegalLocationConstraintException",
        ) => error.hint(format!(
            "the bucket {name} is in another region: set that region, or another `bucket` in [store]"
        )),
        // Another run, or an earlier change of this one, is still at work on the bucket. Mostly it takes less than a
        // minute, but it has taken 45: https://github.com/hashicorp/terraform-provider-aws/issues/7628
        Some("OperationAborted") => error.retry(Retry::Later).hint(format!(
            "S3 is still working on another change of the bucket {name}: run the same command again in some minutes"
        )),
        _ => error,
    }
}

/// The same for a read. S3 refuses reads of another account's bucket.
pub fn explain_read(error: Error, name: &str) -> Error {
    match error.code.as_deref() {
        Some("AccessDenied" | "AllAccessDisabled") => {
            let permission = error.hint.clone();
            let permission =
                permission.unwrap_or_else(|| "the credentials lack a permission for it".to_owned());
            error.hint(format!(
                "bucket names are unique across all AWS accounts: if {name} belongs to another account, set `bucket` in \
                 [store]; if it belongs to this one, {permission}"
            ))
        }
        _ => explain(error, name),
    }
}

/// The same for a change of a bucket that was read before: S3 may not show a new bucket to every call yet.
/// <https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/s3/wait.go>
pub fn explain_change(error: Error, name: &str) -> Error {
    match error.code.as_deref() {
        Some("NoSuchBucket" | "NoSuchLifecycleConfiguration") => error.retry(Retry::Later),
        _ => explain(error, name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(code: &str) -> Result<()> {
        Err(Error::failed("refused").with_code(Some(code.to_owned()), None))
    }

    #[test]
    fn each_code_of_a_missing_setting_is_known() {
        for code in NOT_CONFIGURED {
            assert!(matches!(if_configured(answer(code)), Ok(None)), "{code}");
        }
        assert!(if_configured(answer("NoSuchBucket")).is_err());
        assert!(if_configured(Ok(())).unwrap().is_some());
    }
}
