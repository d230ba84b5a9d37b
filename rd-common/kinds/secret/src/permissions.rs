//! What IAM asks for the calls of this crate. A slice names its secret `secret`, one that
//! another service manages for it `managed_secret`, and the secret's own KMS key `secret_key`.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html>

use rd_common::permissions::{Call, Condition, Grant, needs};

const SERVICE: &str = "Secrets Manager";

/// Secrets Manager decrypts a value with the caller's permissions for the key.
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html#security-encryption-authz>
const READ_KEY: Grant =
    Grant::on("kms:Decrypt", "secret_key").when(Condition::Via("secretsmanager"));

/// The same for a value that it encrypts.
const WRITE_KEY: Grant = Grant::on("kms:Decrypt kms:GenerateDataKey", "secret_key")
    .when(Condition::Via("secretsmanager"));

/// Another key encrypts the values anew only with `kms:Encrypt`. Without the right to decrypt with the former key, which
/// the settings do not have any more, earlier values keep that key.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecret.html>
const CHANGE_KEY: Grant = Grant::on("kms:Decrypt kms:Encrypt kms:GenerateDataKey", "secret_key")
    .when(Condition::Via("secretsmanager"));

/// The calls of a slice that has a secret.
pub const CALLS: &[Call] = &[
    needs(
        SERVICE,
        "DescribeSecret",
        "plan rotate restore check",
        &[Grant::on(
            "secretsmanager:DescribeSecret",
            "secret managed_secret",
        )],
    ),
    needs(
        SERVICE,
        "ListSecrets",
        "~scan",
        &[Grant::any("secretsmanager:ListSecrets")],
    ),
    needs(
        SERVICE,
        "GetSecretValue",
        "plan rotate restore check connect",
        &[
            Grant::on("secretsmanager:GetSecretValue", "secret managed_secret"),
            READ_KEY,
        ],
    ),
    needs(
        SERVICE,
        "CreateSecret",
        "apply",
        &[
            Grant::on("secretsmanager:CreateSecret", "secret"),
            Grant::on("secretsmanager:TagResource", "secret"),
            WRITE_KEY,
        ],
    ),
    needs(
        SERVICE,
        "RestoreSecret",
        "apply",
        &[Grant::on("secretsmanager:RestoreSecret", "secret")],
    ),
    needs(
        SERVICE,
        "UpdateSecret",
        "apply",
        &[
            Grant::on("secretsmanager:UpdateSecret", "secret"),
            CHANGE_KEY,
        ],
    ),
    needs(
        SERVICE,
        "PutSecretValue",
        "apply rotate restore",
        &[
            Grant::on("secretsmanager:PutSecretValue", "secret"),
            WRITE_KEY,
        ],
    ),
    needs(
        SERVICE,
        "UpdateSecretVersionStage",
        "apply rotate restore",
        &[Grant::on(
            "secretsmanager:UpdateSecretVersionStage",
            "secret",
        )],
    ),
    needs(
        SERVICE,
        "TagResource",
        "apply",
        &[Grant::on("secretsmanager:TagResource", "secret")],
    ),
    needs(
        SERVICE,
        "UntagResource",
        "apply",
        &[Grant::on("secretsmanager:UntagResource", "secret")],
    ),
    needs(
        SERVICE,
        "DeleteSecret",
        "apply",
        &[Grant::on("secretsmanager:DeleteSecret", "secret")],
    ),
];
