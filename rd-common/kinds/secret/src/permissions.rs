//! What IAM asks for the calls of this crate. A slice names its secret `secret`.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html>

use rd_common::permissions::{Call, Grant, needs};

const SERVICE: &str = "Secrets Manager";

/// The calls of a slice that has a secret.
pub const CALLS: &[Call] = &[
    needs(
        SERVICE,
        "DescribeSecret",
        "plan rotate restore check",
        &[Grant::on("secretsmanager:DescribeSecret", "secret")],
    ),
    needs(
        SERVICE,
        "GetSecretValue",
        "plan rotate restore check",
        &[Grant::on("secretsmanager:GetSecretValue", "secret")],
    ),
    needs(
        SERVICE,
        "CreateSecret",
        "apply",
        &[
            Grant::on("secretsmanager:CreateSecret", "secret"),
            Grant::on("secretsmanager:TagResource", "secret"),
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
        &[Grant::on("secretsmanager:UpdateSecret", "secret")],
    ),
    needs(
        SERVICE,
        "PutSecretValue",
        "apply rotate restore",
        &[Grant::on("secretsmanager:PutSecretValue", "secret")],
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
