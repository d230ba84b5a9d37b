//! The default encryption of new objects.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ServerSideEncryptionRule.html>

use crate::s3_errors::{if_configured, incomplete_request};
use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    ServerSideEncryption, ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration,
    ServerSideEncryptionRule,
};
use rd_common::Result;
use rd_common::aws::Explain;
use serde::{Deserialize, Serialize};

/// The default encryption, as it is stored in a state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Encryption {
    /// `AES256` (S3's own keys) or `aws:kms`; none where no default is configured.
    pub algorithm: Option<String>,
    /// The KMS key: its id, alias or ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<String>,
    /// Whether S3 uses a bucket key, which saves requests to KMS.
    pub bucket_key: bool,
}

/// The encryption that `[store]` asks for: with the KMS key where one is set, otherwise with S3's own keys.
pub fn desired(kms_key: Option<&str>) -> Encryption {
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

/// Reads the bucket's default encryption.
pub async fn get(s3: &Client, bucket: &str) -> Result<Encryption> {
    let answer = s3.get_bucket_encryption().bucket(bucket).send().await;
    let configuration = if_configured(answer.doing("read the encryption"))?;
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
        // A bucket key has no effect without KMS, and S3 may report either value.
        bucket_key: algorithm.as_deref() != Some("AES256")
            && rule.bucket_key_enabled.unwrap_or(false),
        kms_key: default.and_then(|default| default.kms_master_key_id),
        algorithm,
    })
}

/// Sets the bucket's default encryption.
pub async fn put(s3: &Client, bucket: &str, desired: &Encryption) -> Result<()> {
    let algorithm = desired.algorithm.as_deref().unwrap_or("AES256");
    let default = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(ServerSideEncryption::from(algorithm))
        .set_kms_master_key_id(desired.kms_key.clone())
        .build()
        .map_err(incomplete_request)?;
    let rule = ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(default)
        .bucket_key_enabled(desired.bucket_key)
        .build();
    let configuration = ServerSideEncryptionConfiguration::builder()
        .rules(rule)
        .build()
        .map_err(incomplete_request)?;
    let call = s3
        .put_bucket_encryption()
        .bucket(bucket)
        .server_side_encryption_configuration(configuration);
    call.send().await.doing("set the encryption").map(|_| ())
}
