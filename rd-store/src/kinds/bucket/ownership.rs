//! Object ownership: who owns uploaded objects, and whether ACLs have an effect.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html>

use crate::s3_errors::{if_configured, incomplete_request};
use aws_sdk_s3::Client;
use aws_sdk_s3::types::{ObjectOwnership, OwnershipControls, OwnershipControlsRule};
use rd_common::Result;
use rd_common::aws::Explain;

/// The bucket's owner owns every object, and ACLs have no effect.
pub const BUCKET_OWNER_ENFORCED: &str = "BucketOwnerEnforced";

/// Reads the setting in AWS's words; none where it is not configured.
pub async fn get(s3: &Client, bucket: &str) -> Result<Option<String>> {
    let answer = s3
        .get_bucket_ownership_controls()
        .bucket(bucket)
        .send()
        .await;
    let controls = if_configured(answer.doing("read the object ownership"))?
        .and_then(|answer| answer.ownership_controls);
    Ok(controls.and_then(|controls| {
        controls
            .rules
            .first()
            .map(|rule| rule.object_ownership.as_str().to_owned())
    }))
}

/// Sets the object ownership to a value of `ObjectOwnership`.
pub async fn put(s3: &Client, bucket: &str, desired: &str) -> Result<()> {
    let rule = OwnershipControlsRule::builder()
        .object_ownership(ObjectOwnership::from(desired))
        .build();
    let controls = OwnershipControls::builder()
        .rules(rule.map_err(incomplete_request)?)
        .build()
        .map_err(incomplete_request)?;
    let call = s3
        .put_bucket_ownership_controls()
        .bucket(bucket)
        .ownership_controls(controls);
    call.send()
        .await
        .doing("set the object ownership")
        .map(|_| ())
}
