//! Whether overwritten and deleted objects are kept as versions.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html>

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use rd_common::Result;
use rd_common::aws::Explain;

/// Reads it. Never on and suspended are the same to us: new objects get no versions.
pub async fn get(s3: &Client, bucket: &str) -> Result<bool> {
    let answer = s3
        .get_bucket_versioning()
        .bucket(bucket)
        .send()
        .await
        .doing("read the versioning")?;
    Ok(answer.status == Some(BucketVersioningStatus::Enabled))
}

/// Sets it. Once on, it can only be suspended.
pub async fn put(s3: &Client, bucket: &str, on: bool) -> Result<()> {
    let status = if on {
        BucketVersioningStatus::Enabled
    } else {
        BucketVersioningStatus::Suspended
    };
    let configuration = VersioningConfiguration::builder().status(status).build();
    let call = s3
        .put_bucket_versioning()
        .bucket(bucket)
        .versioning_configuration(configuration);
    call.send().await.doing("set the versioning").map(|_| ())
}
