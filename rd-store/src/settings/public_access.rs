//! The four public access blocks.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PublicAccessBlockConfiguration.html>

use crate::settings::unset;
use aws_sdk_s3::Client;
use aws_sdk_s3::types::PublicAccessBlockConfiguration;
use rd_common::Result;
use rd_common::aws::Explain;
use serde::{Deserialize, Serialize};

/// Each of the four.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicAccessBlock {
    /// New public ACLs are refused.
    pub block_public_acls: bool,
    /// Public ACLs that are there are ignored.
    pub ignore_public_acls: bool,
    /// New public policies are refused.
    pub block_public_policy: bool,
    /// A public policy that is there serves only the owner.
    pub restrict_public_buckets: bool,
}

/// All four on.
pub const ALL: PublicAccessBlock = PublicAccessBlock {
    block_public_acls: true,
    ignore_public_acls: true,
    block_public_policy: true,
    restrict_public_buckets: true,
};

/// Reads them.
pub async fn get(s3: &Client, bucket: &str) -> Result<PublicAccessBlock> {
    let answer = s3.get_public_access_block().bucket(bucket).send().await;
    let block = unset(answer.doing("read the public access block"))?;
    let block = block.and_then(|answer| answer.public_access_block_configuration);
    Ok(
        block.map_or_else(PublicAccessBlock::default, |block| PublicAccessBlock {
            block_public_acls: block.block_public_acls.unwrap_or(false),
            ignore_public_acls: block.ignore_public_acls.unwrap_or(false),
            block_public_policy: block.block_public_policy.unwrap_or(false),
            restrict_public_buckets: block.restrict_public_buckets.unwrap_or(false),
        }),
    )
}

/// Sets them.
pub async fn put(s3: &Client, bucket: &str, wanted: PublicAccessBlock) -> Result<()> {
    let block = PublicAccessBlockConfiguration::builder()
        .block_public_acls(wanted.block_public_acls)
        .ignore_public_acls(wanted.ignore_public_acls)
        .block_public_policy(wanted.block_public_policy)
        .restrict_public_buckets(wanted.restrict_public_buckets)
        .build();
    let call = s3
        .put_public_access_block()
        .bucket(bucket)
        .public_access_block_configuration(block);
    call.send()
        .await
        .doing("set the public access block")
        .map(|_| ())
}
