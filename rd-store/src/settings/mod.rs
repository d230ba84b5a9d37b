//! The settings of a bucket, one file each: what it is in our words, how it is read, and how it is set.

pub mod cors;
pub mod encryption;
pub mod lifecycle;
pub mod ownership;
pub mod policy;
pub mod public_access;
pub mod versioning;

use rd_common::{Error, Result};

/// What S3 says of a setting that was never made, by code.
const UNSET: [&str; 6] = [
    "NoSuchPublicAccessBlockConfiguration",
    "OwnershipControlsNotFoundError",
    "ServerSideEncryptionConfigurationNotFoundError",
    "NoSuchBucketPolicy",
    "NoSuchLifecycleConfiguration",
    "NoSuchCORSConfiguration",
];

/// The answer, or none where the setting was never made.
pub fn unset<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is(&UNSET) || error.is(&["NoSuchTagSet"]) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A builder of the SDK that lacks what it needs; none of ours does.
pub fn incomplete(error: impl std::fmt::Display) -> Error {
    Error::failed(format!("the request is incomplete: {error}"))
}
