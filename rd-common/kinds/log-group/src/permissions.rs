//! What IAM asks for the calls of this crate. A slice names its log groups `log_group`.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html>

use rd_common::permissions::{Call, Grant, needs};

const SERVICE: &str = "CloudWatch Logs";

/// The calls of a slice that has log groups.
pub const CALLS: &[Call] = &[
    needs(
        SERVICE,
        "DescribeLogGroups",
        "plan restore",
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
        &[Grant::on("logs:AssociateKmsKey", "log_group")],
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
