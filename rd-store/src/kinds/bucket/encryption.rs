//! The default encryption of new objects.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ServerSideEncryptionRule.html>

use crate::s3_errors::{if_configured, incomplete_request};
use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    BlockedEncryptionTypes, EncryptionType, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
};
use rd_common::Result;
use rd_common::aws::Explain;
use rd_common::settings::kms_key;
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

/// The encryption of a bucket as S3 describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Described {
    /// The default encryption of new objects.
    pub encryption: Encryption,
    /// The types of encryption that the bucket refuses, such as `SSE-C`, which S3 itself blocks since April 2026.
    pub blocked: Vec<String>,
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

/// Whether both mean the same. S3 reports an alias as it was set, or by its ARN.
pub fn same(a: &Encryption, b: &Encryption) -> bool {
    a.algorithm == b.algorithm && a.bucket_key == b.bucket_key && key_name(a) == key_name(b)
}

fn key_name(encryption: &Encryption) -> Option<&str> {
    encryption.kms_key.as_deref().map(kms_key::name)
}

/// Reads the bucket's default encryption, and what it blocks.
pub async fn get(s3: &Client, bucket: &str) -> Result<Described> {
    let answer = s3.get_bucket_encryption().bucket(bucket).send().await;
    let configuration = if_configured(answer.doing("read the encryption"))?;
    let configuration =
        configuration.and_then(|answer| answer.server_side_encryption_configuration);
    let Some(rule) = configuration.and_then(|configuration| configuration.rules.into_iter().next())
    else {
        return Ok(Described::default());
    };
    let default = rule.apply_server_side_encryption_by_default;
    let algorithm = default
        .as_ref()
        .map(|default| default.sse_algorithm.as_str().to_owned());
    let blocked = rule
        .blocked_encryption_types
        .and_then(|types| types.encryption_type)
        .unwrap_or_default();
    let encryption = Encryption {
        // A bucket key has no effect without KMS, and S3 may report either value.
        bucket_key: algorithm.as_deref() != Some("AES256")
            && rule.bucket_key_enabled.unwrap_or(false),
        kms_key: default.and_then(|default| default.kms_master_key_id),
        algorithm,
    };
    Ok(Described {
        encryption,
        blocked: blocked
            .iter()
            .map(|kind| kind.as_str().to_owned())
            .collect(),
    })
}

/// Sets the bucket's default encryption. `blocked` is what the bucket blocks now: S3 replaces the whole rule.
pub async fn put(
    s3: &Client,
    bucket: &str,
    desired: &Encryption,
    blocked: &[String],
) -> Result<()> {
    let algorithm = desired.algorithm.as_deref().unwrap_or("AES256");
    let default = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(ServerSideEncryption::from(algorithm))
        .set_kms_master_key_id(desired.kms_key.clone())
        .build()
        .map_err(incomplete_request)?;
    let blocked: Vec<EncryptionType> = blocked
        .iter()
        .map(|kind| EncryptionType::from(kind.as_str()))
        .collect();
    let blocked = (!blocked.is_empty()).then(|| {
        BlockedEncryptionTypes::builder()
            .set_encryption_type(Some(blocked))
            .build()
    });
    let rule = ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(default)
        .bucket_key_enabled(desired.bucket_key)
        .set_blocked_encryption_types(blocked)
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

#[cfg(test)]
mod tests {
    use super::*;
    use rd_testkit::canned::{answering, sdk_config};

    async fn described(rule: &str) -> Described {
        let body = format!(
            "<ServerSideEncryptionConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Rule>{rule}</Rule>\
             </ServerSideEncryptionConfiguration>"
        );
        get(&Client::new(&sdk_config(answering(&body))), "b")
            .await
            .unwrap()
    }

    fn encryption(algorithm: &str, kms_key: Option<&str>, bucket_key: bool) -> Encryption {
        Encryption {
            algorithm: Some(algorithm.to_owned()),
            kms_key: kms_key.map(str::to_owned),
            bucket_key,
        }
    }

    const DEFAULT: &str = "<ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>\
        </ApplyServerSideEncryptionByDefault>";

    #[tokio::test]
    async fn a_bucket_without_a_setting_of_its_own_is_read() {
        let answers = [
            DEFAULT.to_owned(),
            format!("{DEFAULT}<BucketKeyEnabled>true</BucketKeyEnabled>"),
        ];
        for answer in answers {
            let found = described(&answer).await;
            assert_eq!(found.encryption, desired(None));
            assert_eq!(found.blocked, [""; 0]);
        }
    }

    #[tokio::test]
    async fn what_s3_blocks_by_itself_is_read_beside_the_default() {
        let blocked = "<BlockedEncryptionTypes><EncryptionType>SSE-C</EncryptionType></BlockedEncryptionTypes>";
        let found = described(&format!("{DEFAULT}{blocked}")).await;
        assert_eq!(found.encryption, desired(None));
        assert_eq!(found.blocked, ["SSE-C"]);
        // A rule may have nothing else.
        let only = described(blocked).await;
        assert_eq!(only.encryption, Encryption::default());
        assert_eq!(only.blocked, ["SSE-C"]);
    }

    #[tokio::test]
    async fn a_kms_key_is_the_same_by_alias_and_by_its_arn() {
        let found = described(
            "<ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm>\
             <KMSMasterKeyID>arn:aws:kms:eu-west-1:123456789012:alias/shop</KMSMasterKeyID>\
             </ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled>",
        )
        .await;
        let arn = "arn:aws:kms:eu-west-1:123456789012:alias/shop";
        assert_eq!(found.encryption, encryption("aws:kms", Some(arn), true));
        assert!(same(&found.encryption, &desired(Some("alias/shop"))));
        assert!(!same(&found.encryption, &desired(Some("alias/other"))));
        assert!(!same(&found.encryption, &desired(None)));
    }
}
