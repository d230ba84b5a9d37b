//! How objects are encrypted at rest.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ServerSideEncryptionRule.html>

use crate::settings::{incomplete, unset};
use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    ServerSideEncryption, ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration,
    ServerSideEncryptionRule,
};
use rd_common::Result;
use rd_common::aws::Explain;
use serde::{Deserialize, Serialize};

/// The default for new objects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Encryption {
    /// `AES256` (S3's own keys) or `aws:kms`; none where it was never set.
    pub algorithm: Option<String>,
    /// The KMS key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<String>,
    /// Whether one data key serves many objects, which saves KMS requests.
    pub bucket_key: bool,
}

/// What is wanted with, or without, a KMS key.
pub fn wanted(kms_key: Option<&str>) -> Encryption {
    Encryption {
        algorithm: Some(
            if kms_key.is_some() {
                "aws:kms"
            } else {
                "AES256"
            }
            .to_owned(),
        ),
        kms_key: kms_key.map(str::to_owned),
        bucket_key: kms_key.is_some(),
    }
}

/// Reads it.
pub async fn get(s3: &Client, bucket: &str) -> Result<Encryption> {
    let answer = s3.get_bucket_encryption().bucket(bucket).send().await;
    let configuration = unset(answer.doing("read the encryption"))?;
    let configuration =
        configuration.and_then(|answer| answer.server_side_encryption_configuration);
    let Some(rule) = configuration.and_then(|configuration| configuration.rules.into_iter().next())
    else {
        return Ok(Encryption::default());
    };
    let default = rule.apply_server_side_encryption_by_default;
    let algorithm = default
        .as_ref()
        .map(|default| default.sse_algorithm.as_str().to_owned());
    Ok(Encryption {
        // The switch means nothing without KMS, and S3 may report it either way.
        bucket_key: algorithm.as_deref() != Some("AES256")
            && rule.bucket_key_enabled.unwrap_or(false),
        kms_key: default.and_then(|default| default.kms_master_key_id),
        algorithm,
    })
}

/// Sets it.
pub async fn put(s3: &Client, bucket: &str, wanted: &Encryption) -> Result<()> {
    let algorithm = wanted.algorithm.as_deref().unwrap_or("AES256");
    let default = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(ServerSideEncryption::from(algorithm))
        .set_kms_master_key_id(wanted.kms_key.clone())
        .build()
        .map_err(incomplete)?;
    let rule = ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(default)
        .bucket_key_enabled(wanted.bucket_key)
        .build();
    let configuration = ServerSideEncryptionConfiguration::builder()
        .rules(rule)
        .build()
        .map_err(incomplete)?;
    let call = s3
        .put_bucket_encryption()
        .bucket(bucket)
        .server_side_encryption_configuration(configuration);
    call.send().await.doing("set the encryption").map(|_| ())
}
