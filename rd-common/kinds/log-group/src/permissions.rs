//! What IAM asks for the calls of this crate. A slice names its log groups `log_group`, and their own KMS key `log_key`.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html>

use rd_common::permissions::{Call, Condition, Grant, needs};

const SERVICE: &str = "CloudWatch Logs";

/// CloudWatch Logs uses a key with the permissions of the caller, too, besides its own in the key's policy.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html>
const KEY: Grant = Grant::on("kms:Decrypt kms:DescribeKey kms:GenerateDataKey", "log_key")
    .when(Condition::Via("logs"));

/// The calls of a slice that has log groups.
pub const CALLS: &[Call] = &[
    needs(
        SERVICE,
        "DescribeLogGroups",
        "plan restore ~scan",
        &[Grant::any("logs:DescribeLogGroups")],
    ),
    needs(
        SERVICE,
        "ListTagsForResource",
        "plan restore",
        &[Grant::on("logs:ListTagsForResource", "log_group")],
    ),
    needs(
        SERVICE,
        "CreateLogGroup",
        "apply restore",
        &[
            Grant::on("logs:CreateLogGroup", "log_group"),
            Grant::on("logs:TagResource", "log_group"),
            KEY,
        ],
    ),
    needs(
        SERVICE,
        "PutRetentionPolicy",
        "apply restore",
        &[Grant::on("logs:PutRetentionPolicy", "log_group")],
    ),
    needs(
        SERVICE,
        "AssociateKmsKey",
        "apply",
        &[Grant::on("logs:AssociateKmsKey", "log_group"), KEY],
    ),
    needs(
        SERVICE,
        "DisassociateKmsKey",
        "apply",
        &[Grant::on("logs:DisassociateKmsKey", "log_group")],
    ),
    needs(
        SERVICE,
        "TagResource",
        "apply",
        &[Grant::on("logs:TagResource", "log_group")],
    ),
    needs(
        SERVICE,
        "UntagResource",
        "apply",
        &[Grant::on("logs:UntagResource", "log_group")],
    ),
    needs(
        SERVICE,
        "DeleteLogGroup",
        "apply restore",
        &[Grant::on("logs:DeleteLogGroup", "log_group")],
    ),
];
