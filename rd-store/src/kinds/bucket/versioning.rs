//! Versioning: whether overwritten and deleted objects are kept as noncurrent versions.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html>

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use rd_common::Result;
use rd_common::aws::Explain;

/// Whether versioning is enabled. A bucket that never had it and one where it is suspended are the same here: new
/// objects get no versions.
pub async fn get(s3: &Client, bucket: &str) -> Result<bool> {
    let answer = s3
        .get_bucket_versioning()
        .bucket(bucket)
        .send()
        .await
        .doing("read the versioning")?;
    Ok(answer.status == Some(BucketVersioningStatus::Enabled))
}

/// Enables or suspends versioning. Once enabled, it can only be suspended.
pub async fn put(s3: &Client, bucket: &str, enabled: bool) -> Result<()> {
    let status = if enabled {
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
