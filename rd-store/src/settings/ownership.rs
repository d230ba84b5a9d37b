//! Who owns objects, and whether ACLs count.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html>

use crate::settings::{incomplete, unset};
use aws_sdk_s3::Client;
use aws_sdk_s3::types::{ObjectOwnership, OwnershipControls, OwnershipControlsRule};
use rd_common::Result;
use rd_common::aws::Explain;

/// The bucket's owner owns all, and ACLs do not count.
pub const ENFORCED: &str = "BucketOwnerEnforced";

/// Reads it: AWS's word; none where it was never set.
pub async fn get(s3: &Client, bucket: &str) -> Result<Option<String>> {
    let answer = s3
        .get_bucket_ownership_controls()
        .bucket(bucket)
        .send()
        .await;
    let controls = unset(answer.doing("read the object ownership"))?
        .and_then(|answer| answer.ownership_controls);
    Ok(controls.and_then(|controls| {
        controls
            .rules
            .first()
            .map(|rule| rule.object_ownership.as_str().to_owned())
    }))
}

/// Sets it.
pub async fn put(s3: &Client, bucket: &str, wanted: &str) -> Result<()> {
    let rule = OwnershipControlsRule::builder()
        .object_ownership(ObjectOwnership::from(wanted))
        .build();
    let controls = OwnershipControls::builder()
        .rules(rule.map_err(incomplete)?)
        .build()
        .map_err(incomplete)?;
    let call = s3
        .put_bucket_ownership_controls()
        .bucket(bucket)
        .ownership_controls(controls);
    call.send()
        .await
        .doing("set the object ownership")
        .map(|_| ())
}
