//! The bucket's public access block: four switches against public access.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PublicAccessBlockConfiguration.html>

use crate::s3_errors::if_configured;
use aws_sdk_s3::Client;
use aws_sdk_s3::types::PublicAccessBlockConfiguration;
use rd_common::Result;
use rd_common::aws::Explain;
use serde::{Deserialize, Serialize};

/// The four switches, as they are stored in a state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicAccessBlock {
    /// Whether S3 refuses new public ACLs.
    pub block_public_acls: bool,
    /// Whether S3 ignores existing public ACLs.
    pub ignore_public_acls: bool,
    /// Whether S3 refuses a new policy that makes the bucket public.
    pub block_public_policy: bool,
    /// Whether a public policy gives access only to the bucket's account and AWS services.
    pub restrict_public_buckets: bool,
}

/// Blocks all public access, as every bucket of a stack does.
pub const BLOCK_ALL: PublicAccessBlock = PublicAccessBlock {
    block_public_acls: true,
    ignore_public_acls: true,
    block_public_policy: true,
    restrict_public_buckets: true,
};

/// Reads the switches; all are off where no block is configured.
pub async fn get(s3: &Client, bucket: &str) -> Result<PublicAccessBlock> {
    let answer = s3.get_public_access_block().bucket(bucket).send().await;
    let block = if_configured(answer.doing("read the public access block"))?;
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

/// Sets all four switches of the bucket.
pub async fn put(s3: &Client, bucket: &str, desired: PublicAccessBlock) -> Result<()> {
    let block = PublicAccessBlockConfiguration::builder()
        .block_public_acls(desired.block_public_acls)
        .ignore_public_acls(desired.ignore_public_acls)
        .block_public_policy(desired.block_public_policy)
        .restrict_public_buckets(desired.restrict_public_buckets)
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
